"""P1: everybody moves inside their cell at once, and nobody anywhere may see another byte."""

from collections.abc import Sequence
from random import Random
from typing import Any

from nearby.core.area_index import Area, AreaId, AreaIndex, Inside, Kind
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import (
    PLACES,
    LatLon,
    Region,
    above,
    fine_cell_at,
    fine_cells,
    neighbours,
    regions_at,
    res7_at,
)
from nearby.testing.privacy.stage import START_MS, Stage, on_stage, without_date
from nearby.testing.privacy.weak import POLYGON_AT, against
from nearby.testing.privacy.wires import StagePhone

PAIRS = 20
PEOPLE, FEW_PEOPLE, WEAK_PEOPLE = 500, 125, 24
BUSY_CELLS = 5
SHARE_IN_BUSY_CELLS = 0.6
QUIET_CELLS = 20
WINDOWS = 6
POOL = 16
TRIES = 24
HOUR_MS = 3_600_000
OPERATORS_PAGES = (
    *(
        f"/v1/admin/crowd?from_ms={START_MS}&to_ms={START_MS + 2 * HOUR_MS}&resolution={resolution}"
        for resolution in (7, 6, 5)
    ),
    "/v1/admin/areas",
    "/v1/admin/reports",
)
"""Asked whether they exist or not: then the refusals must be the same."""


class Standpoints:
    """Points of cells to stand on, half of them within a metre of a border.

    Args:
        region: Whose ground.
        areas: The areas in force.
        random: The source of chance.
    """

    def __init__(self, region: Region, areas: Sequence[Area], random: Random) -> None:
        self._region = region
        self._index = AreaIndex(areas)
        self._area_cells = sorted(cell for area in areas for cell in area.cells)
        self._random = random
        self._pools: dict[tuple[int, Inside], list[LatLon]] = {}
        self._insides: dict[int, list[Inside]] = {}

    def standpoint(self, cell: int, inside: Inside) -> LatLon:
        """Return a point of a res-7 cell that is in just these areas, which some point of it must be."""
        pool = self._pools.get((cell, inside))
        if pool is None:
            pool = self._pools[cell, inside] = self._new_pool(cell, inside)
        return self._random.choice(pool)

    def insides(self, cell: int) -> list[Inside]:
        """Return which sets of areas one can stand in somewhere in a cell."""
        if cell not in self._insides:
            self._insides[cell] = sorted({self._index.at(fine) for fine in fine_cells(cell)})
        return self._insides[cell]

    def _new_pool(self, cell: int, inside: Inside) -> list[LatLon]:
        here = [fine for fine in fine_cells(cell) if self._index.at(fine) == inside]
        outlines = self._outlines(cell)
        pool = []
        for number in range(POOL):
            pool.append(self._region.position(self._region.within(self._random, self._random.choice(here))))
            for attempt in range(TRIES):
                # What a cell's own outline or its parents' nowhere come near to has cells of look-ups all the same.
                outline = outlines[number % len(outlines)] if attempt < TRIES // 2 else here
                at = self._region.position(self._region.near_a_border(self._random, self._random.choice(outline)))
                if res7_at(at) == cell and self._index.at(fine_cell_at(at)) == inside:
                    pool.append(at)
                    break
        return pool

    def _outlines(self, cell: int) -> list[list[int]]:
        """Return kinds of borders near a cell: cells of look-ups at its edge, its own outline, its parents', areas'."""
        rim = [fine for fine in fine_cells(cell) if any(above(one, 7) != cell for one in neighbours(fine))]
        around = [cell, *neighbours(cell)]
        parents = sorted({above(one, resolution) for one in around for resolution in (6, 5)})
        here = [fine for fine in self._area_cells if above(fine, 7) == cell]
        return [rim, around, [*parents, cell], here or rim]


