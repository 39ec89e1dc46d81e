"""Nobody is placed inside a quiet area, and a running server learns of areas by itself."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Any, cast

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.area import Area, AreaId, read_areas
from nearby.core.ids import ConnectionId, PersonId
from nearby.core.rules import Rules
from nearby.core.session import Patience
from nearby.core.window import Windows
from nearby.errors import ConfigError, StoreDown
from nearby.hub.base import Caller
from nearby.hub.memory import LiveState, MemoryHub
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.companions import Companions
from nearby.server.dispatch import Dispatcher
from nearby.server.gateway import Gateway
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.names import Names
from nearby.server.placer import Placer
from nearby.server.reports import Reports
from nearby.server.screening import Screening
from nearby.server.separation import Separation
from nearby.store.base import Store
from nearby.store.commands import import_areas, remove_area
from nearby.store.sql.journal import SqlJournal
from nearby.store.sql.store import Unheard
from nearby.testing.serving import START_MS, LiveServer, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually
from tests.server.locking import locked

SECRET = b"the secret of this test's windows"
PARK = (47.37, 8.54)
OUTSIDE = (47.50, 8.70)
HALL = h3.latlng_to_cell(47.4, 8.6, 9)


class Kept:
    """What the areas in force need of a store."""

    def __init__(self, *areas: Area) -> None:
        self.revision = 1
        self.held: Sequence[Area] = areas
        self.is_down = False
        self.reads = 0

    async def areas_revision(self) -> int:
        if self.is_down:
            raise StoreDown
        return self.revision

    async def areas(self) -> Sequence[Area]:
        self.reads += 1
        return self.held


def area(name: str, *cells: int, kind: Any = "quiet") -> Area:
    return Area(AreaId(name), kind, name, b"", frozenset(cells))


async def refreshed(areas: AreasInForce, kept: Kept) -> bool:
    return await areas.refresh(cast(Store, kept))


def gauge(metrics: Metrics, kind: str) -> float | None:
    return metrics.registry.get_sample_value("nearby_areas", {"kind": kind})


async def test_areas_are_read_when_the_revision_is_another_one_and_no_other_time() -> None:
    metrics, kept = Metrics(), Kept(area("park", 1, 2), area("hall", HALL, kind="venue"))
    areas = AreasInForce(metrics)
    assert not areas.index.at(1).is_quiet
    assert [await refreshed(areas, kept), await refreshed(areas, kept)] == [True, False]
    assert [areas.index.at(cell).is_quiet for cell in (1, 3)] == [True, False]
    assert (gauge(metrics, "quiet"), gauge(metrics, "venue")) == (1, 1)
    kept.held, kept.revision = (), 2
    assert await refreshed(areas, kept)
    assert not areas.index.at(1).is_quiet
    assert (gauge(metrics, "quiet"), kept.reads) == (0, 2)


async def test_a_database_restored_from_a_backup_has_a_lower_revision_and_is_read() -> None:
    kept = Kept(area("park", 1))
    areas = AreasInForce(Metrics())
    await refreshed(areas, kept)
    kept.held, kept.revision = (), 0
    assert await refreshed(areas, kept)
    assert not areas.index.at(1).is_quiet


async def test_a_store_that_is_down_leaves_the_areas_in_force() -> None:
    kept = Kept(area("park", 1))
    areas = AreasInForce(Metrics())
    await refreshed(areas, kept)
    kept.is_down = True
    with pytest.raises(StoreDown):
        await refreshed(areas, kept)
    assert areas.index.at(1).is_quiet


async def test_while_looking_fails_it_is_counted_and_afterwards_all_goes_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearby.server.areas.REFRESH_S", 0)
    metrics, kept = Metrics(), Kept(area("park", 1))
    areas = AreasInForce(metrics)
    kept.is_down = True

    async def failures() -> float:
        return metrics.registry.get_sample_value("nearby_areas_refresh_failures_total") or 0

    async def is_quiet() -> bool:
        return areas.index.at(1).is_quiet

    with caplog.at_level(logging.WARNING):
        keeping = asyncio.create_task(areas.keep_fresh(cast(Store, kept)))
        await eventually(failures, lambda count: count >= 2, what="failures")
        kept.is_down = False
        await eventually(is_quiet, bool, what="quiet")
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert "keeping the areas in force: the database cannot be reached" in caplog.text


def square(lat_deg: float, lon_deg: float, half_deg: float = 0.005) -> bytes:
    ring = [[lon_deg + x * half_deg, lat_deg + y * half_deg] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return json.dumps({"type": "Feature", "properties": {"id": "park"}, "geometry": geometry}).encode()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Return the database a server in this directory makes."""
    return Database(f"sqlite:///{tmp_path}/nearby.db")


@pytest.fixture
async def server(tmp_path: Path, database: Database) -> AsyncIterator[LiveServer]:
    """Yield a server that started with a quiet area around ``PARK``."""
    async with database.open() as store:
        await import_areas(store, square(*PARK), "a fair", START_MS, kind="quiet")
    async with live_server(tmp_path) as running:
        yield running


