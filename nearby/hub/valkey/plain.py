"""Tables of plain things: what each of them is stored as, and under which keys."""

from collections.abc import Callable
from typing import TypeVar

from nearby.core.cell import Ladder
from nearby.core.gate import Trail
from nearby.core.ids import PersonId
from nearby.core.nearby_list import Rosters, RosterTables
from nearby.core.repeats import Repeats
from nearby.core.rules import Rules
from nearby.hub.valkey import encodings, rows
from nearby.hub.valkey.special import ItemSet, OfTexts, SharedRepeats, Trails
from nearby.hub.valkey.working import Table, Working

K = TypeVar("K")
V = TypeVar("V")


def table(
    working: Working,
    prefix: str,
    decode: Callable[[bytes], V],
    encode: Callable[[V], bytes | None],
    *,
    name_of: Callable[[K], str] = str,
    make: Callable[[], V] | None = None,
) -> Table[K, V]:
    """Return a table of things that are made of their stored form alone; see ``Table``."""
    return Table(working, prefix, name_of=name_of, decode=lambda _, stored: decode(stored), encode=encode, make=make)


def visits(working: Working, window: int) -> Table[PersonId, tuple[Ladder, ...]]:
    """Return where people were in a window who went, came or moved."""
    return table(working, f"cv{window}:", encodings.ladders_in, encodings.ladders_row)


def rosters(working: Working, window: int) -> Rosters:
    """Return who is listed where, as a window has it."""
    areas = rows.catchment_name
    return Rosters(
        RosterTables(
            listed=ItemSet(table(working, "ll:", rows.any_of, rows.encode)),
            at=table(working, "la:", encodings.areas_in, encodings.areas_row),
            now=table(
                working, "ln:", lambda stored: dict.fromkeys(rows.any_of(stored)), encodings.keys_row, name_of=areas
            ),
            fixed=table(working, f"lf{window}:", lambda stored: tuple(rows.any_of(stored)), rows.encode, name_of=areas),
            gone=ItemSet(table(working, f"lg{window}:", rows.any_of, rows.encode)),
        )
    )


def repeats(working: Working, rules: Rules, secret: bytes) -> Repeats:
    """Return which texts were seen where, and which are refused."""
    return SharedRepeats(
        rules,
        secret,
        seen=OfTexts(
            working,
            "xs:",
            name_of=bytes.hex,
            decode=lambda _, stored: tuple(map(tuple, rows.any_of(stored))),
            encode=rows.encode,
        ),
        refused_until_ms=OfTexts(
            working, "xr:", name_of=bytes.hex, decode=lambda _, stored: rows.any_of(stored), encode=rows.encode
        ),
    )


def trails(working: Working) -> Table[tuple[PersonId, str], Trail]:
    """Return the digits of what somebody wrote in a place that is no room."""
    return Trails(
        working,
        "tr:",
        name_of=":".join,
        decode=lambda _, stored: tuple(rows.any_of(stored)),
        encode=lambda trail: rows.encode(trail) if trail else None,
    )
