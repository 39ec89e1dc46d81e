"""The process in which an operator's filter runs: ``python -m nearby.server.filter_worker NAME``.

It reads one JSON object ``{"text", "lang"}`` a line and answers each by a line: ``true`` if the text is to be held,
``false`` if not, ``null`` if the filter failed. What the filter prints goes to where errors go. It ends with its input.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

GROUP = "nearby.filters"

Filter = Callable[[str, str | None], bool]
"""Returns whether a text is to be held; ``lang`` is the language its author named last, or None."""


def load(name: str) -> Filter:
    """Return the filter that an installed package offers under a name.

    Raises:
        LookupError: There is none of that name.
        Exception: Whatever importing it raises.
    """
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise LookupError(name)
    chosen: Filter = found.load()
    return chosen


def run(judge: Filter, *, source: int, sink: int) -> None:
    """Answer every line of a file descriptor until it ends."""
    with os.fdopen(source, "rb") as lines, os.fdopen(sink, "wb", buffering=0) as answers:
        for line in lines:
            asked = json.loads(line)
            verdict: bool | None = None
            # A filter that fails says nothing of the text; and what it raises may quote it.
            with contextlib.suppress(Exception):
                verdict = bool(judge(asked["text"], asked["lang"]))
            answers.write(json.dumps(verdict).encode() + b"\n")


def main() -> None:
    """Serve one filter on standard input and output."""
    # Ctrl-C in a terminal reaches the whole group; the server's end closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    run(load(sys.argv[1]), source=source, sink=sink)


if __name__ == "__main__":
    main()
