"""Who is kept from a seat because an operator stopped placement, and who may have one again."""

from collections.abc import Callable

from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.ids import PersonId
from nearby.hub.memory.person import Person
from nearby.hub.memory.tables import Tables


class Stops:
    """What is stopped, and who asked for a seat meanwhile: an entry for each person, dropped when they are forgotten.

    Args:
        find: Returns a person's record, or None.
        tables: What everything is kept in.
    """

    def __init__(self, find: Callable[[PersonId], Person | None], tables: Tables) -> None:
        self._find = find
        self._tables = tables

    @property
    def stopped(self) -> Stopped:
        """Return what is stopped."""
        return self._tables.stopped

    def put(self, stopped: Stopped) -> None:
        """Let this be stopped and nothing else: whoever was held off and no longer is may have a seat."""
        self._tables.stopped = NOTHING_STOPPED if stopped == NOTHING_STOPPED else stopped
        for one in list(self._tables.held_off):
            person = self._find(one)
            if person is None or not self.concern(person):
                del self._tables.held_off[one]
                self._tables.let_go[one] = None

    def concern(self, person: Person) -> bool:
        """Return whether somebody takes no new seat."""
        return person.presence is not None and self._tables.stopped.stops(person.presence.ladder)

    def hold_off(self, person: Person) -> bool:
        """Return whether somebody who was to have a seat takes none; without a seat they are told so."""
        if self._tables.stopped is NOTHING_STOPPED or not self.concern(person):
            return False
        self._tables.held_off[person.id] = None
        person.is_displaced = False
        if person.seat is None and person.attached is not None:
            person.attached.listener.unseated(person.attached.connection, "paused")
        return True

    def take_let_go(self) -> dict[PersonId, None]:
        """Return who may have a seat again, once."""
        let_go = dict(self._tables.let_go)
        self._tables.let_go.clear()
        return let_go

    def tidy(self) -> None:
        """Forget people who are not known any more."""
        for one in [one for one in self._tables.held_off if self._find(one) is None]:
            del self._tables.held_off[one]