class Story:
    """Who does what and when: the same for both runs, but for the points.

    Args:
        regions: Where.
        people: How many.
        seed: Draws it all.
    """

    def __init__(self, regions: Sequence[Region], people: int, seed: int) -> None:
        random = Random(f"story {seed}")
        self.region = regions[0]
        cells = [cell for region in regions for cell in region.res7]
        busy = random.sample(regions[0].res7, BUSY_CELLS)
        rest = random.sample([cell for cell in cells if cell not in busy], QUIET_CELLS)
        self.homes = [random.choice(busy if random.random() < SHARE_IN_BUSY_CELLS else rest) for _ in range(people)]
        self.cells = [*busy, *rest]
        self.areas = [_area(kind, busy[number], random) for number, kind in enumerate(("quiet", "venue"))]
        self.seed = seed


def _area(kind: str, cell: int, random: Random) -> Area:
    """Return an area at a cell's edge: one cell of look-ups there, and those around it."""
    rim = [fine for fine in fine_cells(cell) if any(above(one, 7) != cell for one in neighbours(fine))]
    middle = random.choice(rim)
    kinds: dict[str, Kind] = {"quiet": "quiet", "venue": "venue"}
    return Area(AreaId(f"area-{kind}"), kinds[kind], kind, b"", frozenset((middle, *neighbours(middle))))


async def everything_seen(story: Story, points: Random, *, with_areas: bool = True) -> dict[str, bytes]:
    """Return every byte that anybody got in one run of a story, by who got it."""
    areas = story.areas if with_areas else []
    async with on_stage(limits="on") as stage:
        stage.put_in_force(areas)
        return await _Run(stage, story, Standpoints(story.region, areas, points), points).live()


async def operators_pages(story: Story, points: Random) -> dict[str, bytes]:
    """Return what operators are shown of an hour in which a story's people only checked in, on a server that keeps."""
    ground = Standpoints(story.region, [], points)
    async with on_stage(keep="on") as stage:
        phones = await stage.phones([f"p{number}" for number in range(len(story.homes))], established=True)
        for window in range(WINDOWS):
            await stage.to_window(window, after_ms=20_000)
            for phone, home in zip(phones, story.homes, strict=True):
                phone.check_in(ground.standpoint(home, ground.insides(home)[0]))
            await stage.tick()
        await stage.to_window(2 * WINDOWS)
        operator = stage.token("operator", scope="operator")
        return {page: await stage.call("GET", page, token=operator) for page in OPERATORS_PAGES}


