"""Texts in which nothing can be that the gate looks for: most of what people say, told in a few passes over bytes.

A text is *plain* if every character is a letter, space or mark that begins nothing, and none of its words is one that
a link, an address or a number needs that is written out. There is nothing to find in a plain text; of one that is not
plain this says nothing.

It is told for what is written in Latin-1, which is the most of what is written in the west of Europe and America.
"""

from nearby.core.gate.domains import DOT_WORDS, has_inner_dot
from nearby.core.gate.folding import opened
from nearby.core.gate.handles import MAIL_WORDS, WEAK_HINTS
from nearby.core.gate.numbers import MANY_DIGITS, NUMBER_WORDS

SUSPECT = frozenset("0123456789@#:=>→»/_-\u2010\u2011\u2012\u2013\u2014\u2015([{<*+|~")
"""Without any of these, and without a dot that stands in or before a word, only what is written out is looked for."""

_LATIN = [chr(code) for code in range(256)]
_HARMLESS = "".join(one for one in _LATIN if one not in SUSPECT and opened(one) == one).encode("latin-1")
_WORDS = "".join(one.lower() if one.isalpha() else " " for one in _LATIN).encode("latin-1")
"""What becomes of each character so that words stand by themselves, in small letters."""


def _in_latin(words: frozenset[str]) -> frozenset[bytes]:
    return frozenset(word.encode("latin-1") for word in words if max(word) < "\u0100")


_NUMBERS = _in_latin(NUMBER_WORDS)
_OTHERS = _in_latin(DOT_WORDS | MAIL_WORDS)
_TELLING = _NUMBERS | _OTHERS
_PARTS = tuple(hint.encode() for hint in WEAK_HINTS)
_ID, _NAME, _USER = _PARTS


def is_plain(text: str) -> bool:
    """Return whether a text is plain. Whatever is not in Latin-1 is not."""
    try:
        written = text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    if written.translate(None, _HARMLESS) or (b"." in written and has_inner_dot(text)):
        return False
    low = written.translate(_WORDS)
    if _ID in low or _NAME in low or _USER in low:
        return False
    words = low.split()
    if _TELLING.isdisjoint(words):
        return True
    return _OTHERS.isdisjoint(words) and sum(map(_NUMBERS.__contains__, words)) < MANY_DIGITS
