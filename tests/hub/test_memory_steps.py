"""Between the steps in which a crowd meets, rooms are what they are to whoever asks."""

from collections import Counter

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId
from nearby.core.placement import Candidate
from nearby.hub.base import Hub
from nearby.testing.hub_suite.given import START_MS
from nearby.testing.live import MemoryLive
from tests.hub import test_memory_shakes as shakes

PEOPLE = [PersonId(f"p{number}") for number in range(200)]
MEET_MS = START_MS + shakes.FREE.shake_wait_ms


class Ear(shakes.Ear):
    """A listener that hears nothing."""

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """Hear nothing of it."""


async def seated_and_shaken() -> Hub:
    """Return a hub in which everybody sits with others and has shaken, those of a room far apart."""
    hub = await MemoryLive(shakes.FREE, START_MS).open_hub(Ear())
    for person in PEOPLE:
        await shakes.arrive(hub, person, START_MS)
        assert await hub.place(person, "new", START_MS)
    for person in sorted(PEOPLE, key=lambda person: PEOPLE.index(person) % shakes.FREE.capacity):
        await shakes.shake(hub, person, START_MS)
    return hub


async def test_a_newcomer_is_offered_rooms_with_those_who_are_still_there() -> None:
    hub = await seated_and_shaken()
    newcomer = PersonId("newcomer")
    await shakes.arrive(hub, newcomer, MEET_MS)
    while await hub.meet(MEET_MS):
        offer = await hub.offer(newcomer, MEET_MS)
        assert offer is not None
        rooms = [await hub.room_of(person) for person in PEOPLE]
        there = Counter(room.id for room in rooms if room is not None)
        offered: list[Candidate] = list(offer.candidates)
        # But for the last step, after which all old ones are empty.
        assert offered or set(there.values()) == {shakes.FREE.capacity}
        assert [one.size for one in offered] == [there[one.room] for one in offered]


async def test_rooms_are_counted_as_they_are_after_each_step() -> None:
    hub = await seated_and_shaken()
    steps = 0
    while await hub.meet(MEET_MS):
        steps += 1
        sizes = (await hub.statistics()).rooms_by_size
        assert sum(size * count for size, count in sizes.items()) == len(PEOPLE)
    assert steps > 1


async def test_a_sweep_between_steps_mends_no_room_that_everybody_left() -> None:
    hub = await MemoryLive(shakes.FREE, START_MS).open_hub(Ear())
    for person in PEOPLE[:2]:
        await shakes.arrive(hub, person, START_MS)
        assert await hub.place(person, "new", START_MS)
        await shakes.shake(hub, person, START_MS)
    assert await hub.meet(MEET_MS)
    assert await hub.sweep(MEET_MS) == []
    assert (await hub.statistics()).rooms_by_size == {2: 1}
