"""People, rooms and what belongs to them as bytes, and back: msgpack, fields by position.

A change of any of these is a change of ``FORM``: gateways of different forms do not read each other's values.
"""

from typing import Any

import msgspec
from msgspec import Struct

from nearby.core.area_index import AreaId
from nearby.core.cell import ladder_above
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.marks import Marks
from nearby.core.placement import Candidate
from nearby.core.presence import Presence
from nearby.core.reach import Reach
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId, Venue
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.memory.person import NOTHING_SHUNNED, Claims, Gone, Lifted, LostSeat, Person
from nearby.hub.valkey.kept import SharedPerson, SharedRoom

FORM = 1
"""The number of this form, part of every key."""

_CatchmentRow = int | tuple[str, int]
_WishesRow = tuple[list[str], str | None, list[str], tuple[str, int] | None]


class RareRow(Struct, array_like=True):
    """What is of interest about few people."""

    off_window: int | None
    is_displaced: bool
    lost: tuple[str, int] | None
    lifted: tuple[int, int] | None
    forced_ms: int
    has_lapsed: bool
    tats_ms: tuple[int, int, int, int, int]
    checked_ms: int
    reach: tuple[dict[str, int], int] | None
    trail: tuple[str, list[int]] | None
    shunned: dict[str, int]
    hop: int = 0
    gone: Gone | None = None


class PersonRow(Struct, array_like=True):
    """One person. ``attached`` is their connection and its gateway, ``seat`` their room and pseudonym."""

    claims: tuple[str | None, bool, bool, bool]
    presence: tuple[int, int, int | None, int] | None
    wishes: _WishesRow | None
    is_counted: bool
    attached: tuple[str, str] | None
    seat: tuple[str, str] | None
    checkin_tat_ms: int
    joins_ms: list[int]
    cells_ms: list[int]
    rare: RareRow | None
    recorded: tuple[bool, int]


class SeatRow(Struct, array_like=True):
    """One seat. ``gateway`` is where the connection on it is, None while it is held."""

    member: str
    person: str
    name: str
    verified: bool
    joined_seq: int
    why: str
    is_name_drawn: bool
    held_since_ms: int | None
    spoke_ms: int
    say_tat_ms: int
    wishes: _WishesRow | None
    came: tuple[str, str] | None
    gateway: str | None


class RoomRow(Struct, array_like=True):
    """One room without its log. ``generation`` counts the losses of the hub that it knows of."""

    catchment: _CatchmentRow
    opened_ms: int
    capacity: int
    epoch: int
    seq: int
    lifted_seq: int
    thin_since_ms: int | None
    lonely_since_ms: int | None
    tags: list[str]
    lang: str | None
    seats: list[SeatRow]
    tallied: int
    empty_since_ms: int | None
    newest_id_ms: int | None
    generation: int


class CardRow(Struct, array_like=True):
    """A room as placement sees it."""

    room: str
    size: int
    opened_ms: int
    tags: list[str]
    lang: str | None


_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode
read_person = msgspec.msgpack.Decoder(PersonRow).decode
read_room = msgspec.msgpack.Decoder(RoomRow).decode
_read_card = msgspec.msgpack.Decoder(CardRow).decode
_read_marks = msgspec.msgpack.Decoder(list[tuple[str, list[str]]]).decode


def any_of(stored: bytes) -> Any:
    """Return plain values as they were."""
    return msgspec.msgpack.decode(stored)


def catchment_row(catchment: CatchmentId) -> _CatchmentRow:
    """Return a catchment as a row."""
    return (catchment.id, catchment.home) if isinstance(catchment, Venue) else catchment


def catchment_in(row: _CatchmentRow) -> CatchmentId:
    """Return the catchment of a row."""
    return Cell(row) if isinstance(row, int) else Venue(AreaId(row[0]), Cell(row[1]))


def catchment_name(catchment: CatchmentId) -> str:
    """Return what a catchment is called in keys."""
    return f"v{catchment.id}" if isinstance(catchment, Venue) else f"{catchment:x}"


