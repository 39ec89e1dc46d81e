"""Node's ``ws`` talks to the server by the contract alone: the promises are in ``talk.js`` and ``patience.js``."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from nearby.core.session import Patience
from nearby.sim.child import serving
from nearby.testing.serving import LiveServer, live_server
from tests.strangers.programs import HERE, path_of, script

PROMISES = re.findall(r"^export async function (\w+)", (HERE / "talk.js").read_text(), re.MULTILINE)

pytestmark = pytest.mark.usefixtures("node_modules")


@pytest.mark.parametrize("promise", PROMISES)
async def test_ws_finds_what_the_contract_promises(server: LiveServer, promise: str) -> None:
    await script("talk.js", promise, server.url)


async def test_a_promise_that_is_broken_fails(server: LiveServer, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mjs"
    broken.write_text("export async function promise() { throw new Error('not what was promised'); }")
    with pytest.raises(AssertionError, match="not what was promised"):
        await script(broken, "promise", server.url)


async def test_ws_answers_the_servers_pings_by_itself(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", patience=Patience(ping_ms=50, pong_ms=3_000)) as server:
        await script("patience.js", "pings_are_answered_without_a_line_of_code", server.url)


async def test_a_phone_that_answers_no_ping_is_closed(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", patience=Patience(ping_ms=50, pong_ms=50)) as server:
        await script("patience.js", "a_phone_that_answers_no_ping_is_closed_3012", server.url)


async def test_a_phone_that_does_not_say_hello_is_closed(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", patience=Patience(hello_ms=50)) as server:
        await script("patience.js", "a_phone_that_does_not_say_hello_is_closed_3503", server.url)


async def test_ws_is_told_that_the_server_goes_down(tmp_path: Path) -> None:
    places = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--log-level", "error")
    async with serving([*places, "--drain-s", "0"]) as child:
        node = await asyncio.create_subprocess_exec(
            *(path_of("node"), "run.js", "patience.js"),
            *("a_server_that_goes_down_says_bye_and_when_to_come_back", child.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=HERE,
        )
        assert node.stdout is not None
        assert await node.stdout.readline() == b"seated\n"
        child.process.send_signal(signal.SIGTERM)
        _, errors = await node.communicate()
        assert node.returncode == 0, errors.decode()
        assert await child.process.wait() == 0
