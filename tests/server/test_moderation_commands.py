"""``nearby people`` and ``nearby reports`` beside a running server, and what its phones notice."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nearby.cli import app
from nearby.errors import ConfigError
from nearby.testing.serving import LiveServer, live_server
from nearby.testing.waiting import eventually
from tests.server.test_moderation import call, placed, report, together

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""


async def nearby(data_dir: Path, *arguments: str, fails: bool = False) -> list[str]:
    """Return the lines a command prints, or if it is refused what it says of it: run beside the loop, as it is."""
    found = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--data-dir", str(data_dir)])
    if fails:
        assert isinstance(found.exception, ConfigError)
        return [str(found.exception)]
    assert found.exception is None
    return found.stdout.splitlines()


async def nearby_process(data_dir: Path, *arguments: str) -> str:
    """Return what a command prints that is run as operators run it."""
    command = (sys.executable, "-m", "nearby.cli", *arguments, "--data-dir", str(data_dir))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()


async def test_a_ban_by_command_closes_the_socket_at_the_next_look_and_is_ended_by_one(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        eve = await server.seated("eve")
        assert await nearby_process(tmp_path, "people", "ban", "eve", "--reason", "threats") == "eve: banned for good\n"
        assert await eve.close_code() == 3501
        found = await nearby(tmp_path, "people", "find", "eve")
        assert found[0].startswith("eve: an account since ")
        assert "  ban for good: threats" in found
        assert await nearby(tmp_path, "people", "unban", "eve", "--reason", "a mistake") == ["eve: may come in"]
        await server.until_metric("nearby_people_present", lambda people: people == 0)
        await is_let_in(server, "eve")
        (line,) = await nearby(tmp_path, "people", "suspend", "eve", "--days", "2", "--reason", "again")
        assert line.startswith("eve: suspended until ")


async def is_let_in(server: LiveServer, person: str) -> None:
    """Wait until a hello is good."""
    hello = {"type": "hello", "token": server.token(person)}

    async def code_or_welcome() -> int | None:
        phone = await server.connect()
        await phone.send(hello)
        return await phone.code_or_welcome()

    await eventually(code_or_welcome, lambda code: code is None, what="a welcome")


async def test_a_badge_by_command_is_seen_in_the_room_and_taken_away_again(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        phones = await together(server, "ana", "ben")
        member = placed(phones["ana"])["you"]
        verify = ("people", "verify", "ana", "--name", "Ana Lima", "--reason", "passport seen")
        assert await nearby(tmp_path, *verify) == ["ana: verified as Ana Lima"]
        shown = (await phones["ben"].until("changed"))["member"]
        assert shown == {"member": member, "name": "Ana Lima", "verified": True}
        assert (await nearby(tmp_path, "people", "find", "ANA LIMA"))[1] == "  verified name: Ana Lima, verified"
        (refused,) = await nearby(tmp_path, "people", "verify", "ben", *verify[3:], fails=True)
        assert refused.startswith("person: Choose a name that nobody can take")
        assert await nearby(tmp_path, "people", "revoke", "ana", "--reason", "expired") == ["ana: not verified"]
        assert not (await phones["ben"].until("changed"))["member"]["verified"]


async def test_reports_are_listed_shown_and_decided_by_command(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        phones = await together(server, "ana", "eve")
        await phones["eve"].ask({"type": "say", "id": 1, "text": "something rude"})
        await report(phones["ana"], phones["eve"], reason="rude")
        line, count = await nearby(tmp_path, "reports", "list")
        assert ": ana about eve, rude, counts, 1 counted, due " in line
        assert count == "1 open"
        name = line.split(":")[0]
        assert (await nearby(tmp_path, "reports", "show", name))[-1].endswith(" reported: something rude")
        why = ("--reason", "first time")
        (refused,) = await nearby(tmp_path, "reports", "decide", name, "suspend", *why, fails=True)
        assert refused == "days: a suspension needs days"
        decided = await nearby(tmp_path, "reports", "decide", name, "suspend", "--days", "999", *why)
        assert decided == [f"{name}: ana about eve, rude, suspend"]
        assert await phones["eve"].close_code() == 3501
        assert (await nearby(tmp_path, "reports", "list")) == ["0 open"]
        assert len(await nearby(tmp_path, "reports", "list", "--decided")) == 2
        (refused,) = await nearby(tmp_path, "reports", "decide", name, "reject", *why, fails=True)
        assert refused == "report: Look at the report again: it is not as it was."
        status, answer = await call(server, "ops", "GET", "/v1/admin/audit", scope="operator")
        assert status == 200
        (entry,) = [one for one in answer["entries"] if one["action"] == "report_suspend"]
        assert (entry["operator"], entry["target"], entry["detail"]) == (None, "eve", "first time")


async def test_whom_a_command_is_about_must_be_there_and_days_must_make_sense(tmp_path: Path) -> None:
    why = ("--reason", "x")
    for arguments in (
        ("people", "find", "nobody"),
        ("people", "ban", "nobody", *why),
        ("people", "unban", "no/body", *why),
    ):
        assert await nearby(tmp_path, *arguments, fails=True) == ["person: there is none of this id"]
    assert await nearby(tmp_path, "reports", "show", "none", fails=True) == ["report: there is none of this id"]
    (refused,) = await nearby(tmp_path, "people", "ban", "nobody", "--days", "0", *why, fails=True)
    assert refused == "days: write a whole number from 1 to 3650"
