"""Small things of the live state as bytes, and back."""

from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.cell import Ladder, ladder_above
from nearby.core.ids import Cell, PersonId
from nearby.core.venue import CatchmentId
from nearby.hub.memory.tables import Looks
from nearby.hub.valkey import rows
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES


def stopped_in(stored: bytes) -> Stopped:
    """Return what is stopped, of a value."""
    if stored == ABSENT:
        return NOTHING_STOPPED
    placement, areas, guests, shake, bottle = rows.any_of(stored[VERSION_BYTES:])
    return Stopped(placement, frozenset(map(Cell, areas)), guests, shake, bottle)


def stopped_row(stopped: Stopped) -> bytes:
    """Return what is stopped as bytes."""
    return rows.encode((stopped.placement, sorted(stopped.areas), stopped.guests, stopped.shake, stopped.bottle))


def ladders_in(stored: bytes) -> tuple[Ladder, ...]:
    """Return ladders, of their finest cells."""
    return tuple(ladder_above(Cell(cell)) for cell in rows.any_of(stored))


def ladders_row(ladders: tuple[Ladder, ...]) -> bytes:
    """Return ladders as bytes."""
    return rows.encode([ladder.res7 for ladder in ladders])


def pairs_in(stored: bytes) -> dict[PersonId, bool]:
    """Return whom a person is in conflict with, and a yes or no about each; see ``nearby.core.conflicts``."""
    return {PersonId(other): bool(is_mutual) for other, is_mutual in rows.any_of(stored)}


def pairs_row(pairs: dict[PersonId, bool]) -> bytes | None:
    """Return the same as bytes, None if nobody."""
    return rows.encode(list(pairs.items())) if pairs else None


def set_in(stored: bytes) -> set[PersonId]:
    """Return people."""
    return set(rows.any_of(stored))


def set_row(people: set[PersonId]) -> bytes | None:
    """Return people as bytes, None if there are none."""
    return rows.encode(sorted(people)) if people else None


def keys_in(stored: bytes) -> dict[PersonId, None]:
    """Return people in order."""
    return dict.fromkeys(rows.any_of(stored))


def keys_row(people: dict[PersonId, None]) -> bytes | None:
    """Return people in order as bytes, None if there are none."""
    return rows.encode(list(people)) if people else None


def areas_in(stored: bytes) -> tuple[CatchmentId, ...]:
    """Return areas."""
    areas = (rows.catchment_in(area if isinstance(area, int) else tuple(area)) for area in rows.any_of(stored))
    # A ladder is compared with one: whoever stays is not put on the rosters again.
    return tuple(areas)


def areas_row(areas: tuple[CatchmentId, ...]) -> bytes:
    """Return areas as bytes."""
    return rows.encode([rows.catchment_row(area) for area in areas])


def looks_in(stored: bytes) -> Looks:
    """Return what a viewer looked at."""
    window, rosters = rows.any_of(stored)
    looks = Looks(window)
    for area, people in rosters:
        looks.rosters[rows.catchment_in(area if isinstance(area, int) else tuple(area))] = tuple(people)
    return looks


def looks_row(looks: Looks) -> bytes:
    """Return what a viewer looked at as bytes."""
    rosters = [(rows.catchment_row(area), people) for area, people in looks.rosters.items()]
    return rows.encode((looks.window, rosters))
