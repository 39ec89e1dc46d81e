"""P3: wherever an answer flips as an attacker moves about, there must be an edge of cells that everybody knows.

What is varied comes from the wire types: a field that is added to a check-in is tried too, or stops the attack.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import msgspec
from msgspec import inspect

from nearby.core import wire
from nearby.core.area_index import Area, AreaId, AreaIndex
from nearby.sim.attacks.locating import Bisection, Flip, Spot
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import (
    PLACES,
    LatLon,
    Point,
    Region,
    fine_cell_at,
    fine_cells,
    neighbours,
    regions_at,
    res7_at,
)
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import OPEN_BY, OPENS_WITH, Somebody, Town, everybody_checks_in
from nearby.testing.privacy.weak import POLYGON_AT, against
from nearby.testing.privacy.wires import StagePhone, decode

LINES = 160
"""At each place and for each way to check in."""
WITHIN_M = 0.1
LATE_WITHIN_M = 2.0
"""Of thresholds that take windows to cross."""
CROWD = 60
"""Accounts that move as one, so many that no noise decides whether they are enough: with 30 it would in one window of
1,500, and every other full run would see a cell closed that they are in."""

OWN_KEYS = frozenset({"id", "seq", "you", "member", "room", "epoch", "opened_ms", "server_ms", "window"})
"""What is new in every answer and tells of no place."""


def ways() -> list[dict[str, Any]]:
    """Return every way to check in: nothing but a position, and each other field with each of some values.

    Raises:
        TypeError: A field has a type of which this knows no values; teach it some.
    """
    fields = msgspec.structs.fields(wire.Position)
    return [{}] + [
        {field.encode_name: value}
        for field in fields
        if field.name not in ("lat", "lon")
        for value in _values(inspect.type_info(field.type))
    ]


def numeric_fields() -> dict[str, tuple[float, float]]:
    """Return the fields of a check-in that are numbers but no coordinates, with their least and greatest values."""
    ranges = {}
    for field in msgspec.structs.fields(wire.Position):
        for kind in _alternatives(inspect.type_info(field.type)):
            if isinstance(kind, inspect.FloatType | inspect.IntType) and field.name not in ("lat", "lon"):
                ranges[field.encode_name] = (float(kind.ge or 0), float(kind.le or 1e9))
    return ranges


def _alternatives(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _alternatives(one)
    elif isinstance(kind, inspect.Metadata):
        yield from _alternatives(kind.type)
    else:
        yield kind


def _values(kind: inspect.Type) -> list[Any]:
    found: list[Any] = []
    for one in _alternatives(kind):
        match one:
            case inspect.NoneType():
                pass
            case inspect.FloatType() | inspect.IntType():
                found += [one.ge or 0, ((one.ge or 0) + (one.le or 1e9)) / 2]
            case inspect.StrType():
                found += ["de", "venue"]
            case inspect.ListType():
                found += [[value] for value in _values(one.item_type)[:1]]
            case _:
                raise TypeError(f"no values are known of {one}")
    return found


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return the row: flips found, and how many of them are at no edge of known cells."""
    places = PLACES if server == OURS else (POLYGON_AT,)
    lines = effort.of(LINES) if server == OURS else 12
    flips = strays = asked = 0
    with against(server):
        for place in places:
            ground = Ground(place, Random(f"thresholds {place} {effort.seed}"))
            async with on_stage() as stage:
                tried, found = await _attack(stage, ground, lines, in_force=server == OURS)
            asked += tried
            flips += len(found)
            strays += sum(not ground.is_edge(flip) for flip in found)
    measured = f"flips at no edge of known cells, of {flips:,} found on {asked:,} ways"
    return [Finding("P3", server, measured, asked, strays, strays, "0", flips > 0 and not strays)]


