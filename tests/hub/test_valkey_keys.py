"""Keys of a shared hub: one slot, none for ever, and no more round trips than promised."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from nearby.core.ids import MemberId, PersonId
from nearby.core.rules import Rules
from nearby.hub.base import Caller
from nearby.hub.valkey.finding import CODE, ENDING
from nearby.hub.valkey.keys import KINDS, is_touched, kind_of
from nearby.testing.hub_suite.given import HERE, RULES, verified
from nearby.testing.hub_suite.world import World
from nearby.testing.redis import RedisServer
from nearby.testing.shared_state import kept_for_ever
from tests.hub.racing import Racers
from tests.hub.valkey_lives import ValkeyLive, going_live

WITHOUT_KEYS = {"FUNCTION", "INFO", "TIME", "HELLO", "CLIENT", "PING", "SELECT", "SCAN", "AUTH", "MONITOR"}


async def watch(client: Redis, seen: list[list[str]], is_on: asyncio.Event) -> None:
    """Note every command that the server carries out, those of its functions as well."""
    async with client.monitor() as monitor:
        is_on.set()
        while True:
            command = await monitor.next_command()
            seen.append(command["command"].split(" "))


def keys_of(command: list[str]) -> list[str]:
    """Return the keys that a command names. They come before anything that may hold a space."""
    name = command[0].upper()
    if name in WITHOUT_KEYS:
        return []
    if name == "FCALL":
        return command[3 : 3 + int(command[2])]
    if name in {"MGET", "DEL"}:
        return command[1:]
    if name == "XREAD":
        return [command[command.index("STREAMS") + 1]]
    return command[1:3] if name in {"COPY", "RENAME"} else command[1:2]


async def test_every_key_of_every_command_is_in_one_slot_and_nobody_asks_for_a_commands_keys(
    redis: RedisServer, client: Redis
) -> None:
    seen, is_on = list[list[str]](), asyncio.Event()
    watching = asyncio.ensure_future(watch(client, seen, is_on))
    await is_on.wait()
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        racers = Racers(world, 8, Random(1))
        for _ in range(8):
            await racers.race(8)
            world.clock.advance(61_000)
        assert isinstance(world.live, ValkeyLive)
        tag = world.live.tag
    watching.cancel()
    await asyncio.wait([watching])
    keys = {key for command in seen for key in keys_of(command)}
    # The rows of shelves are named by functions: see functions/commit.lua.
    assert {kind_of(key.removeprefix(tag)) for key in keys} >= {"p:", "r:", "h:", "e:", "o:", "t"}
    assert {key_slot(key.encode()) for key in keys} == {key_slot(tag.encode())}
    assert "COMMAND" not in {command[0].upper() for command in seen}


async def calls_of(client: Redis) -> dict[str, int]:
    stats = await client.info("commandstats")
    return {name.removeprefix("cmdstat_"): one["calls"] for name, one in stats.items()}


@pytest.mark.parametrize("caller", [verified("ada", "Ada"), Caller(PersonId("ada"))])
async def test_a_say_costs_one_round_trip_an_unverified_persons_too(
    redis: RedisServer, client: Redis, caller: Caller
) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        ada, _, _ = await world.together(caller, "bob", "cyd")
        for number in range(3):
            await ada.say(f"to warm up, number {number}", number)
        before = await calls_of(client)
        for number in range(10, 15):
            await ada.say(f"it is a nice evening for a long walk in the park, number {number}", number)
        after = await calls_of(client)
    asked = {name: after[name] - before.get(name, 0) for name in ("fcall", "mget", "lrange") if name in after}
    assert asked["fcall"] >= 5
    assert sum(asked.values()) == 5


async def attempts_of(world: World) -> Counter[str]:
    """Return what became of the attempts of all gateways so far."""
    made = Counter[str]()
    for hub in world.hubs:
        made.update((await hub.statistics()).attempts)
    return made


async def test_who_was_not_fast_enough_asks_for_nothing_again_that_nobody_changed(
    redis: RedisServer, client: Redis
) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        phones = await world.together(*(verified(name, name.title()) for name in ("ada", "bob", "cyd", "dan")))
        for phone in phones:
            await phone.say("to warm up", 0)
        before = await calls_of(client)
        await asyncio.gather(*(phone.drop() for phone in phones))
        after, attempts = await calls_of(client), await attempts_of(world)
    # Each gateway writes once, and the one that was not fast enough once more.
    assert after["fcall"] - before["fcall"] > 2
    assert attempts["refused"] > 0
    assert attempts["given_up"] == 0
    assert after["mget"] == before["mget"]


async def test_those_who_were_not_fast_enough_do_not_stand_in_each_others_way_the_next_time(redis: RedisServer) -> None:
    rounds = 20
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        phones = await world.together(*(verified(name, name.title()) for name in ("ada", "bob", "cyd", "dan")))
        before = await attempts_of(world)
        for number in range(rounds):
            await asyncio.gather(*(phone.say(f"at once, number {number}", number) for phone in phones))
        made = await attempts_of(world) - before
    assert made["done"] == 4 * rounds
    # Two are on each gateway, and one of the two gateways is first.
    assert 0 < made["refused"] <= 2 * rounds


async def test_events_past_their_time_are_forgotten_and_none_is_read_for_it(redis: RedisServer, client: Redis) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        phones = await world.together("ada", "bob", "cyd")
        for number in range(3):
            await phones[0].say(f"good evening, number {number}", number)
        assert isinstance(world.live, ValkeyLive)
        events = f"{world.live.tag}e:{phones[0].room}"
        before = await calls_of(client)
        await world.watch(RULES.log_ms // 2, *phones)
        await phones[1].say("still here")
        held = await client.llen(events)
        await world.watch(RULES.log_ms * 3 // 4, *phones)
        after, left = await calls_of(client), await client.llen(events)
    assert held >= 3 + 1
    assert left == 1
    assert after.get("lrange", 0) == before.get("lrange", 0)


async def test_a_window_is_ended_once_by_all_who_call_a_gateway_then(redis: RedisServer, client: Redis) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 1, RULES)
        phones = await world.together("ada", "bob", "cyd", "dan")
        world.clock.advance(RULES.window_ms)
        before = await calls_of(client)
        calls = (phone.hub.check_in(phone.caller, HERE, world.now_ms) for phone in phones * 2)
        await asyncio.gather(*calls)
        after = await calls_of(client)
    # Looking what is due, twice: something was, and then nothing.
    assert after["zrangebyscore"] - before.get("zrangebyscore", 0) <= 3


async def test_a_key_that_stays_for_ever_is_noticed(client: Redis) -> None:
    await client.set("{noticed}p:ada", b"", px=60_000)
    await client.set("{noticed}diary:ada", b"", px=60_000)
    await client.set("{noticed}r:room", b"")
    assert sorted(await kept_for_ever(client, "{noticed}")) == ["diary:ada", "r:room"]
    assert await kept_for_ever(client, "{noticed}") == []


@pytest.mark.parametrize(
    ("key", "kind"), [("p:ada", "p:"), ("cf2833333", "cf#"), ("lg2833333:ada", "lg#"), ("lg", "lg"), ("n", "n")]
)
def test_a_key_tells_its_kind(key: str, kind: str) -> None:
    assert kind_of(key) == kind


def test_what_a_promise_bounds_is_kept_no_longer() -> None:
    rules = Rules()
    assert KINDS["e:"].ttl_ms(rules) == rules.log_ms
    assert KINDS["i:"].ttl_ms(rules) == rules.repeat_ms
    assert KINDS["o:"].ttl_ms(rules) <= rules.log_ms
    assert all(kind.ttl_ms(rules) > 0 for kind in KINDS.values())


@pytest.mark.parametrize("window_ms", [1_000, 40_000, 600_000, 3_600_000, 86_400_000])
@pytest.mark.parametrize("kind", ["r:", "la:", "h:"])
def test_what_check_ins_touch_outlasts_the_presence_of_whoever_checks_in(kind: str, window_ms: int) -> None:
    rules, random = Rules(window_ms=window_ms), Random(1)
    before: int | None = None
    touched_ms = now_ms = 0
    for _ in range(1_000):
        window = now_ms // window_ms
        if window != before and is_touched(kind, before, window, rules):
            touched_ms = now_ms
        before = window
        present_until_ms = (window + 2) * window_ms
        assert present_until_ms - touched_ms <= KINDS[kind].ttl_ms(rules)
        # The longest one may wait, as often as not.
        now_ms = random.choice([present_until_ms - 1, random.randrange(now_ms, present_until_ms)])


async def test_keys_of_a_room_whose_people_only_check_in_do_not_run_out(redis: RedisServer, client: Redis) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 1, RULES.unlimited())
        phones = await world.together("ada", "bob", "cyd")
        ada, bob, _ = phones
        await ada.hub.mute(ada.person, ada.connection, None, MemberId(bob.view.you), world.now_ms, is_on=True)
        assert isinstance(world.live, ValkeyLive)
        found = client.scan_iter(f"{world.live.tag}*", count=1_000)
        kinds = {key: kind_of(key.decode().removeprefix(world.live.tag)) async for key in found}
        left = {key for key, kind in kinds.items() if kind in ("r:", "mm:", "h:")}
        assert {kinds[key] for key in left} == {"r:", "mm:", "h:"}
        for key in left:
            await client.pexpire(key, 60_000)
        for _ in range(200):
            world.clock.advance(RULES.window_ms)
            await world.sweep()
            for phone in phones:
                await phone.check_in()
            left = {key for key in left if await client.pttl(key) <= 60_000}
            if not left:
                break
        assert not left


async def test_functions_of_two_versions_stand_side_by_side(redis: RedisServer, client: Redis) -> None:
    older = CODE.replace(ENDING, "0" * len(ENDING))
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 1, RULES)
        server: Any = client
        await server.execute_command("FUNCTION", "LOAD", "REPLACE", older)
        ada = await world.arrive("ada")
        assert ada.sits
    libraries = await client.function_list()
    assert len({str(one) for one in libraries}) >= 2
    await server.execute_command("FUNCTION", "DELETE", "nearby_" + "0" * len(ENDING))
