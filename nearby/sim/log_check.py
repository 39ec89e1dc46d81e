"""Whether a server's check-in log holds what the phones of a run were acknowledged, by the plain model."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nearby.core import wire
from nearby.core.cell import ladder_of
from nearby.core.ids import Cell, PersonId
from nearby.core.window import Windows
from nearby.sim.in_force import Heard, Row, bounds

SLACK_MS = 5
"""Two processes of one machine may read its clock so far apart: each follows its steady clock, from its own start."""

SETTLED_MS = 1_000
"""A window that ended so long before the server was stopped is wholly noted."""


@dataclass(slots=True)
class Answer:
    """What became of a message that says where somebody is; until an answer came it may have been taken or not.

    ``is_once`` is False if it may have been sent again, or another in its place.
    """

    is_once: bool = True
    is_taken: bool = False
    is_refused: bool = False
    is_clearing: bool = False
    window: wire.Window | None = None

    def acknowledged(self, ack: wire.Ack) -> None:
        """The server took a check-in, in the window that it says."""
        self.is_taken = True
        # Without an area it was inside a quiet one.
        self.is_clearing = ack.area is None
        self.window = ack.window if isinstance(ack.window, wire.Window) else None


class Watch:
    """Writes down who told the server where they are, and when.

    Args:
        now_ms: The machine's clock.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.heard: list[Heard] = []
        self.now_ms = now_ms

    @contextmanager
    def telling(self, person: str, position: tuple[float, float] | None) -> Iterator[Answer]:
        """Watch one message until the block ends; without a position it clears where the person is."""
        answer, sent_ms = Answer(), self.now_ms() - SLACK_MS
        place = len(self.heard)
        cell = None if position is None else ladder_of(*position).res7
        # In the order of sending, whenever the answer comes.
        self.heard.append(Heard(PersonId(person), cell, sent_ms, sent_ms, is_sure=False))
        try:
            yield answer
        finally:
            self.heard[place] = _as_heard(PersonId(person), cell, sent_ms, self.now_ms() + SLACK_MS, answer)

    def told(self) -> list[Heard]:
        """Return what the server took, or may have taken."""
        return [one for one in self.heard if one is not _NOTHING]


_NOTHING = Heard(PersonId(""), None, 0, 0)


def _as_heard(person: PersonId, cell: Cell | None, sent_ms: int, answered_ms: int, answer: Answer) -> Heard:
    if not answer.is_once or not (answer.is_taken or answer.is_refused):
        return Heard(person, cell, sent_ms, answered_ms, is_sure=False)
    if answer.is_refused:
        return _NOTHING
    if answer.window is not None and not answer.is_clearing:
        # On which side of a window's end it counted is known. A clearing is told the window of its answer.
        sent_ms = max(sent_ms, answer.window.start_ms)
        answered_ms = min(answered_ms, answer.window.end_ms - 1)
    return Heard(person, None if answer.is_clearing else cell, sent_ms, max(sent_ms, answered_ms))


@dataclass(frozen=True, slots=True)
class LogFigures:
    """What the check-in log came to. Rows are people, each in one window and res-7 cell.

    Attributes:
        rows: In the log.
        places: Windows and cells with rows.
        exact: Windows and cells with one possible number, which the log has.
        undecided: Rows that may be there or not: a moment fell between a check-in's sending and its answer.
        under_way: Rows of windows that had not ended when the server was stopped; of these only too many count.
        unsure_people: People whose messages may have been taken twice or not at all, or who came
            too fast for their cells to count at once; none of their rows must be there.
        missing: Rows that must be there and are not.
        surplus: Rows that cannot be there and are.
    """

    rows: int
    places: int
    exact: int
    undecided: int
    under_way: int
    unsure_people: int
    missing: int
    surplus: int

    def broken(self) -> list[str]:
        """Return a sentence for each way in which the log is wrong."""
        found = {"are missing from": self.missing, "are too many in": self.surplus}
        return [f"{count} rows {how} the check-in log" for how, count in found.items() if count]


def check_log(
    told: Sequence[Heard], found: Counter[Row], windows: Windows, *, stopped_ms: int, gone_ms: int, since_ms: int = 0
) -> LogFigures:
    """Return how a log compares with what must and may be in it.

    Args:
        told: What the server was told.
        found: How many people the log has in each window and cell.
        windows: The server's windows, with its secret.
        stopped_ms: When it was told to stop.
        gone_ms: When it had.
        since_ms: Rows of windows that began earlier need not be there.
    """
    must, may = bounds(told, windows, until_ms=gone_ms)
    settled_ms = stopped_ms - SETTLED_MS - windows.width_ms

    def settled(counts: Counter[Row]) -> Counter[Row]:
        return Counter({row: count for row, count in counts.items() if since_ms <= row[0] <= settled_ms})

    over = settled(may)
    return LogFigures(
        rows=found.total(),
        places=len(found),
        exact=sum(must[row] == count == found[row] for row, count in over.items()),
        undecided=(over - must).total(),
        under_way=Counter({row: count for row, count in found.items() if row[0] > settled_ms}).total(),
        unsure_people=len({one.person for one in told if not one.is_sure}),
        missing=(settled(must) - found).total(),
        surplus=(found - may).total(),
    )
