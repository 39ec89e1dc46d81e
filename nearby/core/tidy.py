"""What people type where a name is asked for, without what is no part of a name and would be refused or be a lie."""

from functools import cache
from unicodedata import category, combining, normalize

from nearby.core.likeness import JOINERS
from nearby.core.scripts import runs_right_to_left, scripts_of
from nearby.core.skeleton import PROTOTYPES, skeleton

_AS_TYPED = {
    **dict.fromkeys(map(ord, "`\u00b4\u2018"), "'"),
    0x5BE: "-",
    **dict.fromkeys([0x640, *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7]),
}
"""Accents typed for an apostrophe, the hyphen of Hebrew with the points that schoolbooks set, and the line that
stretches Arabic words."""

_PICTURES = range(0x1F000, 0x1FB00)
_VIRAMA = 9


def tidied(name: str) -> str:
    """Return ``name`` in NFC without what could be taken out of it; tidying it again changes nothing.

    That is badges (check marks, stars, shields, pictures), joiners that join nothing, selectors of variants, the line
    that stretches Arabic words, the points of Hebrew, and spaces but one between two words. Accents typed for an
    apostrophe become one, and the hyphen of Hebrew the common one.
    """
    shown = _without_idle_joiners(_without_badges(name.translate(_AS_TYPED)))
    return normalize("NFC", " ".join(filter(None, shown.split(" "))))


def _without_badges(name: str) -> str:
    """Return ``name`` with a space for each space of any width and for each run of badges."""
    shown: list[str] = []
    was_badge = False
    for character in name:
        is_badge = _is_badge(character) or (was_badge and character in JOINERS)
        shown.append(" " if is_badge or category(character) == "Zs" else character)
        was_badge = is_badge
    # What only chooses among pictures or among a letter's shapes, and is not seen itself.
    return "".join(character for character in shown if not _selects(character))


def _is_badge(character: str) -> bool:
    """Return whether a character is a picture or symbol that could be read as a sign of being verified.

    One that stands for a letter is none: without it the name would be another. The block of pictures goes by its range,
    since an older Python does not know the newest.
    """
    if ord(character) in _PICTURES or character == "\u20e3":
        return True
    return not character.isascii() and category(character) in ("So", "Sm") and not _stands_for_letters(character)


def _stands_for_letters(symbol: str) -> bool:
    looks_like = skeleton(symbol)
    return looks_like in _letters_like_symbols() or any(category(character)[0] == "L" for character in looks_like)


@cache
def _letters_like_symbols() -> frozenset[str]:
    """Return the skeletons that characters of names share with others."""
    return frozenset(prototype for source, prototype in PROTOTYPES.items() if prototype and scripts_of(chr(source)))


def _selects(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _without_idle_joiners(name: str) -> str:
    """Return ``name`` with joiners only where a script needs them, by UAX #31 section 2.3.

    After a virama both may stand (rules A2 and B). Otherwise only the non-joiner, between two letters of Arabic script
    (rule A1, which asks more of them; no look-alike depends on it).
    """
    return "".join(
        character
        for place, character in enumerate(name)
        if character not in JOINERS or _has_effect(character, name[:place][-1:], name[place + 1 :][:1])
    )


def _has_effect(joiner: str, before: str, after: str) -> bool:
    if before and combining(before) == _VIRAMA:
        return True
    return joiner == JOINERS[0] and runs_right_to_left(before) and runs_right_to_left(after)
