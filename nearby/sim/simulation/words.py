"""What becomes of what people say: the figures in which a board and small rooms differ most.

The crowd need not have said anything: from who sat with whom and when, a model of talk says who would have
filled whose screen. Its numbers are the constants below and docs/simulation.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from statistics import fmean, median

from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.sim.simulation.events import Crowd
from nearby.sim.simulation.history import Did, Entry

READ_PER_MIN = 10.0
"""Sayings a person reads: 200 words a minute and twenty words each."""
SAID_PER_MIN = 1.0
"""Sayings of a person, and so the answers they give."""
LOUD_SHARE = 0.01
"""The loudest of these are at least one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What becomes of what people say. None is a figure that the run had nothing for.

    Attributes:
        answered: Chance that what somebody says at any moment of their stay is read by at least one person who
            answers it.
        loud_mean: Share of what others say in a person's room that comes of the loudest 1 %, mean over people.
        loud_median: The same for the median person.
        reached_most: Different people who shared a room with the spammer in the busiest 60 min.
        reached_per_h: The same in the mean of full hours.
    """

    answered: float
    loud_mean: float | None
    loud_median: float | None
    reached_most: int | None
    reached_per_h: float | None


def words_of(crowd: Crowd, entries: Sequence[Entry], time_by_size: Mapping[int, float], present: float) -> Words:
    """Return the figures of a history.

    Args:
        crowd: Whose.
        entries: The history.
        time_by_size: Person-time in rooms by their size, in any unit.
        present: Person-time present, in the same unit.
    """
    shares = _loud_shares(crowd, entries)
    spans = [] if crowd.spammer is None else _together_with(crowd.spammer, entries, crowd.ends_ms)
    starts_ms = range(crowd.measured_from_ms, crowd.ends_ms - HOUR_MS + 1, MINUTE_MS)
    reached = [
        len({other for other, from_ms, to_ms in spans if from_ms < at + HOUR_MS and to_ms > at}) for at in starts_ms
    ]
    hours = reached[:: HOUR_MS // MINUTE_MS]
    return Words(
        answered=sum(time * answer_chance(size) for size, time in time_by_size.items()) / present if present else 0.0,
        loud_mean=fmean(shares) if shares else None,
        loud_median=median(shares) if shares else None,
        reached_most=max(reached) if spans and reached else None,
        reached_per_h=fmean(hours) if spans and hours else None,
    )


def answer_chance(size: int) -> float:
    """Return the chance that something said in a room of ``size`` is read by somebody who answers it.

    Everybody says one thing a minute, reads up to ten of what others say, whichever come, and answers one of them.
    """
    if size < 2:
        return 0.0
    said_per_min = (size - 1) * SAID_PER_MIN
    read = min(1.0, READ_PER_MIN / said_per_min)
    answers = min(1.0, SAID_PER_MIN / (read * said_per_min))
    return float(1 - (1 - read * answers) ** (size - 1))


def _loud_shares(crowd: Crowd, entries: Sequence[Entry]) -> list[float]:
    """Return, for each person who could hear anything, the share of it that the loudest said.

    Who is how loud is drawn by chance, the same for every policy: the one of rank r says 1/r (Zipf).
    """
    people = [entry.person for entry in entries if entry.did is Did.CAME]
    order = sorted(set(people))
    Random(f"loudness {crowd.name}").shuffle(order)
    said = {person: 1 / rank for rank, person in enumerate(order, start=1)}
    loud = set(order[: ceil(LOUD_SHARE * len(order))])
    screens = _Screens(said, loud)
    for entry in entries:
        screens.take(entry, max(entry.at_ms, crowd.measured_from_ms))
    return screens.shares(crowd.ends_ms)


@dataclass(slots=True)
class _Flow:
    """What is said in a room: per time now, and so far."""

    since_ms: int
    all_now: float = 0.0
    loud_now: float = 0.0
    all_said: float = 0.0
    loud_said: float = 0.0

    def until(self, now_ms: int) -> None:
        self.all_said += self.all_now * (now_ms - self.since_ms)
        self.loud_said += self.loud_now * (now_ms - self.since_ms)
        self.since_ms = now_ms


class _Screens:
    def __init__(self, said: Mapping[PersonId, float], loud: set[PersonId]) -> None:
        self._said, self._loud = said, loud
        self._flows: dict[str, _Flow] = {}
        self._seats: dict[PersonId, tuple[str, int, float, float]] = {}
        self._heard: dict[PersonId, tuple[float, float]] = {}

    def take(self, entry: Entry, now_ms: int) -> None:
        if entry.did in (Did.SAT, Did.ROSE, Did.WENT):
            seat = self._seats.get(entry.person)
            if seat is not None and seat[0] == entry.room:
                return
            self._stand_up(entry.person, now_ms)
            if entry.did is Did.SAT:
                flow = self._flows.setdefault(entry.room, _Flow(now_ms))
                flow.until(now_ms)
                self._seats[entry.person] = (entry.room, now_ms, flow.all_said, flow.loud_said)
                self._speak(flow, entry.person, 1)

    def shares(self, now_ms: int) -> list[float]:
        for person in list(self._seats):
            self._stand_up(person, now_ms)
        return [loud / everything for everything, loud in self._heard.values() if everything > 0]

    def _stand_up(self, person: PersonId, now_ms: int) -> None:
        seat = self._seats.pop(person, None)
        if seat is None:
            return
        room, from_ms, all_before, loud_before = seat
        flow = self._flows[room]
        flow.until(now_ms)
        own = self._said[person] * (now_ms - from_ms)
        heard, heard_loud = self._heard.get(person, (0.0, 0.0))
        heard += max(0.0, flow.all_said - all_before - own)
        heard_loud += max(0.0, flow.loud_said - loud_before - (own if person in self._loud else 0.0))
        # What is left by rounding when somebody sat alone is nothing heard.
        self._heard[person] = (heard if heard > 1e-6 * own else 0.0, heard_loud)
        self._speak(flow, person, -1)

    def _speak(self, flow: _Flow, person: PersonId, sign: int) -> None:
        flow.all_now += sign * self._said[person]
        if person in self._loud:
            flow.loud_now += sign * self._said[person]


def _together_with(spammer: PersonId, entries: Sequence[Entry], ends_ms: int) -> list[tuple[PersonId, int, int]]:
    """Return who shared a room with the spammer, from when and to when."""
    rooms: dict[str, set[PersonId]] = {}
    room_of: dict[PersonId, str] = {}
    since_ms: dict[PersonId, int] = {}
    spans: list[tuple[PersonId, int, int]] = []

    def part(people: set[PersonId], now_ms: int) -> None:
        spans.extend((other, since_ms.pop(other), now_ms) for other in sorted(people) if other in since_ms)

    for entry in entries:
        person = entry.person
        if entry.did not in (Did.SAT, Did.ROSE, Did.WENT) or room_of.get(person) == entry.room:
            continue
        room = rooms.get(room_of.pop(person, ""), set())
        room.discard(person)
        part(room if person == spammer else {person}, entry.at_ms)
        if entry.did is Did.SAT:
            there = rooms.setdefault(entry.room, set())
            if person == spammer:
                since_ms.update(dict.fromkeys(there, entry.at_ms))
            elif spammer in there:
                since_ms[person] = entry.at_ms
            there.add(person)
            room_of[person] = entry.room
    part(set(since_ms), ends_ms)
    return spans
