"""The connections of this gateway as the shared state was told of them, and whether it still knows them."""

from collections.abc import Collection, Iterable
from itertools import islice

from nearby.core.ids import ConnectionId, PersonId
from nearby.hub.base import Listener
from nearby.hub.valkey.attempt import Attempt

BATCH = 16
"""People looked up in one attempt: more share a round trip, and more are undone where somebody was faster."""


class Connections:
    """Every connection of this gateway that was attached, until it is detached, replaced or forgotten.

    Args:
        listener: Is told which are forgotten.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._people: dict[ConnectionId, PersonId] = {}
        self._forgotten: set[ConnectionId] = set()
        self._unchecked: dict[ConnectionId, None] = {}

    def add(self, connection: ConnectionId, person: PersonId) -> None:
        """A connection is about to be attached."""
        self._people[connection] = person

    def remove(self, connection: ConnectionId) -> None:
        """A connection is gone, or was replaced. Idempotent."""
        self._people.pop(connection, None)
        self._forgotten.discard(connection)

    def is_lost(self, connection: ConnectionId) -> bool:
        """Return whether nobody replaced a connection of which the shared state says that it is not its person's.

        It is one of them, or was forgotten and is not gone yet.
        """
        return connection in self._people or connection in self._forgotten

    def forget(self, connections: Iterable[ConnectionId]) -> None:
        """Have those of them ended that the shared state does not know."""
        unknown = [one for one in connections if self._people.pop(one, None) is not None]
        if unknown:
            self._forgotten.update(unknown)
            self._listener.forgotten(unknown)

    def forget_all(self) -> None:
        """Have all of them ended."""
        self._unchecked.clear()
        self.forget(list(self._people))

    def people(self) -> Collection[PersonId]:
        """Return whose connections they are."""
        return self._people.values()

    def check_all(self) -> None:
        """Let each be looked up."""
        self._unchecked = dict.fromkeys(self._people)

    def take_unchecked(self) -> list[tuple[ConnectionId, PersonId]]:
        """Return some that are to be looked up; they are not returned again."""
        taken = list(islice(self._unchecked, BATCH))
        for one in taken:
            del self._unchecked[one]
        return [(one, self._people[one]) for one in taken if one in self._people]

    def put_back(self, pairs: Iterable[tuple[ConnectionId, PersonId]]) -> None:
        """Let some be looked up after all."""
        self._unchecked.update((connection, None) for connection, _ in pairs)

    @property
    def is_checked(self) -> bool:
        """Return whether none is left to be looked up."""
        return not self._unchecked


def look_up(
    state: Attempt, pairs: Iterable[tuple[ConnectionId, PersonId]]
) -> tuple[list[ConnectionId], list[PersonId]]:
    """Return which connections the state does not know, and who of the others is to have a seat and has none.

    Those hear that they have none. Whoever has one hears the room's snapshot if it is in a new epoch by now.
    """
    unknown, seatless = [], list[PersonId]()
    for connection, person_id in pairs:
        person = state.find(person_id)
        if person is None or person.attached is None or person.attached.connection != connection:
            unknown.append(connection)
        elif person.seat is None:
            person.attached.listener.unseated(connection, "none")
            if person.presence is not None:
                seatless.append(person_id)
    return unknown, seatless
