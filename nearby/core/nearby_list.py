"""The nearby list: some people of one's area who chose to be listed.

Who can be seen in an area during a window is fixed when the window begins: whoever was listed and had a cell of it in
force then. Nobody is added before the next window begins, so that nothing tells when somebody came. Whoever clears
their location, lapses, or does not want to be listed any more is gone at once, and is not back before the next window.

Each viewer sees the list in an order, under handles and by names of their own, all of them keyed draws for the viewer
and the window: asking again gives the same answer, and two viewers have nothing to compare. Nothing here knows a
distance, or a cell finer than the area.

The order is the start of a keyed shuffle (Fisher and Yates), dealt out as far as it is needed: a list of a hundred
thousand costs no more than one of fifty.
"""

from collections.abc import Callable, Iterator, MutableMapping, MutableSet, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nearby.core.cell import cell_name
from nearby.core.ids import PersonId
from nearby.core.names import draw_name
from nearby.core.venue import CatchmentId, Venue
from nearby.core.window import Windows

SHOWN = 50
"""People of one answer."""

LOOKED_AT = 200
"""People looked at for one answer: of a list of which most are gone or in conflict with the viewer, fewer are shown."""

LEAST = 8
"""A shorter roster takes as long as one of so many: else the time of an answer tells of somebody who is not shown.
In a longer one nobody makes so much of a difference. What fills it up is called as nobody is: no id has a space."""

NOBODY = tuple(PersonId(f"nobody {number}") for number in range(LEAST))


class Listed(NamedTuple):
    """Somebody as one viewer sees them. ``handle`` means something to this viewer alone."""

    handle: str
    name: str
    verified: bool


@dataclass(slots=True)
class RosterTables:
    """What rosters are kept in. ``fixed`` and ``gone`` are of one window."""

    listed: MutableSet[PersonId] = field(default_factory=set)
    at: MutableMapping[PersonId, tuple[CatchmentId, ...]] = field(default_factory=dict)
    now: MutableMapping[CatchmentId, dict[PersonId, None]] = field(default_factory=dict)
    fixed: MutableMapping[CatchmentId, tuple[PersonId, ...]] = field(default_factory=dict)
    """Rosters as they were when the window began: one that is not here has not changed since."""
    gone: MutableSet[PersonId] = field(default_factory=set)


class Rosters:
    """Who chose to be listed, where they are, and who could be seen where when the window began.

    Memory: an entry for each person who chose to be listed, a few for each of these who is present, and a copy of the
    rosters that changed since the window began, or were asked for.

    Args:
        kept_in: What all that is kept in, None for collections of its own.
    """

    def __init__(self, kept_in: RosterTables | None = None) -> None:
        tables = RosterTables() if kept_in is None else kept_in
        self._listed, self._at, self._now = tables.listed, tables.at, tables.now
        self._fixed, self._gone = tables.fixed, tables.gone

    def choose(self, person: PersonId, *, is_listed: bool) -> None:
        """Note whether somebody wants to be listed; who does not is gone at once. ``put`` says where they are."""
        if is_listed:
            self._listed.add(person)
        else:
            self._listed.discard(person)
            self.remove(person)

    def is_listed(self, person: PersonId) -> bool:
        """Return whether somebody wants to be listed."""
        return person in self._listed

    def put(self, person: PersonId, areas: tuple[CatchmentId, ...]) -> None:
        """Note which areas somebody is in, if they are listed: to be seen there if they are when a window begins."""
        if person not in self._listed or self._at.get(person) == areas:
            return
        self._take_out(person)
        for area in areas:
            self._fix(area)
            self._now.setdefault(area, {})[person] = None
        self._at[person] = areas

    def remove(self, person: PersonId) -> None:
        """Somebody is in no area any more: not seen again before a window begins. Who is in none is no error."""
        if person in self._at:
            self._take_out(person)
            self._gone.add(person)

    def end_window(self) -> None:
        """Begin a window: who is where now can be seen there until its end."""
        self._fixed = {}
        self._gone = set()

    def roster(self, area: CatchmentId) -> tuple[PersonId, ...]:
        """Return who was listed in an area when the window began, whatever became of them since; in no useful order."""
        if area in self._now:
            self._fix(area)
        return self._fixed.get(area, ())

    def is_gone(self, person: PersonId) -> bool:
        """Return whether somebody of a roster must not be seen any more."""
        return person in self._gone

    def _take_out(self, person: PersonId) -> None:
        for area in self._at.pop(person, ()):
            self._fix(area)
            people = self._now[area]
            del people[person]
            if not people:
                del self._now[area]

    def _fix(self, area: CatchmentId) -> None:
        """Keep a roster as it is before its first change in the window."""
        if area not in self._fixed:
            self._fixed[area] = tuple(self._now.get(area, ()))


class Eye:
    """One viewer's eye in one window.

    Args:
        windows: Draw.
        window: The window.
        viewer: Who looks.
    """

    def __init__(self, windows: Windows, window: int, viewer: PersonId) -> None:
        self._windows = windows
        self._window = window
        self._viewer = viewer

    def order(self, area: CatchmentId, roster: Sequence[PersonId]) -> Iterator[PersonId]:
        """Yield the first of an area's roster in this viewer's order, at most ``LOOKED_AT``.

        Among a roster shorter than ``LEAST`` there is so often nobody.
        """
        if len(roster) < LEAST:
            roster = (*roster, *NOBODY[len(roster) :])
        words = self._words(_named(area))
        moved: dict[int, int] = {}
        for place in range(min(len(roster), LOOKED_AT)):
            pick = place + next(words) % (len(roster) - place)
            yield roster[moved.get(pick, pick)]
            moved[pick] = moved.get(place, place)

    def look(
        self,
        ordered: Iterator[PersonId],
        *,
        is_shown: Callable[[PersonId], bool],
        badge_of: Callable[[PersonId], tuple[str | None, bool]],
    ) -> list[Listed]:
        """Return the answer: those who are shown, never the viewer, at most ``SHOWN``, each drawn name once.

        A name is drawn for whoever is not shown too, so that nobody's depends on who else is still there.

        Args:
            ordered: The people, as ``order`` gives them.
            is_shown: Whether somebody may be seen.
            badge_of: The name somebody bears by themselves, None if it is to be drawn, and whether they are verified.
        """
        seen: list[Listed] = []
        taken: set[str] = set()
        for person in ordered:
            drawn = draw_name(self._windows.draw_bits(self._window, "nearby name", self._viewer, person), taken)
            taken.add(drawn)
            if person == self._viewer or person in NOBODY or not is_shown(person):
                continue
            own, is_verified = badge_of(person)
            seen.append(Listed(self.handle(person), own or drawn, is_verified))
            if len(seen) == SHOWN:
                break
        return seen

    def handle(self, person: PersonId) -> str:
        """Return what somebody is called by for this viewer in this window."""
        return self._windows.draw_token(self._window, "nearby handle", self._viewer, person)

    def find(self, handle: str, ordered: Iterator[PersonId]) -> PersonId | None:
        """Return who of some people is called so, or None; as much work whoever it is."""
        found = None
        for person in ordered:
            if self.handle(person) == handle:
                found = person
        return found

    def _words(self, area: str) -> Iterator[int]:
        """Yield drawn numbers without an end."""
        number = 0
        while True:
            yield from self._windows.draw_words(self._window, "nearby order", self._viewer, area, str(number))
            number += 1


def _named(area: CatchmentId) -> str:
    return f"venue {area.id}" if isinstance(area, Venue) else cell_name(area)
