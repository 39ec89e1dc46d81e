"""Which slice has what: the same on every gateway, and for as long as the number of slices stays."""

from zlib import crc32

from nearby.core.cell import cell_name
from nearby.core.ids import Cell, PersonId


def slice_of(res5: Cell, slices: int) -> int:
    """Return the number of the slice that a cell of resolution 5 belongs to."""
    return crc32(cell_name(res5).encode()) % slices


def home_of(name: str | PersonId, slices: int) -> int:
    """Return the number of the slice that knows where a person is, or counts a client network: theirs by name alone."""
    return crc32(name.encode()) % slices
