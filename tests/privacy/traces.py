"""What a position may leave behind, byte by byte, and the search for it in files and in a process's memory."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h3.api.basic_int as h3  # type: ignore[import-untyped]

CHARACTERS = 8
"""Of a coordinate with its point, that make it this one: within a few metres. Without its point it takes two more."""

GEOHASH_CHARACTERS = 8
"""About 30 m."""

NEAR_BYTES = 64
"""The two halves of a position lie this close; four bytes alone are found by chance in a hundred megabytes."""

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


def found_in(data: bytes, traces: list[Trace]) -> set[str]:
    """Return the names of the traces that ``data`` holds."""
    return {trace.name for trace in traces if any(True for _ in places_of(data, trace))}


def places_of(data: bytes, trace: Trace) -> Iterator[int]:
    """Yield where a trace is."""
    place = data.find(trace.form)
    while place >= 0:
        around = data[max(0, place - NEAR_BYTES) : place + len(trace.form) + NEAR_BYTES]
        if not trace.beside or trace.beside in around:
            yield place
        place = data.find(trace.form, place + 1)


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
