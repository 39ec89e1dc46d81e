"""P17: how many cells one account can look into while it sweeps a city of 30 by 30 km, by every way of coming there."""

from collections.abc import Awaitable, Callable

from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import LatLon, Point, Region, neighbours, regions_at, res7_at
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.wires import StagePhone

NO_LIMITS = "no limits"
CITY_M = 30_000.0
GRID_M = 700.0
STEP_MS = 30_000
"""As often as check-ins are allowed."""

HOURS = 2
HOUR_MS = 3_600_000
GATE = 6

Sweep = Callable[[Stage, StagePhone, list[LatLon]], Awaitable[list[int]]]
"""Sweeps and returns when a new cell was in force."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return a row for each way to sweep, and one of how long a city takes by the fastest."""
    region = regions_at("latitude 45", 1)[0]
    cells = city(region)
    spots = [region.position(region.centre(cell)) for cell in cells]
    rows = []
    # Without limits every way is as fast.
    for name, sweep in SWEEPS.items() if server == OURS else list(SWEEPS.items())[:1]:
        async with on_stage(limits="off" if server == NO_LIMITS else "on") as stage:
            phone = (await stage.phones(["sweeper"]))[0]
            times_ms = await sweep(stage, phone, spots)
        most = max((sum(0 <= at - other < HOUR_MS for other in times_ms) for at in times_ms), default=0)
        measured = f"new cells in any hour, {name}"
        rows.append(Finding("P17", server, measured, len(times_ms), most, most, f"<= {GATE}", 0 < most <= GATE))
    hours = len(cells) / max(row.figure for row in rows)
    measured = f"account-hours for a city of {len(cells)} cells"
    rows.append(Finding("P17", server, measured, len(cells), hours, hours, "printed", True))
    return rows


def city(region: Region) -> list[int]:
    """Return the res-7 cells of a square of 30 by 30 km."""
    steps = round(CITY_M / GRID_M)
    points = [
        Point((column - steps / 2) * GRID_M, (row - steps / 2) * GRID_M)
        for row in range(steps)
        for column in range(steps)
    ]
    return sorted({int(res7_at(region.position(point))) for point in points})


async def _over_http(
    stage: Stage, phone: StagePhone, spots: list[LatLon], *, forget: str = "/v1/presence"
) -> list[int]:
    """Clear over HTTP and check in over HTTP at the next cell; no seat is asked for."""
    phone.hang_up()
    await stage.settle()
    token, times_ms = stage.token("sweeper"), list[int]()
    for step in range(HOURS * HOUR_MS // STEP_MS):
        lat, lon = spots[len(times_ms) % len(spots)]
        answer = await stage.call("POST", "/v1/checkins", token=token, body={"lat": lat, "lon": lon})
        if answer.startswith(b"HTTP/1.1 200"):
            times_ms.append(stage.now_ms)
            cleared = await stage.call("DELETE", forget, token=token)
            assert cleared.startswith(b"HTTP/1.1 204"), step
        await stage.pass_time(STEP_MS, step_ms=STEP_MS)
    return times_ms


async def _erased(stage: Stage, phone: StagePhone, spots: list[LatLon]) -> list[int]:
    """The same, erasing the account instead of clearing its location."""
    return await _over_http(stage, phone, spots, forget="/v1/me")


async def _leaving(stage: Stage, phone: StagePhone, spots: list[LatLon]) -> list[int]:
    """Leave on the socket and check in at the next cell."""
    times_ms: list[int] = []
    for _ in range(HOURS * HOUR_MS // STEP_MS):
        phone.check_in(spots[len(times_ms) % len(spots)], id="sweep")
        await stage.tick()
        if any(message["type"] == "ack" for message in phone.take()):
            times_ms.append(stage.now_ms)
            phone.send({"type": "leave"})
        await stage.pass_time(STEP_MS, step_ms=STEP_MS)
        phone.take()
    return times_ms


async def _moving(stage: Stage, phone: StagePhone, spots: list[LatLon]) -> list[int]:
    """Check in to and fro between two regions without leaving; the area in the answers names the one in force.

    When a cell came into force is known to the step, as to everybody.
    """
    here = regions_at("latitude 45", 1)[0]
    there = Region(neighbours(here.cell)[0])
    both = [region.position(region.centre(region.cell)) for region in (here, there)]
    shown, times_ms = "", []
    for _ in range(HOURS * HOUR_MS // STEP_MS):
        phone.check_in(both[shown == f"{here.cell:x}"], id="sweep")
        await stage.settle()
        for message in phone.take():
            if message["type"] == "ack" and message["area"]["cell"] != shown:
                shown = message["area"]["cell"]
                times_ms.append(stage.now_ms)
        await stage.pass_time(STEP_MS, step_ms=STEP_MS)
    return times_ms


async def _lapsing(stage: Stage, phone: StagePhone, spots: list[LatLon]) -> list[int]:
    """Clear over HTTP what was checked in on the socket, coming back on a new connection each time."""
    times_ms: list[int] = []
    for _ in range(HOURS * HOUR_MS // STEP_MS):
        phone = (await stage.phones(["sweeper"]))[0]
        phone.check_in(spots[len(times_ms) % len(spots)], id="sweep")
        await stage.tick()
        if any(message["type"] == "ack" for message in phone.take()):
            times_ms.append(stage.now_ms)
            await stage.call("DELETE", "/v1/presence", token=stage.token("sweeper"))
        phone.hang_up()
        await stage.pass_time(STEP_MS, step_ms=STEP_MS)
    return times_ms


SWEEPS: dict[str, Sweep] = {
    "clearing over HTTP": _over_http,
    "erasing oneself": _erased,
    "leaving on the socket": _leaving,
    "moving without leaving": _moving,
    "by a new connection each time": _lapsing,
}
