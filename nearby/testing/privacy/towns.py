"""Many small towns at once, each in a region of its own: one server, and as many independent trials as regions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from random import Random

from nearby.testing.privacy.ground import Point, Region, above, regions, res7_at, resolution_of_name
from nearby.testing.privacy.stage import Stage
from nearby.testing.privacy.wires import StagePhone

CELLS_OF = {7: 1, 6: 7, 5: 49}
"""How many res-7 cells a cell of each rung has (a pentagon has fewer)."""

OPENS_WITH = 18
"""Established people with whom a res-7 cell is all but sure to open within ``OPEN_BY`` windows."""
OPEN_BY = 6


@dataclass(slots=True)
class Somebody:
    """A phone and where its person is."""

    phone: StagePhone
    at: Point


@dataclass(slots=True)
class Town:
    """A region, a victim, and whoever else is there."""

    region: Region
    cell: int
    people: list[Somebody] = field(default_factory=list)

    @property
    def victim(self) -> Somebody:
        """Return whom attacks are about."""
        return self.people[0]

    def check_in(self, somebody: Somebody) -> None:
        """Let somebody check in where they are."""
        somebody.phone.check_in(self.region.position(somebody.at))


async def found(
    stage: Stage,
    count: int,
    random: Random,
    *,
    people: Sequence[int],
    in_one_cell: Sequence[bool] = (False,),
    established: bool = False,
    knows_victim: bool = False,
) -> list[Town]:
    """Return that many towns, their phones welcomed; nobody has checked in.

    Args:
        stage: Where.
        count: How many.
        random: The source of chance.
        people: How many live in a town, the victim included; repeated over the towns.
        in_one_cell: Whether they all are in one res-7 cell, or all over the region; repeated over the towns.
        established: Whether they are.
        knows_victim: Whether the victim has a verified name that everybody knows, and so is established.
    """
    towns = []
    for number, region in enumerate(regions(count)):
        cell = random.choice(region.res7)
        town = Town(region, cell)
        names = [f"t{number}-{one}" for one in range(people[number % len(people)])]
        known = {"name": f"Victim {number}", "verified": True} if knows_victim else {"established": established}
        phones = await stage.phones(names[:1], **known)
        phones += await stage.phones(names[1:], established=established)
        for phone in phones:
            where = cell if in_one_cell[number % len(in_one_cell)] else None
            town.people.append(Somebody(phone, region.somewhere(random, where)))
        towns.append(town)
    return towns


async def everybody_checks_in(stage: Stage, towns: Sequence[Town], random: Random, *, anew: bool = False) -> None:
    """Let everybody check in where they are, in an order drawn anew, and be answered; with ``anew`` for a new seat."""
    if anew:
        for somebody in [somebody for town in towns for somebody in town.people]:
            somebody.phone.send({"type": "leave"})
        await stage.tick()
    for town in towns:
        for somebody in random.sample(town.people, len(town.people)):
            town.check_in(somebody)
    await stage.tick()
    for town in towns:
        for somebody in town.people:
            somebody.phone.take()


def away_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two points of a plane are apart, in metres."""
    return hypot(one[0] - other[0], one[1] - other[1])


def breadth(area: str) -> float:
    """Return how broad a shown cell is, in res-7 cells: errors in it are to be compared after division by this."""
    return float(CELLS_OF[resolution_of_name(area)] ** 0.5)


def quarter_turns(town: Town, random: Random) -> None:
    """Let people stand in fours, a quarter turn apart about the centre of the cell they live in.

    Whoever knows nothing then misses one of four by as much as they come near another: the same error as evenly drawn
    points, with less of the draw's luck in it.
    """
    home = town.cell if len(town.people) >= OPENS_WITH else town.region.cell
    centre, rung = town.region.centre(home), 7 if home == town.cell else 5
    for first in range(0, len(town.people), 4):
        four = town.people[first : first + 4]
        while True:
            at = town.region.somewhere(random, town.cell if home == town.cell else None)
            x_m, y_m = at.x_m - centre.x_m, at.y_m - centre.y_m
            turned = [
                Point(centre.x_m + x, centre.y_m + y) for x, y in ((x_m, y_m), (-y_m, x_m), (-x_m, -y_m), (y_m, -x_m))
            ]
            if all(above(res7_at(town.region.position(one)), rung) == home for one in turned):
                break
        for somebody, one in zip(four, turned, strict=False):
            somebody.at = one
