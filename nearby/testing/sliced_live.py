"""A live state of slices in one process: each a ``LiveState``, put together as those on servers are."""

from collections import Counter
from collections.abc import Callable
from itertools import chain
from random import Random

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.base import Hub, Listener, Standing
from nearby.hub.memory import LiveState, MemoryHub
from nearby.hub.memory.person import Attached, Person
from nearby.hub.memory.tables import in_memory
from nearby.hub.sliced import SlicedHub
from nearby.hub.sliced.borders import slice_of
from nearby.hub.sliced.phones import Phones, SliceEar
from nearby.hub.slices import Luggage, Slice, Way
from nearby.testing.live import SECRET


class MemorySlice(MemoryHub):
    """See ``nearby.hub.slices.Slice``. No call suspends.

    Args:
        state: The slice's live state.
        listener: Hears what concerns this gateway's connections.
        noted: Which slice has whom, of those whose home this one is.
    """

    def __init__(self, state: LiveState, listener: Listener, noted: dict[PersonId, int]) -> None:
        super().__init__(state, listener)
        self._noted = noted

    async def pack(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> Luggage | None:
        """See ``Slice.pack``."""
        self._state.catch_up(now_ms)
        return self._state.crossing.pack(person, connection, self._state.window)

    async def expects(self, luggage: Luggage, now_ms: int) -> bool:
        """See ``Slice.expects``."""
        self._state.catch_up(now_ms)
        return self._state.crossing.expects(luggage, self._state.window)

    async def release(self, luggage: Luggage, number: int, now_ms: int) -> bool:
        """See ``Slice.release``."""
        self._state.catch_up(now_ms)
        return self._state.crossing.release(luggage, number, now_ms, self._state.window)

    async def arrive(self, luggage: Luggage, connection: ConnectionId | None, now_ms: int) -> Standing | None:
        """See ``Slice.arrive``."""
        self._state.catch_up(now_ms)
        attached = None if connection is None else Attached(connection, self._listener)
        return self._state.crossing.arrive(luggage, attached, now_ms, self._state.window)

    async def unburden(self, person: PersonId, hop: int) -> None:
        """See ``Slice.unburden``."""
        self._state.crossing.unburden(person, hop)

    async def where_gone(self, person: PersonId) -> Way | None:
        """See ``Slice.where_gone``."""
        return self._state.crossing.where_gone(person)

    async def call_across(self, person: PersonId, now_ms: int) -> None:
        """See ``Slice.call_across``."""
        self._state.crossing.call_across(person)

    async def where_is(self, person: PersonId) -> int | None:
        """See ``Slice.where_is``."""
        return self._noted.get(person)

    async def note_where(self, person: PersonId, number: int) -> None:
        """See ``Slice.note_where``."""
        self._noted[person] = number


class SlicedLive:
    """A live state of slices, and the gateways that share it.

    Args:
        rules: The rules it runs by.
        now_ms: The time it starts at.
        slices: How many.
        wrap: Returns a slice as gateways are to see it.
    """

    def __init__(
        self, rules: Rules, now_ms: int, slices: int, *, wrap: Callable[[Slice], Slice] = lambda slice_: slice_
    ) -> None:
        self._wrap = wrap
        self._random = Random(0)
        self._windows = Windows(rules.window_ms, SECRET)
        self._tables = [in_memory(rules, self._windows, secret=SECRET) for _ in range(slices)]
        self._states = [
            LiveState(
                rules,
                secret=SECRET,
                draw_id=self._draw_id,
                now_ms=now_ms,
                tables=tables,
                owns=lambda cell, number=number: slice_of(cell, slices) == number,  # type: ignore[misc]
            )
            for number, tables in enumerate(self._tables)
        ]
        self._noted: list[dict[PersonId, int]] = [{} for _ in self._states]

    def _draw_id(self) -> str:
        return f"{self._random.getrandbits(80):020x}"

    async def open_hub(self, listener: Listener) -> Hub:
        """See ``Live.open_hub``."""
        phones, called = Phones(), dict[PersonId, None]()
        slices: list[Slice] = []
        for number, state in enumerate(self._states):
            ear = SliceEar(number, listener, phones, call_across=called.setdefault)
            slices.append(self._wrap(MemorySlice(state, ear, self._noted[number])))
        return SlicedHub(slices, listener, windows=self._windows, phones=phones, called=called)

    def records(self, person: PersonId) -> list[tuple[int, Person]]:
        """Return what each slice has of somebody who is there in any way, with its number."""
        found = ((number, tables.people.get(person)) for number, tables in enumerate(self._tables))
        return [(number, one) for number, one in found if one is not None and not one.is_absent]

    def in_two_slices(self) -> list[str]:
        """Return who has a connection, a seat or a presence in more than one slice."""
        found: Counter[tuple[str, str]] = Counter()
        for person in chain.from_iterable(tables.people.values() for tables in self._tables):
            parts = {"connection": person.attached, "seat": person.seat, "presence": person.presence}
            found.update((person.id, name) for name, part in parts.items() if part is not None)
        return [f"{person} has more than one {name}" for (person, name), times in found.items() if times > 1]

    async def settle(self) -> None:
        """See ``Live.settle``."""
