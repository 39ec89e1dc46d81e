"""All attacks, and for each the weak servers on which it must bite."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nearby.testing.privacy import (
    blocking,
    moments,
    ordering,
    presence,
    probing,
    pseudonyms,
    sameness,
    surrounding,
    sweeping,
    thresholds,
)
from nearby.testing.privacy.finding import Effort, Finding
from nearby.testing.privacy.weak_blocks import WEAK_BLOCKS


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: ``findings`` carries it out on a server by name, ``bites`` names those that it must break."""

    findings: Callable[[Effort, str], Awaitable[list[Finding]]]
    bites: tuple[str, ...]


ATTACKS: dict[str, Attack] = {
    "P1": Attack(
        sameness.findings,
        (
            "exact distance",
            "distance rounded to 1 km",
            "in or out of a radius",
            "nearest members first",
            "nearest rooms first",
            "nearest people first on the list",
            "each rung looked up by itself",
            "a polygon asked",
        ),
    ),
    "P2": Attack(probing.findings, ("exact distance", "distance rounded to 1 km")),
    "P3": Attack(
        thresholds.findings,
        ("in or out of a radius", "distance rounded to 1 km", "each rung looked up by itself", "a polygon asked"),
    ),
    "P5": Attack(
        ordering.findings, ("nearest members first", "nearest rooms first", "nearest people first on the list")
    ),
    "P6": Attack(pseudonyms.findings, ("lasting pseudonyms", "one moment for ever")),
    "P7": Attack(moments.findings, ("one moment for all", "one moment for ever")),
    "P8": Attack(surrounding.findings, ("nearest rooms first",)),
    "P9": Attack(presence.findings, ("guests count", "counts without noise")),
    "P15/16": Attack(blocking.findings, tuple(WEAK_BLOCKS)),
    "P17": Attack(sweeping.findings, (sweeping.NO_LIMITS,)),
}
