"""Going from slice to slice: what goes along, what stays, and what becomes of a move that is cut short."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.core.reach import Reach
from nearby.core.rules import Rules
from nearby.errors import HubDown, Superseded
from nearby.hub.base import Caller, Hub
from nearby.hub.memory.person import Person
from nearby.hub.sliced.borders import home_of, slice_of
from nearby.hub.slices import Luggage, Slice
from nearby.testing.hub_suite.given import AWAY, HERE, RULES
from nearby.testing.hub_suite.moves import two_of_whom_one_went_away
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import Live
from nearby.testing.recorder import Replaced
from nearby.testing.sliced_live import SlicedLive
from tests.hub.sliced_lives import SLICES

STEPS = ("pack", "expects", "release", "arrive", "unburden", "note_where")
"""What a move asks slices for, in order."""


Before = dict[str, Callable[[Slice, Sequence[Any]], Awaitable[object]]]
"""What is done before the next call of a name, with its slice and what it is called with."""


class Failing:
    """A slice that is down for one call, before it is carried out or after, or to which something else comes first."""

    def __init__(self, slice_: Slice, fails: dict[str, bool], before: Before) -> None:
        self._slice = slice_
        self._fails = fails
        self._before = before

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._slice, name)

        async def failing(*arguments: object, **named: object) -> object:
            if name in self._before:
                await self._before.pop(name)(self._slice, arguments)
            is_done = self._fails.pop(name, None)
            if is_done is False:
                raise HubDown
            answer = await call(*arguments, **named)  # type: ignore[misc]
            if is_done:
                raise HubDown
            return answer

        return failing if name in self._fails or name in self._before else call


@pytest.fixture
def fails() -> dict[str, bool]:
    """Which call fails next, and whether it is carried out all the same."""
    return {}


@pytest.fixture
def before() -> Before:
    """What comes before the next call of a name."""
    return {}


@pytest.fixture
async def world(fails: dict[str, bool], before: Before) -> AsyncIterator[World]:
    """Yield two gateways on slices of their own."""

    async def start(rules: Rules, now_ms: int) -> Live:
        return SlicedLive(rules, now_ms, SLICES, wrap=lambda slice_: Failing(slice_, fails, before))  # type: ignore[arg-type,return-value]

    world = await World.start(start, 2, RULES)
    yield world
    assert not world.violations()


def records(world: World, phone: Phone) -> list[tuple[int, Person]]:
    """Return what each slice has of somebody who is there in any way, with its number."""
    assert isinstance(world.live, SlicedLive)
    return world.live.records(phone.person)


def at(world: World, phone: Phone) -> list[int]:
    """Return the slices that somebody is in."""
    return [number for number, _ in records(world, phone)]


def by_http(world: World, phone: Phone) -> Hub:
    """Return a gateway that has not the phone's connection."""
    return next(hub for hub in world.hubs if hub is not phone.hub)


async def due_to_move(world: World) -> tuple[Phone, Phone]:
    """Return two who sit together, the first of whom went away, and must move now; that was found by a sweep."""
    ana, ben, due_ms = await two_of_whom_one_went_away(world)
    assert await world.go_to(due_ms) == [ana.person]
    return ana, ben


async def placed_by_ticks(world: World, phone: Phone, why: str) -> None:
    """Place somebody as the ticks of gateways do, until no sweep returns them."""
    for _ in range(8):
        with contextlib.suppress(HubDown):
            await phone.place(why)
        why = "moved"
        due = [person for hub in world.hubs for person in await hub.sweep(world.now_ms)]
        if not due:
            return
        assert set(due) == {phone.person}
    raise AssertionError("sweeps return them for ever")


async def test_here_and_away_are_of_two_slices(world: World) -> None:
    ana, ben = await world.arrive("ana", HERE), await world.arrive("ben", AWAY)
    assert at(world, ana) == [slice_of(HERE.res5, SLICES)] != at(world, ben) == [slice_of(AWAY.res5, SLICES)]


