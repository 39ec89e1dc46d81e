"""The programs of the guides run as they stand: Python as it is, JavaScript and TypeScript in Node."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server
from nearby.testing.waiting import eventually
from tests.documents import ROOT, blocks, page
from tests.pages.building import WEB, installed
from tests.strangers.programs import path_of

HERE = {"lat": 47.37, "lon": 8.54}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, guests="on") as running:
        yield running


async def run(*command: str, cwd: Path = ROOT) -> str:
    """Return what a program prints; it must succeed and complain of nothing."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=cwd
    )
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


async def test_the_two_phones_of_the_first_five_minutes_talk(server: LiveServer, tmp_path: Path) -> None:
    [program] = blocks(page("docs/start.md"), "python")
    file = tmp_path / "two_phones.py"
    file.write_text(program.replace("http://127.0.0.1:8080", server.url))
    assert await run(sys.executable, str(file)) == "ben heard ['hello', 'are you there?']\n"


async def test_the_python_app_lives_in_a_room(server: LiveServer) -> None:
    [program] = blocks(page("docs/app.md"), "python")
    space: dict[str, Any] = {}
    exec(compile(program, "docs/app.md", "exec"), space)
    shown: list[str] = []

    async def lines() -> str:
        return "\n".join(shown)

    task = asyncio.create_task(space["live"](server.url, server.token("ana"), tuple(HERE.values()), shown.append))
    other = await company(server)
    await other.send({"type": "say", "id": 1, "text": "hello, app"})
    await eventually(lines, lambda text: text.endswith(": hello, app"), what="hello")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def company(server: LiveServer) -> RawPhone:
    """Return somebody's phone once somebody else sits in the room with it."""
    other = await server.phone("ben")
    await server.until_metric("nearby_people_present", lambda people: people >= 1)
    await other.send({"type": "checkin", **HERE})
    placed = await other.until("placed")
    if len(placed["members"]) == 1:
        await other.until("joined")
    return other


SCRIPT = """
import WebSocket from "{ws}";
import {{ {name} }} from "./{module}";
globalThis.WebSocket = WebSocket;
import {{ webcrypto }} from "node:crypto";
globalThis.crypto ??= webcrypto;
const until = async (holds) => {{ while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20)); }};
{body}
process.exit(0);
"""

PLAIN = """
const guest = await (await fetch(`{url}/v1/guests`, {{ method: "POST" }})).json();
const heard = [];
const where = () => ({{ lat: 47.37, lon: 8.54 }});
const phone = connect("{url}", guest.token, {{ where, heard: (message) => heard.push(message) }});
await until(() => heard.some(({{ type }}) => type === "placed"));
await until(() => heard.some(({{ type, text }}) => type === "said" && text === "hello, app"));
phone.say("hello to you");
await until(() => heard.some(({{ type, text }}) => type === "said" && text === "hello to you"));
"""

TYPED = """
const shown = [];
const phone = live("{url}", {{ lat: 47.37, lon: 8.54 }}, (line) => shown.push(line));
await until(() => shown.some((line) => line.endsWith(": hello, app")));
await phone.say("hello to you");
"""


async def talks(server: LiveServer, program: asyncio.Task[str]) -> None:
    """Wait until a program has heard somebody and answered."""
    other = await company(server)
    await other.send({"type": "say", "id": 1, "text": "hello, app"})
    said = await other.until("said")
    while said["text"] != "hello to you":
        said = await other.until("said")
    await program


def script(directory: Path, *, name: str, module: str, body: str, modules: Path) -> Path:
    file = directory / "main.mjs"
    file.write_text(SCRIPT.format(ws=modules / "ws" / "wrapper.mjs", name=name, module=module, body=body))
    return file


async def test_the_plain_websocket_client_talks(server: LiveServer, tmp_path: Path, web_modules: Path) -> None:
    [program] = blocks(page("docs/app.md"), "js")
    (tmp_path / "plain.mjs").write_text(program)
    body = PLAIN.format(url=server.url)
    file = script(tmp_path, name="connect", module="plain.mjs", body=body, modules=web_modules)
    await talks(server, asyncio.create_task(run(path_of("node"), str(file))))


async def test_the_typescript_app_talks_and_is_well_typed(
    server: LiveServer, tmp_path: Path, web_modules: Path
) -> None:
    [program] = blocks(page("docs/app.md"), "ts")
    (tmp_path / "live.ts").write_text(program.replace('"nearby-client"', f'"{WEB}/src/wire/index.ts"'))
    bundler = (path_of("node"), str(web_modules / "rolldown" / "bin" / "cli.mjs"))
    flags = ("live.ts", "--file", "live.mjs", "--format", "esm", "--platform", "node", "--log-level", "silent")
    await run(*bundler, *flags, cwd=tmp_path)
    body = TYPED.format(url=server.url)
    file = script(tmp_path, name="live", module="live.mjs", body=body, modules=web_modules)
    await talks(server, asyncio.create_task(run(path_of("node"), str(file))))
    types = ("--noEmit", "--strict", "--allowImportingTsExtensions", "--module", "esnext", "--target", "es2022")
    more = ("--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck")
    compiler = (path_of("node"), str(web_modules / "typescript" / "bin" / "tsc"))
    await run(*compiler, *types, *more, str(tmp_path / "live.ts"), cwd=tmp_path)


@pytest.fixture(scope="module")
def web_modules() -> Path:
    """The packages that the pages are built with."""
    return installed()
