"""P2: any number in any answer, taken for a distance from where an attacker claimed to be."""

from collections import defaultdict
from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from random import Random

from nearby.sim.attacks.bounds import median_ratio_at_least, ratio_of_medians
from nearby.sim.attacks.locating import Spot, by_distances, numbers_in
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import Point, direct_cell_at, resolution_of_name
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import (
    OPEN_BY,
    OPENS_WITH,
    Somebody,
    Town,
    away_m,
    breadth,
    everybody_checks_in,
    found,
    quarter_turns,
)
from nearby.testing.privacy.weak import against
from nearby.testing.privacy.wires import StagePhone, decode

TRIALS = 2_000
PROBES = (3, 200)
MANY_EVERY = 4
"""One trial of so many makes all the probes; the others make few."""
FEW = 3
"""So few probes are also made by an account each, over the socket and over HTTP."""

GATE = 0.95
UNITS_M = (1.0, 1_000.0)
BROAD_M = 1_900.0
"""How far out probes are from the shown cell's centre at most, times the cell's breadth."""
FAR_M = 100_000.0
GOLDEN = 0.381966
"""The golden section of a turn."""

Key = tuple[str, int, float]
"""A number's place in the answers, the number of probes, and the unit it is taken for."""

Told = dict[str, list[tuple[Spot, float]]]
"""By where a number stood: what it was at which probe."""

Missed = dict[Key, list[list[tuple[float, float]]]]
"""By number, trial by trial: by how much it missed each victim, and by how much the cell's centre did."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return the row: the number that told most in every other trial, judged by the other trials."""
    trials = effort.of(TRIALS) if server == OURS else 24
    random = Random(f"probing {effort.seed}")
    missed: Missed = defaultdict(list)
    with against(server):
        async with on_stage() as stage:
            towns = await found(
                stage,
                trials,
                random,
                people=(OPENS_WITH, 4, 4, 4, 4),
                in_one_cell=(True, False, False, False, False),
                established=True,
            )
            for town in towns:
                quarter_turns(town, random)
            for window in range(OPEN_BY + 1):
                await stage.to_window(window, after_ms=10_000)
                # Where no cell is to open, one check-in is enough.
                await everybody_checks_in(
                    stage, towns[:: 1 if window == OPEN_BY else 5], random, anew=window == OPEN_BY
                )
            for number, town in enumerate(towns):
                await _attack(stage, town, number, missed)
    made = {probes: trials if probes <= FEW else trials // MANY_EVERY for probes in PROBES}
    usual = [key for key in missed if len(missed[key]) >= made[key[1]] // 2]
    key = min(usual, key=lambda key: ratio_of_medians(missed[key][::2]))
    judged = missed[key][1::2]
    ratio, bound = ratio_of_medians(judged), median_ratio_at_least(judged, random)
    measured = f"median error by {key[0]} at {key[1]} probes, over guessing the shown cell's centre"
    return [Finding("P2", server, measured, sum(map(len, judged)), ratio, bound, f">= {GATE}", bound >= GATE)]


async def _attack(stage: Stage, town: Town, number: int, missed: Missed) -> None:
    """Probe whoever one meets, and note by how much each number's estimate missed them."""
    phone = (await stage.phones([f"mallory-{number}"]))[0]
    phone.check_in(town.region.position(town.victim.at))
    await stage.tick()
    phone.take()
    placed = phone.placed
    assert placed is not None
    members = {member["member"] for member in placed["members"]}
    met = {
        one.phone.placed["you"]: one
        for one in town.people
        if one.phone.placed is not None and one.phone.placed["you"] in members
    }
    shown = placed["area"]["cell"]
    for probes in PROBES if number % MANY_EVERY == 0 else PROBES[:1]:
        told: Told = defaultdict(list)
        for probe in range(probes):
            spot = _spot(town.region.centre(int(shown, 16)), breadth(shown), number / 7, probe, probes)
            await _probe(stage, town, phone, spot, told)
            if probes <= FEW:
                fresh = (await stage.phones([f"mallory-{number}-{probe}"]))[0]
                await _probe(stage, town, fresh, spot, told, fresh=True)
                fresh.send({"type": "leave"})
        for path, seen in told.items():
            whose = [met[name] for name in path.split("/") if name in met] or list(met.values())
            general = "/".join("victim" if name in met else name for name in path.split("/"))
            for unit_m in UNITS_M if len(seen) >= FEW else ():
                missed[general, probes, unit_m].append(_misses(seen, unit_m, shown, town, whose))


def _misses(
    seen: Sequence[tuple[Spot, float]], unit_m: float, shown: str, town: Town, whose: Sequence[Somebody]
) -> list[tuple[float, float]]:
    """Return by how much a number's estimate missed some victims, and by how much the cell's centre did."""
    centre = town.region.centre(int(shown, 16))
    guess = _guess(seen, unit_m, centre, shown, town)
    broad = breadth(shown)
    return [(away_m(guess, one.at) / broad, away_m(centre, one.at) / broad) for one in whose]


async def _probe(stage: Stage, town: Town, phone: StagePhone, spot: Spot, told: Told, *, fresh: bool = False) -> None:
    """Check in at a spot, and note every number that came back, by its place in the answer."""
    phone.take()
    at = town.region.position(Point(*spot))
    phone.check_in(at, id="probe")
    await (stage.tick() if fresh else stage.settle())
    answers = {message["type"]: message for message in phone.take()}
    if fresh:
        body = {"lat": at[0], "lon": at[1]}
        raw = await stage.call("POST", "/v1/checkins", token=stage.token(phone.person), body=body, tick=True)
        answers["http"] = decode(raw.partition(b"\r\n\r\n")[2])
    for kind, answer in answers.items():
        for path, value in numbers_in(answer, "fresh " * fresh + kind).items():
            told[path].append((spot, value))


def _guess(seen: Sequence[tuple[Spot, float]], unit_m: float, centre: Spot, shown: str, town: Town) -> Spot:
    """Return where a number says the victim is; the shown cell's centre if that is not in the cell."""
    if len({value for _, value in seen}) == 1:
        return centre  # As far from every probe: what fits is the middle of the probes.
    guess = by_distances([spot for spot, _ in seen], [value * unit_m for _, value in seen], centre)
    if max(abs(guess[0]), abs(guess[1])) > FAR_M:
        return centre
    at = town.region.position(Point(*guess))
    return guess if direct_cell_at(at, resolution_of_name(shown)) == int(shown, 16) else centre


def _spot(centre: Spot, broad: float, turn: float, probe: int, probes: int) -> Spot:
    """Return one of some spots that lie evenly about the shown cell's centre: a ring of few, a sunflower of many.

    What is the same at each of them then says "the centre", and no luck of the draw can look like a leak.
    """
    angle = 2 * pi * (turn + (probe / probes if probes <= FEW else probe * GOLDEN))
    out_m = BROAD_M * broad * (1.0 if probes <= FEW else sqrt((probe + 0.5) / probes))
    return centre[0] + out_m * cos(angle), centre[1] + out_m * sin(angle)
