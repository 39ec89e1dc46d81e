"""The SDK between people: mutes, blocks and greetings of a phone, and the calls about those one knows."""

import asyncio
import contextlib
import json

import pytest

from nearby.client import People, Phone, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, Refused
from nearby.testing.serving import LiveServer
from tests.client.conftest import Network
from tests.client.test_phone import ZURICH, until


@contextlib.asynccontextmanager
async def together(url: str, server: LiveServer, quick: PhoneSettings, *names: str):  # type: ignore[no-untyped-def]
    """Yield phones that sit in one room and each know who sits there."""
    async with contextlib.AsyncExitStack() as stack:
        phones = []
        for name in names:
            phone = await stack.enter_async_context(Phone(url, server.token(name, established=True), settings=quick))
            await phone.check_in(*ZURICH)
            await until(phone, wire.Placed)
            phones.append(phone)
        for phone in phones:
            while phone.view is None or len(phone.view.members) < len(names):
                await anext(phone)
        yield phones


def member(phone: Phone) -> str:
    assert phone.view is not None
    return phone.view.you


async def acquainted(ana: Phone, ben: Phone) -> tuple[wire.Known, wire.Known]:
    await ana.greet(member(ben))
    greeted = await until(ben, wire.Greeted)
    await ben.greet(greeted.member)
    return await until(ana, wire.Known), await until(ben, wire.Known)


async def test_a_muted_member_is_skipped_until_heard_again(server: LiveServer, quick: PhoneSettings) -> None:
    async with together(server.url, server, quick, "ana", "ben") as (ana, ben):
        await ana.mute(member(ben))
        ack = await ben.say("unheard")
        assert (await until(ana, wire.Skipped)).seq == ack.seq
        await ana.mute(member(ben), is_on=False)
        await ben.say("heard")
        assert (await until(ana, wire.Said)).text == "heard"
        assert [said.text for said in ana.view.messages] == ["heard"]


async def test_a_block_gives_another_room_and_is_withdrawn_by_its_id(server: LiveServer, quick: PhoneSettings) -> None:
    people = People(server.url, server.token("ana"))
    async with together(server.url, server, quick, "ana", "ben") as (ana, ben):
        before = ana.view.room.id
        block = await ana.block(member(ben))
        placed = await until(ana, wire.Placed)
        assert (placed.why, placed.room.id != before) == ("moved", True)
        assert await people.blocks() == [block]
        assert await ana.block(member(ben), room=before) == block
        await people.unblock(block)
        assert await people.blocks() == []


async def test_a_block_whose_answer_was_lost_is_sent_again_and_is_one(
    server: LiveServer, network: Network, quick: PhoneSettings
) -> None:
    people = People(server.url, server.token("ana"))
    async with together(network.url, server, quick, "ana", "ben") as (ana, ben):
        network.freeze()
        blocking = asyncio.create_task(ana.block(member(ben)))
        await asyncio.sleep(0)
        network.thaw()
        block = await blocking
        assert await people.blocks() == [block]


async def test_those_who_greeted_each_other_know_each_other(server: LiveServer, quick: PhoneSettings) -> None:
    mine, theirs = (People(server.url, server.token(name)) for name in ("ana", "ben"))
    async with together(server.url, server, quick, "ana", "ben") as (ana, ben):
        known, seen = await acquainted(ana, ben)
        assert (known.member, seen.member) == (member(ben), member(ana))
        await mine.follow(known.person)
        await mine.mute(known.person)
        await mine.block(known.person)
        (found,) = await mine.known()
        assert (found.person, found.followed, found.muted, found.blocked) == (known.person, True, True, True)
        for undo in (mine.follow, mine.mute, mine.block):
            await undo(known.person, is_on=False)
        (found,) = await mine.known()
        assert (found.followed, found.muted, found.blocked) == (False, False, False)
        await theirs.withdraw(seen.person)
        assert await mine.known() == await theirs.known() == []


async def test_those_who_came_together_sit_together(server: LiveServer, quick: PhoneSettings) -> None:
    async with together(server.url, server, quick, "ana", "ben") as (ana, ben):
        known, seen = await acquainted(ana, ben)
        await ana.leave()
        await ben.leave()
        await ana.check_in(*ZURICH, came_with=[known.person])
        await ben.check_in(*ZURICH, came_with=[seen.person])
        assert (await until(ana, wire.Placed)).room.id == (await until(ben, wire.Placed)).room.id


async def test_without_a_room_nobody_is_greeted_and_a_mute_names_none(server: LiveServer, quick: PhoneSettings) -> None:
    async with Phone(server.url, server.token("ana"), settings=quick) as ana:
        with pytest.raises(Refused) as refused:
            await ana.greet("nobody")
        assert refused.value.code is ErrorCode.NOT_IN_ROOM
        await ana.mute("nobody")


async def test_a_report_gives_another_room_and_one_of_somebody_known_goes_by_the_handle(
    server: LiveServer, quick: PhoneSettings
) -> None:
    people = People(server.url, server.token("ana"))
    async with together(server.url, server, quick, "ana", "ben", "eve") as (ana, ben, eve):
        known, _ = await acquainted(ana, ben)
        await eve.say("something rude")
        before = ana.view.room.id
        await ana.report(member(eve), "rude")
        placed = await until(ana, wire.Placed)
        assert (placed.why, placed.room.id != before) == ("moved", True)
        await ana.report(member(eve), room=before)
        await people.report(known.person, "spam", "he sells something")
        await people.report("nobody", "spam")
    token = server.token("ops", scope="operator")
    queue = json.loads((await server.call("GET", "/v1/admin/reports", token=token)).body)["reports"]
    found = [(one["reported"], one["reason"], one["text"]) for one in queue]
    assert found == [("eve", "rude", None), ("ben", "spam", "he sells something")]