def checkin(position: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {"type": "checkin", "lat": position[0], "lon": position[1], **more}


def body(position: tuple[float, float]) -> bytes:
    return json.dumps({"lat": position[0], "lon": position[1]}).encode()


async def test_a_check_in_inside_is_acknowledged_and_unplaced(server: LiveServer) -> None:
    ana, ben = await server.seated("ana", *OUTSIDE), await server.seated("ben", *OUTSIDE)
    await ana.quiet()
    await ana.send(checkin(PARK, id=1))
    ack, unplaced = await ana.next(), await ana.next()
    assert (ack["type"], ack["id"], ack["area"]) == ("ack", 1, None)
    assert ack["window"]["start_ms"] <= server.time.now_ms() < ack["window"]["end_ms"]
    assert unplaced == {"type": "unplaced", "why": "quiet_area"}
    await ben.until("left")
    assert await server.metric("nearby_people_present") == 1


async def test_a_check_in_inside_is_acknowledged_once_it_is_on_disk_and_the_others_hear_of_it_before(
    server: LiveServer, tmp_path: Path
) -> None:
    ana, ben = await server.seated("ana", *OUTSIDE), await server.seated("ben", *OUTSIDE)
    await ana.quiet()
    with locked(tmp_path):
        await ana.send(checkin(PARK, id="in"))
        await ben.until("left")
        # She is out again before the disk took it: the seat she has by then holds.
        answer = await server.call("POST", "/v1/checkins", body=body(OUTSIDE), token=server.token("ana"))
        assert answer.status == 200
        await ana.until("placed")
        assert not [message for message in ana.received if message.get("id") == "in"]
    assert (await ana.until("ack", id="in"))["area"] is None
    assert not [message for message in await ana.quiet() if message["type"] == "unplaced"]


async def test_who_had_no_seat_is_told_too_and_waits_for_none(server: LiveServer) -> None:
    ana = await server.phone("ana")
    await ana.send(checkin(OUTSIDE))
    await ana.send(checkin(PARK))
    assert (await ana.until("unplaced", why="quiet_area"))["why"] == "quiet_area"
    await server.running.keeper.tick()
    assert "placed" not in {message["type"] for message in await ana.quiet()}
    assert await server.metric("nearby_people_present") == 0


async def test_over_http_it_is_200_without_area_and_room_and_the_socket_hears_of_it(server: LiveServer) -> None:
    ana = await server.seated("ana", *OUTSIDE)
    answer = await server.call("POST", "/v1/checkins", body=body(PARK), token=server.token("ana"))
    said = json.loads(answer.body)
    assert (answer.status, said["area"], said["room"]) == (200, None, None)
    assert said["window"]["start_ms"] <= server.time.now_ms() < said["window"]["end_ms"]
    assert (await ana.until("unplaced"))["why"] == "quiet_area"


async def test_the_limit_on_check_ins_holds_inside_too(server: LiveServer) -> None:
    token = server.token("ana")
    answers = [await server.call("POST", "/v1/checkins", body=body(PARK), token=token) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    ben = await server.phone("ben")
    errors = [await ben.ask(checkin(PARK, id=number)) for number in range(4)]
    assert [error["type"] for error in errors] == ["ack", "ack", "ack", "error"]
    assert (errors[3]["code"], await server.metric("nearby_limits_hit_total", limit="checkin")) == ("rate_limited", 2)


async def test_outside_again_somebody_is_placed_as_new(server: LiveServer) -> None:
    ana = await server.phone("ana")
    await ana.send(checkin(PARK))
    await ana.until("unplaced", why="quiet_area")
    await ana.send(checkin(OUTSIDE))
    assert (await ana.until("placed"))["why"] == "new"


async def test_a_change_reaches_a_running_server(tmp_path: Path, database: Database) -> None:
    async with live_server(tmp_path, limits="off") as server, database.open() as operator:
        ana = await server.seated("ana", *PARK)
        await import_areas(operator, square(*PARK), "a fair", START_MS, kind="quiet")
        await server.until_metric("nearby_areas", lambda count: count == 1, kind="quiet")
        assert (await ana.ask(checkin(PARK, id=1)))["area"] is None
        await remove_area(operator, "park", "over", START_MS)
        await server.until_metric("nearby_areas", lambda count: count == 0, kind="quiet")
        assert (await ana.ask(checkin(PARK, id=2)))["area"] is not None
        assert (await ana.until("placed"))["why"] == "new"


async def test_a_server_does_not_start_without_its_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="database_url: ") as wrong:
        async with live_server(tmp_path, database_url="postgresql://u:hunter2@127.0.0.1:1/none"):
            pass
    assert "hunter2" not in str(wrong.value)


NOTHING_TO_WRITE = SqlJournal(nullcontext, Unheard())  # type: ignore[arg-type]
"""A journal in which nothing is recorded, so that nobody waits for it."""


async def nothing_to_enforce() -> None:
    """Nothing is kept, so nobody is suspended."""


class City:
    """A server's parts between a check-in and a seat, without sockets: everything real but the clock."""

    def __init__(self, areas: AreasInForce) -> None:
        rules, metrics = Rules().unlimited(), Metrics()
        clock = SteadyClock(wall_ms=lambda: START_MS, monotonic_ms=lambda: 0)
        windows = Windows(rules.window_ms, SECRET)
        gateway = Gateway(rules, Patience(), clock, metrics)
        ids = (f"id-{number}" for number in range(10**9))
        state = LiveState(rules, secret=SECRET, draw_id=lambda: next(ids), now_ms=START_MS)
        self.hub = MemoryHub(state, gateway)
        self._placer = Placer(self.hub, clock, metrics)
        verifier, journal, draw_id = Verifier([SECRET]), NOTHING_TO_WRITE, lambda: next(ids)
        names = Names(None, verifier, metrics)
        separation = Separation(self.hub, None, journal=journal, rules=rules, draw_id=draw_id)
        members = Members(self.hub, None, separation, journal=journal, metrics=metrics, draw_id=draw_id)
        reports = Reports(
            self.hub,
            None,
            journal=journal,
            members=members,
            enforce=nothing_to_enforce,
            rules=rules,
            verifier=verifier,
            clock=clock,
            metrics=metrics,
            draw_id=draw_id,
        )
        self._dispatcher = Dispatcher(
            self.hub,
            gateway,
            placer=self._placer,
            journal=journal,
            areas=areas,
            verifier=verifier,
            names=names,
            members=members,
            reports=reports,
            screening=Screening(self.hub, None, has_gate=True),
            separation=separation,
            companions=Companions(None),
            windows=windows,
            clock=clock,
            metrics=metrics,
            random=Random(1),
            tags=(),
            has_shake=True,
        )

    async def is_placed(self, name: str, lat_deg: float, lon_deg: float) -> bool:
        """Return whether a connected person has a seat once they checked in there."""
        caller = Caller(PersonId(name))
        connection = ConnectionId(name)
        await self.hub.attach(caller, connection, None, START_MS)
        position = wire.Position(lat=lat_deg, lon=lon_deg)
        await self._dispatcher.check_in(caller, position, START_MS, connection=connection)
        await self._placer.tick()
        return await self.hub.room_of(caller.person) is not None


def star(lat_deg: float, lon_deg: float, reaches_deg: Sequence[float]) -> Any:
    """Return a polygon around a point with a corner in every direction, as far as it says: convex or not."""
    angles = [2 * math.pi * number / len(reaches_deg) for number in range(len(reaches_deg))]
    corners = zip(angles, reaches_deg, strict=True)
    return shapely.Polygon([(lon_deg + r * math.cos(a), lat_deg + r * math.sin(a)) for a, r in corners])


def near_edges(polygon: Any, spots: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield corners, and points at a share of the way round and up to some 50 m to either side; latitude first."""
    yield from ((lat, lon) for lon, lat in polygon.exterior.coords)
    for share, aside_deg in spots:
        edge = polygon.exterior.interpolate(share, normalized=True)
        yield edge.y + aside_deg, edge.x
        yield edge.y, edge.x + aside_deg


@given(
    st.floats(-84, 84),
    st.floats(-179, 179),
    st.lists(st.floats(0.0005, 0.02), min_size=4, max_size=9),
    st.lists(st.tuples(st.floats(0, 1), st.floats(-0.0005, 0.0005)), min_size=1, max_size=8),
)
def test_nobody_is_placed_inside_a_quiet_area_and_everybody_beyond_its_cells(
    lat_deg: float, lon_deg: float, reaches_deg: list[float], spots: list[tuple[float, float]]
) -> None:
    drawn = star(lat_deg, lon_deg, reaches_deg)
    (quiet,) = read_areas(json.dumps(shapely.geometry.mapping(drawn)).encode(), kind="quiet")

    async def walk() -> None:
        areas = AreasInForce(Metrics())
        await refreshed(areas, Kept(quiet))
        city = City(areas)
        points = [*near_edges(drawn, spots), (lat_deg, lon_deg), (lat_deg + 0.05, lon_deg)]
        for number, (lat, lon) in enumerate(points):
            is_placed = await city.is_placed(f"p{number}", lat, lon)
            if drawn.covers(shapely.Point(lon, lat)):
                assert not is_placed
            assert is_placed == (h3.latlng_to_cell(lat, lon, 9) not in quiet.cells)

    asyncio.run(walk())


async def test_a_check_in_inside_makes_no_account(server: LiveServer, database: Database) -> None:
    token = server.token("ana")
    for _ in range(3):
        assert (await server.call("POST", "/v1/checkins", body=body(PARK), token=token)).status == 200
    assert (await server.call("DELETE", "/v1/presence", token=token)).status == 204
    assert not await database.rows("people")
