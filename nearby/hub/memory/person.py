"""What the hub knows of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.presence import Presence
from nearby.core.room import Room, Seat
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, Listener

NOTHING_SHUNNED: Mapping[RoomId, int] = MappingProxyType({})
"""Of most people, and shared by them."""


@dataclass(frozen=True, slots=True)
class Attached:
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


@dataclass(slots=True)
class Person:
    """What the hub knows of one person. ``room`` and ``seat`` are set together."""

    caller: Caller
    presence: Presence | None = None
    wishes: Wishes = NO_WISHES
    is_counted: bool = False
    attached: Attached | None = None
    room: Room | None = None
    seat: Seat | None = None
    off_window: int | None = None
    """The window in which the room's catchment left the person's ladder, or None while it is on it."""
    is_displaced: bool = False
    """The person had to give up a seat at once, and is to have another one for it."""
    lost: LostSeat | None = None
    lifted: Lifted | None = None
    forced_ms: int = 0
    """When a merge last moved the person; 0 for never."""
    has_lapsed: bool = False
    checkin_tat_ms: int = 0
    say_tat_ms: int = 0
    change_tat_ms: int = 0
    shake_tat_ms: int = 0
    greet_tat_ms: int = 0
    block_tat_ms: int = 0
    joins_ms: tuple[int, ...] = ()
    cells_ms: tuple[int, ...] = ()
    """When res-7 cells came into force, within the last hour."""
    shunned: Mapping[RoomId, int] = field(default_factory=lambda: NOTHING_SHUNNED)
    """Rooms left by ``next``, and until when they are out of the question. Replaced, never changed."""
    seen_day: int = -1
    """The last day (UTC) on which it was recorded that the person called; -1 if it never was."""
    has_recent_row: bool = False
    """Whether what binds the person was recorded, and not yet that nothing does any more."""

    @property
    def id(self) -> PersonId:
        """Return whose record this is."""
        return self.caller.person

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
