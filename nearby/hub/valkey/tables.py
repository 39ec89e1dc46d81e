"""Every collection of the live state as one attempt sees it, made of what was read of the shared state."""

from collections.abc import Callable, Iterator, MutableSet
from itertools import chain
from typing import TypeVar

from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.catchment import Catchments
from nearby.core.cell import Ladder, ladder_above
from nearby.core.census import Census
from nearby.core.gate import Trail
from nearby.core.ids import Cell, ConnectionId, PersonId, RoomId
from nearby.core.nearby_list import Rosters, RosterTables
from nearby.core.repeats import Repeats
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId
from nearby.core.window import Windows
from nearby.hub.memory.person import Attached, Person
from nearby.hub.memory.tables import Looks, Tables
from nearby.hub.valkey import rows
from nearby.hub.valkey.collections import SharedAgenda, ShelvesByCatchment, ToMove, Whole
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.gatherings import SharedGatherings
from nearby.hub.valkey.heard import Ear, Outbox
from nearby.hub.valkey.networks import SharedNetworks
from nearby.hub.valkey.past import SharedPast
from nearby.hub.valkey.venues import SharedVenues
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES, Table, Tally, Working

K = TypeVar("K")
V = TypeVar("V")

STOPPED = "stop"
"""The key of what is stopped."""

PRESENT, SEEN = "cp", "cs"
"""The keys of the census: hashes of people by cell, present now, and counted in the window."""


