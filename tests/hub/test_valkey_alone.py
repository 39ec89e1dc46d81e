"""Check-ins that a gateway decides without the server: which they are, and that nothing done elsewhere is missed."""

import pytest
from redis.asyncio import Redis

from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, HubDown, Refused
from nearby.testing.clock import ManualClock
from nearby.testing.hub_suite.given import AWAY, HERE, RULES, START_MS
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.proxy import running_proxy
from nearby.testing.recorder import Recorder
from nearby.testing.redis import RedisServer
from nearby.testing.waiting import eventually
from tests.hub.valkey_lives import ValkeyLive, going_live


async def asked(client: Redis) -> int:
    """Return how often the server was asked for something that decides an operation."""
    stats = await client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("fcall", "mget"))


def elsewhere_of(phone: Phone) -> int:
    """Return the number of a gateway that does not have a phone's connection."""
    return 1 - phone.world.hubs.index(phone.hub)


async def stay(phone: Phone, wishes: Wishes = NO_WISHES) -> None:
    """Let somebody check in again where they are, as often as their limit has it, and wait for nothing else."""
    phone.world.clock.advance(RULES.checkin.period_ms)
    await phone.hub.check_in(phone.caller, HERE, phone.world.now_ms, wishes)


async def test_a_check_in_of_somebody_who_stays_asks_the_server_for_nothing(world: World, client: Redis) -> None:
    ada, _ = await world.together("ada", "bob")
    await stay(ada)
    before = await asked(client)
    for _ in range(5):
        await stay(ada)
    assert await asked(client) == before


@pytest.mark.parametrize("what", ["elsewhere", "a wish", "the next window"])
async def test_one_that_does_more_than_count_asks_it(world: World, client: Redis, what: str) -> None:
    ada, _ = await world.together("ada", "bob")
    await stay(ada)
    before = await asked(client)
    if what == "elsewhere":
        world.clock.advance(RULES.checkin.period_ms)
        await ada.hub.check_in(ada.caller, AWAY, world.now_ms)
    elif what == "a wish":
        await stay(ada, Wishes(tags=frozenset({"chess"})))
    else:
        world.clock.advance(RULES.window_ms)
        await stay(ada)
    assert await asked(client) > before


async def test_one_through_another_gateway_asks_it_however_well_that_one_knows_the_person(
    world: World, client: Redis
) -> None:
    ada, _ = await world.together("ada", "bob")
    there = world.hubs[elsewhere_of(ada)]
    for _ in range(2):
        before = await asked(client)
        world.clock.advance(RULES.checkin.period_ms)
        await there.check_in(ada.caller, HERE, world.now_ms)
        assert await asked(client) > before


async def test_what_it_counts_goes_along_with_whatever_is_written_of_the_person_next(world: World) -> None:
    ada, _ = await world.together("ada", "bob")
    await stay(ada)
    world.clock.advance(RULES.checkin.burst * RULES.checkin.period_ms)
    await ada.hub.check_in(ada.caller, HERE, world.now_ms)
    await ada.drop()
    again = await world.connect("ada")
    if again.hub is ada.hub:
        again = await world.connect("ada")
    for _ in range(RULES.checkin.burst - 1):
        await again.check_in()
    with pytest.raises(Refused) as refused:
        await again.check_in()
    assert refused.value.code is ErrorCode.RATE_LIMITED


async def test_whoever_was_cleared_through_another_gateway_and_checks_in_again_is_there(world: World) -> None:
    ada, _ = await world.together("ada", "bob")
    await stay(ada)
    there = world.hubs[elsewhere_of(ada)]
    for _ in range(5):
        await there.clear(ada.person, None, world.now_ms)
        assert await there.cell_of(ada.person) is None
        await stay(ada)
        assert await there.cell_of(ada.person) == HERE.res7


async def test_a_check_in_through_another_gateway_is_known_to_that_of_the_connection(world: World) -> None:
    ada, _ = await world.together("ada", "bob")
    await stay(ada)
    world.clock.advance(RULES.checkin.period_ms)
    await world.hubs[elsewhere_of(ada)].check_in(ada.caller, AWAY, world.now_ms)
    await stay(ada)
    # Back where they were, before the other cell came into force: it does not any more.
    await world.wait(2 * RULES.window_ms, ada)
    assert await world.hubs[0].cell_of(ada.person) == HERE.res7


async def test_a_gateway_that_hears_nothing_from_the_server_decides_nothing_alone(redis: RedisServer) -> None:
    async with running_proxy("127.0.0.1", redis.port) as proxy, going_live(redis.url) as go_live:
        live, recorders = await go_live(RULES, START_MS), [Recorder([]), Recorder([])]
        assert isinstance(live, ValkeyLive)
        there = await live.open_hub(recorders[0])
        live.url = f"redis://127.0.0.1:{proxy.port}/0"
        here = await live.open_hub(recorders[1])
        world = World(live, [there, here], recorders, rules=RULES, clock=ManualClock(START_MS))
        (ada,) = await world.together("ada")
        assert ada.hub is here
        await stay(ada)
        proxy.hold()
        # It takes as long as the other gateway may still decide something alone.
        await there.clear(ada.person, None, world.now_ms)
        with pytest.raises(HubDown):
            await stay(ada)
        proxy.heal()

        async def is_there() -> bool:
            try:
                await stay(ada)
            except HubDown:
                return False
            return await there.cell_of(ada.person) == HERE.res7

        await eventually(is_there, bool, what="whether ada is there once more")
        live.url = redis.url
