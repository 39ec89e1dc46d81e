"""Which scripts a text is written in, and how freely it mixes them: UTS #39 sections 3.1 and 5, Unicode 18.0.

A character belongs to a set of scripts (Script_Extensions): the Japanese long-vowel mark to two, an apostrophe to all.
Here a set is an integer with a bit for each script, and the set of all is -1. The writing systems that use
several scripts, Japanese, Korean and Chinese with Bopomofo, count as scripts of their own (section 5.1).
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import IntEnum
from functools import reduce

from nearby.core.unicode import spans_of
from nearby.core.unicode.identifiers import ALLOWED


class RestrictionLevel(IntEnum):
    """How freely a text mixes scripts (UTS #39 section 5.2); the lower, the stricter."""

    ASCII_ONLY = 1
    SINGLE_SCRIPT = 2
    HIGHLY_RESTRICTIVE = 3
    MODERATELY_RESTRICTIVE = 4
    MINIMALLY_RESTRICTIVE = 5
    UNRESTRICTED = 6
    """Holds a character that identifiers are not to be made of, or is empty."""


_EVERY = -1
_SYSTEMS = {
    "Hani": ("Hanb", "Jpan", "Kore"),
    "Hira": ("Jpan",),
    "Kana": ("Jpan",),
    "Hang": ("Kore",),
    "Bopo": ("Hanb",),
}
_NUMBERS: dict[str, int] = {}


def _script(name: str) -> int:
    """Return the set of one script, by its short name (ISO 15924)."""
    return 1 << _NUMBERS.setdefault(name, len(_NUMBERS))


def set_of(names: str) -> int:
    """Return the set of scripts with these short names, such as ``Grek+Latn``, and of their writing systems."""
    if names in ("Zyyy", "Zinh"):
        return _EVERY
    scripts = names.split("+")
    systems = (system for script in scripts for system in _SYSTEMS.get(script, ()))
    return reduce(int.__or__, map(_script, (*scripts, *systems)))


_SPANS = sorted((first, last, set_of(names)) for names, first, last in spans_of(ALLOWED))
_STARTS = [first for first, _, _ in _SPANS]

_LATIN = _script("Latn")
_HIGHLY = tuple(_LATIN | _script(system) for system in ("Jpan", "Hanb", "Kore"))
_UNMIXABLE = _script("Cyrl") | _script("Grek")
_RIGHT_TO_LEFT = _script("Arab") | _script("Hebr") | _script("Syrc") | _script("Thaa")


def scripts_of(character: str) -> int:
    """Return the set of scripts of a character, 0 if identifiers are not to be made of it."""
    code = ord(character)
    place = bisect_right(_STARTS, code) - 1
    if place < 0:
        return 0
    _, last, scripts = _SPANS[place]
    return scripts if code <= last else 0


def runs_right_to_left(text: str) -> bool:
    """Return whether a character of ``text`` belongs to scripts that run from right to left and to no other."""
    found = {scripts_of(character) for character in text}
    return any(scripts and not scripts & ~_RIGHT_TO_LEFT for scripts in found)


def restriction_level(text: str) -> RestrictionLevel:
    """Return how freely ``text`` mixes scripts. The order of characters has no effect, nor how often each occurs."""
    found = {scripts_of(character) for character in text}
    if not found or 0 in found:
        return RestrictionLevel.UNRESTRICTED
    if text.isascii():
        return RestrictionLevel.ASCII_ONLY
    if _shared(found):
        return RestrictionLevel.SINGLE_SCRIPT
    if any(all(scripts & system for scripts in found) for system in _HIGHLY):
        return RestrictionLevel.HIGHLY_RESTRICTIVE
    beside_latin = _shared(scripts for scripts in found if not scripts & _LATIN)
    if beside_latin & ~_UNMIXABLE:
        return RestrictionLevel.MODERATELY_RESTRICTIVE
    return RestrictionLevel.MINIMALLY_RESTRICTIVE


def _shared(scripts: Iterable[int]) -> int:
    return reduce(int.__and__, scripts, _EVERY)
