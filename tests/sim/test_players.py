"""Real phones against a real server: what a run's books say of it."""

from collections.abc import AsyncIterator
from random import Random

import pytest

from nearby.sim.child import own_server
from nearby.sim.folding import Visit
from nearby.sim.players import Players
from nearby.sim.replay import play
from nearby.sim.report import figures
from nearby.testing.waiting import eventually
from scripts.tools.common import minter
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)

KEY = "a shared secret of at least thirty-two bytes"
PLACE = (47.37, 8.54)


@pytest.fixture
async def players() -> AsyncIterator[Players]:
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as server:
        players = Players(server.url, minter(KEY.encode()), established=0, random=Random(1))
        try:
            yield players
        finally:
            await players.close()


async def room_sizes(players: Players, expected: list[int]) -> None:
    async def look() -> list[int]:
        return sorted(player.room_size for player in players.everybody())

    await eventually(look, lambda sizes: sizes == expected, what="room sizes")


async def test_two_who_meet_and_talk_leave_true_books(players: Players) -> None:
    for name in ("ana", "ben"):
        await players.check_in(name, *PLACE)
    await room_sizes(players, [2, 2])
    assert players.say_something()
    await players.leave("ben")
    await room_sizes(players, [1])
    assert not players.say_something()
    await players.finish(within_s=5)
    run = figures(players, seconds=1, child=None)
    assert run.broken() == []
    assert (run.phones, run.checkins, run.share_placed) == (2, 2, 1)


async def test_everything_said_is_heard_by_both(players: Players) -> None:
    for name in ("ana", "ben"):
        await players.check_in(name, *PLACE)
    await room_sizes(players, [2, 2])
    for _ in range(4):
        assert players.say_something()
    await players.finish(within_s=5)
    run = figures(players, seconds=1, child=None)
    assert (run.said, run.deliveries_expected, run.deliveries_received) == (4, 8, 8)
    assert run.broken() == []


async def test_check_ins_beyond_the_limit_are_refused_and_that_shows(players: Players) -> None:
    ana = await players.check_in("ana", *PLACE)
    for _ in range(4):
        await ana.check_in(*PLACE)
    assert players.books.tally.refused["rate_limited"] > 0
    await room_sizes(players, [1])
    await players.finish(within_s=5)
    run = figures(players, seconds=1, child=None)
    assert (run.share_placed, run.refused["rate_limited"]) == (1, players.books.tally.refused["rate_limited"])


async def test_two_runs_against_one_server_are_different_people(players: Players) -> None:
    others = Players(players.url, minter(KEY.encode()), established=0, random=Random(1))
    try:
        await players.check_in("ana", *PLACE)
        await others.check_in("ana", *PLACE)
        await room_sizes(players, [2])
        assert players.books.tally.closed == {}
    finally:
        await others.close()


async def test_visits_are_played_in_order_and_everybody_is_told_how_far_it_is(players: Players) -> None:
    shares: list[float] = []
    visits = [Visit(number / 10, f"p{number % 3}", *PLACE) for number in range(6)]
    await play(visits, players, speed=10, says_per_s=0, progress=shares.append)
    await players.finish(within_s=5)
    assert shares == [number / 6 for number in range(1, 7)]
    run = figures(players, seconds=1, child=None)
    assert (run.phones, run.checkins) == (3, 6)


async def test_our_own_failure_is_not_taken_for_a_good_run(players: Players) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    players.spawn(fail())
    with pytest.raises(ZeroDivisionError):
        await players.finish(within_s=5)


async def test_a_wrong_token_closes_a_phone_for_good_and_that_is_in_the_books(players: Players) -> None:
    strangers = Players(players.url, minter(b"x" * 32), established=0, random=Random(1))
    await strangers.check_in("ana", *PLACE)
    await strangers.finish(within_s=5)
    run = figures(strangers, seconds=1, child=None)
    assert run.closed == {3500: 1}
    assert "1 phones were closed for good with code 3500" in run.broken()
    assert "1 phones never had a room" in run.broken()
    await strangers.close()
