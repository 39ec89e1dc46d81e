"""Shakes by the thousand in a live state: how many who shook together meet, and what a crowd costs.

The figures are printed: ``pytest tests/hub/test_memory_shakes.py -s``.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from random import Random
from time import thread_time_ns

import pytest

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.shake import AT_ONCE
from nearby.hub.base import Caller, Hub
from nearby.testing.hub_suite.given import HERE, RULES, START_MS
from nearby.testing.live import MemoryLive

FREE = RULES.unlimited()
TICK_MS = 200
JITTER_MS = 200
LOSS = 0.02
AGAIN_MS = 1_000
"""A phone that heard no answer by then asks once more, as the SDK does over another connection."""
EVERY_MS = 12_000


class Ear:
    """A listener that keeps the room each connection was last placed in by a shake."""

    def __init__(self) -> None:
        self.met: dict[ConnectionId, RoomId] = {}

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """Hear nothing of it."""

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """Note a meeting; nobody is placed twice by one shake."""
        assert placed.why == "shaken"
        assert connection not in self.met
        self.met[connection] = RoomId(placed.room.id)

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """Hear nothing of it."""

    def taken_out(self, connection: ConnectionId) -> None:
        """Hear nothing of it."""

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """Hear nothing of it."""

    def replaced(self, connection: ConnectionId) -> None:
        """Hear nothing of it."""

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """Hear nothing of it."""

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """One process forgets nobody."""

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """Hear nothing of it."""


async def shake(hub: Hub, person: PersonId, now_ms: int) -> None:
    await hub.shake(person, ConnectionId(person), now_ms)


async def arrive(hub: Hub, person: PersonId, now_ms: int) -> None:
    await hub.attach(Caller(person), ConnectionId(person), None, now_ms)
    await hub.check_in(Caller(person), HERE, now_ms)


def arrivals_ms(random: Random, *, repeats: int) -> list[int]:
    """Return when a phone's shake reaches the server: each message and each answer may be lost, and is late."""
    times_ms, at_ms = list[int](), 0
    for _ in range(1 + repeats):
        reached, answered = random.random() >= LOSS, random.random() >= LOSS
        if reached:
            times_ms.append(at_ms + random.randrange(JITTER_MS + 1))
            if answered:
                break
        at_ms += AGAIN_MS
    return times_ms


async def share_that_meets(tries: int, *, repeats: int) -> float:
    """Return the share of tries in which two phones that shake together meet; never does one meet without the other."""
    random, ear = Random(7), Ear()
    hub = await MemoryLive(FREE, START_MS).open_hub(ear)
    pair, met = (PersonId("ana"), PersonId("ben")), 0
    for number in range(tries):
        # Anywhere between two ticks.
        began_ms = START_MS + number * EVERY_MS + random.randrange(TICK_MS)
        for person in pair:
            await arrive(hub, person, began_ms)
        arriving = [(began_ms + ms, person) for person in pair for ms in arrivals_ms(random, repeats=repeats)]
        for at_ms, person in sorted(arriving):
            await shake(hub, person, at_ms)
        while await hub.meet(began_ms + EVERY_MS - TICK_MS):
            pass
        assert len(ear.met) in {0, 2}
        assert len(set(ear.met.values())) <= 1
        met += len(ear.met) == 2
        ear.met.clear()
    return met / tries


async def test_two_phones_with_late_and_lost_messages_meet_in_a_quiet_catchment() -> None:
    share = await share_that_meets(10_000, repeats=1)
    print(f"\n10,000 tries, {JITTER_MS} ms jitter, {LOSS:.0%} loss, one repeat: {share:.2%} meet")
    assert share >= 0.99


async def test_without_the_repeat_too_few_of_them_do() -> None:
    share = await share_that_meets(10_000, repeats=0)
    print(f"\n10,000 tries, {JITTER_MS} ms jitter, {LOSS:.0%} loss, no repeat: {share:.2%} meet")
    assert share < 0.99


@pytest.mark.parametrize("count", [10_000])
async def test_a_stadium_that_shakes_within_a_second_meets_in_bounded_steps(count: int) -> None:
    random, ear = Random(11), Ear()
    hub = await MemoryLive(FREE, START_MS).open_hub(ear)
    people = [PersonId(f"p{number}") for number in range(count)]
    for person in people:
        await arrive(hub, person, START_MS)
    # Mostly of neighbours in the order of shakes, where they are in each other's way.
    foes = {frozenset((people[at], people[at + random.randrange(1, 8)])) for at in range(0, count - 8, 5)}
    for author, other in map(sorted, foes):
        await hub.separate(author, other, START_MS, is_mutual=random.random() < 0.5)
    began_ns = thread_time_ns()
    for number, person in enumerate(people):
        await shake(hub, person, START_MS + number * 1_000 // count)
    shakes_us = (thread_time_ns() - began_ns) / 1e3 / count
    assert (await hub.statistics()).shaking == count
    ended_ms, steps_ms = START_MS + FREE.shake_wait_ms, list[float]()
    while True:
        before, began_ns = len(ear.met), thread_time_ns()
        if not await hub.meet(ended_ms):
            break
        steps_ms.append((thread_time_ns() - began_ns) / 1e6)
        assert len(ear.met) - before <= AT_ONCE + FREE.capacity
    print(
        f"\n{count:,} shakes within 1 s, {len(foes):,} conflicts: {shakes_us:.1f} µs of CPU each; met in"
        f" {len(steps_ms)} steps, {sum(steps_ms):.0f} ms of CPU in all, the longest {max(steps_ms):.1f} ms"
    )
    sizes = Counter(Counter(ear.met.values()).values())
    print(f"rooms by size: {dict(sorted(sizes.items()))}, alone: {count - len(ear.met)}")
    assert len(ear.met) == count
    assert sizes.keys() <= set(range(2, FREE.capacity + 1))
    assert not any(len({ear.met[ConnectionId(one)] for one in pair}) == 1 for pair in foes)