class SharedTables:
    """The tables of one attempt, and what would be written of them.

    Args:
        working: The attempt.
        rules: The product's numbers.
        windows: The common windows.
        window: The one that the shared state is in.
        catchments: Which cells are open in it.
        generation: How often the hub lost something.
        now_ms: The time of the attempt.
        due: Looks that it takes on itself.
        to_move: Who must have another seat, if it takes them on itself.
        ttl_ms: A backstop for lists.
    """

    def __init__(
        self,
        working: Working,
        rules: Rules,
        windows: Windows,
        *,
        window: int,
        catchments: Catchments,
        generation: int,
        now_ms: int,
        due: list[tuple[str, int]],
        to_move: list[PersonId],
        ttl_ms: int,
    ) -> None:
        self._working = working
        self._rules = rules
        self._generation = generation
        self._ttl_ms = ttl_ms
        self.outbox = Outbox()
        self._gateways: dict[RoomId, dict[str, str]] = {}
        self._people: Table[PersonId, Person] = Table(
            working, "p:", name_of=str, decode=self._person_in, encode=self._person_row
        )
        self.rooms = _RoomTable(working, "r:", name_of=str, decode=self._room_in, encode=self._room_row)
        self.rooms.past_of = self._past_of
        self.by_size, self._present, self._seen = Tally[int](), Tally[Cell](), Tally[Cell]()
        self._agenda = SharedAgenda(due)
        self._venues = SharedVenues(working, window, rules)
        self.gatherings = SharedGatherings(working, rules, now_ms)
        self._tables: list[Table] = [self._people, self.rooms, self._venues.table]  # type: ignore[type-arg]
        self._tables += [self.gatherings.gatherings, self.gatherings.people, self.gatherings.newest]
        self._held_off, self._let_go = Whole[PersonId](working, "ho"), Whole[PersonId](working, "lg")
        self._to_move = ToMove(to_move)
        self.networks = SharedNetworks(working)
        self._tables += [self.networks.spent, self.networks.open]
        self._was_at: dict[PersonId, str] = {}
        self._stopped = _stopped_in(working.value(STOPPED))
        self.tables = Tables(
            agenda=self._agenda,
            catchments=catchments,
            census=Census(self._present, self._seen, self._table(f"cv{window}:", _ladders_in, _ladders_row)),
            venues=self._venues,
            rosters=Rosters(self._rosters(window)),
            repeats=self._repeats(windows.secret),
            gatherings=self.gatherings,
            people=self._people,
            rooms=self.rooms,
            shelves=ShelvesByCatchment(working, self.rooms, rules),
            by_size=self.by_size,
            by_author=self._table("ka:", _pairs_in, _pairs_row, make=dict),
            by_other=self._table("ko:", _pairs_in, _pairs_row, make=dict),
            muted=self._table("mm:", rows.marks_in, rows.marks_row),
            greeted=self._table("mg:", rows.marks_in, rows.marks_row),
            deaf_to=self._table("dt:", _set_in, _set_row),
            heard_by=self._table("dh:", _set_in, _set_row),
            trails=self._trails(),
            held_off=self._held_off,
            let_go=self._let_go,
            to_move=self._to_move,
            looks=self._table(f"lk{window}:", _looks_in, _looks_row),
            looks_before=self._table(f"lk{window - 1}:", _looks_in, _looks_row),
            sat_in=self._table(f"sr{window}:", lambda stored: tuple(rows.any_of(stored)), rows.encode),
            sat_where=self._table(
                f"sp{window}:", lambda stored: rows.any_of(stored)[0], lambda room: rows.encode([room])
            ),
            stopped=self._stopped,
        )

    @staticmethod
    def gateway_of(person: Person) -> str | None:
        """Return the gateway of a person's connection, or None without one."""
        return gateway_of(person)

    def ear(self, gateway: str) -> Ear:
        """Return the listener of a gateway."""
        return Ear(gateway, self.outbox)

    def gateways_of(self, room_id: RoomId, unheard_by: ConnectionId | None) -> list[str]:
        """Return the gateways with a connection in a room, that of the one that leaves it among them."""
        room = self.rooms[room_id]
        before = self._gateways.get(room_id, {})
        found: dict[str, None] = {}
        for seat in room.seats.values():
            person = self._people.here.get(seat.person)
            gateway = before.get(seat.member) if person is None else gateway_of(person)
            if gateway is not None:
                found[gateway] = None
        if unheard_by is not None:
            for person in self._people.here.values():
                if person is not None and person.attached is not None and person.attached.connection == unheard_by:
                    found[gateway_of(person) or ""] = None
        return list(found)

    def sets(self) -> Iterator[tuple[str, bytes, int]]:
        """Yield what values are to be set to, with how long they are kept in ms; ``ABSENT`` is to be deleted."""
        self._note_gateways()
        found = chain(*(table.changes() for table in self._tables), self._held_off.changes(), self._let_go.changes())
        for key, stored in found:
            yield key, stored, self._ttl_ms
        if self.tables.stopped != self._stopped:
            yield STOPPED, _stopped_row(self.tables.stopped), self._ttl_ms
        for room_id, room in self.rooms.here.items():
            if room is None:
                for kind in "es":
                    yield f"{kind}:{room_id}", ABSENT, 0
            elif isinstance(room.past, SharedPast):
                yield from room.past.ids()

    def commands(self) -> Iterator[Command]:
        """Yield what is to be written beside values."""
        for room in self.rooms.here.values():
            if room is not None and isinstance(room.past, SharedPast):
                yield from room.past.commands()
        yield from self._working.commands
        yield from self.gatherings.in_order.commands
        yield from self._agenda.commands()
        yield from self._to_move.commands()
        yield from self._gateway_commands()
        for key, tally in ((PRESENT, self._present), (SEEN, self._seen)):
            yield from (Command("add", key, (f"{cell:x}", by)) for cell, by in tally.by.items() if by)

    def _gateway_commands(self) -> Iterator[Command]:
        """Yield what lets it be known which people and networks a gateway has, should it end."""
        for person_id, person in self._people.here.items():
            was, now = self._was_at.get(person_id), None if person is None else gateway_of(person)
            if was != now:
                if was is not None:
                    yield Command("exclude", f"pg:{was}", (person_id,))
                if now is not None:
                    yield Command("include", f"pg:{now}", (person_id,))
        for network, counts in self.networks.open.here.items():
            yield from (Command("include", f"ng:{gateway}", (network,)) for gateway in counts or ())

    def _note_gateways(self) -> None:
        """Let rooms know on which gateways the connections on their seats are."""
        for person in self._people.here.values():
            if person is None or person.room is None or person.seat is None:
                continue
            at, gateway = self._gateways.setdefault(person.room.id, {}), gateway_of(person)
            if gateway is None:
                at.pop(person.seat.member, None)
            else:
                at[person.seat.member] = gateway

    def _person_in(self, person_id: PersonId, stored: bytes) -> Person:
        row = rows.read_person(stored)
        person = rows.person_of(person_id, row)
        if row.attached is not None:
            person.attached = Attached(ConnectionId(row.attached[0]), self.ear(row.attached[1]))
            self._was_at[person_id] = row.attached[1]
        if row.seat is not None:
            room = self.rooms.find(RoomId(row.seat[0]))
            seat = None if room is None else room.seats.get(row.seat[1])  # type: ignore[call-overload]
            if seat is not None:
                person.room, person.seat = room, seat
        return person

    def _person_row(self, person: Person) -> bytes:
        return rows.encode(rows.person_row(person, gateway_of(person)))

    def _room_in(self, room_id: RoomId, stored: bytes) -> Room:
        row = rows.read_room(stored)
        room = rows.room_of(room_id, row)
        self._gateways[room_id] = {seat.member: seat.gateway for seat in row.seats if seat.gateway is not None}
        room.past = self._past_of(room_id, seq=row.seq, newest_id_ms=row.newest_id_ms)
        return room

    def _room_row(self, room: Room) -> bytes:
        newest_id_ms = room.past.newest_id_ms() if room.past is not None else None
        return rows.encode(rows.room_row(room, self._gateways.get(room.id, {}), newest_id_ms, self._generation))

    def _past_of(self, room_id: RoomId, *, seq: int, newest_id_ms: int | None) -> SharedPast:
        return SharedPast(
            self._working, room_id, seq=seq, newest_id_ms=newest_id_ms, rules=self._rules, ttl_ms=self._ttl_ms
        )

    def _rosters(self, window: int) -> RosterTables:
        areas = rows.catchment_name
        return RosterTables(
            listed=_ItemSet(self._table("ll:", rows.any_of, rows.encode)),
            at=self._table("la:", _areas_in, _areas_row),
            now=self._table("ln:", lambda stored: dict.fromkeys(rows.any_of(stored)), _keys_row, name_of=areas),
            fixed=self._table(f"lf{window}:", lambda stored: tuple(rows.any_of(stored)), rows.encode, name_of=areas),
            gone=_ItemSet(self._table(f"lg{window}:", rows.any_of, rows.encode)),
        )

    def _repeats(self, secret: bytes) -> Repeats:
        return SharedRepeats(
            self._rules,
            secret,
            seen=self._table(
                "xs:", lambda stored: tuple(map(tuple, rows.any_of(stored))), rows.encode, name_of=bytes.hex
            ),
            refused_until_ms=self._table("xr:", rows.any_of, rows.encode, name_of=bytes.hex),
        )

    def _trails(self) -> Table[tuple[PersonId, str], Trail]:
        table = _Trails(
            self._working,
            "tr:",
            name_of=":".join,
            decode=lambda _, stored: tuple(rows.any_of(stored)),
            encode=lambda trail: rows.encode(trail) if trail else None,
        )
        self._tables.append(table)
        return table

    def _table(
        self,
        prefix: str,
        decode: Callable[[bytes], V],
        encode: Callable[[V], bytes | None],
        *,
        name_of: Callable[[K], str] = str,
        make: Callable[[], V] | None = None,
    ) -> Table[K, V]:
        table = Table(
            self._working,
            prefix,
            name_of=name_of,
            decode=lambda _, stored: decode(stored),
            encode=encode,
            make=make,
        )
        self._tables.append(table)
        return table


