"""Generated crowds. Each takes the source of chance, hours measured and how much is said, and draws nothing else."""

from dataclasses import replace
from random import Random

from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS, SECOND_MS, Rules
from nearby.sim.crowd import Shape, Spot, moved, spots_of
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event, Place, Traits
from nearby.sim.simulation.script import LAT_DEG, LON_DEG, Path, Script, anywhere_in_a_cell, stand, walk

WARM_UP_H = 1.0
"""Four mean stays: the crowd has its size, and cells had the time to open."""

NEVER = 10**9
"""A count no cell reaches."""

STADIUM_FILLS_MS = 10 * MINUTE_MS
STADIUM_SPREAD_M = 150.0
WALKING_SHARE = 0.3
TRAIN_M_PER_S = 40.0
STATION_EVERY_MS = 12 * MINUTE_MS
LEAVING_SHARE = 0.6
LEAVES_WITHIN_MS = 10 * SECOND_MS
BLOCKED_SHARE = 0.05
PARTY_SHARE = 0.4
PARTY_WITHIN_MS = 20 * SECOND_MS
MINORITY_SHARE = 0.15
NEXT_EVERY_MS = 10 * MINUTE_MS + SECOND_MS
"""Six joins in any hour, and a second of slack."""


def one_catchment(rules: Rules) -> Rules:
    """Return the rules of a world whose cells of resolution 7 and 6 never open: everybody is in one catchment.

    Rooms keep their catchment when a cell opens, so that else a crowd of six is two crowds of three for a while.
    """
    return replace(rules, open_res7=NEVER, open_res6=NEVER)


