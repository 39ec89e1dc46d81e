"""A crowd of recorded check-ins, from any file that ``nearby.sim.checkins`` reads."""

from collections.abc import Sequence
from random import Random

from nearby.core.rules import SECOND_MS, Rules
from nearby.sim.folding import HOUR_S, Visit
from nearby.sim.simulation.crowds import WARM_UP_H
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event
from nearby.sim.simulation.script import Path, Script, stand, walk

WARM_UP_SHARE = 0.25
"""A run of fewer hours than four times the warm-up spends this share of itself on it."""


def recorded(visits: Sequence[Visit], random: Random, *, says_per_min: float) -> Crowd:
    """Return the crowd of a cut file: each check-in begins a stay of 15 min in the mean, or goes on with one.

    Files know when people checked in and not when they left. One who checks in during their stay moves there and
    stays at least as long again as was drawn for it.

    Raises:
        ValueError: There are no check-ins.
    """
    if not visits:
        raise ValueError("no check-ins make no crowd")
    script = Script(Rules(), random, says_per_min=says_per_min)
    by_phone: dict[str, list[Visit]] = {}
    for visit in visits:
        by_phone.setdefault(visit.phone, []).append(visit)
    for theirs in by_phone.values():
        _stays(script, theirs)
    hours = (visits[-1].after_s + 1) / HOUR_S
    warm_up_h = min(WARM_UP_H, WARM_UP_SHARE * hours)
    return script.crowd("check-ins", warm_up_h=warm_up_h, hours=hours - warm_up_h)


def _stays(script: Script, visits: Sequence[Visit]) -> None:
    """Add the stays of one phone. Every stay is a person of its own: whoever comes back finds new company."""
    stops: list[tuple[int, Path]] = []
    until_ms = 0
    for visit in visits:
        at_ms = START_MS + int(visit.after_s * SECOND_MS)
        if stops and at_ms >= until_ms:
            _stay(script, stops, until_ms)
            stops = []
        stops.append((at_ms, stand(visit.lat_deg, visit.lon_deg)))
        until_ms = max(until_ms, at_ms + script.stay_ms())
    _stay(script, stops, until_ms)


def _stay(script: Script, stops: Sequence[tuple[int, Path]], until_ms: int) -> None:
    person = script.newcomer()
    script.stay(person, walk(stops), stops[0][0], until_ms)
    for at_ms, path in stops[1:]:
        script.do(Event(at_ms, Do.CHECK_IN, person, path(at_ms)))
