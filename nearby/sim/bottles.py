"""Spam in bottles: days of throwing and catching by the rules of ``core.bottle``, and what share of catches was spam.

The people are made up and the rules are ours. What is assumed of people is in ``Sea``, and the answer depends on it:
above all on how often somebody who catches spam reports it, and on how many bottles there are besides.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random

from nearby.core.bottle import (
    SAMPLE,
    Bottle,
    BottleId,
    Drifting,
    State,
    answered,
    caught,
    in_order,
    released,
    reported,
    settled,
)
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import MINUTE_MS, Rules

SOMEWHERE = Cell(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sea:
    """Who is there and what they do.

    Spammers are unverified, throw their whole quota, and catch theirs to be in the way: they give each bottle back at
    the end of its lease. Everybody else throws and catches at a rate of their own choice, answers some of what they
    catch and gives the rest back.
    """

    people: int = 1_000
    spammers: float = 0.05
    established: float = 0.6
    """Of the others."""
    throws_per_day: float = 0.5
    catches_per_day: float = 4.0
    """Wanted by each of the others; the limits cut it."""
    answers: float = 0.2
    """Share of bottles of no spammer that their catcher answers."""
    reports: float = 0.5
    """Share of catches of spam that are reported, by whomever."""
    malice: float = 0.002
    """Share of catches of no spam that an established catcher reports all the same."""
    passes_over_the_doubted: bool = True
    """Whether ``Rules.doubt_ms`` is in force."""


@dataclass(frozen=True, slots=True)
class Day:
    """What the people who are no spammers caught on one day."""

    catches: int
    spam: int
    empty_handed: int
    never_caught: float | None
    """Share of the bottles of no spammer, thrown on that day, that nobody caught. None: some live on at the end."""

    @property
    def share(self) -> float:
        """Return which part of the catches was spam."""
        return self.spam / self.catches if self.catches else 0.0


@dataclass(slots=True)
class _World:
    sea: Sea
    rules: Rules
    random: Random
    spammers: frozenset[PersonId]
    established: frozenset[PersonId]
    bottles: dict[BottleId, Bottle] = field(default_factory=dict)
    holders: defaultdict[BottleId, set[PersonId]] = field(default_factory=lambda: defaultdict(set))
    afloat: list[tuple[int, BottleId]] = field(default_factory=list)
    doubted_ms: defaultdict[PersonId, dict[PersonId, int]] = field(default_factory=lambda: defaultdict(dict))

    def throw(self, author: PersonId, now_ms: int) -> None:
        bottle = Bottle(id=BottleId(str(len(self.bottles))), author=author, text="", origin=SOMEWHERE, thrown_ms=now_ms)
        self._keep(bottle)
        if not self._is_doubted(author, now_ms):
            insort(self.afloat, (now_ms, bottle.id))

    def catch(self, catcher: PersonId, now_ms: int) -> Bottle | None:
        for one in in_order(self._sample(catcher, now_ms), self.random.random):
            bottle = caught(
                self.bottles[one.bottle], catcher, now_ms, self.rules, is_established=catcher in self.established
            )
            self.holders[bottle.id].add(catcher)
            self._keep(bottle)
            return bottle
        return None

    def end(self, bottle_id: BottleId, catcher: PersonId, fence: int, now_ms: int) -> None:
        """Let a catcher do with a bottle what they do."""
        bottle = settled(self.bottles[bottle_id], now_ms, self.rules)
        if not bottle.is_held(catcher, fence, now_ms):
            self._keep(bottle)
            return
        is_spam, draw = bottle.author in self.spammers, self.random.random()
        counts = catcher in self.established
        if catcher not in self.spammers and counts and draw < (self.sea.reports if is_spam else self.sea.malice):
            self._keep(reported(bottle, now_ms))
            self._doubt(bottle.author, catcher, now_ms)
        elif catcher not in self.spammers and not is_spam and draw > 1 - self.sea.answers:
            self._keep(answered(bottle))
        else:
            self._keep(released(bottle, now_ms, self.rules))

    def _sample(self, catcher: PersonId, now_ms: int) -> Iterator[Drifting]:
        life_ms = self.rules.bottle_life_ms
        start = bisect_left(self.afloat, (now_ms - life_ms + self.random.randrange(life_ms), BottleId("")))
        found = 0
        for place in [*range(start, len(self.afloat)), *range(start)]:
            bottle = settled(self.bottles[self.afloat[place][1]], now_ms, self.rules)
            may = bottle.author != catcher and catcher not in self.holders[bottle.id]
            if bottle.state is State.AFLOAT and may:
                yield Drifting(bottle.id, bottle.author, bottle.fence)
                found += 1
                if found == SAMPLE:
                    return

    def _doubt(self, author: PersonId, reporter: PersonId, now_ms: int) -> None:
        """Pass over what the author has thrown."""
        self.doubted_ms[author][reporter] = now_ms
        if self.sea.passes_over_the_doubted:
            self.afloat = [entry for entry in self.afloat if self.bottles[entry[1]].author != author]

    def _is_doubted(self, author: PersonId, now_ms: int) -> bool:
        """Return whether what the author throws now is passed over for good."""
        reports = self.doubted_ms[author].values() if self.sea.passes_over_the_doubted else ()
        is_fresh = any(now_ms < at_ms + self.rules.doubt_ms for at_ms in reports)
        return is_fresh or sum(now_ms < at_ms + self.rules.doubt_repeated_ms for at_ms in reports) > 1

    def _keep(self, bottle: Bottle) -> None:
        self.bottles[bottle.id] = bottle
        if bottle.state in (State.THREADED, State.SUNK, State.FROZEN):
            entry = (bottle.thrown_ms, bottle.id)
            place = bisect_left(self.afloat, entry)
            if self.afloat[place : place + 1] == [entry]:
                del self.afloat[place]


def days_of(sea: Sea, rules: Rules, *, days: int, seed: int) -> list[Day]:
    """Return what was caught on each of so many days; the sea is empty at first. The same for the same seed."""
    random = Random(seed)
    people = [PersonId(f"p{number}") for number in range(sea.people)]
    spammers = frozenset(people[: round(sea.people * sea.spammers)])
    honest = [person for person in people if person not in spammers]
    established = frozenset(honest[: round(len(honest) * sea.established)])
    world = _World(sea, rules, random, spammers, established)
    agenda = [*_plans(people, world, days)]
    heapify(agenda)
    last, counts = len(agenda), [Counter[str]() for _ in range(days)]
    while agenda:
        now_ms, _, what, person, (bottle_id, fence) = heappop(agenda)
        if what == "throw":
            world.throw(person, now_ms)
        elif what == "end":
            world.end(bottle_id, person, fence, now_ms)
        else:
            bottle, day = world.catch(person, now_ms), counts[now_ms // rules.day_ms]
            if person not in spammers:
                day["catches"] += bottle is not None
                day["spam"] += bottle is not None and bottle.author in spammers
                day["empty_handed"] += bottle is None
            if bottle is not None:
                last += 1
                held_ms = rules.lease_ms if person in spammers else random.randrange(MINUTE_MS // 4, rules.lease_ms)
                heappush(agenda, (now_ms + held_ms, last, "end", person, (bottle.id, bottle.fence)))
    outlived = days - -(-rules.bottle_life_ms // rules.day_ms)
    return [
        Day(
            catches=day["catches"],
            spam=day["spam"],
            empty_handed=day["empty_handed"],
            never_caught=_never_caught(world, number) if number < outlived else None,
        )
        for number, day in enumerate(counts)
    ]


_Entry = tuple[int, int, str, PersonId, tuple[BottleId, int]]
"""When, a number that no other has, what, who, and the bottle and lease it is about."""


def _plans(people: Sequence[PersonId], world: _World, days: int) -> Iterator[_Entry]:
    """Yield when everybody throws and catches."""
    number = count()
    for day in range(days):
        for person in people:
            for what, times in _plan(person, world):
                for _ in range(times):
                    at_ms = day * world.rules.day_ms + world.random.randrange(world.rules.day_ms)
                    yield at_ms, next(number), what, person, (BottleId(""), 0)


def _plan(person: PersonId, world: _World) -> list[tuple[str, int]]:
    """Return how often somebody throws and catches on one day, by the limits."""
    sea, rules, random = world.sea, world.rules, world.random
    if person in world.spammers:
        return [("throw", rules.bottles_per_day), ("catch", rules.catches_per_day_unestablished)]
    most = rules.catches_per_day if person in world.established else rules.catches_per_day_unestablished
    return [
        ("throw", min(_times(sea.throws_per_day, random), rules.bottles_per_day)),
        ("catch", min(_times(sea.catches_per_day, random), most)),
    ]


def _times(mean: float, random: Random) -> int:
    """Return how often something happens on a day that happens ``mean`` times a day on average (Poisson)."""
    times, spent = 0, random.expovariate(mean) if mean else 2.0
    while spent < 1:
        times, spent = times + 1, spent + random.expovariate(mean)
    return times


def _never_caught(world: _World, day: int) -> float:
    thrown = [
        bottle
        for bottle in world.bottles.values()
        if bottle.thrown_ms // world.rules.day_ms == day and bottle.author not in world.spammers
    ]
    return sum(not bottle.fence for bottle in thrown) / len(thrown) if thrown else 0.0
