"""P7: whether the times at which people are seen to move or to lapse tell anything, within a window or over days."""

from collections.abc import Sequence
from random import Random

from nearby.sim.attacks.bounds import uniform_p
from nearby.sim.attacks.linking import apart
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.stage import WINDOW_MS, Stage, on_stage
from nearby.testing.privacy.towns import Somebody, Town, found
from nearby.testing.privacy.weak import against

TOWNS = 1_000
WATCHERS = 2
EACH = 3
"""People of a town who move away, and who fall silent: with the watchers one room full."""

DAYS = 2
DAY_WINDOWS = 144
STEP_MS = 2_000
GATE = 0.01
SHUFFLES = 2_000

Seen = dict[str, list[float]]
"""By person: when in a window they were seen to go, day by day."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return two rows for moves and two for lapses."""
    count = effort.of(TOWNS) if server == OURS else 20
    random = Random(f"moments {effort.seed}")
    moved: Seen = {}
    lapsed: Seen = {}
    with against(server):
        async with on_stage() as stage:
            towns = await found(stage, count, random, people=(WATCHERS + 2 * EACH,))
            for day in range(DAYS):
                await stage.to_window(day * DAY_WINDOWS, after_ms=10_000, step_ms=WINDOW_MS)
                await _watch_a_day(stage, towns, random, moved, lapsed)
    rows = []
    for what, seen in (("moves", moved), ("lapses", lapsed)):
        shares = [share for days in seen.values() for share in days[:1]]
        p = uniform_p(shares)
        measured = f"p of times of {what} being even over the window"
        rows.append(Finding("P7", server, measured, len(shares), p, p, f"> {GATE}", p > GATE))
        both = [(days[0], days[1]) for days in seen.values() if len(days) == DAYS]
        p = _unrelated_p(both, random)
        measured = f"p of a person's times of {what} on two days being unrelated"
        rows.append(Finding("P7", server, measured, len(both), p, p, f"> {GATE}", p > GATE))
    return rows


def _unrelated_p(pairs: Sequence[tuple[float, float]], random: Random) -> float:
    """Return how likely two days' times of the same people are as close as they are by chance."""
    later = [other for _, other in pairs]
    seen = sum(apart(one, other) for one, other in pairs)
    closer = 0
    for _ in range(SHUFFLES):
        random.shuffle(later)
        closer += sum(apart(one, other) for (one, _), other in zip(pairs, later, strict=True)) <= seen
    return (closer + 1) / (SHUFFLES + 1)


async def _watch_a_day(stage: Stage, towns: Sequence[Town], random: Random, moved: Seen, lapsed: Seen) -> None:
    """Let people gather, and some move into the next region and some fall silent; note when the watchers see it."""
    for town in towns:
        for somebody in random.sample(town.people, len(town.people)):
            town.check_in(somebody)
    await stage.tick()
    who: dict[str, tuple[Seen, str]] = {}
    for town in towns:
        for number, somebody in enumerate(town.people):
            somebody.phone.take()
            assert somebody.phone.placed is not None
            if number >= WATCHERS:
                seen = moved if number < WATCHERS + EACH else lapsed
                who[somebody.phone.placed["you"]] = (seen, somebody.phone.person)
    await stage.pass_time(60_000, step_ms=STEP_MS)
    first = stage.window
    while stage.window < first + 5:
        window = stage.window
        for number, town in enumerate(towns):
            away = towns[number - len(towns) // 2]
            for somebody in town.people[: WATCHERS + EACH]:
                goes = somebody in town.people[WATCHERS:]
                (_check_in_at(away, somebody) if goes else town.check_in(somebody))
        while stage.window == window:
            await stage.pass_time(STEP_MS, step_ms=STEP_MS)
            share = (stage.now_ms - random.random() * STEP_MS) % WINDOW_MS / WINDOW_MS
            _note_who_left(towns, who, share)
    for town in towns:
        for somebody in town.people:
            somebody.phone.send({"type": "leave"})
            somebody.phone.take()
    await stage.settle()


def _check_in_at(town: Town, somebody: Somebody) -> None:
    """Let somebody check in in another town, where the victim is."""
    somebody.phone.check_in(town.region.position(town.victim.at))


def _note_who_left(towns: Sequence[Town], who: dict[str, tuple[Seen, str]], share: float) -> None:
    """Note for everybody whom a watcher saw leave that they did so now."""
    for town in towns:
        for watcher in town.people[:WATCHERS]:
            for message in watcher.phone.take():
                if message["type"] == "left" and message["member"] in who:
                    seen, person = who.pop(message["member"])
                    seen.setdefault(person, []).append(share)
