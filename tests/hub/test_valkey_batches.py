"""What the attempts of one turn of the loop write in one call: each by itself done or refused, in order."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from nearby.errors import HubDown
from nearby.hub.valkey.attempt import Attempt
from nearby.hub.valkey.batch import Batch, Written
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.committing import MOST_AT_ONCE, Committer, Heard
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.working import Missing
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.redis import RedisServer, redis_server
from nearby.testing.shared_state import contradictions
from tests.hub.valkey_lives import ValkeyLive, going_live

TTL_MS = 60_000
STREAM = "o:here:1"


@pytest.fixture
async def link(redis: RedisServer) -> AsyncIterator[Link]:
    link = Link(redis.url, f"{{{secrets.token_hex(8)}}}")
    yield link
    await link.close()


def version(number: int) -> bytes:
    return b"%08d" % number


def told(text: str) -> Command:
    return Command("out", STREAM, (TTL_MS, 100, text))


async def carried_out(link: Link, batch: Batch, after: bytes = b"0-0") -> tuple[list[Written], list[list[bytes]]]:
    """Return what became of each attempt, and the fields of each entry that was not read up to ``after``."""
    arguments = batch.arguments(TTL_MS, (STREAM, after))
    done, added, entries = await link.function("commit", batch.keys, *arguments)
    return batch.read(done, added), [fields for _, fields in entries]


async def test_one_that_is_refused_costs_no_other_anything(link: Link) -> None:
    first = Batch()
    first.add(version(1), {"p:ada": b""}, [("p:ada", b"sits", TTL_MS)], ())
    await carried_out(link, first)
    batch = Batch()
    batch.add(version(2), {"p:ada": version(9) + b"of another time"}, [("p:ada", b"lost", TTL_MS)], [told("never")])
    batch.add(version(3), {"p:bob": b""}, [("p:bob", b"stands", TTL_MS)], [told("bob")])
    (refused, done), entries = await carried_out(link, batch)
    assert refused.stale == {"p:ada": version(1) + b"sits"}
    assert done.stale is None
    assert entries == [[b"c", b"bob"]]
    assert await link.call("GET", link.key("p:bob")) == version(3) + b"stands"


async def test_one_may_be_decided_by_what_another_before_it_writes_and_falls_with_it(link: Link) -> None:
    batch = Batch()
    batch.add(version(1), {"r:a": b""}, [("r:a", b"one", TTL_MS)], ())
    batch.add(version(2), {"r:a": version(1) + b"one"}, [("r:a", b"two", TTL_MS)], ())
    batch.add(version(3), {"r:a": version(2) + b"two"}, [("r:a", b"", TTL_MS)], ())
    batch.add(version(4), {"r:a": b""}, [("r:a", b"four", TTL_MS)], ())
    # This one and what is decided by it.
    batch.add(version(5), {"r:a": version(2) + b"two"}, [("r:b", b"five", TTL_MS)], ())
    batch.add(version(6), {"r:b": version(5) + b"five"}, [("r:b", b"six", TTL_MS)], ())
    written, _ = await carried_out(link, batch)
    assert [one.stale for one in written] == [
        *(None, None, None, None),
        *({"r:a": version(4) + b"four"}, {"r:b": b""}),
    ]


async def test_all_that_is_told_is_one_entry_and_the_answer_brings_what_was_not_read(link: Link) -> None:
    before = Batch()
    before.add(version(1), {}, (), [told("said before")])
    (first,), _ = await carried_out(link, before)
    batch = Batch()
    batch.add(version(2), {}, (), [told("one")])
    batch.add(version(3), {}, (), [told("two"), told("three")])
    (second, third), entries = await carried_out(link, batch, after=first.told[STREAM])
    assert second.told == third.told
    assert entries == [[b"c", b"one", b"c", b"two", b"c", b"three"]]


async def test_those_of_one_turn_go_out_together_and_a_crowd_in_several_calls_in_order(
    redis: RedisServer, link: Link
) -> None:
    committer = Committer(link)
    heard: list[bytes] = []
    committer.heard = lambda: Heard(STREAM, b"0-0")
    committer.hear = lambda stream, entries: heard.extend(entries[-1][1])
    await link.client()
    before = (await redis.call("INFO", "COMMANDSTATS")).get("cmdstat_fcall", {"calls": 0})["calls"]
    count = 2 * MOST_AT_ONCE + 1
    values = [b"", *(version(number) + b"x" for number in range(count))]
    doing = [
        committer.add(version(number), {"r:a": values[number]}, [("r:a", b"x", TTL_MS)], [told(f"{number}")])
        for number in range(count)
    ]
    assert all(written.stale is None for written in await asyncio.gather(*doing))
    assert (await redis.call("INFO", "COMMANDSTATS"))["cmdstat_fcall"]["calls"] == before + 3
    assert heard[-1] == b"%d" % (count - 1)


async def test_when_the_hub_is_gone_everybody_is_told_so() -> None:
    async with redis_server() as server:
        link = Link(server.url, "{gone}")
        committer = Committer(link)
        await committer.add(version(1), {}, [("r:a", b"x", TTL_MS)], ())
        await server.kill()
        doing = [committer.add(version(2), {}, [("r:a", b"y", TTL_MS)], ()) for _ in range(3)]
        outcomes = await asyncio.gather(*doing, return_exceptions=True)
        assert [type(one) for one in outcomes] == [HubDown] * 3
        await link.close()


async def test_what_a_listener_cannot_take_is_no_reason_to_leave_anybody_waiting(link: Link) -> None:
    committer = Committer(link)
    committer.heard = lambda: Heard(STREAM, b"0-0")

    def fail(stream: str, entries: object) -> None:
        raise ValueError("cannot be read")

    committer.hear = fail
    with pytest.raises(ValueError, match="cannot be read"):
        await committer.add(version(1), {}, (), [told("hello")])


async def test_what_is_asked_is_answered_after_what_was_decided_before_it(redis: RedisServer) -> None:
    # Somebody resumes while another says something in each turn of the loop.
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 1, RULES.unlimited())
        ada, bob = await world.together("ada", "bob")
        for _ in range(10):
            known = bob.view
            await bob.drop()
            saying = [asyncio.ensure_future(say_later(ada, turns)) for turns in range(25)]
            bob = await world.connect("bob", knows=known)
            await asyncio.gather(*saying)
            await world.live.settle()
            assert bob.view.seq == ada.view.seq
        assert world.violations() == []


async def say_later(phone: Phone, turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    await phone.hub.say(phone.person, phone.connection, f"in turn {turns}", phone.world.now_ms)


async def test_an_attempt_begins_without_what_the_one_before_left_undone(redis: RedisServer) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 1, RULES)
        ada, _ = await world.together("ada", "bob")
        live, interruptions = world.live, [Missing(keys=("p:nobody",))]
        assert isinstance(live, ValkeyLive)

        def act(state: Attempt) -> None:
            person = state.find(ada.person)
            assert person is not None
            assert person.room is not None
            assert person.seat is not None
            if interruptions:
                state._rooms.leave(person.room, person.seat, world.now_ms, unheard_by=None, settles=False)
                raise interruptions.pop()
            state._rooms.settle()

        await live.hubs[0]._do(act, world.now_ms)
        assert contradictions(await live.stored(), RULES) == []
