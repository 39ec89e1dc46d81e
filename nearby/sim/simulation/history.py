"""What became of a crowd under a policy: who was there and who sat where, in order of time.

Figures are computed from this and nothing else. A history is checked as it is written: nobody sits
who is not there, and nobody in two rooms.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from nearby.core.ids import Cell, PersonId
from nearby.sim.simulation.events import Place


class Did(IntEnum):
    """What happened."""

    CAME = 0
    MOVED = 1
    SAT = 2
    ROSE = 3
    WENT = 4
    BLOCKED = 5
    BELONGS = 6


class Entry(NamedTuple):
    """One thing that happened to ``person``.

    ``place`` is where they came or moved to; ``room``, ``resolution`` (of its catchment, 0 if it has none)
    and ``why`` are of a seat taken; ``other`` is whom they blocked; ``cell`` is the finest open catchment of their
    ladder from now on. Who sits down gives up any seat before.
    """

    at_ms: int
    did: Did
    person: PersonId
    place: Place | None = None
    room: str = ""
    resolution: int = 0
    why: str = ""
    other: PersonId | None = None
    cell: Cell | None = None


class History:
    """Entries as they happen. A policy reports seats here, the player everything else."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._room: dict[PersonId, str | None] = {}
        self._now_ms = 0

    @property
    def entries(self) -> Sequence[Entry]:
        """Return everything so far."""
        return self._entries

    def came(self, person: PersonId, place: Place) -> None:
        """Somebody is there from now on."""
        if person in self._room:
            raise ValueError("somebody came twice")
        self._room[person] = None
        self._write(Entry(self._now_ms, Did.CAME, person, place))

    def moved(self, person: PersonId, place: Place) -> None:
        """Somebody is elsewhere now."""
        self._write(Entry(self._now_ms, Did.MOVED, person, place))

    def sat(self, person: PersonId, room: str, resolution: int, why: str) -> None:
        """Somebody has a seat, or their room another catchment."""
        if person not in self._room:
            raise ValueError("somebody sits who is not there")
        self._room[person] = room
        self._write(Entry(self._now_ms, Did.SAT, person, room=room, resolution=resolution, why=why))

    def rose(self, person: PersonId) -> None:
        """Somebody lost their seat and is still there; no seat is no error."""
        if self._room.get(person) is not None:
            self._room[person] = None
            self._write(Entry(self._now_ms, Did.ROSE, person))

    def went(self, person: PersonId) -> None:
        """Somebody is gone, and with them their seat."""
        del self._room[person]
        self._write(Entry(self._now_ms, Did.WENT, person))

    def blocked(self, person: PersonId, other: PersonId) -> None:
        """The two must not meet from now on."""
        self._write(Entry(self._now_ms, Did.BLOCKED, person, other=other))

    def belongs(self, person: PersonId, cell: Cell) -> None:
        """Whoever has this cell as their finest open catchment too shares it with them."""
        self._write(Entry(self._now_ms, Did.BELONGS, person, cell=cell))

    def at(self, now_ms: int) -> None:
        """What is reported next happens at ``now_ms``.

        Raises:
            ValueError: Time would go back.
        """
        if now_ms < self._now_ms:
            raise ValueError("time goes back")
        self._now_ms = now_ms

    def _write(self, entry: Entry) -> None:
        self._entries.append(entry)
