"""What reports do by themselves: which count, who is taken out of a room by them, and who is suspended.

A report that does not count is in the operators' queue all the same. What an operator rejected is given to no function
here but ``counts``, by its time.
"""

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple, NewType

from nearby.core.ids import PersonId
from nearby.core.rules import Rules

ReportId = NewType("ReportId", str)

Then = Literal["nothing", "suspend", "ban"]
"""What an operator does about somebody whom a report is right about."""


class Told(NamedTuple):
    """A report that counts, about somebody. ``place`` is the room it is about, or the bottle."""

    reporter: PersonId
    place: str
    at_ms: int


def counts(*, is_established: bool, shares: bool, rejected_ms: Iterable[int], now_ms: int, rules: Rules) -> bool:
    """Return whether a report counts.

    Args:
        is_established: Whether the reporter is.
        shares: Whether the reporter heard the other speak in a room within the last hour, or shares the bottle or
            thread.
        rejected_ms: When reports of the same reporter were rejected.
        now_ms: When the report is made.
        rules: The numbers.
    """
    if not is_established or not shares:
        return False
    return sum(at_ms > now_ms - rules.rejected_ms for at_ms in rejected_ms) < rules.rejected_reports


def removes(reporters: Collection[PersonId], friends: Collection[tuple[PersonId, PersonId]]) -> bool:
    """Return whether somebody leaves the room that all of ``reporters`` told of: two of them are no friends.

    Args:
        reporters: Who told, in ways that count. One who told twice is one.
        friends: Those of them who know each other, in either order.
    """
    people = sorted(set(reporters))
    knows = {frozenset(pair) for pair in friends}
    return any(
        frozenset((one, other)) not in knows for index, one in enumerate(people) for other in people[index + 1 :]
    )


def suspends(still_open: Collection[Told], suspended_ms: int | None, rules: Rules) -> bool:
    """Return whether somebody is suspended by the reports about them that no operator has looked at yet.

    Once: not while one of them is older than the last suspension by the rules.

    Args:
        still_open: The reports that count.
        suspended_ms: When reports last suspended the person, None for never.
        rules: The numbers.
    """
    if suspended_ms is not None and any(told.at_ms <= suspended_ms for told in still_open):
        return False
    return _weigh(still_open, rules)


def stays_suspended(still_open: Collection[Told], suspended_ms: int, rules: Rules) -> bool:
    """Return whether a suspension by reports goes on once an operator has looked at some of them.

    It ends when those that are left would not have sufficed.
    """
    return _weigh([told for told in still_open if told.at_ms <= suspended_ms], rules)


def due_ms(at_ms: int, rules: Rules) -> int:
    """Return by when an operator is to have looked at a report."""
    return at_ms + rules.report_due_ms


def _weigh(told: Collection[Told], rules: Rules) -> bool:
    """Return whether so many different people told, of so many different places."""
    reporters, places = {one.reporter for one in told}, {one.place for one in told}
    return len(reporters) >= rules.reporters_suspend and len(places) >= rules.places_suspend