def person_row(person: Person, gateway: str | None) -> PersonRow:
    """Return a person as a row; ``gateway`` is that of their connection."""
    presence, attached = person.presence, person.attached
    pending = presence.pending if presence is not None else None
    return PersonRow(
        claims=tuple(person.claims),  # type: ignore[arg-type]
        presence=None
        if presence is None
        else (presence.ladder.res7, presence.last_window, None if pending is None else pending.res7, presence.due_ms),
        wishes=_wishes_row(person.wishes),
        is_counted=person.is_counted,
        attached=None if attached is None or gateway is None else (attached.connection, gateway),
        seat=_place_of(person),
        checkin_tat_ms=person.checkin_tat_ms,
        joins_ms=list(person.joins_ms),
        cells_ms=list(person.cells_ms),
        rare=_rare_row(person) if person.has_rare else None,
        recorded=(person.has_recent_row, person.seen_day),
    )


def _place_of(person: Person) -> tuple[str, str] | None:
    if isinstance(person, SharedPerson):
        return person.sits_at
    return None if person.room is None or person.seat is None else (person.room.id, person.seat.member)


def person_of(person_id: PersonId, row: PersonRow) -> SharedPerson:
    """Return the person of a row, without their connection; ``find`` is to look their seat up."""
    presence = None
    if row.presence is not None:
        cell, last_window, pending, due_ms = row.presence
        presence = Presence(
            ladder_above(Cell(cell)), last_window, None if pending is None else ladder_above(Cell(pending)), due_ms
        )
    person = SharedPerson(
        person_id,
        Claims(*row.claims),
        presence=presence,
        wishes=_wishes_in(row.wishes),
        is_counted=row.is_counted,
        checkin_tat_ms=row.checkin_tat_ms,
        has_recent_row=row.recorded[0],
        seen_day=row.recorded[1],
        place=row.seat,
    )
    if row.joins_ms:
        person.joins_ms = tuple(row.joins_ms)
    if row.cells_ms:
        person.cells_ms = tuple(row.cells_ms)
    if row.rare is not None:
        _be_rare(person, row.rare)
    return person


def room_row(room: Room, gateways: dict[str, str], newest_id_ms: int | None, generation: int) -> RoomRow:
    """Return a room as a row; ``gateways`` has that of each seat's connection, by pseudonym."""
    return RoomRow(
        catchment=catchment_row(room.catchment),
        opened_ms=room.opened_ms,
        capacity=room.capacity,
        epoch=room.epoch,
        seq=room.seq,
        lifted_seq=room.lifted_seq,
        thin_since_ms=room.thin_since_ms,
        lonely_since_ms=room.lonely_since_ms,
        tags=sorted(room.tags),
        lang=room.lang,
        seats=[_seat_row(seat, gateways.get(seat.member)) for seat in room.seats.values()],
        tallied=room.tallied,
        empty_since_ms=room.empty_since_ms,
        newest_id_ms=newest_id_ms,
        generation=generation,
    )


def room_of(room_id: RoomId, row: RoomRow) -> SharedRoom:
    """Return the room of a row, without its past."""
    room = SharedRoom(
        id=room_id,
        catchment=catchment_in(row.catchment),
        opened_ms=row.opened_ms,
        capacity=row.capacity,
        epoch=row.epoch,
        seq=row.seq,
        lifted_seq=row.lifted_seq,
        thin_since_ms=row.thin_since_ms,
        lonely_since_ms=row.lonely_since_ms,
        lang=row.lang,
        tallied=row.tallied,
        empty_since_ms=row.empty_since_ms,
        gateways={seat.member: seat.gateway for seat in row.seats if seat.gateway is not None},
    )
    if row.tags:
        room.tags = frozenset(row.tags)
    for seat in row.seats:
        room.take_back(_seat_in(seat))
    return room


def card_row(card: Candidate) -> bytes:
    """Return a room's card as bytes."""
    return encode(CardRow(card.room, card.size, card.opened_ms, sorted(card.tags), card.lang))


def card_in(stored: bytes) -> Candidate:
    """Return the card of ``card_row``."""
    row = _read_card(stored)
    return Candidate(RoomId(row.room), row.size, row.opened_ms, frozenset(row.tags), row.lang)


def marks_row(marks: Marks) -> bytes | None:
    """Return marks as bytes, None if there are none."""
    return encode(marks.all()) if len(marks) else None


