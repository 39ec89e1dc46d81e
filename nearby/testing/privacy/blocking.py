"""P15/16: whether a blocked account can tell that it was blocked from that the other is not there.

Latencies are of the real clock, from the bytes of a question to the bytes of its answer, without a network between:
more than anybody outside can measure. Most answers leave in steps, which that clock measures too. A seat is given on
the common tick, so for a seat A also waits for the tick, which is drawn; what is left of that for somebody who knows
the ticks to the microsecond is printed beside. Trials of both conditions take turns in one run, so whatever else the
machine does is the same for both.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain, product
from random import Random

from nearby.sim.attacks.telling import auc, auc_at_most, learnt, told_apart_p
from nearby.testing.privacy.acquaintance import Asks, Notes, Plot, Tie, Trial
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.neighbours import Neighbours
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import found
from nearby.testing.privacy.weak import against

PEOPLE = (2, 6, 40)
"""People present: A, B and so many others, on average, that they are as many."""
FEW = 12
"""Where fewer are present the empty seat itself may tell, unless it is A and B alone."""
TRIALS = 3_600
FEW_TRIALS = 36
SOME: list[tuple[int, Tie]] = [(2, "a thread"), (6, "known"), (40, "strangers")]
FULL: list[tuple[int, Tie]] = [(2, "strangers"), *SOME]
"""How many are present, and what the two are to each other: in any run, and in a full one."""

SETTLES_MS = 300_000
"""Between two trials so long passes."""
LEARNT_OF, LEARNT_OF_FEW = 10, 2
"""Of so many trials one tells what to look for; the others judge that."""
GATE = 0.55
GATE_P = 0.0003


@dataclass(frozen=True, slots=True)
class Bite:
    """What shows a weakness: so many trials, with so many people present, of part of what can be asked or all."""

    trials: int = 32
    people: int = 2
    tie: Tie = "known"
    asks: Asks = "all"


BITES = {
    "the blocked are told": Bite(asks="in the room"),
    "no work for the blocked": Bite(48, asks="in the room"),
    "a gap for the blocked": Bite(asks="who is there"),
    "an empty list for the blocked": Bite(48, 6, asks="who is there"),
    "the blocked do without": Bite(32, 6, asks="who is there"),
    "a room of their own for the blocked": Bite(64, FEW, asks="who is there"),
}
"""By the weakness; for another one as it is by itself."""

Seen = dict[str, float]
Part = Callable[[Notes], Seen]
Watched = tuple[Plot, Notes]


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return rows by how many are present and what the two are to each other.

    A trial mostly waits. Few trials tell only what is plain: these go on side by side, and disturb each other a little.
    """
    is_full = effort.full and server == OURS
    bite = BITES.get(server, Bite())
    worlds = FULL if is_full else SOME if server == OURS else [(bite.people, bite.tie)]
    at_once = 1 if is_full else len(worlds)
    trials = TRIALS if is_full else FEW_TRIALS if server == OURS else bite.trials

    async def attack(stage: Stage, world: tuple[int, Tie]) -> list[Finding]:
        people, tie = world
        random = Random(f"blocking {people} {tie} {effort.seed}")
        seen = await _watch(stage, trials, people, tie, random, asks="all" if server == OURS else bite.asks)
        return _rows(seen, people, tie, Judge(is_full, server))

    rows: list[Finding] = []
    with against(server):
        for first in range(0, len(worlds), at_once):
            some = worlds[first : first + at_once]
            async with AsyncExitStack() as stack:
                # One after the other: what makes a database keeps notes in the tables that all share.
                stages = [await stack.enter_async_context(on_stage(keep="on")) for _ in some]
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(attack(*where)) for where in zip(stages, some, strict=True)]
            rows += chain.from_iterable(task.result() for task in tasks)
    return rows


class Judge:
    """Says how well an attacker tells the two conditions apart by some part of what was seen.

    Args:
        by_area: Whether there are trials enough to hold the area's bound against the gate. Else a rank test
            says whether the conditions differ at all.
        server: Whom the attack is on.
    """

    def __init__(self, by_area: bool, server: str) -> None:
        self._by_area = by_area
        self._server = server

    def row(self, what: str, seen: Sequence[Watched], part: Part, *, is_gated: bool = True) -> Finding:
        """Return the row for what an attacker makes of one part of what was seen."""
        there, absent = _ranked(seen, part, LEARNT_OF if self._by_area else LEARNT_OF_FEW)
        n, area = len(there) + len(absent), auc(there, absent)
        if is_gated and not self._by_area:
            p = told_apart_p(there, absent)
            return Finding("P15/16", self._server, f"p of no difference by {what}", n, p, p, f"> {GATE_P}", p > GATE_P)
        bound = auc_at_most(there, absent)
        gate = f"<= {GATE}" if is_gated else "printed"
        return Finding("P15/16", self._server, f"AUC by {what}", n, area, bound, gate, not is_gated or bound <= GATE)


def _rows(seen: Sequence[Watched], people: int, tie: Tie, judge: Judge) -> list[Finding]:
    who = f"{tie}, {people} present"
    rows = [judge.row(f"answers and latencies, {who}", seen, lambda notes: notes.told)]
    rows.append(judge.row(f"people nearby, {who}", seen, lambda notes: notes.listed))
    rows.append(judge.row(f"who met in a shake, {who}", seen, lambda notes: notes.met))
    is_gated = people >= FEW or people == min(PEOPLE)
    for author, is_established in (("a guest's block", False), ("an established block", True)):
        some = [one for one in seen if one[0].is_established is is_established]
        rows.append(judge.row(f"who is there, {author}, {who}", some, lambda notes: notes.seats, is_gated=is_gated))
    rows.append(judge.row(f"latencies inside the machine, {who}", seen, lambda notes: notes.works, is_gated=False))
    return rows


def _ranked(seen: Sequence[Watched], part: Part, learnt_of: int) -> tuple[list[float], list[float]]:
    """Return what was learnt from some trials makes of the others: those with B there, and those without."""
    conditions = [[part(notes) for plot, notes in seen if plot.is_there is there] for there in (True, False)]
    rank = learnt(*(trials[::learnt_of] for trials in conditions))
    there, absent = (
        [rank(trial) for number, trial in enumerate(trials) if number % learnt_of] for trials in conditions
    )
    return there, absent


async def _watch(stage: Stage, trials: int, people: int, tie: Tie, random: Random, *, asks: Asks) -> list[Watched]:
    """Live through that many trials, of both conditions and both kinds of B in an order drawn by fours."""
    seen: list[Watched] = []
    others = people - 2
    # Not established, so that no finer cell opens: all are of one catchment.
    (town,) = await found(stage, 1, random, people=(3 * others,))
    for somebody in town.people[::2]:
        await stage.call("PATCH", "/v1/me", token=stage.token(somebody.phone.person), body={"listed": True})
    neighbours = Neighbours(town, town.people, others, random, varies=True)
    while len(seen) < trials:
        four = list(product((True, False), repeat=2))
        for is_there, is_established in random.sample(four, len(four)):
            await neighbours.live(stage, SETTLES_MS)
            plot = Plot(len(seen), is_there, tie, is_established, asks)
            seen.append((plot, await Trial(stage, town, neighbours, plot, random).live()))
    return seen
