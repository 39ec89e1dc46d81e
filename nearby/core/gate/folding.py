"""One form for the many ways in which the same characters can be written."""

import re
from unicodedata import category, decimal, normalize

_DOTS = "\u3002\uff61\u2024\ufe52\uff0e\u0701\u0702\u06d4"
_SLASHES = "\u2044\u2215\u29f8"
_MARKS = frozenset({"Cf", "Mn", "Me"})
_KEPT = 0x10000
_SENTENCES = ("\ufdfa", "\ufdfb")
_NO_SENTENCES = dict.fromkeys(map(ord, _SENTENCES))
"""One character each, of 18 and 8 in NFKC: a text of them would be looked at for longer than any other."""


class _Opening(dict[int, int | None]):
    """What becomes of each character: digits of any script are 0 to 9, and what is not seen is gone."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        value = decimal(character, None)
        becomes: int | None = code
        if value is not None:
            becomes = ord("0") + value
        elif category(character) in _MARKS:
            becomes = None
        if code < _KEPT:
            self[code] = becomes
        return becomes


_OPENING = _Opening({**dict.fromkeys(map(ord, _DOTS), ord(".")), **dict.fromkeys(map(ord, _SLASHES), ord("/"))})
_CHANGED = "".join(re.escape(chr(code)) for code in range(0x80, _KEPT) if _OPENING[code] != code)
_CLOSED = re.compile(f"[{_CHANGED}\U00010000-\U0010ffff]")
"""What is not open as it is: marks, digits of other scripts, other dots, and whatever is beyond the first plane."""
_ALL_DIGITS = dict.fromkeys(map(ord, "123456789"), "0")


def opened(text: str) -> str:
    """Return a text in NFKC, with digits as 0 to 9 and without marks, joiners and what else is not seen."""
    if text.isascii():
        return text
    plain = _in_nfkc(text)
    return plain if _CLOSED.search(plain) is None else plain.translate(_OPENING)


def alike(text: str) -> str:
    """Return a text so that texts that say the same are equal: in NFKC, case-folded, every digit a 0."""
    if text.isascii():
        return text.lower().translate(_ALL_DIGITS)
    return _in_nfkc(_in_nfkc(text).casefold()).translate(_OPENING).translate(_ALL_DIGITS)


def _in_nfkc(text: str) -> str:
    if any(sentence in text for sentence in _SENTENCES):
        text = text.translate(_NO_SENTENCES)
    return normalize("NFKC", text)
