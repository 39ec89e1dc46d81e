"""What the check-in log must hold, by a model as plain as the rule: one person's moments, one after the other.

A person's cell in force changes at their moment of a window, and presence lapses at their moment of the second
window after that of the last check-in. Who had no cell in force has the one they check in from at once.
The log has a row for each person, window and cell that was in force at any moment of the window.

Nothing is shared with the rule as the server runs it but the draw of the moments.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple, TypeVar

from nearby.core.cell import metres_between
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows

LAPSES_AFTER = 2
"""Windows after that of the last check-in."""

MOST_STORIES = 1_000

Row = tuple[int, Cell]
"""The first millisecond of a window, and a res-7 cell."""

Moment = Callable[[int, PersonId], int]
"""Returns when in a window a person's cell may change, in milliseconds."""


class Whereabouts(NamedTuple):
    """Somebody checked in from a res-7 cell, or, with None, cleared where they are."""

    person: PersonId
    cell: Cell | None
    at_ms: int


class Heard(NamedTuple):
    """The same as its sender knows it: the server took it at some moment from ``sent_ms`` to ``answered_ms``.

    ``is_sure`` is False if it may have been taken more than once, or not at all.
    """

    person: PersonId
    cell: Cell | None
    sent_ms: int
    answered_ms: int
    is_sure: bool = True


Told = TypeVar("Told", Whereabouts, Heard)


class Bounds(NamedTuple):
    """How many people a window and cell must and may have in the log; they differ where a moment was too close."""

    must: Counter[Row]
    may: Counter[Row]


def rows(told: Iterable[Whereabouts], windows: Windows, *, until_ms: int, moment: Moment | None = None) -> Counter[Row]:
    """Return how many people the log must show in each window and cell.

    Args:
        told: In any order; of one person and millisecond the later one counts.
        windows: The common windows, with the secret that keys their draws.
        until_ms: Somebody who is present then is followed no further.
        moment: Another rule for moments, to see that it makes a difference.
    """
    counts: Counter[Row] = Counter()
    for person, mine in _by_person(told).items():
        counts.update(_rows_of(person, sorted(mine, key=lambda one: one.at_ms), windows, until_ms, moment))
    return counts


def bounds(heard: Iterable[Heard], windows: Windows, *, until_ms: int) -> Bounds:
    """Return what the log must and may show, whenever the server took each message.

    Only one side or the other of a moment makes a difference, so that all stories are told in few. Of a person
    with more stories than that, or a message that is not sure, nothing must be there.
    """
    must: Counter[Row] = Counter()
    may: Counter[Row] = Counter()
    for person, mine in _by_person(heard).items():
        mine.sort(key=lambda one: one.sent_ms)
        times = [list(_telling_times(one, windows)) for one in mine]
        stories = 1
        for choices in times:
            stories *= len(choices)
        if stories > MOST_STORIES or not all(one.is_sure for one in mine):
            may.update(_anything(mine, windows, until_ms))
            continue
        found = [
            _rows_of(person, _story(mine, at_ms), windows, until_ms, None)
            for at_ms in product(*times)
            if list(at_ms) == sorted(at_ms)
        ]
        must.update(set.intersection(*found))
        may.update(set.union(*found))
    return Bounds(must, may)


def doubted(heard: Iterable[Heard], rules: Rules) -> list[Heard]:
    """Return the same messages, none of them sure of people who may have come too fast for a cell to count at once.

    What becomes of such a cell depends on the moment at which each message was taken; few people are so fast.
    """
    found: list[Heard] = []
    for mine in _by_person(heard).values():
        mine.sort(key=lambda one: one.sent_ms)
        is_fast = any(_is_fast(one, then, rules) for one, then in pairwise(mine))
        found.extend(one._replace(is_sure=False) if is_fast else one for one in mine)
    return found


def _is_fast(one: Heard, then: Heard, rules: Rules) -> bool:
    if one.cell is None or then.cell is None or not rules.fast_m_per_s:
        return False
    elapsed_s = max(then.sent_ms - one.answered_ms, rules.least_elapsed_ms) / 1_000
    return metres_between(one.cell, then.cell) > rules.fast_m_per_s * elapsed_s


def _rows_of(
    person: PersonId, told: Sequence[Whereabouts], windows: Windows, until_ms: int, moment: Moment | None
) -> set[Row]:
    """Return the rows of one person, whose messages come in order of time."""
    found: set[Row] = set()
    for cell, from_ms, to_ms in _spans(person, told, windows, until_ms, moment or windows.moment_ms):
        found |= {(windows.start_ms(window), cell) for window in range(windows.at(from_ms), windows.at(to_ms) + 1)}
    return found


def _spans(
    person: PersonId, told: Sequence[Whereabouts], windows: Windows, until_ms: int, moment: Moment
) -> Iterator[tuple[Cell, int, int]]:
    """Yield which cell was in force from when to when, both included."""
    in_force: Cell | None = None
    wanted: Cell | None = None
    since_ms = last_window = 0
    for at_ms, cell, is_moment in _steps(person, told, windows, until_ms, moment):
        if is_moment:
            becomes = wanted if windows.at(at_ms) < last_window + LAPSES_AFTER else None
        else:
            wanted, last_window = cell, windows.at(at_ms)
            becomes = in_force if in_force is not None and cell is not None else cell
        if becomes != in_force:
            if in_force is not None:
                yield in_force, since_ms, at_ms
            in_force, since_ms = becomes, at_ms
        if in_force is None:
            wanted = None
    if in_force is not None:
        yield in_force, since_ms, until_ms


def _steps(
    person: PersonId, told: Sequence[Whereabouts], windows: Windows, until_ms: int, moment: Moment
) -> list[tuple[int, Cell | None, bool]]:
    """Return what happens when: messages, and the person's moments, which come first of one millisecond."""
    if not told:
        return []
    all_windows = range(windows.at(told[0].at_ms), windows.at(until_ms) + 1)
    moments = [(moment(window, person), None, True) for window in all_windows]
    messages = [(one.at_ms, one.cell, False) for one in told]
    steps = sorted([*moments, *messages], key=lambda step: (step[0], not step[2]))
    return [step for step in steps if step[0] <= until_ms]


def _telling_times(one: Heard, windows: Windows) -> Iterator[int]:
    """Yield the times at which a message may have been taken, one for each side of what lies between."""
    yield one.sent_ms
    for window in range(windows.at(one.sent_ms), windows.at(one.answered_ms) + 1):
        for at_ms in (windows.start_ms(window), windows.moment_ms(window, one.person)):
            if one.sent_ms < at_ms <= one.answered_ms:
                yield at_ms


def _story(mine: Sequence[Heard], at_ms: Iterable[int]) -> list[Whereabouts]:
    return [Whereabouts(one.person, one.cell, taken_ms) for one, taken_ms in zip(mine, at_ms, strict=True)]


def _anything(mine: Sequence[Heard], windows: Windows, until_ms: int) -> set[Row]:
    """Return every row the person may have, of the cells they ever named."""
    last_ms = windows.start_ms(windows.at(max(one.answered_ms for one in mine)) + LAPSES_AFTER)
    span = range(windows.at(mine[0].sent_ms), windows.at(min(until_ms, last_ms)) + 1)
    cells = {one.cell for one in mine if one.cell is not None}
    return {(windows.start_ms(window), cell) for window in span for cell in cells}


def _by_person(told: Iterable[Told]) -> dict[PersonId, list[Told]]:
    found: defaultdict[PersonId, list[Told]] = defaultdict(list)
    for one in told:
        found[one.person].append(one)
    return found
