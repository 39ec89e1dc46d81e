"""Node's ``ws`` talks to the server by the contract alone: the promises are in ``talk.js`` and ``patience.js``."""

import re
import signal
from pathlib import Path

import pytest

from nearby.core.session import Patience
from nearby.sim.child import serving
from nearby.testing.serving import LiveServer, live_server
from tests.strangers.programs import HERE, script, telling

PROMISES = re.findall(r"^export async function (\w+)", (HERE / "talk.js").read_text(), re.MULTILINE)

pytestmark = pytest.mark.usefixtures("node_modules")


@pytest.mark.parametrize("promise", PROMISES)
async def test_ws_finds_what_the_contract_promises(server: LiveServer, promise: str) -> None:
    await script("talk.js", promise, server.url)


async def test_ws_answers_the_servers_pings_by_itself(server: LiveServer) -> None:
    async with telling("patience.js", "pings_are_answered_without_a_line_of_code", server.url) as lines:
        async for _ in lines:
            server.time.pass_time(26_000)  # A ping every 25 s; whoever does not answer in 10 s is closed.


async def test_a_phone_that_answers_no_ping_is_closed(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", patience=Patience(ping_ms=50, pong_ms=50)) as server:
        await script("patience.js", "a_phone_that_answers_no_ping_is_closed_3012", server.url)


async def test_a_phone_that_does_not_say_hello_is_closed(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", patience=Patience(hello_ms=50)) as server:
        await script("patience.js", "a_phone_that_does_not_say_hello_is_closed_3503", server.url)


async def test_ws_is_told_that_the_server_goes_down(tmp_path: Path) -> None:
    places = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--log-level", "error")
    promise = "a_server_that_goes_down_says_bye_and_when_to_come_back"
    async with serving([*places, "--drain-s", "0"]) as child:
        async with telling("patience.js", promise, child.url) as lines:
            assert await lines.readline() == b"seated\n"
            child.process.send_signal(signal.SIGTERM)
        assert await child.process.wait() == 0
