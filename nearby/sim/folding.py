"""Many days folded onto one, and a slice of it: enough people at once from a sparse set."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from math import atan2, cos, degrees, radians, sin
from random import Random
from statistics import median

from nearby.core.cell import ladder_of
from nearby.sim.checkins import CheckIn

HOUR_S = 3600
DAY_S = 24 * HOUR_S
ROBOT_SPAN_S = 600
"""Of several check-ins of one phone from one cell within this time, one is kept: robots repeat themselves."""

_CLOCK = re.compile(r"(\d{1,3})(?::([0-5]\d))?")

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
    """Return the hours that local time is ahead of UTC, -12 to 12, by the median longitude.

    Raises:
        ValueError: There are no check-ins.
    """
    if not checkins:
        raise ValueError("no check-ins have no longitude")
    angles = [radians(checkin.lon_deg) for checkin in checkins]
    # Counted from where the crowd is, so that 179 and -179 are neighbours.
    middle_deg = degrees(atan2(sum(map(sin, angles)), sum(map(cos, angles))))
    lon_deg = middle_deg + median((checkin.lon_deg - middle_deg + 180) % 360 - 180 for checkin in checkins)
    return max(-12, min(12, round(lon_deg / 15)))


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
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            raise ValueError("local times have no zone")
        return time.replace(tzinfo=UTC).timestamp()
    written = _CLOCK.fullmatch(text)
    seconds = int(written[1]) * HOUR_S + int(written[2] or 0) * 60 if written else -1
    if not 0 <= seconds <= (DAY_S if onto is Fold.DAY else 7 * DAY_S):
        raise ValueError(f"{text} is no time of a {onto}")
    return seconds


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