def steady(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """Poisson arrivals into one catchment, log-normal stays of 15 min in the mean, people anywhere in a res-7 cell."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    for at_ms in script.arrivals_ms(people, _end_ms(hours)):
        script.stay(script.newcomer(), anywhere_in_a_cell(random), at_ms, at_ms + script.stay_ms())
    return script.crowd(f"{people} people", warm_up_h=WARM_UP_H, hours=hours)


def spammed(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """The same, with one person who stays all the time and takes the next room as often as allowed."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    spammer, end_ms = script.newcomer(), _end_ms(hours)
    script.stay(spammer, anywhere_in_a_cell(random), START_MS, end_ms)
    for at_ms in range(START_MS + NEXT_EVERY_MS, end_ms, NEXT_EVERY_MS):
        script.do(Event(at_ms, Do.NEXT, spammer))
    for at_ms in script.arrivals_ms(people - 1, end_ms):
        script.stay(script.newcomer(), anywhere_in_a_cell(random), at_ms, at_ms + script.stay_ms())
    return script.crowd(f"{people} people, 1 spammer", warm_up_h=WARM_UP_H, hours=hours, spammer=spammer)


def evening(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A city: a dozen busy places within kilometres; three in ten walk from one to another halfway."""
    script = Script(Rules(), random, says_per_min=says_per_min)
    spots = spots_of(Shape.EVENING, random, lat_deg=LAT_DEG, lon_deg=LON_DEG)
    for at_ms in script.arrivals_ms(people, _end_ms(hours)):
        until_ms = at_ms + script.stay_ms()
        path = _near(random.choices(spots, [spot.weight for spot in spots])[0], random)
        if random.random() < WALKING_SHARE:
            path = walk([(at_ms, path), ((at_ms + until_ms) // 2, _near(random.choice(spots), random))])
        script.stay(script.newcomer(), path, at_ms, until_ms)
    return script.crowd(f"evening of {people}", warm_up_h=WARM_UP_H, hours=hours)


def stadium(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """Everybody into one place within 10 minutes, and nobody leaves. Measured from the first arrival on."""
    script = Script(Rules(), random, says_per_min=says_per_min)
    spot = Spot(LAT_DEG, LON_DEG, STADIUM_SPREAD_M, 1.0)
    end_ms = START_MS + round(hours * HOUR_MS) + 1
    for _ in range(people):
        at_ms = START_MS + random.randrange(STADIUM_FILLS_MS)
        script.stay(script.newcomer(), _near(spot, random), at_ms, max(end_ms, at_ms + 1))
    return script.crowd(f"stadium of {people}", warm_up_h=0.0, hours=hours)


def village(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """Few people over three kilometres, several cells of resolution 7, who stay for 45 min in the mean."""
    script = Script(Rules(), random, says_per_min=says_per_min)
    home = Spot(LAT_DEG, LON_DEG, 1_500.0, 1.0)
    mean_s = 2_700.0
    for at_ms in script.arrivals_ms(people, _end_ms(hours), mean_s):
        script.stay(script.newcomer(), _near(home, random), at_ms, at_ms + script.stay_ms(mean_s))
    return script.crowd(f"village of {people}", warm_up_h=WARM_UP_H, hours=hours)


def train(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A train at 144 km/h: at each station, every 12 min, some get off and as many get on."""
    script = Script(Rules(), random, says_per_min=says_per_min)
    end_ms = _end_ms(hours)

    def ride(now_ms: int) -> Place:
        east_m = TRAIN_M_PER_S * (now_ms - START_MS) / SECOND_MS
        lat_deg, lon_deg = moved(LAT_DEG, LON_DEG, 0.0, east_m)
        lon_deg = (lon_deg + 180) % 360 - 180
        return Place(lat_deg, lon_deg, ladder_of(lat_deg, lon_deg))

    stations = 3
    for number, station_ms in enumerate(range(START_MS, end_ms, STATION_EVERY_MS)):
        # At the first station the whole train gets on, and from then on a third each time.
        for who in range(people if number == 0 else people // stations):
            at_ms = station_ms + random.randrange(MINUTE_MS)
            rides = who % stations + 1 if number == 0 else stations
            script.stay(script.newcomer(), ride, at_ms, station_ms + rides * STATION_EVERY_MS)
    return script.crowd(f"train of {people}", warm_up_h=WARM_UP_H, hours=hours)


def exodus(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A steady crowd of which six in ten leave within 10 s, halfway through what is measured."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    sudden_ms = START_MS + round((WARM_UP_H + hours / 2) * HOUR_MS)
    for at_ms in script.arrivals_ms(people, _end_ms(hours)):
        until_ms = at_ms + script.stay_ms()
        if at_ms < sudden_ms <= until_ms and random.random() < LEAVING_SHARE:
            until_ms = sudden_ms + random.randrange(LEAVES_WITHIN_MS)
        script.stay(script.newcomer(), anywhere_in_a_cell(random), at_ms, until_ms)
    return script.crowd(f"exodus of {people}", warm_up_h=WARM_UP_H, hours=hours)


def blocks(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A steady crowd in which one pair in twenty of those who are there together has a block between them."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    present: dict[PersonId, int] = {}
    for at_ms in script.arrivals_ms(people, _end_ms(hours)):
        person, until_ms = script.newcomer(), at_ms + script.stay_ms()
        script.stay(person, anywhere_in_a_cell(random), at_ms, until_ms)
        present = {other: leaves_ms for other, leaves_ms in present.items() if leaves_ms > at_ms}
        for other in present:
            if random.random() < BLOCKED_SHARE:
                script.do(Event(at_ms, Do.BLOCK, person, other=other))
        present[person] = until_ms
    return script.crowd(f"{people} people, 5 % blocks", warm_up_h=WARM_UP_H, hours=hours)


def parties(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A steady crowd in which four in ten arrive in parties of 2 to 4 who name each other and leave together."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    # A party is three people in the mean.
    as_parties = PARTY_SHARE / 3 / (PARTY_SHARE / 3 + 1 - PARTY_SHARE)
    arrivals = script.arrivals_ms(people / (1 + 2 * as_parties), _end_ms(hours))
    for at_ms in arrivals:
        size = random.randint(2, 4) if random.random() < as_parties else 1
        party = [script.newcomer() for _ in range(size)]
        path, until_ms = anywhere_in_a_cell(random), at_ms + script.stay_ms()
        for person in party:
            others = tuple(other for other in party if other != person)
            from_ms = min(at_ms + (random.randrange(PARTY_WITHIN_MS) if others else 0), until_ms - 1)
            script.stay(person, path, from_ms, until_ms, Traits(companions=others) if others else None)
    return script.crowd(f"{people} people, parties", warm_up_h=WARM_UP_H, hours=hours)


def minority(people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd:
    """A steady crowd in which 15 in 100 speak another language than the others."""
    script = Script(one_catchment(Rules()), random, says_per_min=says_per_min)
    for at_ms in script.arrivals_ms(people, _end_ms(hours)):
        language = "rm" if random.random() < MINORITY_SHARE else "de"
        traits = Traits(language=language)
        script.stay(script.newcomer(), anywhere_in_a_cell(random), at_ms, at_ms + script.stay_ms(), traits)
    return script.crowd(f"{people} people, a minority", warm_up_h=WARM_UP_H, hours=hours)


def _end_ms(hours: float) -> int:
    return START_MS + round((WARM_UP_H + hours) * HOUR_MS)


def _near(spot: Spot, random: Random) -> Path:
    north_m, east_m = random.gauss(0, spot.spread_m), random.gauss(0, spot.spread_m)
    return stand(*moved(spot.lat_deg, spot.lon_deg, north_m, east_m))