async def test_whoever_moves_has_left_one_room_before_they_join_another(world: World) -> None:
    ana, ben = await due_to_move(world)
    far = await world.arrive("far", AWAY)
    world.journal.clear()
    assert await ana.place("moved")
    assert [(connection, type(heard)) for connection, heard in world.journal] == [
        (ben.connection, wire.Left),
        (far.connection, wire.Joined),
        (ana.connection, wire.Placed),
    ]
    assert at(world, ana) == [slice_of(AWAY.res5, SLICES)]


async def test_what_binds_somebody_goes_along(world: World) -> None:
    ana, _ = await due_to_move(world)
    ((_, before),) = records(world, ana)
    before.shunned, before.forced_ms, before.greet_tat_ms = {RoomId("old"): world.now_ms + 9}, 7, 8
    before.reach = Reach([world.now_ms])
    kept = (before.claims, before.presence, before.joins, before.cells, before.checkin_tat_ms, before.tat_of_say_ms)
    assert await ana.offer() is not None
    ((_, after),) = records(world, ana)
    assert (
        after.claims,
        after.presence,
        after.joins,
        after.cells,
        after.checkin_tat_ms,
        after.tat_of_say_ms,
    ) == kept
    assert (after.shunned, after.forced_ms, after.greet_tat_ms) == ({"old": world.now_ms + 9}, 7, 8)
    assert after.reach is not None
    assert list(after.reach.times_ms()) == [world.now_ms]


async def test_a_move_is_no_join(world: World) -> None:
    ana, _ = await due_to_move(world)
    ((_, before),) = records(world, ana)
    joins = before.joins_ms
    assert await ana.place("moved")
    assert records(world, ana)[0][1].joins_ms == joins


async def test_a_next_over_the_border_is_a_join(world: World) -> None:
    ana, _, _ = await two_of_whom_one_went_away(world)
    joins = records(world, ana)[0][1].joins_ms
    await ana.ask_next()
    await placed_by_ticks(world, ana, "next")
    assert at(world, ana) == [slice_of(AWAY.res5, SLICES)]
    assert ana.sits
    assert len(records(world, ana)[0][1].joins_ms) == len(joins) + 1


async def test_a_conflict_holds_in_whichever_slice_they_meet(world: World) -> None:
    ana, _ = await due_to_move(world)
    far = await world.arrive("far", AWAY)
    await world.hubs[0].separate(far.person, ana.person, world.now_ms, is_mutual=True)
    assert await ana.place("moved")
    assert ana.room != far.room


async def test_a_newer_connection_on_another_gateway_finds_who_moved(world: World) -> None:
    ana, _ = await due_to_move(world)
    assert await ana.place("moved")
    while (again := await world.connect("ana")).hub is ana.hub:
        pass
    assert isinstance(ana.heard[-1], Replaced)
    assert again.room
    with pytest.raises(Superseded):
        await ana.say("from the older one")
    await again.say("from the newer one")


async def test_whoever_checks_in_over_http_is_moved_by_the_gateway_that_has_them(world: World) -> None:
    ana = await world.connect("ana")
    standing = await by_http(world, ana).check_in(ana.caller, AWAY, world.now_ms)
    assert standing.wish == "new"
    assert await by_http(world, ana).offer(ana.person, world.now_ms) is None
    assert ana.person in await ana.hub.sweep(world.now_ms)
    assert await ana.place("moved")
    assert at(world, ana) == [slice_of(AWAY.res5, SLICES)]


async def test_whoever_has_no_connection_goes_where_they_check_in(world: World) -> None:
    person = PersonId("ana")
    for ladder in (AWAY, HERE):
        await world.hubs[0].check_in(Caller(person), ladder, world.now_ms)
        assert await world.hubs[1].cell_of(person) == ladder.res7
        assert (await world.hubs[1].nearby(person, world.now_ms)).area == ladder.res5
        assert await world.hubs[1].clear(person, None, world.now_ms) is False
        assert await world.hubs[0].cell_of(person) is None


async def test_whoever_clears_their_location_through_another_gateway_is_nowhere(world: World) -> None:
    ana, _ = await due_to_move(world)
    assert await ana.place("moved")
    assert await by_http(world, ana).clear(ana.person, None, world.now_ms)
    assert await by_http(world, ana).cell_of(ana.person) is None
    assert ana.heard[-1] == wire.Unplaced(why="left")
    assert all(person.presence is None and person.seat is None for _, person in records(world, ana))