class SharedRepeats(Repeats):
    """See ``Repeats``. What is over is left to the keys' time to live."""

    def _trim(self, since_ms: int) -> None:
        """Leave it."""

    def _trim_refused(self, now_ms: int) -> None:
        """Leave it."""

    @property
    def watched(self) -> int:
        """Return 0: nobody knows without asking."""
        return 0

    @property
    def refused(self) -> int:
        """Return 0: nobody knows without asking."""
        return 0


class _Trails(Table[tuple[PersonId, str], Trail]):
    """Trails outside rooms, which nobody counts: they are left to the keys' time to live."""

    def __len__(self) -> int:
        """Return 0: they are never too many."""
        return 0


class _RoomTable(Table[RoomId, Room]):
    """All rooms. A new one is given a past that knows to be empty."""

    past_of: Callable[..., SharedPast]

    def __setitem__(self, room_id: RoomId, room: Room) -> None:
        """See ``Table``."""
        room.past = self.past_of(room_id, seq=0, newest_id_ms=None)
        super().__setitem__(room_id, room)


class _ItemSet(MutableSet[PersonId]):
    """A set of which each member is a key of its own."""

    def __init__(self, table: Table[PersonId, bool]) -> None:
        self._table = table

    def __contains__(self, person: object) -> bool:
        return person in self._table

    def add(self, person: PersonId) -> None:
        if person not in self._table:
            self._table[person] = True

    def discard(self, person: PersonId) -> None:
        self._table.pop(person, None)

    def __iter__(self) -> Iterator[PersonId]:
        raise TypeError("a shared set is looked up one by one")

    def __len__(self) -> int:
        raise TypeError("a shared set is looked up one by one")


