"""P9: whether somebody established is in an otherwise empty cell, told from whether the cell opens."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

from nearby.sim.attacks.bounds import advantage_at_most, share_at_most
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import above, resolution_of_name
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import Somebody, Town, found
from nearby.testing.privacy.weak import against

WINDOWS = 12
CLOSES_WITHIN = 4
OTHERS = 20
GUESTS = (9, 10)
"""Unestablished accounts: with the victim as many as it takes to open the cell, if they counted, and one more. A run
that is not full makes do with nine."""

ACCOUNTS = (7, 8, 9, 10)
"""Established ones. All these tell nearly as much, seven by the parent and ten by the cell, and so near the gate that
only thousands of victims bound it: a run that is not full makes do with six and the fewer victims those need."""

FEW_ACCOUNTS = (6,)
FEW_TRIALS = 400
MOST_TELLING = (9,)
"""To a server that counts without noise."""

WAITING = 5
"""So many of them take a new seat, to meet the victim on theirs."""

RUNGS = ((7,), (6,), (7, 6))
TOWNS = 100
ROUNDS = 4
"""A run of few trials has so many rounds and fewer towns instead: to found them takes longer than to watch them."""

GUEST_TRIALS = 2_000
TRIALS = 10_000
MEETINGS = 400
"""In so many trials the victim takes a new seat at the end."""
LEARNT_OF = 10
"""One trial of so many says from how many windows of being open on to guess "there"; the others judge that."""

GATE_GUESTS = 0.10
GATE_ESTABLISHED = 0.35


@dataclass(slots=True)
class Trial:
    """What was seen of one victim.

    Attributes:
        is_there: Whether the victim was in the cell.
        windows: In how many windows the cell, by 7, or its parent, by 6, was the finest open one.
        met: Whether somebody met the victim on a seat taken at the end; None if that was not tried.
    """

    is_there: bool
    windows: Counter[int] = field(default_factory=Counter)
    met: bool | None = None


Sign = Callable[[Trial], bool]
"""Whether what was seen is taken to say that the victim is there."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return rows for guests, the others being here or there, for established accounts, and of meetings."""
    ours = server == OURS
    count = effort.of(GUEST_TRIALS) if ours else 30
    trials = 60 if not ours else TRIALS if effort.full else FEW_TRIALS
    rows = []
    with against(server):
        is_full = effort.full and ours
        # Others all over the region are also in other cells of resolution 6: a run that is not full looks at these.
        spreads = (False, True) if is_full else (ours,)
        for guests, spread in product(GUESTS if is_full else GUESTS[:1], spreads):
            seen = await _watch(count, Random(f"guests {effort.seed}"), others=OTHERS, guests=guests, spread=spread)
            where = "others all over the region" if spread else "others in other cells of resolution 6"
            rows.append(_advantage(f"{guests} guests, {where}", seen, GATE_GUESTS, server))
        for accounts in MOST_TELLING if not ours else ACCOUNTS if effort.full else FEW_ACCOUNTS:
            seen = await _watch(trials, Random(f"established {effort.seed}"), accounts=accounts)
            rows.append(_advantage(f"{accounts} established accounts", seen, GATE_ESTABLISHED, server))
    there = [trial.met for trial in seen if trial.is_there and trial.met is not None]
    bound = share_at_most(sum(there), len(there))
    measured = "share met by established accounts when the victim takes a new seat"
    rows.append(Finding("P9", server, measured, len(there), sum(there) / len(there), bound, "printed", True))
    return rows


def _advantage(who: str, seen: Sequence[Trial], gate: float, server: str) -> Finding:
    """Return how much better than a guess it is to say "there" by the best sign, judged by trials it was not learnt of.

    The best of one that was learnt, and of two that need no learning: that the cell ever was open, or its parent.
    """
    learnt, judged = seen[::LEARNT_OF], [trial for number, trial in enumerate(seen) if number % LEARNT_OF]
    signs = [_open_in(rungs, windows) for rungs in RUNGS for windows in range(1, WINDOWS + 1)]
    best = max(signs, key=lambda sign: _difference(_shares(learnt, sign)))
    found = [_shares(judged, sign) for sign in (best, _open_in((7,), 1), _open_in((7, 6), 1))]
    figure, bound = max(_difference(shares) for shares in found), max(advantage_at_most(*a, *b) for a, b in found)
    measured = f"advantage of {who} over {WINDOWS} windows"
    return Finding("P9", server, measured, len(judged), figure, bound, f"<= {gate}", bound <= gate)


def _open_in(rungs: tuple[int, ...], windows: int) -> Sign:
    """Return the sign that in so many windows a cell of one of these rungs was the finest open one."""
    return lambda trial: sum(trial.windows[rung] for rung in rungs) >= windows


