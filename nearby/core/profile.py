"""What a person may say of themselves: checked and brought into one form.

Names have a gate of their own, ``nearby.core.naming``. Of tags and languages only the form is looked at.
"""

import re
from collections.abc import Iterable
from typing import TypedDict
from unicodedata import category, normalize

from msgspec import UNSET

from nearby.core import me_wire
from nearby.core.naming import clean_name
from nearby.errors import ErrorCode, Refused

MAX_TAG_CHARACTERS = 32
MAX_TAGS = 3
MAX_LANGUAGE_CHARACTERS = 35
"""What RFC 5646 section 4.4.1 asks every reader of tags to take."""

_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of surrogate pairs and ends of lines. Unassigned characters may be a newer Unicode's."""

_DIRECTING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Every character with the property Bidi_Control (UAX #9): they turn the text that follows around."""

_TAGS = range(0xE0000, 0xE0080)
"""Unicode's tag characters: unseen, and made for flags alone."""

_SEEN = frozenset("LNPS")
"""Letters, numbers, punctuation and symbols: what at least one character of a tag must be."""

_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # language, with what extends it
    r"(?:-[a-z]{4})?"  # script
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    r"(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*"  # extensions
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"  # private use
)
"""The ``langtag`` of RFC 5646 section 2.1, in lower case."""


class ProfileChange(TypedDict, total=False):
    """What is to be changed of a profile, cleaned. A key that is absent stays; None and () clear."""

    name: str | None
    lang: str | None
    tags: tuple[str, ...]
    is_listed: bool


def clean_change(asked: me_wire.MeChange) -> ProfileChange:
    """Return what a request changes; null clears a field, one that is absent is not in it.

    Raises:
        Refused: ``bad_profile``, and of a name as ``clean_name``; the detail names the field and never its value.
    """
    change = ProfileChange()
    if asked.name is not UNSET:
        change["name"] = None if asked.name is None else clean_name(asked.name)
    if asked.lang is not UNSET:
        change["lang"] = None if asked.lang is None else clean_language(asked.lang)
    if asked.tags is not UNSET:
        change["tags"] = clean_tags(asked.tags or ())
    if asked.listed is not UNSET:
        change["is_listed"] = bool(asked.listed)
    return change


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags in NFC and in their order, each once.

    Raises:
        Refused: ``bad_profile``, if there are more than 3, or one has not 1 to 32
            characters, none of which can be seen, or one that is a control, a direction mark or a tag character.
    """
    clean = tuple(dict.fromkeys(_clean_tag(tag) for tag in tags))
    if len(clean) > MAX_TAGS:
        raise Refused(ErrorCode.BAD_PROFILE, f"send at most {MAX_TAGS} tags")
    return clean


def clean_language(tag: str) -> str:
    """Return a BCP 47 tag in its recommended case (RFC 5646 section 2.1.1): ``zh-Hant-TW``.

    Only the form is looked at, not whether such a language is registered; tags made before that form, such as
    ``i-klingon``, are not taken: each has one of it in its place.

    Raises:
        Refused: ``bad_profile``, if it is not of the form or longer than 35 characters.
    """
    lower = tag.lower()
    if len(tag) > MAX_LANGUAGE_CHARACTERS or not _LANGUAGE.fullmatch(lower):
        raise Refused(ErrorCode.BAD_PROFILE, "lang must be a BCP 47 tag such as en or zh-Hant-TW")
    subtags = lower.split("-")
    first_single = next((place for place, subtag in enumerate(subtags) if len(subtag) == 1), len(subtags))
    cased = [subtags[0], *map(_in_its_case, subtags[1:first_single]), *subtags[first_single:]]
    return "-".join(cased)


def _in_its_case(subtag: str) -> str:
    """Return a region in capitals and a script in title case; a variant of four begins with a digit and stays."""
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag


def _clean_tag(tag: str) -> str:
    text = normalize("NFC", tag)
    if not 1 <= len(text) <= MAX_TAG_CHARACTERS:
        raise Refused(ErrorCode.BAD_PROFILE, f"a tag has 1 to {MAX_TAG_CHARACTERS} characters")
    for character in text:
        if category(character) in _UNSHOWABLE or character in _DIRECTING or ord(character) in _TAGS:
            raise Refused(ErrorCode.BAD_PROFILE, "a tag has no control, direction or tag characters")
    if not any(category(character)[0] in _SEEN for character in text):
        raise Refused(ErrorCode.BAD_PROFILE, "a tag has something to be seen")
    return text
