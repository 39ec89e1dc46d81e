"""Venues: areas that are catchments of their own for whoever names them from inside.

A stadium lies in a few cells that it shares with the streets around it; those who are inside, and say so, may meet
among themselves. A venue opens at once and by plain counts: it discloses that one is there, by one's own request.
"""

from functools import lru_cache
from typing import NamedTuple

from nearby.core import wire
from nearby.core.area_index import Area, AreaId
from nearby.core.cell import COARSEST_RESOLUTION, cell_name, home_of, resolution_of
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules


class Venue(NamedTuple):
    """A venue as a catchment. ``home`` is the res-7 cell of its smallest res-9 cell: what its rooms show as theirs."""

    id: AreaId
    home: Cell


def venue_of(area: Area) -> Venue:
    """Return an operator's area as the catchment that it is."""
    return Venue(area.id, home_of(area.cells))


CatchmentId = Cell | Venue
"""What a room gathers people of: an open cell, or a venue."""


class Venues:
    """Who named which venue in this window and the last, and which are open by that.

    Memory: an entry for each of these people, and nothing for a venue that nobody names.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._now: dict[AreaId, set[PersonId]] = {}
        self._before: dict[AreaId, set[PersonId]] = {}
        self._open: set[AreaId] = set()

    def name(self, venue: Venue, person: PersonId) -> bool:
        """Count somebody established who names ``venue`` from inside; return whether that opened it.

        Somebody who names it again in the same two windows counts once.
        """
        now, before = self._now.setdefault(venue.id, set()), self._before.get(venue.id, set())
        now.add(person)
        if venue.id in self._open or len(now) + len(before) < self._rules.open_venue or not self._is_enough(venue.id):
            return False
        self._open.add(venue.id)
        return True

    def end_window(self) -> tuple[AreaId, ...]:
        """Begin a window; return the venues that closed: too few had named them in the window that ended or before."""
        closed = tuple(sorted(venue for venue in self._open if not self._is_enough(venue)))
        self._open.difference_update(closed)
        self._before, self._now = self._now, {}
        return closed

    def is_open(self, venue: Venue) -> bool:
        """Return whether new seats may be taken in ``venue``."""
        return venue.id in self._open

    def counted(self, venue: Venue) -> int:
        """Return how many established people named ``venue`` in the window before."""
        return len(self._before.get(venue.id, ()))

    def _is_enough(self, venue: AreaId) -> bool:
        """Return whether enough different people named it in the two windows."""
        named = self._now.get(venue, set()) | self._before.get(venue, set())
        return len(named) >= self._rules.open_venue


@lru_cache(maxsize=1 << 14)
def shown_area(catchment: CatchmentId) -> wire.Area:
    """Return a catchment as the wire shows it. Cached: a city's people share a few, and check in all the time."""
    if isinstance(catchment, Venue):
        return wire.Area(cell=cell_name(catchment.home), resolution=resolution_of(catchment.home), venue=catchment.id)
    return wire.Area(cell=cell_name(catchment), resolution=resolution_of(catchment))


def is_last_rung(catchment: CatchmentId) -> bool:
    """Return whether there is nobody nearer or further to hope for: the coarsest cells, always open."""
    return not isinstance(catchment, Venue) and resolution_of(catchment) == COARSEST_RESOLUTION
