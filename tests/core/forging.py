# ruff: noqa: RUF001  Characters that look alike are what this is about.
"""Forgeries of names, as somebody would make them who wants to be taken for another."""

from collections.abc import Callable
from random import Random
from unicodedata import category, normalize

from nearby.core.skeleton import skeleton
from nearby.core.unicode import confusables_alphabets, confusables_astral, confusables_symbols, spans_of
from nearby.core.unicode.identifiers import ALLOWED, IGNORABLE

SOURCES = [
    (chr(code), prototype)
    for table in (confusables_alphabets, confusables_symbols, confusables_astral)
    for prototype, first, last in spans_of(table.CONFUSABLES)
    for code in range(first, last + 1)
]
"""Every character of the confusables file, with its prototype in hexadecimal."""

_ALIKE: dict[str, list[str]] = {}
for _source, _ in SOURCES:
    _ALIKE.setdefault(skeleton(_source), [skeleton(_source)]).append(_source)

_LETTERS = {chr(code) for _, first, last in spans_of(ALLOWED) for code in range(first, last + 1)}
_UNSEEN = [chr(code) for _, first, last in spans_of(IGNORABLE) for code in range(first, last + 1)]
_UNSEEN += ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\U000e0041"] * 200
_MARKS = [chr(code) for code in range(0x300, 0x370)]
_SPACES = [chr(code) for code in range(0x3001) if category(chr(code)) == "Zs"]
_BADGES = "✓✔☑✅★⭐🛡🏅❤®💎🔵"
_BETWEEN = "-.·'’‐"
_CYRILLIC = str.maketrans("aceiopsxyjAaBCEHIKMOPSTXhd", "асеіорѕхујАаВСЕНІКМОРЅТХһԁ")
_GREEK = str.maketrans("ABEHIKMNOPTXYZovi", "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖονι")
_LIKE_EACH_OTHER = (("I", "l"), ("l", "I"), ("l", "1"), ("i", "ı"), ("o", "0"), ("O", "0"), ("m", "rn"), ("rn", "m"))


def substituted(name: str, random: Random) -> str:
    """Return ``name`` with some characters replaced by others of the same skeleton."""
    changed = []
    for character in name:
        alike = [other for other in _ALIKE.get(skeleton(character), []) if other != character]
        changed.append(random.choice(alike) if alike and random.random() < 0.5 else character)
    return "".join(changed)


def substituted_by_letters(name: str, random: Random) -> str:
    """Return the same with letters that names may hold, which is what gets furthest."""
    changed = []
    for character in name:
        alike = [other for other in _ALIKE.get(skeleton(character), []) if other != character and other in _LETTERS]
        changed.append(random.choice(alike) if alike else character)
    return "".join(changed)


def _inserted(name: str, what: str, random: Random) -> str:
    place = random.randrange(len(name) + 1)
    return name[:place] + what + name[place:]


def _widened(name: str, _: Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)


def _turned(name: str, random: Random) -> str:
    opening, closing = random.choice(
        [("\u202e", "\u202c"), ("\u2067", "\u2069"), ("\u200f", "\u200f"), ("\u202b", "\u202c")]
    )
    return random.choice([f"{opening}{name[::-1]}{closing}", f"{opening}{name}{closing}", f"{name}{opening}"])


def _recased(name: str, random: Random) -> str:
    return random.choice([name.upper(), name.lower(), name.title(), name.swapcase(), "".join(map(_flip(random), name))])


def _flip(random: Random) -> Callable[[str], str]:
    return lambda character: random.choice((character.upper(), character.lower()))


def _respaced(name: str, random: Random) -> str:
    instead = random.choice(["  ", "", random.choice(_SPACES), random.choice(_BETWEEN), f" {random.choice(_BETWEEN)} "])
    return name.replace(" ", instead) if " " in name else f" {name} "


def _swapped(name: str, random: Random) -> str:
    pairs = [(old, new) for old, new in _LIKE_EACH_OTHER if old in name]
    return name.replace(*random.choice(pairs)) if pairs else name.upper()


WAYS: dict[str, Callable[[str, Random], str]] = {
    "confusable characters": substituted,
    "confusable letters": substituted_by_letters,
    "Cyrillic letters": lambda name, _: name.translate(_CYRILLIC),
    "Greek letters": lambda name, _: name.translate(_GREEK),
    "I, l, 1, rn and m": _swapped,
    "what is not seen": lambda name, random: _inserted(name, random.choice(_UNSEEN), random),
    "marks on letters": lambda name, random: _inserted(name, random.choice(_MARKS), random),
    "full width": _widened,
    "what turns text around": _turned,
    "case": _recased,
    "spaces": _respaced,
    "dots and hyphens": lambda name, random: _inserted(name, random.choice(_BETWEEN), random),
    "badges": lambda name, random: _inserted(name, random.choice(_BADGES), random),
    "another normal form": lambda name, random: normalize(random.choice(["NFD", "NFKC", "NFKD"]), name),
}
"""How names are forged; each returns the name as it is where it can do nothing with it."""


def forge(name: str, random: Random) -> tuple[str, str]:
    """Return the ways and a forgery made in one to three of them, which is not ``name`` itself."""
    while True:
        ways = random.sample(list(WAYS), random.choice((1, 1, 2, 3)))
        forged = name
        for way in ways:
            forged = WAYS[way](forged, random)
        if forged != name:
            return " + ".join(ways), forged
