"""Which strings look alike: the skeleton of UTS #39 section 4, revision of Unicode 18.0.

Two strings are confusable exactly if they have one skeleton. The strings are taken in the order in which they are
stored, which is ``internalSkeleton``: whoever takes text that turns around must order it first (``bidiSkeleton``).
Names never do, see ``nearby.core.naming``.

A skeleton is for comparing and says nothing to a person. Those of text whose characters have Identifier_Status Allowed
are the same under every version of Python: what decomposes among those has not changed since Unicode 14.
"""

from unicodedata import normalize

from nearby.core.unicode import confusables_alphabets, confusables_astral, confusables_symbols, spans_of
from nearby.core.unicode.identifiers import IGNORABLE


def _read_prototypes() -> dict[int, str]:
    """Return what stands for each character in a skeleton: nothing for one that is not seen."""
    prototypes: dict[int, str] = {}
    for table in (confusables_alphabets, confusables_symbols, confusables_astral):
        for prototype, first, last in spans_of(table.CONFUSABLES):
            shown = "".join(chr(int(code, 16)) for code in prototype.split("+"))
            prototypes.update(dict.fromkeys(range(first, last + 1), shown))
    # Last: what is not seen is taken out before anything is mapped.
    for _, first, last in spans_of(IGNORABLE):
        prototypes.update(dict.fromkeys(range(first, last + 1), ""))
    return prototypes


PROTOTYPES = _read_prototypes()
"""Characters that are not their own skeleton."""


def skeleton(text: str) -> str:
    """Return the skeleton of ``text``; that of a skeleton is itself.

    Costs about 2 µs for a name of 20 characters. Any text has one, half a surrogate pair included.
    """
    return normalize("NFD", normalize("NFD", text).translate(PROTOTYPES))
