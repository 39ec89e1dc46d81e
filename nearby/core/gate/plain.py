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

_BEGINS_SOMETHING = b"0"


def _in_words(one: str) -> str:
    if one in SUSPECT or opened(one) != one:
        return _BEGINS_SOMETHING.decode()
    return one.lower() if one.isalpha() else " "


_WORDS = "".join(map(_in_words, map(chr, range(256)))).encode("latin-1")
"""What becomes of each character so that words stand by themselves, in small letters, and whatever begins something is
seen at one look."""


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
    low = written.translate(_WORDS)
    # Not "in": of bytes it asks first whether it was given a number, which costs five times as much.
    has = low.find
    if has(_BEGINS_SOMETHING) >= 0 or ("." in text and has_inner_dot(text)):
        return False
    if has(_ID) >= 0 or has(_NAME) >= 0 or has(_USER) >= 0:
        return False
    words = low.split()
    if _TELLING.isdisjoint(words):
        return True
    return _OTHERS.isdisjoint(words) and sum(map(_NUMBERS.__contains__, words)) < MANY_DIGITS