def marks_in(stored: bytes) -> Marks:
    """Return the marks of ``marks_row``."""
    marks = Marks()
    for member, owners in _read_marks(stored):
        for owner in owners:
            marks.add(PersonId(owner), MemberId(member))
    return marks


def connection_in(row: PersonRow) -> tuple[ConnectionId, str] | None:
    """Return a person's connection and its gateway, or None."""
    return None if row.attached is None else (ConnectionId(row.attached[0]), row.attached[1])


def shelf_row(is_thin: bool, taken: int, rules: Rules) -> str:
    """Return the character that names where a room stands among those with a free seat."""
    return chr(65 + is_thin * rules.capacity + taken)


def _wishes_row(wishes: Wishes) -> _WishesRow | None:
    if wishes is NO_WISHES:
        return None
    venue = None if wishes.venue is None else (wishes.venue.id, wishes.venue.home)
    return sorted(wishes.tags), wishes.lang, sorted(wishes.companions), venue


def _wishes_in(row: _WishesRow | None) -> Wishes:
    if row is None:
        return NO_WISHES
    tags, lang, companions, venue = row
    return Wishes(
        frozenset(tags),
        lang,
        frozenset(PersonId(one) for one in companions),
        None if venue is None else Venue(AreaId(venue[0]), Cell(venue[1])),
    )


def _seat_row(seat: Seat, gateway: str | None) -> SeatRow:
    return SeatRow(
        seat.member,
        seat.person,
        seat.name,
        seat.verified,
        seat.joined_seq,
        seat.why,
        seat.is_name_drawn,
        seat.held_since_ms,
        seat.spoke_ms,
        seat.say_tat_ms,
        _wishes_row(seat.wishes),
        seat.came,
        gateway,
    )


def _seat_in(row: SeatRow) -> Seat:
    return Seat(
        MemberId(row.member),
        PersonId(row.person),
        row.name,
        row.verified,
        row.joined_seq,
        row.why,
        row.is_name_drawn,
        row.held_since_ms,
        row.spoke_ms,
        row.say_tat_ms,
        _wishes_in(row.wishes),
        None if row.came is None else (RoomId(row.came[0]), MemberId(row.came[1])),
    )


def _rare_row(person: Person) -> RareRow:
    lost, lifted, reach, trail = person.lost, person.lifted, person.reach, person.trail
    return RareRow(
        off_window=person.off_window,
        is_displaced=person.is_displaced,
        lost=None if lost is None else (lost.room, lost.at_ms),
        lifted=None if lifted is None else (lifted.resolution, lifted.until_window),
        forced_ms=person.forced_ms,
        has_lapsed=person.has_lapsed,
        tats_ms=(
            person.say_tat_ms,
            person.change_tat_ms,
            person.shake_tat_ms,
            person.greet_tat_ms,
            person.block_tat_ms,
        ),
        checked_ms=person.checked_ms,
        reach=None if reach is None else (reach.heard_ms, reach.noted_ms),
        trail=None if trail is None else (trail[0], list(trail[1])),
        shunned=dict(person.shunned),  # type: ignore[arg-type]
        hop=person.hop,
        gone=person.gone,
    )


def _be_rare(person: Person, row: RareRow) -> None:
    person.off_window, person.is_displaced, person.forced_ms = row.off_window, row.is_displaced, row.forced_ms
    person.lost = None if row.lost is None else LostSeat(RoomId(row.lost[0]), row.lost[1])
    person.lifted = None if row.lifted is None else Lifted(*row.lifted)
    person.has_lapsed, person.checked_ms = row.has_lapsed, row.checked_ms
    person.say_tat_ms, person.change_tat_ms, person.shake_tat_ms, person.greet_tat_ms, person.block_tat_ms = row.tats_ms
    person.reach = None if row.reach is None else Reach.of(*row.reach)
    person.trail = None if row.trail is None else (RoomId(row.trail[0]), tuple(row.trail[1]))
    person.shunned = {RoomId(room): ms for room, ms in row.shunned.items()} or NOTHING_SHUNNED
    person.hop = row.hop
    person.gone = row.gone
