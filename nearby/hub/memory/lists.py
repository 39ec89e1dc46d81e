"""Who sees whom on the nearby list."""

from nearby.core.conflicts import Conflicts
from nearby.core.ids import PersonId
from nearby.core.nearby_list import Eye
from nearby.core.window import Windows
from nearby.hub.base import Nearby
from nearby.hub.memory.people import People
from nearby.hub.memory.rooms import shown_name
from nearby.hub.memory.tables import Looks, Tables

MAX_LOOKS = 8
"""Areas of one viewer in one window whose handles are remembered. The policy is ``drop_oldest``."""


class Lists:
    """Answers by ``nearby.core.nearby_list``. No method suspends, and nothing of it is recorded.

    Memory beside the rosters: a few words for each viewer who asked in this window or the last one.

    Args:
        windows: The common windows.
        people: Everybody, and the rosters.
        conflicts: Who never meets.
        tables: What everything is kept in.
    """

    def __init__(self, windows: Windows, people: People, conflicts: Conflicts, tables: Tables) -> None:
        self._windows = windows
        self._people = people
        self._conflicts = conflicts
        self._looks = tables.looks
        self._looks_before = tables.looks_before

    def choose(self, person: PersonId, *, is_listed: bool) -> None:
        """See ``Hub.set_listed``."""
        self._people.choose_listed(person, is_listed=is_listed)

    def end_window(self) -> None:
        """Begin a window: forget old handles."""
        self._looks_before.clear()
        self._looks_before.update(self._looks)
        self._looks.clear()

    def show(self, viewer_id: PersonId, window: int) -> Nearby:
        """See ``Hub.nearby``; ``window`` is the one under way."""
        viewer = self._people.get(viewer_id)
        if viewer is None or viewer.presence is None:
            return Nearby(None, ())
        area = self._people.area_of(viewer)
        roster = self._people.rosters.roster(area)
        looks = self._looks_of(viewer.id, window)
        if area not in looks.rosters and len(looks.rosters) >= MAX_LOOKS:
            del looks.rosters[next(iter(looks.rosters))]
        looks.rosters[area] = roster

        def is_shown(person: PersonId) -> bool:
            is_gone = self._people.rosters.is_gone(person)
            return not is_gone and not self._conflicts.clash((viewer_id,), (person,))

        eye = Eye(self._windows, window, viewer.id)
        seen = eye.look(eye.order(area, roster), is_shown=is_shown, badge_of=self._badge_of)
        return Nearby(area, tuple(seen))

    def find(self, viewer_id: PersonId, handle: str) -> PersonId | None:
        """See ``Hub.who_is_nearby``."""
        found = None
        for looks in (self._looks.get(viewer_id), self._looks_before.get(viewer_id)):
            if looks is None:
                continue
            eye = Eye(self._windows, looks.window, viewer_id)
            for area, roster in looks.rosters.items():
                found = eye.find(handle, eye.order(area, roster)) or found
        return found

    def _looks_of(self, viewer: PersonId, window: int) -> Looks:
        """Return what a viewer asked for in this window."""
        looks = self._looks.get(viewer)
        if looks is None:
            looks = self._looks[viewer] = Looks(window)
        return looks

    def _badge_of(self, person_id: PersonId) -> tuple[str | None, bool]:
        person = self._people.get(person_id)
        return (None, False) if person is None else (shown_name(person.caller), person.caller.verified)