class _Run:
    """One run of a story. What happens is drawn from the story; only where people stand from ``points``."""

    def __init__(self, stage: Stage, story: Story, ground: Standpoints, points: Random) -> None:
        self._stage = stage
        self._ground = ground
        self._points = points
        self._story = story
        self._random = Random(f"run {story.seed}")
        self._cell_of = list(story.homes)
        self._seen: dict[str, bytes] = {}
        self._phones: list[StagePhone] = []

    async def live(self) -> dict[str, bytes]:
        people = [f"p{number}" for number in range(len(self._cell_of))]
        most = len(people) * 3 // 4
        self._phones = await self._stage.phones(people[:most], established=True)
        self._phones += await self._stage.phones(people[most:])
        await self._stage.let_be_listed(people[::2])
        for window in range(WINDOWS):
            for after_ms in (20_000, 400_000):
                await self._stage.to_window(window, after_ms=after_ms)
                await self._round()
        await self._stage.to_window(WINDOWS + 2)
        await self._keep_pages()
        for phone in self._phones:
            self._keep(phone)
        return self._seen

    async def _round(self) -> None:
        """Everybody checks in, in an order of the story's, and some do more."""
        order = list(range(len(self._phones)))
        self._random.shuffle(order)
        for who in order:
            phone, chance = self._phones[who], self._random.random()
            phone.take()
            if chance < 0.04:
                self._cell_of[who] = self._random.choice(self._story.cells)
            phone.check_in(self._stand(who), id=1, **self._extras())
            if chance > 0.9:
                phone.send({"type": "say", "text": f"hello from {who}"})
            elif chance > 0.85:
                phone.send({"type": "next", "id": 2})
            elif chance > 0.83:
                phone.send({"type": "leave", "id": 3})
            elif chance > 0.81:
                phone.check_in((200.0 + self._points.random(), 0.0), id=4)
            elif chance > 0.79:
                await self._come_back(who)
        await self._stage.tick()
        for who in self._random.sample(order, max(1, len(order) // 50)):
            await self._over_http(who)
        await self._keep_pages()

    async def _come_back(self, who: int) -> None:
        phone = self._phones[who]
        phone.take()
        room = phone.placed
        self._keep(phone)
        phone.hang_up()
        await self._stage.settle()
        resume = {"room": room["room"]["id"], "epoch": room["room"]["epoch"], "after": room["seq"]} if room else None
        self._phones[who] = (await self._stage.phones([phone.person], resume=resume))[0]

    async def _over_http(self, who: int) -> None:
        lat, lon = self._stand(who)
        token = self._stage.token(self._phones[who].person)
        for body in ({"lat": lat, "lon": lon}, {"lat": lat, "lon": 400 + lon}, {"lat": str(lat), "lon": lon}):
            answer = await self._stage.call("POST", "/v1/checkins", token=token, body=body, tick=True)
            self._seen[f"http {len(self._seen)}"] = answer
        self._seen[f"nearby {len(self._seen)}"] = await self._stage.call("GET", "/v1/nearby", token=token)

    async def _keep_pages(self) -> None:
        number = len(self._seen)
        self._seen[f"metrics {number}"] = await self._stage.metrics()
        operator = self._stage.token("operator", scope="operator")
        for page in OPERATORS_PAGES:
            answer = await self._stage.call("GET", page, token=operator)
            self._seen[f"{page} {number}"] = answer

    def _keep(self, phone: StagePhone) -> None:
        self._seen[f"{phone.person} {len(self._seen)}"] = without_date(phone.wire.received)

    def _stand(self, who: int) -> LatLon:
        """Return where somebody stands now: the cell and the areas are the story's, the point is not."""
        cell = self._cell_of[who]
        insides = self._ground.insides(cell)
        return self._ground.standpoint(cell, insides[self._random.randrange(1 << 16) % len(insides)])

    def _extras(self) -> dict[str, Any]:
        """Return what else a check-in says; how exact it claims to be is part of the point."""
        extras: dict[str, Any] = {"accuracy_m": self._points.uniform(0, 10_000)}
        if self._random.random() < 0.1:
            extras |= {"lang": "de", "tags": ["chess"]}
        if self._random.random() < 0.05:
            extras |= {"venue": "area-venue"}
        return extras


async def differences(regions: Sequence[Region], people: int, seed: int, *, weak: bool = False) -> list[str]:
    """Return who saw another byte when everybody stood elsewhere in their cell; empty is the only good result.

    A weak server shows it in what people see; it has no areas, and operators' pages are not looked at.
    """
    story, seen = Story(regions, people, seed), list[dict[str, bytes]]()
    for run in range(2):
        seen.append(await everything_seen(story, Random(f"points {run} {seed}"), with_areas=not weak))
        if not weak:
            seen[run] |= await operators_pages(story, Random(f"points {run} {seed}"))
    one, other = seen
    return [who for who in one.keys() | other.keys() if one.get(who) != other.get(who)]


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return the row: over every place, or for a weak server over one pair of small runs."""
    ours = server == OURS
    people = WEAK_PEOPLE if not ours else PEOPLE if effort.full else FEW_PEOPLE
    pairs = (PAIRS // len(PLACES) if effort.full else 1) if ours else 1
    places = PLACES if ours else (POLYGON_AT,)
    differing = []
    with against(server):
        for place in places:
            for pair in range(pairs):
                seed = effort.seed * PAIRS + pair
                differing.append(len(await differences(regions_at(place, 2), people, seed, weak=not ours)))
    total = sum(differing)
    measured = f"streams and pages that differ between two runs of {people} people"
    return [Finding("P1", server, measured, len(differing), total, total, "0", not total)]
