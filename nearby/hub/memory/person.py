"""What the hub knows of one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct, field

from nearby.core.gate import Trail
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.packed import pack, unpack
from nearby.core.presence import Presence
from nearby.core.reach import Reach
from nearby.core.room import Room, Seat
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, Listener
from nearby.hub.slices import Way

NOTHING_SHUNNED: Mapping[RoomId, int] = MappingProxyType({})
"""Of most people, and shared by them."""


class Attached(Struct, frozen=True, gc=False):
    """A connection and the ear of its gateway."""

    connection: ConnectionId
    listener: Listener


@dataclass(frozen=True, slots=True)
class LostSeat:
    """A seat that ended without its person asking for it."""

    room: RoomId
    at_ms: int


@dataclass(frozen=True, slots=True)
class Lifted:
    """Up to the end of ``until_window`` the person is not placed finer than ``resolution``."""

    resolution: int
    until_window: int


class Gone(NamedTuple):
    """The person is in another slice or on the way there, and this record none of theirs.

    Nobody asks for it after ``until_ms``.
    """

    way: Way
    until_ms: int


class Claims(NamedTuple):
    """What a token says of its person; most people's say the same, and share it."""

    name: str | None
    verified: bool
    established: bool
    is_guest: bool


_claims = lru_cache(maxsize=1 << 10)(Claims)


def claims_of(caller: Caller) -> Claims:
    """Return what the caller's token says of them."""
    return _claims(caller.name, caller.verified, caller.established, caller.is_guest)


class Rare(Struct, gc=False):
    """What is of interest about few people; the others share one, ``_NOTHING_RARE``."""

    off_window: int | None = None
    is_displaced: bool = False
    lost: LostSeat | None = None
    lifted: Lifted | None = None
    forced_ms: int = 0
    has_lapsed: bool = False
    say_tat_ms: int = 0
    change_tat_ms: int = 0
    shake_tat_ms: int = 0
    greet_tat_ms: int = 0
    block_tat_ms: int = 0
    checked_ms: int = 0
    reach: Reach | None = None
    trail: tuple[RoomId, Trail] | None = None
    shunned: Mapping[RoomId, int] = NOTHING_SHUNNED
    hop: int = 0
    """How often they went to another slice: of two records the one with fewer is out of date."""
    gone: Gone | None = None


_NOTHING_RARE = Rare()

T = TypeVar("T")


class _Rarely(Generic[T]):
    """A field of ``Rare`` as one of its person, who gets a record of their own with the first unusual value."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, person: "Person", owner: type) -> T:
        found: T = getattr(person.rare, self._name)
        return found

    def __set__(self, person: "Person", value: T) -> None:
        if person.rare is _NOTHING_RARE:
            if value == getattr(_NOTHING_RARE, self._name):
                return
            person.rare = Rare()
        setattr(person.rare, self._name, value)


class Person(Struct, eq=False, gc=False):
    """What the hub knows of one person. ``room`` and ``seat`` are set together.

    There are millions, so that each field counts: what few people have stands apart, and nothing here is looked at
    by the collector, since nothing that it refers to refers back but by way of a hub that is dropped as a whole.
    """

    id: PersonId
    claims: Claims
    presence: Presence | None = None
    wishes: Wishes = NO_WISHES
    is_counted: bool = False
    attached: Attached | None = None
    room: Room | None = None
    seat: Seat | None = None
    has_recent_row: bool = False
    """Whether what binds the person was recorded, and not yet that nothing does any more."""
    seen_day: int = -1
    """The last day (UTC) on which it was recorded that the person called; -1 if it never was."""
    checkin_tat_ms: int = 0
    joins: int = 0
    """``joins_ms``, packed."""
    cells: int = 0
    """``cells_ms``, packed."""
    rare: Rare = field(default_factory=lambda: _NOTHING_RARE)

    off_window = _Rarely[int | None]()
    """The window in which the room's catchment left the person's ladder, or None while it is on it."""
    is_displaced = _Rarely[bool]()
    """The person had to give up a seat at once, and is to have another one for it."""
    lost = _Rarely[LostSeat | None]()
    lifted = _Rarely[Lifted | None]()
    forced_ms = _Rarely[int]()
    """When a merge last moved the person; 0 for never."""
    has_lapsed = _Rarely[bool]()
    say_tat_ms = _Rarely[int]()
    change_tat_ms = _Rarely[int]()
    shake_tat_ms = _Rarely[int]()
    checked_ms = _Rarely[int]()
    """When the last check-in was that had an effect, 0 if ``checkin_tat_ms`` tells; see ``moving``."""
    reach = _Rarely[Reach | None]()
    """Whom the words of an unverified person reached, or None if nobody yet."""
    trail = _Rarely[tuple[RoomId, Trail] | None]()
    """The digits of an unverified person's last messages, and in which room."""
    greet_tat_ms = _Rarely[int]()
    block_tat_ms = _Rarely[int]()
    shunned = _Rarely[Mapping[RoomId, int]]()
    """Rooms left by ``next``, and until when they are out of the question. Replaced, never changed."""
    hop = _Rarely[int]()
    gone = _Rarely[Gone | None]()

    @classmethod
    def of(cls, caller: Caller) -> "Person":
        """Return the record of somebody who calls for the first time."""
        return cls(caller.person, claims_of(caller))

    @property
    def has_rare(self) -> bool:
        """Return whether anything unusual was ever noted of the person."""
        return self.rare is not _NOTHING_RARE

    @property
    def caller(self) -> Caller:
        """Return the person as their token has them."""
        return Caller(self.id, *self.claims)

    @property
    def joins_ms(self) -> tuple[int, ...]:
        """Return when seats were taken within the last hour, oldest first."""
        return unpack(self.joins)

    @joins_ms.setter
    def joins_ms(self, times_ms: tuple[int, ...]) -> None:
        self.joins = pack(times_ms)

    @property
    def cells_ms(self) -> tuple[int, ...]:
        """Return when res-7 cells came into force within the last hour, oldest first."""
        return unpack(self.cells)

    @cells_ms.setter
    def cells_ms(self, times_ms: tuple[int, ...]) -> None:
        self.cells = pack(times_ms)

    def room_named(self, named: RoomId | None) -> Room:
        """Return the person's room, by its id or None for whichever it is.

        Raises:
            Refused: ``moved`` if it is another one, ``not_in_room``.
        """
        if named is not None and (self.room is None or self.room.id != named):
            raise Refused(ErrorCode.MOVED)
        if self.room is None:
            raise Refused(ErrorCode.NOT_IN_ROOM)
        return self.room

    @property
    def tat_of_say_ms(self) -> int:
        """Return the say limit's state: it goes along from seat to seat."""
        return self.seat.say_tat_ms if self.seat is not None else self.say_tat_ms

    @property
    def has_seat(self) -> bool:
        """Return whether the person has a seat, without a look at it."""
        return self.seat is not None

    @property
    def has_or_awaits_seat(self) -> bool:
        """Return whether the person has a seat, or gave one up and was promised another: their phone shows a room."""
        return self.seat is not None or self.is_displaced

    @property
    def lacks_seat(self) -> bool:
        """Return whether the person is to be seated: connected, somewhere, and in no room."""
        return self.attached is not None and self.presence is not None and self.seat is None

    @property
    def is_absent(self) -> bool:
        """Return whether the person has neither presence nor connection nor seat."""
        return self.presence is None and self.attached is None and self.seat is None