class Ground:
    """A region, the cell everybody is in, and the areas around.

    Args:
        place: Its name.
        random: The source of chance.
    """

    def __init__(self, place: str, random: Random) -> None:
        self.region: Region = regions_at(place, 1)[0]
        self.random = random
        # The cell in the middle: whoever goes away from it crosses other cells, and the region's own edge last.
        middle = self.region.centre(self.region.cell)
        self.cell = res7_at(self.region.position(middle))
        self.areas = [self._area("quiet"), self._area("venue")]
        self._index = AreaIndex(self.areas)

    def is_edge(self, flip: Flip) -> bool:
        """Return whether the two sides of a flip are in different res-7 cells, or in cells of different areas."""
        inner, outer = (self.region.position(Point(*spot)) for spot in (flip.inner, flip.outer))
        sides = [(res7_at(at), self._index.at(fine_cell_at(at))) for at in (inner, outer)]
        return sides[0] != sides[1]

    def line(self, number: int, victim: Point) -> tuple[Spot, Spot]:
        """Return a way to go: from the victim's side, to a point of the cell, an area, the region or beyond it."""
        here = self.region.somewhere(self.random, self.cell)
        match number % 4:
            case 0:
                return victim, here
            case 1:
                area = self.areas[number // 4 % len(self.areas)]
                return here, self.region.within(self.random, self.random.choice(sorted(area.cells)))
            case 2:
                return here, self.region.somewhere(self.random)
            case _:
                far = self.region.somewhere(self.random)
                return here, Point(far.x_m * 3, far.y_m * 3)

    def _area(self, kind: str) -> Area:
        middle = self.random.choice(fine_cells(self.cell))
        cells = frozenset((middle, *neighbours(middle)))
        return Area(AreaId(kind), "quiet" if kind == "quiet" else "venue", kind, b"", cells)


async def _attack(stage: Stage, ground: Ground, lines: int, *, in_force: bool) -> tuple[int, list[Flip]]:
    """Go every way, and return how many there were and where answers flipped."""
    stage.put_in_force(ground.areas if in_force else [])
    town = Town(ground.region, ground.cell)
    phones = await stage.phones([f"resident-{number}" for number in range(OPENS_WITH)], established=True)
    town.people = [Somebody(phone, ground.region.somewhere(ground.random, ground.cell)) for phone in phones]
    for window in range(OPEN_BY + 1):
        await stage.to_window(window, after_ms=10_000)
        await everybody_checks_in(stage, [town], ground.random, anew=window == OPEN_BY)
    mallory = (await stage.phones(["mallory"]))[0]
    asked, flips = 0, []
    for way in ways():
        for number in range(lines):
            bisection = Bisection(*ground.line(number, town.victim.at), within_m=WITHIN_M)
            while (spot := bisection.asks) is not None:
                bisection.tell(await _answer(stage, mallory, ground.region.position(Point(*spot)), way, number))
            asked += 1
            flips += [flip for flip in [bisection.flip()] if flip is not None]
    assert await _numbers_flip_nothing(stage, mallory, ground)
    for late in (_enough_people, _fast_enough):
        late_asked, late_flips = await late(stage, ground, max(2, lines // 10))
        # An attack that sees no difference between here and far away has not looked.
        assert late_flips
        asked += late_asked
        flips += late_flips
    return asked, flips


async def _answer(stage: Stage, phone: StagePhone, at: LatLon, way: dict[str, Any], number: int) -> Any:
    """Return all that a phone is told when it comes to a position, over HTTP too now and then."""
    phone.send({"type": "leave"})
    await stage.settle()
    phone.take()
    phone.check_in(at, id="probe", **way)
    await stage.tick()
    answers: list[Any] = phone.take()
    if number % 8 == 0:
        body = {"lat": at[0], "lon": at[1], **way}
        raw = await stage.call("POST", "/v1/checkins", token=stage.token(phone.person), body=body)
        answers.append(decode(raw.partition(b"\r\n\r\n")[2]))
    return _told(answers)


def _told(answer: Any) -> Any:
    """Return an answer without what is new in every one."""
    if isinstance(answer, dict):
        if "others" in answer:
            answer = answer | {"others": sorted(answer["others"].values())}
        if "members" in answer:
            others = [member["name"] for member in answer["members"] if member["member"] != answer["you"]]
            answer = answer | {"members": sorted(others)}
        return {name: _told(part) for name, part in answer.items() if name not in OWN_KEYS}
    return [_told(part) for part in answer] if isinstance(answer, list) else answer


async def _numbers_flip_nothing(stage: Stage, phone: StagePhone, ground: Ground) -> bool:
    """Return whether no value that a number may have changes an answer, on either side of an edge."""
    at = [ground.region.position(ground.region.near_a_border(ground.random, ground.cell)) for _ in range(4)]
    for name, (least, most) in numeric_fields().items():
        for position in at:
            said = [await _answer(stage, phone, position, {name: value}, 0) for value in (least, most / 3, most)]
            if said[1:] != said[:-1]:
                return False
    return True


async def _enough_people(stage: Stage, ground: Ground, lines: int) -> tuple[int, list[Flip]]:
    """Move a crowd that is enough to open a cell, and look whether it opened: the threshold k."""
    crowds = [
        await stage.phones([f"k{number}-{one}" for one in range(CROWD)], established=True) for number in range(lines)
    ]
    cells = ground.random.sample([cell for cell in ground.region.res7 if cell != ground.cell], lines)
    ways = []
    for cell in cells:
        inner = ground.region.centre(cell)
        outer = ground.region.centre(ground.random.choice([one for one in neighbours(cell) if one not in cells]))
        ways.append(Bisection(inner, outer, within_m=LATE_WITHIN_M))
    looks = await stage.phones([f"look{number}" for number in range(lines)])
    while any(way.asks is not None for way in ways):
        for _ in range(4):
            for crowd, way in zip(crowds, ways, strict=True):
                if (spot := way.asks) is None:
                    continue
                for phone in crowd:
                    phone.check_in(ground.region.position(Point(*spot)))
            await stage.to_window(stage.window + 1, after_ms=10_000)
        for look, cell, way in zip(looks, cells, ways, strict=True):
            if way.asks is not None:
                said = await _answer(stage, look, ground.region.position(ground.region.centre(cell)), {}, 1)
                way.tell([message.get("area") for message in said])
        for phone in [phone for crowd in crowds for phone in crowd] + looks:
            phone.send({"type": "leave"})
            phone.take()
        await stage.to_window(stage.window + 5)
    return lines, _flips(ways)


async def _fast_enough(stage: Stage, ground: Ground, lines: int) -> tuple[int, list[Flip]]:
    """Jump further than anybody can travel, and look what comes of it in the next windows: the thresholds of speed."""
    ways = []
    for _ in range(lines * 4):
        here, far = ground.region.somewhere(ground.random, ground.cell), ground.region.somewhere(ground.random)
        ways.append(Bisection(here, Point(far.x_m * 4, far.y_m * 4), within_m=LATE_WITHIN_M))
    for step in range(64):
        going = [(number, way) for number, way in enumerate(ways) if way.asks is not None]
        if not going:
            break
        phones = await stage.phones([f"fast{number}-{step}" for number, _ in going])
        for phone in phones:
            phone.check_in(ground.region.position(ground.region.centre(ground.cell)))
        await stage.pass_time(30_000, step_ms=10_000)
        told: list[list[Any]] = [[] for _ in going]
        for _ in range(3):
            for (_, way), phone in zip(going, phones, strict=True):
                assert way.asks is not None
                phone.skim()
                phone.check_in(ground.region.position(Point(*way.asks)), id="probe")
            await stage.tick()
            for phone, said in zip(phones, told, strict=True):
                said += [message["area"] for message in phone.take() if message["type"] == "ack"]
            await stage.to_window(stage.window + 1, after_ms=10_000)
        for (_, way), phone, said in zip(going, phones, told, strict=True):
            way.tell(said)
            phone.hang_up()
    return len(ways), _flips(ways)


def _flips(ways: Sequence[Bisection]) -> list[Flip]:
    return [flip for way in ways if (flip := way.flip()) is not None]