def gateway_of(person: Person) -> str | None:
    """Return the gateway of a person's connection, or None without one."""
    if person.attached is None:
        return None
    assert isinstance(person.attached.listener, Ear)
    return person.attached.listener.gateway


def _stopped_in(stored: bytes) -> Stopped:
    if stored == ABSENT:
        return NOTHING_STOPPED
    placement, areas, guests, shake, bottle = rows.any_of(stored[VERSION_BYTES:])
    return Stopped(placement, frozenset(map(Cell, areas)), guests, shake, bottle)


def _stopped_row(stopped: Stopped) -> bytes:
    return rows.encode((stopped.placement, sorted(stopped.areas), stopped.guests, stopped.shake, stopped.bottle))


def _ladders_in(stored: bytes) -> tuple[Ladder, ...]:
    return tuple(ladder_above(Cell(cell)) for cell in rows.any_of(stored))


def _ladders_row(ladders: tuple[Ladder, ...]) -> bytes:
    return rows.encode([ladder.res7 for ladder in ladders])


def _pairs_in(stored: bytes) -> dict[PersonId, bool]:
    return {PersonId(other): bool(is_mutual) for other, is_mutual in rows.any_of(stored)}


def _pairs_row(pairs: dict[PersonId, bool]) -> bytes | None:
    return rows.encode(list(pairs.items())) if pairs else None


def _set_in(stored: bytes) -> set[PersonId]:
    return set(rows.any_of(stored))


def _set_row(people: set[PersonId]) -> bytes | None:
    return rows.encode(sorted(people)) if people else None


def _keys_row(people: dict[PersonId, None]) -> bytes | None:
    return rows.encode(list(people)) if people else None


def _areas_in(stored: bytes) -> tuple[CatchmentId, ...]:
    areas = (rows.catchment_in(area if isinstance(area, int) else tuple(area)) for area in rows.any_of(stored))
    # A ladder is compared with one: whoever stays is not put on the rosters again.
    return tuple(areas)


def _areas_row(areas: tuple[CatchmentId, ...]) -> bytes:
    return rows.encode([rows.catchment_row(area) for area in areas])


def _looks_in(stored: bytes) -> Looks:
    window, kept_from, rosters = rows.any_of(stored)
    looks = Looks(window, frozenset(kept_from))
    for area, people in rosters:
        looks.rosters[rows.catchment_in(area if isinstance(area, int) else tuple(area))] = tuple(people)
    return looks


def _looks_row(looks: Looks) -> bytes:
    rosters = [(rows.catchment_row(area), people) for area, people in looks.rosters.items()]
    return rows.encode((looks.window, sorted(looks.kept_from), rosters))
