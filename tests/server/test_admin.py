"""The operators' crowd map, and what somebody learns of one person who subtracts maps from maps.

Each attack is first played on a weaker map of the same crowd, where it finds the person.
"""

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]

from nearby.core.cell import Ladder, cell_name, ladder_of
from nearby.core.crowd import WindowCount
from nearby.core.ids import Cell
from nearby.core.rules import Rules
from nearby.testing.postgres import OwnPostgres, postgres_with_schema
from nearby.testing.serving import START_MS, Answer, LiveServer, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually

WINDOW_MS, HOUR_MS, DAY_MS = 600_000, 3_600_000, 86_400_000
MINUTE_MS = 60_000
RULES = Rules()

Place = tuple[float, float]
Map = dict[tuple[int, str], int]
"""What a map shows: people by hour and cell; the real one shows the least of a class."""
Ask = Callable[[int, int, int], Awaitable[Map]]

BUSY: Place = (47.37, 8.54)
FAR: Place = (10.0, 10.0)
CROWD = 13
"""In the busy cell, without the victim: not one below the border of a class."""


def beside(place: Place) -> Place:
    """Return a place in another cell of resolution 7 with the same parent."""
    here = ladder_of(*place)
    grid = ((place[0] + north / 100, place[1] + east / 100) for north in range(-4, 5) for east in range(-4, 5))
    return next(there for there in grid if (ladder := ladder_of(*there)).res7 != here.res7 and ladder[1:] == here[1:])


THIN = beside(BUSY)
assert THIN != BUSY


