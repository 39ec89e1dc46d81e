"""Numbers to call: seven digits or more, however they are set, and not what dates, times and prices are made of."""
# ruff: noqa: RUF001, SIM905  Letters of all scripts are the matter here; lists of words read best as words.

import re
from typing import NamedTuple

MANY_DIGITS = 7
"""The shortest numbers that reach somebody in a town of some size."""

_NEAR = 6
"""Characters between digits that still go together: " then "."""

_CHAIN = re.compile(r"\d(?:[\s().\-/+,:*_|~•·\u2010-\u2015]*\d)*+")
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:{_DAY}[./-] ?{_MONTH}[./-] ?(?:{_YEAR}|\d\d)|{_MONTH}[./-]{_DAY}[./-](?:{_YEAR}|\d\d)"
    rf"|{_YEAR}[./-]{_MONTH}[./-]{_DAY})"
)
_TIME = r"(?:[01]?\d|2[0-4])[:.][0-5]\d(?::[0-5]\d)?"
_TO = r" ?[-/\u2010-\u2015] ?"
_AND = r"(?:, ?| )"
_ALLOWED = re.compile(
    rf"{_DATE}(?:{_TO}{_DATE})?|{_TIME}(?:(?:{_TO}|{_AND}){_TIME})?|{_DATE}{_AND}{_TIME}(?:{_TO}{_TIME})?|{_TIME}{_AND}{_DATE}"
    rf"|{_YEAR}(?:{_TO}(?:{_YEAR}|\d\d))?|[1-9]\d{{0,2}}[.,']\d{{3}}|[1-9]\d{{0,2}}(?P<mark>[.,'])\d{{3}}(?P=mark)000|\d{{1,3}}[.,]\d{{1,2}}"
    # A moment as machines write it, in seconds or milliseconds.
    rf"|1[5-9]\d{{8}}(?:\d{{3}}|\.\d{{1,7}})?"
)
_MONEY = re.compile(r"[1-9]\d{0,6}(?:[.,]\d\d)?|[1-9]\d{0,2}(?:[.,' ]\d{3}){1,3}(?:[.,]\d\d)?")
_CURRENCY = (
    r"[$€£¥₩₹₽₺฿₫₴₦]|usd|eur|euros?|chf|gbp|rs\.?|rp\.?|kr\.?|zł|kč|ft|руб\.?"
    r"|円|元|원|won|yen|dollars?|pesos?|lei|тг|so'm"
)
_CURRENCY_BEFORE = re.compile(rf"(?:{_CURRENCY}) ?$")
_CURRENCY_AFTER = re.compile(rf" ?(?:{_CURRENCY})(?![^\W\d_])")

NUMBER_WORDS = frozenset(
    "zero oh one two three four five six seven eight nine null eins zwei drei vier fünf sechs sieben acht "
    "neun cero uno dos tres cuatro cinco seis siete ocho nueve zéro un deux trois quatre cinq sept huit neuf "
    "um dois quatro sete oito ноль один два три четыре пять шесть семь восемь девять 0 1 2 3 4 5 6 7 8 9".split()
)
_BETWEEN_WORDS = re.compile(r"[\s,.\-/]+")


class Counted(NamedTuple):
    """The digits of a text, dates and the like left out.

    ``is_number`` if enough of them stand together, and ``alone`` if there are two for each letter: then they count
    together with those of the messages before.
    """

    digits: int
    is_number: bool
    alone: bool


_NONE = Counted(0, False, False)


def count_digits(low: str) -> Counted:
    """Return the digits of a text in small letters, after ``opened``."""
    digits = together = 0
    end = -_NEAR - 1
    for found in _CHAIN.finditer(low):
        chain = found[0]
        if _ALLOWED.fullmatch(chain) is not None or _is_money(low, found):
            continue
        here = sum(map(str.isdigit, chain))
        digits += here
        together = here + (together if found.start() - end <= _NEAR else 0)
        end = found.end()
        if together >= MANY_DIGITS:
            return Counted(digits, True, True)
    if not digits:
        return _NONE
    return Counted(digits, False, digits >= 2 * sum(map(str.isalpha, low)))


def has_number_words(low: str) -> bool:
    """Return whether a text spells seven digits one after the other."""
    if NUMBER_WORDS.isdisjoint(low.replace(",", " ").split()) and "-" not in low and "." not in low and "/" not in low:
        return False
    run = 0
    for word in _BETWEEN_WORDS.split(low):
        run = run + 1 if word in NUMBER_WORDS else 0
        if run >= MANY_DIGITS:
            return True
    return False


def _is_money(low: str, found: re.Match[str]) -> bool:
    if _MONEY.fullmatch(found[0]) is None:
        return False
    start = max(0, found.start() - 5)
    return (
        _CURRENCY_BEFORE.search(low[start : found.start()]) is not None
        or _CURRENCY_AFTER.match(low, found.end()) is not None
    )
