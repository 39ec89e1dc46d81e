"""Unicode's data on which characters look alike and what names are made of, as Python modules.

Modules and not files that are read: they are constants of the program, so the core stays free of I/O, they need no
parsing from disk at a start that the interpreter's own cache does not do, and they come along however the package is
installed. They are text of one span a word, so that a new version of Unicode shows in a diff as what it changed.
``scripts/tools/unicode_tables.py`` writes them; the data is Unicode's, under the LICENSE beside them.
"""

from collections.abc import Iterator


def spans_of(table: str) -> Iterator[tuple[str, int, int]]:
    """Yield ``(head, first, last)`` of each span in a table of ``head<first-last,...`` words; no head is ""."""
    for entry in table.replace(",\n", ",").split():
        head, _, spans = entry.rpartition("<")
        for span in spans.split(","):
            first, _, last = span.partition("-")
            yield head, int(first, 16), int(last or first, 16)
