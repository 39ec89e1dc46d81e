"""The process dies without a word: blocks, mutes and greetings that were acknowledged are there when it comes back."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.server.auth import mint_token
from nearby.sim.child import Child, serving
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY
from tests.server.test_relations import about, member, room

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

HERE = {"type": "checkin", "lat": 47.37, "lon": 8.54}


@contextlib.asynccontextmanager
async def server(data_dir: Path) -> AsyncIterator[Child]:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(data_dir), "--log-level", "error")
    async with serving([*flags, "--limits", "off"], key=KEY) as child:
        yield child


async def phone_of(child: Child, person: str, *, resume: dict[str, Any] | None = None) -> RawPhone:
    token = mint_token(KEY.encode(), person, expires_s=FAR_FUTURE_S, established=True)
    phone = await RawPhone.connect(child.url, token=token)
    await phone.send({"type": "hello"} | ({"resume": resume} if resume else {}))
    await phone.until("welcome")
    return phone


async def seated(child: Child, person: str) -> RawPhone:
    phone = await phone_of(child, person)
    await phone.send(HERE)
    await phone.until("placed")
    return phone


async def back(child: Child, *people: str) -> list[RawPhone]:
    phones = [await phone_of(child, person) for person in people]
    for phone in phones:
        await phone.until("placed")
    return phones


async def test_killed_at_once_after_the_acks_nothing_of_them_is_lost(tmp_path: Path) -> None:
    async with server(tmp_path) as child:
        ana, ben, cyn, dan = [await seated(child, person) for person in ("ana", "ben", "cyn", "dan")]
        assert room(ana) == room(dan)
        assert (await about(ana, "mute", ben))["type"] == "ack"
        assert (await about(cyn, "greet", ana))["type"] == "ack"
        ack = await about(dan, "block", ana)
        assert ack["type"] == "ack"
        child.process.kill()
        await child.process.wait()
    async with server(tmp_path) as child:
        ana, ben, cyn = await back(child, "ana", "ben", "cyn")
        dan = await seated(child, "dan")
        assert room(ana) == room(ben) == room(cyn) != room(dan)
        await ben.ask({"type": "say", "id": 1, "text": "unheard"})
        assert (await ana.until("skipped"))["room"] == room(ana)
        assert (await about(ana, "greet", cyn))["type"] == "ack"
        mine, theirs = await ana.until("known"), await cyn.until("known")
        assert (mine["member"], theirs["member"]) == (member(cyn), member(ana))
        child.process.kill()
        await child.process.wait()
    async with server(tmp_path) as child:
        ana, _, dan = await back(child, "ana", "ben", "dan")
        await dan.ask({"type": "next", "id": 1})
        assert (await dan.until("placed"))["room"]["id"] != room(ana)
