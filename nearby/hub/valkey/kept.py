"""People and rooms as a gateway keeps them between attempts, for as long as nobody else changed their values."""

from collections.abc import Callable
from operator import attrgetter

from msgspec import field
from msgspec.structs import astuple

from nearby.core.room import Room, Seat
from nearby.hub.memory.person import Person

Place = tuple[str, str]
"""A room and a pseudonym in it."""


class SharedRoom(Room, kw_only=True, eq=False, gc=False):
    """A room that was read. ``gateways`` has where the connection on each seat is, by pseudonym."""

    gateways: dict[str, str] = field(default_factory=dict)


class SharedPerson(Person, eq=False, gc=False):
    """A person who was read. Their room is looked at only if something asks for it.

    So what concerns the person alone, as most check-ins do, depends on nothing that happens in the room.
    """

    place: Place | None = None
    """Where they sit, as it was read."""
    find: Callable[[Place], tuple[Room, Seat] | None] = lambda place: None
    """Looks a seat up."""
    is_found: bool = False
    its_room: Room | None = None
    its_seat: Seat | None = None

    def let_go(self) -> None:
        """Look the room up anew when something asks for it next."""
        self.place = self.sits_at
        self.is_found, self.its_room, self.its_seat = False, None, None

    @property
    def sits_at(self) -> Place | None:
        """Return where the person sits."""
        if not self.is_found:
            return self.place
        return None if self.its_room is None or self.its_seat is None else (self.its_room.id, self.its_seat.member)

    @property
    def has_seat(self) -> bool:
        """See ``Person``."""
        return self.sits_at is not None

    def _look(self) -> None:
        found = None if self.place is None else self.find(self.place)
        self.is_found = True
        self.its_room, self.its_seat = (None, None) if found is None else found

    @property  # type: ignore[misc]
    def room(self) -> Room | None:
        """Return the person's room."""
        if not self.is_found:
            self._look()
        return self.its_room

    @room.setter
    def room(self, room: Room | None) -> None:
        if not self.is_found:
            self._look()
        self.its_room = room

    @property  # type: ignore[misc]
    def seat(self) -> Seat | None:
        """Return the person's seat."""
        if not self.is_found:
            self._look()
        return self.its_seat

    @seat.setter
    def seat(self, seat: Seat | None) -> None:
        if not self.is_found:
            self._look()
        self.its_seat = seat


_plain_state_of = attrgetter(
    *("claims", "presence", "wishes", "is_counted", "attached", "sits_at"),
    *("has_recent_row", "seen_day", "joins", "cells", "checkin_tat_ms"),
)


def state_of(person: Person) -> object | None:
    """Return what a person's row depends on, to be compared; None of somebody whose words reach new people.

    Of what it holds nothing changes in place: all that does is what ``reach`` counts.
    """
    if person.has_rare:
        if person.rare.reach is not None:
            return None
        return _plain_state_of(person), astuple(person.rare)
    return _plain_state_of(person)
