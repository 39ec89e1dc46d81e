"""What a position may leave behind, byte by byte, and the search for it in files and in a process's memory."""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import numpy as np

CHARACTERS = 8
"""Of a coordinate with its point, that make it this one: within a few metres. Without its point it takes two more."""

GEOHASH_CHARACTERS = 8
"""About 30 m."""

NEAR_BYTES = 64
"""The two halves of a position lie this close; four bytes alone are found by chance in a hundred megabytes."""

START_BYTES = 4
"""Of a trace, that are looked for before the rest."""
CHUNK = 1 << 22

_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
_DIGIT_BITS = 30
"""Of CPython's integers, which keep their digits in four bytes each."""


class Trace(NamedTuple):
    """One form: its name, and the bytes; ``beside`` must be near if it is not empty."""

    name: str
    form: bytes
    beside: bytes = b""


def traces_of(lat_deg: float, lon_deg: float) -> list[Trace]:
    """Return every form in which a position, or a cell of it finer than resolution 7, may be kept."""
    found = []
    for name, degrees in (("lat", lat_deg), ("lon", lon_deg)):
        text = repr(abs(degrees))
        found += [Trace(f"{name} as text", text[:CHARACTERS].encode())]
        found.append(Trace(f"{name} as digits", text.replace(".", "")[: CHARACTERS + 2].encode()))
        found += [Trace(f"{name} as float64 {order}", struct.pack(f"{order}d", degrees)) for order in "<>"]
    for order in "<>":
        lat, lon = struct.pack(f"{order}f", lat_deg), struct.pack(f"{order}f", lon_deg)
        found.append(Trace(f"float32 {order}", lat, lon))
    found.append(Trace("geohash", geohash(lat_deg, lon_deg).encode()))
    for resolution in range(8, 16):
        found += _cell_traces(resolution, h3.latlng_to_cell(lat_deg, lon_deg, resolution))
    return found


def _cell_traces(resolution: int, cell: int) -> Iterator[Trace]:
    mask = (1 << _DIGIT_BITS) - 1
    # Cells have their highest bit below 60: two digits.
    digits = [cell >> shift & mask for shift in (0, _DIGIT_BITS)]
    name = f"cell of resolution {resolution}"
    yield Trace(f"{name} as hex", f"{cell:x}".encode())
    yield Trace(f"{name} as HEX", f"{cell:X}".encode())
    yield Trace(f"{name} as decimal", str(cell).encode())
    yield Trace(f"{name} as 8 bytes <", cell.to_bytes(8, "little"))
    yield Trace(f"{name} as 8 bytes >", cell.to_bytes(8, "big"))
    yield Trace(f"{name} as an int of Python", struct.pack("<2I", *digits))


def geohash(lat_deg: float, lon_deg: float) -> str:
    """Return the position's geohash."""
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = 0
    for place in range(5 * GEOHASH_CHARACTERS):
        span, degrees = ranges[place % 2], (lon_deg, lat_deg)[place % 2]
        middle = (span[0] + span[1]) / 2
        is_above = degrees >= middle
        span[not is_above] = middle
        bits = bits << 1 | is_above
    return "".join(_BASE32[bits >> 5 * place & 31] for place in reversed(range(GEOHASH_CHARACTERS)))


class Search:
    """Looks for many traces at once: where no two bytes begin one, nothing is looked at closer.

    Looking for one after the other takes a second for every ten megabytes.

    Args:
        traces: What to look for; each is four bytes long at least.
    """

    def __init__(self, traces: Iterable[Trace]) -> None:
        self._by_start: dict[int, list[Trace]] = {}
        for trace in traces:
            self._by_start.setdefault(int.from_bytes(trace.form[:START_BYTES], "little"), []).append(trace)
        self._starts = np.array(sorted(self._by_start), dtype=np.uint32)
        self._begins = np.zeros(1 << 16, dtype=bool)
        self._begins[self._starts & 0xFFFF] = True

    def names_in(self, data: bytes) -> set[str]:
        """Return the names of the traces that ``data`` holds."""
        return {trace.name for place, start in self._places(data) for trace in self._found_at(data, place, start)}

    def _places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where four bytes of ``data`` are the start of a trace, and these as a number."""
        each = np.frombuffer(data, dtype=np.uint8)
        last = len(data) - START_BYTES
        for first in range(0, last + 1, CHUNK):
            for shift in range(2):
                pairs = np.frombuffer(data, dtype="<u2", offset=first + shift, count=(len(data) - first - shift) // 2)
                places = np.flatnonzero(self._begins[pairs[: CHUNK // 2]]) * 2 + first + shift
                places = places[places <= last]
                starts = sum(each[places + byte].astype(np.uint32) << (8 * byte) for byte in range(START_BYTES))
                are = np.isin(starts, self._starts)
                yield from zip(places[are].tolist(), np.asarray(starts)[are].tolist(), strict=True)

    def _found_at(self, data: bytes, place: int, start: int) -> Iterator[Trace]:
        for trace in self._by_start[start]:
            around = data[max(0, place - NEAR_BYTES) : place + len(trace.form) + NEAR_BYTES]
            if data.startswith(trace.form, place) and (not trace.beside or trace.beside in around):
                yield trace


def memory_of(pid: int) -> Iterator[bytes]:
    """Yield the writable memory of a process, mapping by mapping: heap, stacks and all that was allocated."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(address, 16) for address in span.split("-"))
            memory.seek(start)
            try:
                yield memory.read(end - start)
            except OSError:
                continue  # A mapping of the kernel's own.


def files_under(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file with its bytes."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
