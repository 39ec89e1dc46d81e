"""The connections of this gateway, each with the slice that has its person, and what they hear of it."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from weakref import WeakValueDictionary

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.hub.base import Listener


class Phone:
    """One connection of this gateway. ``number`` is that of the slice its person is in.

    ``lock`` is held by whatever asks the slice for the connection, and by a move to another one: so that none of these
    finds the person gone. All phones of one person share it.
    """

    __slots__ = ("connection", "is_over", "lock", "number", "person")

    def __init__(self, connection: ConnectionId, person: PersonId, lock: asyncio.Lock) -> None:
        self.connection = connection
        self.person = person
        self.number = 0
        self.lock = lock
        self.is_over = False
        """Whether it was told that it is replaced or forgotten."""


class Phones:
    """Every connection of this gateway from its attaching to its detaching."""

    def __init__(self) -> None:
        self._by_connection: dict[ConnectionId, Phone] = {}
        self._newest: dict[PersonId, Phone] = {}
        self._locks: WeakValueDictionary[PersonId, asyncio.Lock] = WeakValueDictionary()

    def __iter__(self) -> Iterator[Phone]:
        """Yield the newest one here of each person."""
        return iter(list(self._newest.values()))

    def get(self, connection: ConnectionId) -> Phone | None:
        """Return the phone of a connection, or None."""
        return self._by_connection.get(connection)

    def of(self, person: PersonId) -> Phone | None:
        """Return the phone on whose connection the person is, None if that is on no or on another gateway."""
        return self._newest.get(person)

    def add(self, phone: Phone) -> None:
        """A connection is about to be attached."""
        self._by_connection[phone.connection] = self._newest[phone.person] = phone

    def lock_of(self, person: PersonId) -> asyncio.Lock:
        """Return the lock that all phones of a person share, also those to come while one has it."""
        lock = self._locks.get(person)
        if lock is None:
            lock = self._locks[person] = asyncio.Lock()
        return lock

    def remove(self, connection: ConnectionId) -> Phone | None:
        """A connection is gone; return its phone. Idempotent."""
        phone = self._by_connection.pop(connection, None)
        if phone is not None and self._newest.get(phone.person) is phone:
            del self._newest[phone.person]
        return phone

    def fail(self, phone: Phone, older: Phone | None) -> None:
        """A phone could not be attached: the one before is its person's newest again, unless that is over."""
        if self._newest.get(phone.person) is phone:
            del self._newest[phone.person]
            if older is not None and not older.is_over and older.connection in self._by_connection:
                self._newest[phone.person] = older

    def lose(self, phone: Phone) -> bool:
        """A phone is not its person's newest any more; return whether it is to be told so: it was not yet."""
        if self._newest.get(phone.person) is phone:
            del self._newest[phone.person]
        was_over, phone.is_over = phone.is_over, True
        return not was_over


class SliceEar:
    """The ear of one slice: a gateway hears of a connection from the slice that has its person, and from no other.

    Args:
        number: Of the slice.
        listener: The gateway's.
        phones: Its connections.
        call_across: Is given who is to go to another slice.
    """

    def __init__(
        self, number: int, listener: Listener, phones: Phones, *, call_across: Callable[[PersonId], None]
    ) -> None:
        self._number = number
        self._listener = listener
        self._phones = phones
        self._call_across = call_across

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """See ``Listener``."""
        if self._is_here(connection):
            self._listener.welcomed(connection, resumed=resumed, then=then)

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """See ``Listener``."""
        if self._is_here(connection):
            self._listener.seated(connection, placed)

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """See ``Listener``."""
        if self._is_here(connection):
            self._listener.unseated(connection, why)

    def taken_out(self, connection: ConnectionId) -> None:
        """See ``Listener``."""
        if self._is_here(connection):
            self._listener.taken_out(connection)

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """See ``Listener``."""
        if self._is_here(connection):
            self._listener.told(connection, message)

    def replaced(self, connection: ConnectionId) -> None:
        """See ``Listener``. By whichever slice, once: there is a newer connection in it."""
        phone = self._phones.get(connection)
        if phone is not None and self._phones.lose(phone):
            self._listener.replaced(connection)

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """See ``Listener``."""
        found = (self._phones.get(connection) for connection in connections)
        here = [phone for phone in found if phone is not None and phone.number == self._number]
        if lost := [phone.connection for phone in here if self._phones.lose(phone)]:
            self._listener.forgotten(lost)

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """See ``Listener``. No two slices have a room of the same id."""
        self._listener.room_event(event, unheard_by=unheard_by, skipped_by=skipped_by)

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """See ``Colleague``."""
        self._listener.announced(notice, seen_to)

    def called_across(self, connection: ConnectionId) -> None:
        """See ``SliceListener``."""
        phone = self._phones.get(connection)
        if phone is not None and phone.number == self._number:
            self._call_across(phone.person)

    def _is_here(self, connection: ConnectionId) -> bool:
        phone = self._phones.get(connection)
        return phone is not None and phone.number == self._number
