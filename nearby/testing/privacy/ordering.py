"""P5: whether the order of any list tells who is near, or the order of rooms over repeated asking."""

from random import Random

from nearby.sim.attacks.bounds import order_p
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import Point
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import Town, away_m, found
from nearby.testing.privacy.weak import against
from nearby.testing.privacy.wires import StagePhone

WINDOWS = 500
TOWNS = 10
"""Side by side: the draws of their rooms are as independent as those of other windows."""

PEOPLE = 40
STAY = 20
"""So many keep their seats, for in half-empty rooms there is something to choose."""

ASKS = 5
GATE = 0.001

Groups = dict[str, list[list[float]]]
"""By list: for each window the distances from the attacker, in the order in which they were given."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return a row for each kind of list."""
    windows = effort.of(WINDOWS) if server == OURS else 20
    random = Random(f"ordering {effort.seed}")
    groups: Groups = {"members of a room": [], "rooms over repeated asking": [], "people nearby": []}
    with against(server):
        async with on_stage() as stage:
            towns = await found(stage, TOWNS, random, people=(PEOPLE,))
            mallories = await stage.phones([f"mallory-{number}" for number in range(TOWNS)])
            await stage.let_be_listed(somebody.phone.person for town in towns for somebody in town.people)
            stood: dict[str, Point] = {}
            # One window more, for whoever is on a list was there in the window before.
            for window in range(-(-windows // TOWNS) + 1):
                await stage.to_window(window, after_ms=10_000)
                for town, mallory in zip(towns, mallories, strict=True):
                    if mallory.person in stood:
                        await _look_at_the_list(stage, town, mallory, stood[mallory.person], groups)
                    await _gather(stage, town, random)
                    stood[mallory.person] = await _look(stage, town, mallory, random, groups)
    rows = []
    for what, lists in groups.items():
        p = order_p(lists, random)
        measured = f"p of no relation between distance and the order of {what}"
        rows.append(Finding("P5", server, measured, len(lists), p, p, f"> {GATE}", p > GATE))
    return rows


async def _gather(stage: Stage, town: Town, random: Random) -> None:
    """Let everybody be somewhere else and sit down anew, and half of them leave again."""
    for somebody in town.people:
        somebody.phone.send({"type": "leave"})
        somebody.at = town.region.somewhere(random)
    for somebody in random.sample(town.people, PEOPLE):
        town.check_in(somebody)
    await stage.tick()
    for somebody in random.sample(town.people, PEOPLE - STAY):
        somebody.phone.send({"type": "leave"})
    await stage.settle()
    for somebody in town.people:
        somebody.phone.take()


async def _look_at_the_list(stage: Stage, town: Town, mallory: StagePhone, here: Point, groups: Groups) -> None:
    """Ask who is nearby, and note how far away they were when the list was fixed."""
    where = {somebody.phone.person: somebody.at for somebody in town.people}
    away = [away_m(here, where[person]) for person in await stage.nearby(mallory.person)]
    assert len(away) == STAY
    groups["people nearby"].append(away)


async def _look(stage: Stage, town: Town, mallory: StagePhone, random: Random, groups: Groups) -> Point:
    """Ask for one room after the other, note how far away those are who sit there, and return where from."""
    mallory.send({"type": "leave"})
    here = town.region.somewhere(random)
    where = {somebody.phone.placed["you"]: somebody.at for somebody in town.people if somebody.phone.placed}
    rooms: list[float] = []
    mallory.check_in(town.region.position(here))
    for _ in range(ASKS):
        await stage.tick()
        mallory.take()
        assert mallory.placed is not None
        distances_m = [
            away_m(here, where[member["member"]]) for member in mallory.placed["members"] if member["member"] in where
        ]
        if distances_m:
            groups["members of a room"].append(distances_m)
            # The mean, for the nearest of many is nearer than the nearest of few, and placement knows sizes.
            rooms.append(sum(distances_m) / len(distances_m))
        mallory.send({"type": "next"})
    groups["rooms over repeated asking"].append(rooms)
    return here