@dataclass(frozen=True)
class Town:
    """A crowd that was there in the hour after ``START_MS``, and the two maps of it."""

    server: LiveServer
    database: Database

    async def shown(self, from_ms: int, to_ms: int, resolution: int) -> Map:
        """Ask the server."""
        document = json.loads((await ask(self.server, from_ms, to_ms, resolution)).body)
        cells = [feature["properties"] for feature in document["features"]]
        return {(cell["hour_start_ms"], cell["cell"]): cell["at_least"] for cell in cells}

    async def weakly_shown(self, from_ms: int, to_ms: int, resolution: int) -> Map:
        """Return what a map shows that hides cells of few people and is careless otherwise.

        Any span is answered, of any window that began by now, with exact numbers; coarser cells add up everybody.
        """
        busiest: Counter[tuple[int, Cell]] = Counter()
        for count in await self.counts(from_ms, to_ms):
            key = (count.window_start_ms // HOUR_MS * HOUR_MS, count.cell)
            busiest[key] = max(busiest[key], count.people)
        shown: Counter[tuple[int, str]] = Counter()
        for (hour_ms, cell), people in busiest.items():
            shown[hour_ms, cell_name(parent(cell, resolution))] += people
        return {key: people for key, people in shown.items() if people >= 10}

    async def counts(self, from_ms: int, to_ms: int) -> list[WindowCount]:
        async with self.database.open() as store:
            return list(await store.window_counts(from_ms, to_ms))


def parent(cell: Cell, resolution: int) -> Cell:
    return next(ladder for ladder in map(ladder_at, (BUSY, THIN, FAR)) if ladder.res7 == cell)[7 - resolution]


def ladder_at(place: Place) -> Ladder:
    return ladder_of(*place)


async def ask(server: LiveServer, from_ms: Any, to_ms: Any, resolution: Any = 7, scope: str = "operator") -> Answer:
    path = f"/v1/admin/crowd?from_ms={from_ms}&to_ms={to_ms}&resolution={resolution}"
    return await server.call("GET", path, token=server.token("op", scope=scope))


async def check_in(server: LiveServer, person: str, place: Place, *, established: bool = True) -> None:
    body = json.dumps({"lat": place[0], "lon": place[1]}).encode()
    answer = await server.call("POST", "/v1/checkins", body=body, token=server.token(person, established=established))
    assert answer.status == 200


async def to_minute(server: LiveServer, minute: int) -> None:
    """Let time pass up to a minute after ``START_MS``, window by window, as it does."""
    while (left_ms := START_MS + minute * MINUTE_MS - server.time.now_ms()) > 0:
        server.time.pass_time(min(WINDOW_MS, left_ms))
        # Whatever was due by now is done before this is counted, and it counts for nothing itself.
        await check_in(server, "walker", FAR, established=False)


@contextlib.asynccontextmanager
async def town(data_dir: Path, victim: Place | None = None, url: str = "") -> AsyncIterator[Town]:
    """Yield a town at minute 25: a crowd in one cell, three people beside, and since minute 20 perhaps one more."""
    settings: dict[str, Any] = {"database_url": url} if url else {}
    async with live_server(data_dir, **settings) as server:
        for number in range(CROWD):
            await check_in(server, f"c{number}", BUSY)
        for number in range(3):
            await check_in(server, f"t{number}", THIN)
        await to_minute(server, 20)
        if victim is not None:
            await check_in(server, "victim", victim)
        await to_minute(server, 25)
        yield Town(server, Database(url or f"sqlite:///{data_dir}/nearby.db"))


@pytest.fixture
async def towns(tmp_path: Path) -> AsyncIterator[dict[str, Town]]:
    """Yield three towns that differ by one person, in the crowd or among the few beside it, when the hour is over."""
    async with contextlib.AsyncExitStack() as stack:
        found = {}
        for name, victim in {"without": None, "in the crowd": BUSY, "among few": THIN}.items():
            found[name] = await stack.enter_async_context(town(tmp_path / name.replace(" ", "-"), victim))
            await to_minute(found[name].server, 125)
            # Has every row written, for the weaker map reads beside the server.
            await found[name].shown(START_MS, START_MS + HOUR_MS, 7)
        yield found


async def everything(asks: Ask) -> list[Map]:
    """Ask for two hours in all resolutions."""
    return [await asks(START_MS, START_MS + 2 * HOUR_MS, resolution) for resolution in (7, 6, 5)]


async def test_two_maps_with_and_without_one_person_are_the_same(towns: dict[str, Town]) -> None:
    weak = {name: await everything(each.weakly_shown) for name, each in towns.items()}
    assert weak["without"] != weak["in the crowd"] != weak["among few"] != weak["without"]
    shown = {name: await everything(each.shown) for name, each in towns.items()}
    assert shown["without"] == shown["in the crowd"] == shown["among few"]
    assert shown["without"][0] == {(START_MS, cell_name(ladder_of(*BUSY).res7)): 10}


async def windows_told_apart(asks: Ask) -> set[int]:
    """Subtract overlapping spans: return the windows at whose start what is shown of the hour changes."""
    told = set()
    for step in range(1, 6):
        at_ms = START_MS + step * WINDOW_MS
        before, after = await asks(START_MS, at_ms, 7), await asks(START_MS, at_ms + WINDOW_MS, 7)
        told |= {step} if before != after else set()
    return told


async def test_spans_that_overlap_do_not_tell_when_somebody_came(towns: dict[str, Town]) -> None:
    assert 2 in await windows_told_apart(towns["in the crowd"].weakly_shown)
    assert 2 not in await windows_told_apart(towns["without"].weakly_shown)
    random = Random(1)
    for each in towns.values():
        # Whatever span is asked for, the answer is that of the whole hours in it.
        hours = {hour: await each.shown(hour, hour + HOUR_MS, 7) for hour in (START_MS, START_MS + HOUR_MS)}
        for _ in range(15):
            from_ms, to_ms = sorted(START_MS + random.randrange(-HOUR_MS, 3 * HOUR_MS) for _ in range(2))
            inside: Map = {}
            for hour_ms, answer in hours.items():
                inside |= answer if from_ms <= hour_ms and hour_ms + HOUR_MS <= to_ms else {}
            assert await each.shown(from_ms, to_ms + 1, 7) == inside
        assert await windows_told_apart(each.shown) <= {5}  # The last makes it a whole hour.


async def hidden_people(asks: Ask) -> Mapping[int, int]:
    """Subtract the shown cells of resolution 7 from their parents: return what is left, by resolution."""
    fine = await asks(START_MS, START_MS + HOUR_MS, 7)
    left: defaultdict[int, int] = defaultdict(int)
    for resolution in (6, 5):
        coarse = await asks(START_MS, START_MS + HOUR_MS, resolution)
        left[resolution] = sum(coarse.values()) - sum(fine.values())
    return left


async def test_coarser_cells_less_the_finer_ones_leave_nothing(towns: dict[str, Town]) -> None:
    assert await hidden_people(towns["without"].weakly_shown) == {6: 3, 5: 3}
    assert await hidden_people(towns["among few"].weakly_shown) == {6: 4, 5: 4}
    for each in towns.values():
        assert await hidden_people(each.shown) == {6: 0, 5: 0}


async def test_asking_for_the_same_hour_again_tells_nothing_more(towns: dict[str, Town]) -> None:
    busy = (START_MS, cell_name(ladder_of(*BUSY).res7))
    random = Random(2)

    async def average_of(asks: Ask, times: int) -> int:
        return round(fmean([(await asks(START_MS, START_MS + HOUR_MS, 7))[busy] for _ in range(times)]))

    def noisy(each: Town) -> Ask:
        async def asked(from_ms: int, to_ms: int, resolution: int) -> Map:
            # Fresh noise is drawn again for whoever asks again.
            return {key: round(people + random.gauss(0, 2)) for key, people in exact.items()}

        exact: Map = {busy: CROWD + (each is towns["in the crowd"])}
        return asked

    assert [await average_of(noisy(towns[name]), 800) for name in ("without", "in the crowd")] == [CROWD, CROWD + 1]
    for each in towns.values():
        first = await each.shown(START_MS, START_MS + HOUR_MS, 7)
        assert [await average_of(each.shown, 5) for _ in range(2)] == [10, 10]
        # Rows are deleted when they are a day old, window by window; the hour is not shown any more by then.
        for minute in (24 * 60 - 1, 24 * 60 + 15, 24 * 60 + 35):
            await to_minute(each.server, minute)
            async with each.database.open() as store:
                await store.purge(each.server.time.now_ms(), RULES)
            later = await each.shown(START_MS, START_MS + HOUR_MS, 7)
            assert later == (first if minute < 24 * 60 else {})


async def test_an_hour_that_is_not_over_is_not_shown(tmp_path: Path) -> None:
    async with town(tmp_path, BUSY) as here:

        async def weakly_shown() -> int:
            return sum((await here.weakly_shown(START_MS, START_MS + HOUR_MS, 7)).values())

        for minute in (25, 31, 59):
            await to_minute(here.server, minute)
            await eventually(weakly_shown, lambda people: people == CROWD + 1, what="the weaker map")
            assert await here.shown(START_MS, START_MS + HOUR_MS, 7) == {}
        await to_minute(here.server, 60)
        assert await here.shown(START_MS, START_MS + HOUR_MS, 7) == {}
        await to_minute(here.server, 61)
        assert list((await here.shown(START_MS, START_MS + HOUR_MS, 7)).values()) == [10]


async def test_an_hour_in_which_a_window_began_that_goes_on_is_not_over(tmp_path: Path) -> None:
    async with live_server(tmp_path, window_s=2_400.0) as server:
        each = Town(server, Database(""))
        for number in range(CROWD):
            await check_in(server, f"c{number}", BUSY)
        for minute, is_shown in ((61, False), (80, False), (81, True)):
            server.time.pass_time(START_MS + minute * MINUTE_MS - server.time.now_ms())
            assert bool(await each.shown(START_MS, START_MS + HOUR_MS, 7)) == is_shown


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


async def test_the_map_is_the_same_on_either_database(tmp_path: Path, postgres: OwnPostgres) -> None:
    bodies = []
    for number, url in enumerate(("", postgres.url)):
        async with town(tmp_path / str(number), BUSY, url) as each:
            await to_minute(each.server, 125)
            asked = [await ask(each.server, START_MS, START_MS + 2 * HOUR_MS, resolution) for resolution in (7, 6, 5)]
            bodies.append([answer.body for answer in asked])
    assert bodies[0] == bodies[1]
    assert all(json.loads(body)["features"] for body in bodies[0])


async def test_the_answer_is_geojson_that_says_which_hours_it_is_of(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await to_minute(here.server, 125)
        answer = await ask(here.server, START_MS - 5 * HOUR_MS + 1, START_MS + 9 * HOUR_MS)
    document = json.loads(answer.body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/geo+json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (document["type"], document["from_ms"], document["to_ms"]) == (
        "FeatureCollection",
        START_MS - 4 * HOUR_MS,
        START_MS + 2 * HOUR_MS,
    )
    (feature,) = document["features"]
    assert feature["properties"] == {
        "cell": cell_name(ladder_of(*BUSY).res7),
        "resolution": 7,
        "hour_start_ms": START_MS,
        "at_least": 10,
        "at_most": 19,
    }
    outline = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert outline.is_valid
    assert outline.contains(shapely.Point(BUSY[1], BUSY[0]))


@pytest.mark.parametrize("scope", ["", "operators", "operator2", "OPERATOR", "audit"])
async def test_others_than_operators_are_refused(server: LiveServer, scope: str) -> None:
    answer = await ask(server, 0, 1, scope=scope)
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "operators_only")


async def test_an_operator_may_have_other_scopes_too_and_a_token_is_needed(server: LiveServer) -> None:
    assert (await ask(server, 0, 1, scope="audit operator")).status == 200
    assert (await server.call("GET", "/v1/admin/crowd?from_ms=0&to_ms=1")).status == 401


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "from_ms"),
        ("from_ms=0", "to_ms"),
        ("from_ms=&to_ms=1", "from_ms"),
        ("from_ms=-1&to_ms=1", "from_ms"),
        ("from_ms=0&to_ms=1e9", "to_ms"),
        ("from_ms=0&to_ms=1.5", "to_ms"),
        ("from_ms=0&to_ms=%D9%A1", "to_ms"),
        ("from_ms=0&to_ms=" + "9" * 16, "to_ms"),
        ("from_ms=5&to_ms=5", "before"),
        ("from_ms=6&to_ms=5", "before"),
        ("from_ms=0&to_ms=1&resolution=8", "resolution"),
        ("from_ms=0&to_ms=1&resolution=4", "resolution"),
        ("from_ms=0&to_ms=1&resolution=", "resolution"),
    ],
)
async def test_a_bad_parameter_is_named(server: LiveServer, query: str, named: str) -> None:
    answer = await server.call("GET", f"/v1/admin/crowd?{query}", token=server.token("op", scope="operator"))
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (422, "bad_query")
    assert named in problem["detail"]


async def test_a_span_without_an_hour_to_show_is_empty(server: LiveServer) -> None:
    for from_ms, to_ms in ((0, 1), (0, START_MS + DAY_MS), (START_MS, START_MS + HOUR_MS), (10**15 - 2, 10**15 - 1)):
        document = json.loads((await ask(server, from_ms, to_ms)).body)
        assert (document["features"], document["from_ms"] <= document["to_ms"]) == ([], True)


async def test_the_resolution_is_7_unless_it_is_asked_for(server: LiveServer) -> None:
    path = f"/v1/admin/crowd?from_ms={START_MS}&to_ms={START_MS + HOUR_MS}&colour=red"
    assert (await server.call("GET", path, token=server.token("op", scope="operator"))).status == 200
