"""Puts a crowd's events together, one stay at a time."""

from collections.abc import Callable, Sequence
from random import Random

from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS, Rules
from nearby.sim.crowd import moved
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event, Place, Traits

LAT_DEG, LON_DEG = 47.37, 8.54
"""Where generated crowds are: any place would do that is no pentagon."""

MEAN_STAY_S = 900.0
STAY_SIGMA = 0.8326
"""Log-normal stays whose standard deviation is their mean, sqrt(ln 2): as spread out as exponential ones."""

CHECK_IN_WINDOWS = (0.5, 0.8)
"""Phones with a seat check in after so many windows."""

_CELL_BOX_M = 2_800.0
"""Half the side of a square around a point that holds the point's res-7 cell, wherever in it the point is."""

Path = Callable[[int], Place]
"""Where somebody is at a time."""


class Script:
    """The stays of a crowd as they are made up.

    Args:
        rules: The world's.
        random: The source of all chance.
        says_per_min: How often each person speaks, at random times; 0 for silence.
    """

    def __init__(self, rules: Rules, random: Random, *, says_per_min: float) -> None:
        self.rules = rules
        self.random = random
        self._says_per_min = says_per_min
        self._events: list[Event] = []
        self._traits: dict[PersonId, Traits] = {}
        self._people = 0

    def newcomer(self) -> PersonId:
        """Return the id of one more person."""
        self._people += 1
        return PersonId(f"p{self._people}")

    def stay(self, person: PersonId, path: Path, from_ms: int, to_ms: int, traits: Traits | None = None) -> None:
        """Let somebody arrive, check in again and again, speak and leave."""
        add, random = self._events.append, self.random
        add(Event(from_ms, Do.ARRIVE, person, path(from_ms)))
        if traits is not None:
            self._traits[person] = traits
        at_ms = from_ms + self._pause_ms()
        while at_ms < to_ms:
            add(Event(at_ms, Do.CHECK_IN, person, path(at_ms)))
            at_ms += self._pause_ms()
        if self._says_per_min:
            said_ms = from_ms + random.expovariate(self._says_per_min) * MINUTE_MS
            while said_ms < to_ms:
                add(Event(int(said_ms), Do.SAY, person))
                said_ms += random.expovariate(self._says_per_min) * MINUTE_MS
        add(Event(to_ms, Do.LEAVE, person))

    def do(self, event: Event) -> None:
        """Add anything else that somebody does."""
        self._events.append(event)

    def stay_ms(self, mean_s: float = MEAN_STAY_S) -> int:
        """Return how long somebody stays, at least 1 s."""
        return max(1_000, int(1_000 * mean_s * self.random.lognormvariate(-(STAY_SIGMA**2) / 2, STAY_SIGMA)))

    def arrivals_ms(self, people: float, until_ms: int, mean_s: float = MEAN_STAY_S) -> list[int]:
        """Return the times of Poisson arrivals that keep ``people`` present on average."""
        times: list[int] = []
        at_ms = float(START_MS)
        while (at_ms := at_ms + self.random.expovariate(people / mean_s) * 1_000) < until_ms:
            times.append(int(at_ms))
        return times

    def crowd(self, name: str, *, warm_up_h: float, hours: float, spammer: PersonId | None = None) -> Crowd:
        """Return everything so far, in order of time; what is after the end is cut off."""
        measured_from_ms = START_MS + round(warm_up_h * HOUR_MS)
        ends_ms = measured_from_ms + round(hours * HOUR_MS)
        # The order is stable: what one person does at the same millisecond stays as it was made up.
        events = sorted((event for event in self._events if event.at_ms < ends_ms), key=lambda event: event.at_ms)
        return Crowd(
            name=name,
            events=events,
            measured_from_ms=measured_from_ms,
            ends_ms=ends_ms,
            rules=self.rules,
            traits=self._traits,
            spammer=spammer,
        )

    def _pause_ms(self) -> int:
        return int(self.random.uniform(*CHECK_IN_WINDOWS) * self.rules.window_ms)


def stand(lat_deg: float, lon_deg: float) -> Path:
    """Return the path of somebody who stays where they are."""
    place = Place(lat_deg, lon_deg, ladder_of(lat_deg, lon_deg))
    return lambda now_ms: place


def walk(stops: Sequence[tuple[int, Path]]) -> Path:
    """Return a path of several: each is in force from its time on, the first one from the start."""

    def at(now_ms: int) -> Place:
        path = stops[0][1]
        for from_ms, later in stops:
            if now_ms >= from_ms:
                path = later
        return path(now_ms)

    return at


def anywhere_in_a_cell(random: Random, lat_deg: float = LAT_DEG, lon_deg: float = LON_DEG) -> Path:
    """Return the path of somebody who stands anywhere in the res-7 cell around a point, evenly drawn."""
    cell = ladder_of(lat_deg, lon_deg).res7
    while True:
        north_m, east_m = (random.uniform(-_CELL_BOX_M, _CELL_BOX_M) for _ in range(2))
        there = moved(lat_deg, lon_deg, north_m, east_m)
        if ladder_of(*there).res7 == cell:
            return stand(*there)
