"""Several crowds under several policies, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Protocol

from nearby.sim.simulation import crowds
from nearby.sim.simulation.clusters import AT_MOST
from nearby.sim.simulation.events import Crowd, Do
from nearby.sim.simulation.figures import Figures, figures_of
from nearby.sim.simulation.playing import Timing, play
from nearby.sim.simulation.policies import POLICIES


class Kind(StrEnum):
    """The generated crowds."""

    STEADY = "steady"
    SPAMMED = "spammed"
    EVENING = "evening"
    STADIUM = "stadium"
    VILLAGE = "village"
    TRAIN = "train"
    EXODUS = "exodus"
    BLOCKS = "blocks"
    PARTIES = "parties"
    MINORITY = "minority"


class _MakeCrowd(Protocol):
    def __call__(self, people: int, random: Random, *, hours: float, says_per_min: float) -> Crowd: ...


_CROWDS: Mapping[Kind, tuple[_MakeCrowd, Sequence[int], float]] = {
    Kind.STEADY: (crowds.steady, (6, 12, 40, 150), 600.0),
    Kind.SPAMMED: (crowds.spammed, (150,), 600.0),
    Kind.EVENING: (crowds.evening, (600,), 600.0),
    Kind.STADIUM: (crowds.stadium, (50_000,), 0.0),
    Kind.VILLAGE: (crowds.village, (8,), 600.0),
    Kind.TRAIN: (crowds.train, (40,), 200.0),
    Kind.EXODUS: (crowds.exodus, (150,), 0.0),
    Kind.BLOCKS: (crowds.blocks, (12, 40), 600.0),
    Kind.PARTIES: (crowds.parties, (40,), 600.0),
    Kind.MINORITY: (crowds.minority, (40,), 600.0),
}
"""What makes each, for how many people unless told, and how many hours of theirs are measured unless told."""

LEAST_HOURS = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """One crowd under one policy. ``figures`` is None if the policy cannot serve such a crowd."""

    crowd: str
    policy: str
    figures: Figures | None
    timing: Timing


def generated(kind: Kind, people: Sequence[int], *, hours: float | None, says_per_min: float, seed: int) -> list[Crowd]:
    """Return the crowds of a kind, one for each number of people.

    Args:
        kind: What they do.
        people: How many; none given means the kind's own.
        hours: How long is measured; None means until the crowd has spent the person-hours of its kind, so that few
            people are followed for longer and every figure rests on as much, and half an hour at least.
        says_per_min: How much each says.
        seed: Of their chance.
    """
    make, usual, person_h = _CROWDS[kind]
    return [
        make(
            number,
            Random(f"crowd {kind} {number} {seed}"),
            hours=max(LEAST_HOURS, person_h / number) if hours is None else hours,
            says_per_min=says_per_min,
        )
        for number in people or usual
    ]


def study(
    crowds_: Sequence[Crowd],
    policies: Sequence[str],
    *,
    seed: int,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> list[Run]:
    """Return a run of each crowd under each of ``policies``, names of ``POLICIES``.

    The same crowds, policies and seed give the same figures.

    Args:
        crowds_: Who.
        policies: Which.
        seed: Of the policies' chance.
        progress: Is told what is running and the share of everything that is done.
    """
    runs: list[Run] = []
    total = len(crowds_) * len(policies)
    for crowd in crowds_:
        for policy in policies:
            what, done = f"{crowd.name}, {policy}", len(runs)

            def passed(share: float, what: str = what, done: int = done) -> None:
                progress(what, (done + share) / total)

            timing = Timing()
            entries = None
            if policy != "clusters" or _most_present(crowd) <= AT_MOST:
                entries = play(crowd, POLICIES[policy], seed=seed, timing=timing, progress=passed)
            figures = None if entries is None else figures_of(crowd, entries)
            runs.append(Run(crowd.name, policy, figures, timing))
    return runs


def as_json(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the runs as plain values, without anything that depends on the machine."""
    return [
        {"crowd": run.crowd, "policy": run.policy, "figures": run.figures and run.figures.as_json()} for run in runs
    ]


def timing_as_json(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return what decisions took on this machine."""
    return [
        {
            "crowd": run.crowd,
            "policy": run.policy,
            "decisions": sum(decided for _, decided in run.timing.ticks),
            "per_s": run.timing.per_s(),
            "p99_ms": run.timing.p99_ms(),
        }
        for run in runs
    ]


def _most_present(crowd: Crowd) -> int:
    present = most = 0
    for event in crowd.events:
        present += (event.do is Do.ARRIVE) - (event.do is Do.LEAVE)
        most = max(most, present)
    return most