async def test_none_moves_as_a_window_ends_and_a_sweep_has_them_moved_after_it(world: World) -> None:
    await world.go_to(world.windows.start_ms(world.windows.at(world.now_ms) + 1) - 1)
    ana = await world.connect("ana")
    await ana.check_in(AWAY)
    assert at(world, ana) == [home_of("ana", SLICES)] != [slice_of(AWAY.res5, SLICES)]
    await world.go_to(world.now_ms + 1)
    await placed_by_ticks(world, ana, "new")
    assert at(world, ana) == [slice_of(AWAY.res5, SLICES)]
    assert ana.sits


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("is_swept", [False, True])
async def test_whoever_was_cut_short_on_the_way_has_one_seat_in_the_end(
    world: World, fails: dict[str, bool], step: str, *, is_done: bool, is_swept: bool
) -> None:
    ana, ben = await due_to_move(world)
    fails[step] = is_done
    with pytest.raises(HubDown):
        await ana.place("moved")
    assert not fails
    assert sum(person.seat is not None for _, person in records(world, ana)) <= 1
    if is_swept:
        await world.go_to(world.now_ms)
        for hub in world.hubs:
            await hub.sweep(world.now_ms)
        assert len(at(world, ana)) == 1
    # The phone comes back, if not by itself then because it is refused.
    phone = await world.connect("ana")
    await phone.check_in(AWAY)
    await placed_by_ticks(world, phone, "new")
    assert phone.sits
    seats = [number for number, person in records(world, phone) if person.seat is not None]
    assert seats == [slice_of(AWAY.res5, SLICES)]
    assert len(ben.view.members) == 1
    await phone.say("here I am")


async def test_somebody_is_taken_in_once_by_a_move_and_by_no_older_one(world: World, before: Before) -> None:
    ana, _ = await due_to_move(world)
    taken: list[tuple[Slice, Luggage]] = []

    async def note(slice_: Slice, arguments: Sequence[Any]) -> None:
        taken.append((slice_, arguments[0]))

    before["arrive"] = note
    assert await ana.place("moved")
    ((there, luggage),) = taken
    assert await there.arrive(luggage, None, world.now_ms) is None
    assert await ana.say("on the connection that they have")
    assert await ana.leave()
    assert await there.arrive(luggage, None, world.now_ms) is None
    assert await there.cell_of(ana.person) is None


async def test_whoever_clears_their_location_on_the_way_is_nowhere_afterwards(
    world: World, fails: dict[str, bool]
) -> None:
    ana, _ = await due_to_move(world)
    fails["arrive"] = False
    with pytest.raises(HubDown):
        await ana.place("moved")
    assert await by_http(world, ana).clear(ana.person, None, world.now_ms) is False
    for hub in (*world.hubs, *world.hubs):
        await hub.sweep(world.now_ms)
    assert all(person.presence is None and person.seat is None for _, person in records(world, ana))


async def test_moves_are_counted_by_what_became_of_them(world: World, fails: dict[str, bool]) -> None:
    ana, _ = await due_to_move(world)
    before = (await ana.hub.statistics()).moves
    fails["release"] = False
    with pytest.raises(HubDown):
        await ana.place("moved")
    await ana.hub.sweep(world.now_ms)
    assert await ana.place("moved")
    after = (await ana.hub.statistics()).moves
    assert {outcome: after[outcome] - before[outcome] for outcome in after} == {"done": 1, "put_off": 0, "cut_short": 1}


async def test_while_one_slice_is_down_the_others_are_swept(world: World, fails: dict[str, bool]) -> None:
    ana, _, due_ms = await two_of_whom_one_went_away(world)
    world.clock.advance(due_ms - world.now_ms)
    # The first of five that is asked.
    fails["sweep"] = False
    assert await world.hubs[0].sweep(world.now_ms) == ([ana.person] if slice_of(HERE.res5, SLICES) else [])
