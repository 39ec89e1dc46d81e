"""People wait for a seat on a common tick; what goes wrong with one of them costs the others nothing."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from nearby.core.ids import Cell, PersonId
from nearby.core.placement import NEW_ROOM
from nearby.errors import HubDown
from nearby.hub.seating import Placement
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.server.placer import FOR_MS, Placer

ANA, BAD, CYN = PersonId("ana"), PersonId("bad"), PersonId("cyn")


class Seats:
    """What a placer needs of a hub: seats for everybody, and what the test does before each placing."""

    def __init__(self) -> None:
        self.seated: list[PersonId] = []
        self.before_placing: Callable[[PersonId], None] = lambda person: None

    async def place(self, person: PersonId, why: str, now_ms: int) -> Placement | None:
        self.before_placing(person)
        self.seated.append(person)
        return Placement(Cell(1), 0, NEW_ROOM)


async def told() -> None:
    """Let whoever waits hear what they were answered."""
    for _ in range(5):
        await asyncio.sleep(0)


def placer(seats: Seats, *, at_once: int = 1, now_ms: Callable[[], int] = lambda: 0) -> Placer:
    clock = SteadyClock(wall_ms=now_ms, monotonic_ms=now_ms)
    return Placer(seats, clock, Metrics(), at_once=at_once)  # type: ignore[arg-type]


async def test_a_wish_made_during_a_tick_is_answered_by_the_next() -> None:
    seats, waiting = Seats(), list[asyncio.Task[None]]()
    answering = placer(seats)

    def wish_for_cyn(person: PersonId) -> None:
        if not waiting:
            answering.wish(CYN, "new")
            waiting.append(asyncio.create_task(answering.wait_answered(CYN)))

    seats.before_placing = wish_for_cyn
    answering.wish(ANA, "new")
    await answering.tick()
    await asyncio.sleep(0)
    assert (seats.seated, waiting[0].done()) == ([ANA], False)
    await answering.tick()
    await waiting[0]
    assert seats.seated == [ANA, CYN]


async def test_a_tick_ends_after_its_time_and_leaves_whoever_is_left_to_the_next() -> None:
    seats, now_ms = Seats(), 0

    def take_time(person: PersonId) -> None:
        # As long as a tick has.
        nonlocal now_ms
        now_ms += FOR_MS

    seats.before_placing = take_time
    answering = placer(seats, now_ms=lambda: now_ms)
    crowd = [ANA, BAD, CYN]
    waiting = []
    for person in crowd:
        answering.wish(person, "new")
        waiting.append(asyncio.create_task(answering.wait_answered(person)))
    await asyncio.sleep(0)
    for seated in (1, 2, 3):
        await answering.tick()
        await told()
        assert seats.seated == crowd[:seated]
        assert [one.done() for one in waiting] == [True] * seated + [False] * (3 - seated)
        assert answering.is_behind is (seated < 3)


async def test_whoever_wishes_again_while_left_to_the_next_tick_is_answered_once_for_both() -> None:
    seats, now_ms, waiting = Seats(), 0, list[asyncio.Task[None]]()

    def wish_again(person: PersonId) -> None:
        nonlocal now_ms
        now_ms += FOR_MS
        if len(waiting) == 1:
            answering.wish(CYN, "next")
            waiting.append(asyncio.create_task(answering.wait_answered(CYN)))

    seats.before_placing = wish_again
    answering = placer(seats, now_ms=lambda: now_ms)
    for person in (ANA, CYN):
        answering.wish(person, "new")
    waiting.append(asyncio.create_task(answering.wait_answered(CYN)))
    await asyncio.sleep(0)
    await answering.tick()
    await told()
    assert [one.done() for one in waiting] == [False, False]
    await answering.tick()
    await asyncio.gather(*waiting)
    assert seats.seated == [ANA, CYN]


async def test_somebody_who_cannot_be_placed_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    seats = Seats()

    def break_for_one(person: PersonId) -> None:
        if person == BAD:
            raise ValueError("our bug")

    seats.before_placing = break_for_one
    answering = placer(seats)
    for person in (ANA, BAD, CYN):
        answering.wish(person, "new")
    with caplog.at_level(logging.ERROR):
        await answering.tick()
    assert seats.seated == [ANA, CYN]
    assert "somebody could not be placed" in caplog.text


async def test_while_the_hub_is_down_waiters_are_told_and_wishes_stand() -> None:
    seats = Seats()

    def be_down(person: PersonId) -> None:
        raise HubDown

    seats.before_placing = be_down
    answering = placer(seats)
    answering.wish(ANA, "new")
    waiting = asyncio.create_task(answering.wait_answered(ANA))
    await asyncio.sleep(0)
    with pytest.raises(HubDown):
        await answering.tick()
    with pytest.raises(HubDown):
        await waiting
    seats.before_placing = lambda person: None
    await answering.tick()
    assert seats.seated == [ANA]


async def test_only_whom_the_hub_failed_hears_of_it_and_is_placed_on_the_next_tick() -> None:
    seats = Seats()

    def be_down_for_one(person: PersonId) -> None:
        if person == BAD:
            raise HubDown

    seats.before_placing = be_down_for_one
    answering = placer(seats, at_once=2)
    for person in (BAD, ANA, CYN):
        answering.wish(person, "next")
    waiting = {person: asyncio.create_task(answering.wait_answered(person)) for person in (BAD, ANA, CYN)}
    await asyncio.sleep(0)
    await answering.tick()
    assert seats.seated == [ANA, CYN]
    await asyncio.gather(waiting[ANA], waiting[CYN])
    with pytest.raises(HubDown):
        await waiting[BAD]
    seats.before_placing = lambda person: None
    await answering.tick()
    assert sorted(seats.seated) == [ANA, BAD, CYN]


async def test_wishes_that_the_hub_failed_stand_behind_those_it_may_answer() -> None:
    seats = Seats()

    def be_down_for_some(person: PersonId) -> None:
        if person.startswith("bad"):
            raise HubDown

    seats.before_placing = be_down_for_some
    answering = placer(seats, at_once=2)
    for person in (ANA, BAD, PersonId("bad too")):
        answering.wish(person, "new")
    await answering.tick()
    answering.wish(CYN, "new")
    await answering.tick()
    assert seats.seated == [ANA, CYN]


async def test_waiters_are_told_that_the_hub_is_down_also_when_the_tick_never_got_to_them() -> None:
    answering = placer(Seats())
    answering.wish(ANA, "new")
    waiting = asyncio.create_task(answering.wait_answered(ANA))
    await asyncio.sleep(0)
    answering.fail(HubDown())
    with pytest.raises(HubDown):
        await waiting


async def test_forgetting_wishes_says_whose_they_were_and_lets_waiters_go() -> None:
    answering = placer(Seats())
    answering.wish(ANA, "new")
    waiting = asyncio.create_task(answering.wait_answered(ANA))
    await asyncio.sleep(0)
    assert answering.forget([ANA, PersonId("nobody")]) == [ANA]
    await waiting