def _shares(seen: Sequence[Trial], sign: Sign) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how often there was a sign when the victim was there, and when not, each of how many."""
    there, elsewhere = ([sign(trial) for trial in seen if trial.is_there is there] for there in (True, False))
    return (sum(there), len(there)), (sum(elsewhere), len(elsewhere))


def _difference(shares: tuple[tuple[int, int], tuple[int, int]]) -> float:
    (hits, of), (false_hits, of_false) = shares
    return hits / max(1, of) - false_hits / max(1, of_false)


async def _watch(
    trials: int, random: Random, *, others: int = 0, guests: int = 0, accounts: int = 0, spread: bool = False
) -> list[Trial]:
    """Watch that many victims, half of them in the cell that is watched, in as many regions at a time as there are."""
    seen: list[Trial] = []
    async with on_stage() as stage:
        count = min(TOWNS, -(-trials // ROUNDS))
        towns = await found(stage, count, random, people=(1 + others,), established=True, knows_victim=True)
        hostile = [
            await stage.phones(
                [f"mallory-{number}-{one}" for one in range(guests + accounts)], established=accounts > 0
            )
            for number in range(count)
        ]
        watching = [
            [Somebody(phone, town.region.centre(town.cell)) for phone in phones]
            for town, phones in zip(towns, hostile, strict=True)
        ]
        while len(seen) < trials:
            seen += await _round(stage, towns, watching, random, spread=spread)
            if len(seen) <= MEETINGS:
                await _meet(stage, towns, watching, seen[-count:])
            await _go(stage, towns, watching)
    return seen[:trials]


async def _round(
    stage: Stage, towns: Sequence[Town], watching: Sequence[Sequence[Somebody]], random: Random, *, spread: bool
) -> list[Trial]:
    """Let twelve windows pass in every town, and note what the watchers saw."""
    seen = [Trial(is_there=random.random() < 0.5) for _ in towns]
    for town, trial in zip(towns, seen, strict=True):
        elsewhere = [cell for cell in town.region.res7 if cell != town.cell and (spread or _far(cell, town.cell))]
        for somebody in town.people:
            somebody.at = town.region.somewhere(random, random.choice(elsewhere))
        if trial.is_there:
            town.victim.at = town.region.somewhere(random, town.cell)
    first = stage.window
    for window in range(first, first + WINDOWS):
        await stage.to_window(window, after_ms=1_000, step_ms=600_000)
        for town, hostile in zip(towns, watching, strict=True):
            # Every other window is often enough to be counted in each; one account looks every time.
            is_due = (window - first) % 2 == 0
            for somebody in [*town.people, *hostile[1:]] if is_due else ():
                town.check_in(somebody)
            hostile[0].phone.drop()
            hostile[0].phone.check_in(town.region.position(hostile[0].at), id="look")
        await stage.tick()
        for hostile, trial in zip(watching, seen, strict=True):
            trial.windows[_looked(hostile[0])] += 1
    return seen


async def _meet(
    stage: Stage, towns: Sequence[Town], watching: Sequence[Sequence[Somebody]], seen: Sequence[Trial]
) -> None:
    """Let hostile accounts and then the victim take new seats, and note who met."""
    # The others of them stay where they are: more would only take the seats in which the victim could meet them.
    waiting = [hostile[:WAITING] for hostile in watching]
    for town, hostile in zip(towns, waiting, strict=True):
        for somebody in [*hostile, town.victim]:
            somebody.phone.drop()
            somebody.phone.send({"type": "leave"})
        for somebody in hostile:
            town.check_in(somebody)
    await stage.tick()
    for town in towns:
        town.check_in(town.victim)
    await stage.tick()
    for town, hostile, trial in zip(towns, waiting, seen, strict=True):
        for somebody in [*hostile, town.victim]:
            somebody.phone.skim()
        rooms = [somebody.phone.placed["room"]["id"] for somebody in hostile if somebody.phone.placed]
        placed = town.victim.phone.placed
        trial.met = placed is not None and placed["area"]["resolution"] > 5 and placed["room"]["id"] in rooms


async def _go(stage: Stage, towns: Sequence[Town], watching: Sequence[Sequence[Somebody]]) -> None:
    """Let everybody leave, and every cell close."""
    for town, hostile in zip(towns, watching, strict=True):
        for somebody in [*hostile, *town.people]:
            somebody.phone.send({"type": "leave"})
    await stage.to_window(stage.window + CLOSES_WITHIN + 1, step_ms=600_000)
    for town, hostile in zip(towns, watching, strict=True):
        for somebody in [*hostile, *town.people]:
            somebody.phone.drop()


def _looked(watcher: Somebody) -> int:
    """Return the resolution of the finest open cell that a check-in just named."""
    answers = [message for message in watcher.phone.take() if message["type"] == "ack"]
    return resolution_of_name(answers[-1]["area"]["cell"])


def _far(cell: int, watched: int) -> bool:
    return above(cell, 6) != above(watched, 6)
