"""Every collection of the live state as one attempt sees it, made of what was read of the shared state."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from nearby.core.brakes import NOTHING_STOPPED
from nearby.core.catchment import Catchments
from nearby.core.census import Census
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.presence import Presence
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.memory.person import Attached, Person
from nearby.hub.memory.tables import Tables
from nearby.hub.valkey import encodings, rows
from nearby.hub.valkey.batch import Set
from nearby.hub.valkey.collections import Due, SharedAgenda, ShelvesByCatchment, Tally, ToMove, Whole
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.due import Needs
from nearby.hub.valkey.gatherings import SharedGatherings
from nearby.hub.valkey.heard import Ear, Outbox
from nearby.hub.valkey.kept import Place, SharedPerson, SharedRoom, state_of
from nearby.hub.valkey.keys import KINDS, is_touched, kind_of
from nearby.hub.valkey.lease import pass_of
from nearby.hub.valkey.networks import SharedNetworks
from nearby.hub.valkey.past import SharedPast
from nearby.hub.valkey.plain import repeats, rosters, table, trails, visits
from nearby.hub.valkey.special import RoomTable
from nearby.hub.valkey.venues import SharedVenues
from nearby.hub.valkey.working import ABSENT, KeptTable, Working

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
    """

    def __init__(
        self,
        working: Working,
        rules: Rules,
        windows: Windows,
        *,
        window: int,
        catchments: Catchments,
    ) -> None:
        self._working = working
        self._rules = rules
        self._generation = 0
        self._ttls_ms = {name: kind.ttl_ms(rules) for name, kind in KINDS.items()}
        self.outbox = Outbox()
        self._gateways: dict[RoomId, dict[str, str]] = {}
        """Of rooms that are new: where the connection on each seat is."""
        self._people: KeptTable[PersonId, Person] = KeptTable(
            working,
            "p:",
            name_of=str,
            decode=self._person_in,
            encode=self._person_row,
            take_up=self._take_person_up,
            state_of=state_of,
        )
        self.rooms = RoomTable(
            working, "r:", name_of=str, decode=self._room_in, encode=self._room_row, take_up=self._take_room_up
        )
        self.rooms.past_of = self._past_of
        self.by_size, self._present, self._seen = Tally[int](), Tally[Cell](), Tally[Cell]()
        self._agenda = SharedAgenda()
        self._venues = SharedVenues(working, window, rules)
        self.gatherings = SharedGatherings(working, rules)
        self._held_off, self._let_go = Whole[PersonId](working, "ho"), Whole[PersonId](working, "lg")
        self._to_move = ToMove()
        self.networks = SharedNetworks(working)
        self._was_at: dict[PersonId, str] = {}
        self._was_in: dict[PersonId, int] = {}
        self.on_new_epoch: Callable[[Room], None] = lambda room: None
        """Is called with every room that is found to be in a new epoch, before anything else happens there."""
        self._stopped, self._stored_stop = NOTHING_STOPPED, ABSENT
        visited, shelves = visits(working, window), ShelvesByCatchment(working, self.rooms, rules)
        self.tables = Tables(
            agenda=self._agenda,
            catchments=catchments,
            census=Census(self._present, self._seen, visited),
            venues=self._venues,
            rosters=rosters(working, window),
            repeats=repeats(working, rules, windows.secret),
            gatherings=self.gatherings,
            people=self._people,
            rooms=self.rooms,
            shelves=shelves,
            by_size=self.by_size,
            by_author=table(working, "ka:", encodings.pairs_in, encodings.pairs_row, make=dict),
            by_other=table(working, "ko:", encodings.pairs_in, encodings.pairs_row, make=dict),
            muted=table(working, "mm:", rows.marks_in, rows.marks_row),
            greeted=table(working, "mg:", rows.marks_in, rows.marks_row),
            deaf_to=table(working, "dt:", encodings.set_in, encodings.set_row),
            heard_by=table(working, "dh:", encodings.set_in, encodings.set_row),
            trails=trails(working),
            held_off=self._held_off,
            let_go=self._let_go,
            to_move=self._to_move,
            looks=table(working, f"lk{window}:", encodings.looks_in, encodings.looks_row),
            looks_before=table(working, f"lk{window - 1}:", encodings.looks_in, encodings.looks_row),
            stopped=self._stopped,
        )
        self._needs = Needs(working, self._people, self.rooms, visited=visited, shelves=shelves, rules=rules)

    def begin(self, now_ms: int, *, generation: int, due: Due, to_move: Sequence[PersonId]) -> None:
        """Begin an attempt, once the working copy has.

        Args:
            now_ms: Its time.
            generation: How often the hub lost something.
            due: Looks that it takes on itself.
            to_move: Who must have another seat, if it takes them on itself.
        """
        if generation != self._generation:
            # Rooms of before are in a new epoch: it is found out by reading them.
            self._people.forget()
            self.rooms.forget()
            self._generation = generation
        for tally in (self.by_size, self._present, self._seen):
            tally.by.clear()
        self.outbox.calls = {}
        self._gateways.clear()
        self._was_at.clear()
        self._was_in.clear()
        self._agenda.begin(due)
        self.gatherings.begin(now_ms)
        self._held_off.begin()
        self._let_go.begin()
        self._to_move.begin(to_move)
        stored = self._working.value(STOPPED)
        if stored != self._stored_stop:
            self._stopped, self._stored_stop = encodings.stopped_in(stored), stored
        self.tables.stopped = self._stopped
        if due:
            self._needs.expect(due, now_ms)

    @staticmethod
    def gateway_of(person: Person) -> str | None:
        """Return the gateway of a person's connection, or None without one."""
        return gateway_of(person)

    def has_pass(self, gateway: str) -> bool:
        """Return whether a gateway may have connections."""
        return self._working.value(pass_of(gateway)) != ABSENT

    def ear(self, gateway: str) -> Ear:
        """Return the listener of a gateway."""
        return Ear(gateway, self.outbox)

    def gateways_of(self, room_id: RoomId, unheard_by: ConnectionId | None) -> list[str]:
        """Return the gateways with a connection in a room, that of the one that leaves it among them."""
        room = self.rooms[room_id]
        before = self._gateways_in(room)
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

    def kept_person(self, person_id: PersonId) -> Person | None:
        """Return somebody outside of an attempt, as ``KeptTable.kept``."""
        return self._people.kept(person_id)

    def concerned(self, sets: Sequence[Set], own: str) -> list[tuple[str, str]]:
        """Return which other gateway than the ``own`` has or had a connection of whose row is set, with the row's key.

        It decides some of what that person asks for by the row as it knows it.
        """
        found: dict[tuple[str, str], None] = {}
        for key, _, _ in sets:
            if key.startswith("p:"):
                person_id = PersonId(key[2:])
                person = self._people.here[person_id]
                for gateway in (self._was_at.get(person_id), None if person is None else gateway_of(person)):
                    if gateway not in (None, own):
                        found[gateway, key] = None
        return list(found)

    def sets(self) -> Iterator[tuple[str, bytes, int]]:
        """Yield what values are to be set to, with how long they are kept in ms; ``ABSENT`` is to be deleted."""
        self._find_rooms()
        self._note_gateways()
        found = chain(
            *(table.changes() for table in self._working.looked_at), self._held_off.changes(), self._let_go.changes()
        )
        for key, stored in found:
            yield key, stored, self._ttls_ms[kind_of(key) or ""]
        if self.tables.stopped != self._stopped:
            yield STOPPED, encodings.stopped_row(self.tables.stopped), self._ttls_ms[STOPPED]
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
        yield from self._touches()
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

    def _newly_in_window(self) -> list[tuple[Person, int | None, Presence]]:
        """Return who checked in for the first time in a window, with the one before and what their presence is now."""
        present = [
            (person, self._was_in.get(person_id), person.presence)
            for person_id, person in self._people.here.items()
            if person is not None and person.presence is not None
        ]
        return [one for one in present if one[1] != one[2].last_window]

    def _find_rooms(self) -> None:
        """Look at all rooms that matter, before it is said what is to be written: that may put them in a new epoch."""
        for person_id, person in list(self._people.here.items()):
            if person is not None and self._was_at.get(person_id) != gateway_of(person):
                _ = person.room
        for person, before, presence in self._newly_in_window():
            if is_touched("h:", before, presence.last_window, self._rules):
                _ = person.room

    def _touches(self) -> Iterator[Command]:
        """Yield what keeps all that belongs to somebody from running out: with the first check-in in a window."""
        for person, before, presence in self._newly_in_window():
            window, keys = presence.last_window, list[str]()
            if is_touched("la:", before, window, self._rules):
                keys += (f"la:{person.id}", *(f"ln:{rows.catchment_name(area)}" for area in presence.ladder))
            if before is None:
                keys += (f"{kind}:{person.id}" for kind in ("ka", "ko", "dt", "dh", "ll"))
            # Most rooms are not looked at, only their keys are named.
            place = person.sits_at if isinstance(person, SharedPerson) else None
            if place is not None and is_touched("r:", before, window, self._rules):
                keys += (f"{kind}:{place[0]}" for kind in ("r", "s", "mm", "mg"))
            if is_touched("h:", before, window, self._rules) and person.room is not None:
                keys += self._shelves_of(person.room)
            yield from (Command("touch", key, (self._ttls_ms[kind_of(key) or ""],)) for key in keys)

    def _shelves_of(self, room: Room) -> list[str]:
        """Return the keys of the shelves of a room's catchment, and of the one that it stands on; none if on none."""
        shelves, shelf = f"h:{rows.catchment_name(room.catchment)}", room.shelf(self._rules)
        if shelf is None:
            return []
        return [shelves, f"{shelves}:{rows.shelf_row(shelf.is_thin, shelf.taken, self._rules)}"]

    def _note_gateways(self) -> None:
        """Let rooms know on which gateways the connections on their seats are."""
        for person in self._people.here.values():
            if person is None or (isinstance(person, SharedPerson) and not person.is_found):
                continue
            if person.room is None or person.seat is None:
                continue
            at, gateway = self._gateways_in(person.room), gateway_of(person)
            if gateway is None:
                at.pop(person.seat.member, None)
            else:
                at[person.seat.member] = gateway

    def _person_in(self, person_id: PersonId, stored: bytes) -> Person:
        row = rows.read_person(stored)
        person = rows.person_of(person_id, row)
        person.find = self._seat_at
        if row.attached is not None:
            person.attached = Attached(ConnectionId(row.attached[0]), self.ear(row.attached[1]))
        self._note_before(person_id, person)
        return person

    def _take_person_up(self, person_id: PersonId, person: Person) -> bool:
        if not isinstance(person, SharedPerson):
            return False
        person.let_go()
        self._note_before(person_id, person)
        return True

    def _note_before(self, person_id: PersonId, person: Person) -> None:
        gateway = gateway_of(person)
        if gateway is not None:
            self._was_at[person_id] = gateway
        if person.presence is not None:
            self._was_in[person_id] = person.presence.last_window

    def _seat_at(self, place: Place) -> tuple[Room, Seat] | None:
        room = self.rooms.find(RoomId(place[0]))
        seat = None if room is None else room.seats.get(MemberId(place[1]))
        return None if room is None or seat is None else (room, seat)

    def _person_row(self, person: Person) -> bytes:
        return rows.encode(rows.person_row(person, gateway_of(person)))

    def _room_in(self, room_id: RoomId, stored: bytes) -> Room:
        row = rows.read_room(stored)
        room = rows.room_of(room_id, row)
        room.past = self._past_of(room_id, seq=row.seq, newest_id_ms=row.newest_id_ms)
        if row.generation < self._generation:
            self._working.expect([self._people.key_of(seat.person) for seat in room.seats.values()])
            # Those on its seats are looked up, and look for it.
            self.rooms.put_in(room_id, room)
            room.epoch += 1
            self.on_new_epoch(room)
        return room

    def _take_room_up(self, room_id: RoomId, room: Room) -> bool:
        if not isinstance(room, SharedRoom):
            return False
        newest_id_ms = room.past.newest_id_ms() if room.past is not None else None
        room.past = self._past_of(room_id, seq=room.seq, newest_id_ms=newest_id_ms)
        return True

    def _gateways_in(self, room: Room) -> dict[str, str]:
        return room.gateways if isinstance(room, SharedRoom) else self._gateways.setdefault(room.id, {})

    def _room_row(self, room: Room) -> bytes:
        newest_id_ms = room.past.newest_id_ms() if room.past is not None else None
        return rows.encode(rows.room_row(room, self._gateways_in(room), newest_id_ms, self._generation))

    def _past_of(self, room_id: RoomId, *, seq: int, newest_id_ms: int | None) -> SharedPast:
        return SharedPast(self._working, room_id, seq=seq, newest_id_ms=newest_id_ms, rules=self._rules)


def gateway_of(person: Person) -> str | None:
    """Return the gateway of a person's connection, or None without one."""
    if person.attached is None:
        return None
    assert isinstance(person.attached.listener, Ear)
    return person.attached.listener.gateway
