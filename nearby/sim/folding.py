"""Many days folded onto one, and a slice of it: enough people at once from a sparse set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from random import Random
from statistics import median

from nearby.core.cell import ladder_of
from nearby.sim.checkins import CheckIn

HOUR_S = 3600
DAY_S = 24 * HOUR_S
ROBOT_SPAN_S = 600
"""Of several check-ins of one phone from one cell within this time, one is kept: robots repeat themselves."""

LAPSES_WITHIN_S = 3 * 600
"""A presence lapses at some moment of the second window after that of the last check-in."""

_MONDAY_OFFSET_S = 4 * DAY_S
"""The Unix epoch was a Thursday; weeks begin on Monday."""


class Fold(StrEnum):
    """Onto what a run is folded."""

    NONE = "none"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Visit:
    """One check-in of a run: ``after_s`` seconds of its world after the start."""

    after_s: float
    phone: str
    lat_deg: float
    lon_deg: float


def guess_utc_offset_h(checkins: Sequence[CheckIn]) -> int:
    """Return the hours that local time is ahead of UTC, by the median longitude."""
    return round(median(checkin.lon_deg for checkin in checkins) / 15)


def fold(checkins: Iterable[CheckIn], onto: Fold, utc_offset_h: int) -> list[CheckIn]:
    """Return the check-ins on one local day or week, each person and day (or week) a phone of its own.

    ``at_s`` becomes seconds of local time after the start of the day or week; with ``Fold.NONE``,
    local seconds since the Unix epoch. Repeats of robots are dropped from a folded run.
    """
    local = (checkin._replace(at_s=checkin.at_s + utc_offset_h * HOUR_S) for checkin in checkins)
    if onto is Fold.NONE:
        return sorted(local, key=lambda checkin: checkin.at_s)
    span_s, offset_s = (DAY_S, 0) if onto is Fold.DAY else (7 * DAY_S, _MONDAY_OFFSET_S - 7 * DAY_S)
    folded = []
    for checkin in local:
        number, at_s = divmod(checkin.at_s - offset_s, span_s)
        folded.append(checkin._replace(person=f"{checkin.person}-{int(number)}", at_s=at_s))
    folded.sort(key=lambda checkin: checkin.at_s)
    return _without_repeats(folded)


def parse_time(text: str, onto: Fold) -> float:
    """Return a local time as ``fold`` counts it: HH:MM for a day, ISO 8601 without a zone for an unfolded run.

    A folded week takes HH:MM as hours after Monday's midnight, up to 168:00.

    Raises:
        ValueError: It is not such a time.
    """
    if onto is Fold.NONE:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    hours, _, minutes = text.partition(":")
    return int(hours) * HOUR_S + int(minutes or 0) * 60


def cut(
    checkins: Sequence[CheckIn], *, from_s: float | None, to_s: float | None, phones: int | None, random: Random
) -> list[Visit]:
    """Return the slice from ``from_s`` up to ``to_s``, of at most ``phones`` phones drawn by chance."""
    if not checkins:
        return []
    start_s = checkins[0].at_s if from_s is None else from_s
    end_s = checkins[-1].at_s + 1 if to_s is None else to_s
    inside = [checkin for checkin in checkins if start_s <= checkin.at_s < end_s]
    present = sorted({checkin.person for checkin in inside})
    if phones is not None and len(present) > phones:
        present = random.sample(present, phones)
    chosen = set(present)
    return [
        Visit(checkin.at_s - start_s, checkin.person, checkin.lat_deg, checkin.lon_deg)
        for checkin in inside
        if checkin.person in chosen
    ]


def most_at_once(visits: Sequence[Visit]) -> int:
    """Return how many phones are there at a time at the most, each from its first visit until its presence lapses."""
    first_s: dict[str, float] = {}
    last_s: dict[str, float] = {}
    for visit in visits:
        first_s.setdefault(visit.phone, visit.after_s)
        last_s[visit.phone] = visit.after_s
    changes = [(at_s, 1) for at_s in first_s.values()]
    changes += [(at_s + LAPSES_WITHIN_S, -1) for at_s in last_s.values()]
    return max(accumulate(change for _, change in sorted(changes)), default=0)


def _without_repeats(checkins: list[CheckIn]) -> list[CheckIn]:
    kept: list[CheckIn] = []
    last_s: dict[tuple[str, int], float] = {}
    for checkin in checkins:
        key = (checkin.person, ladder_of(checkin.lat_deg, checkin.lon_deg).res7)
        if checkin.at_s - last_s.get(key, float("-inf")) >= ROBOT_SPAN_S:
            last_s[key] = checkin.at_s
            kept.append(checkin)
    return kept
