"""A position goes in and nothing of it comes out: not in answers, errors, metrics or logs."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest

from nearby.testing.serving import KEY, LiveServer, http_call, live_server

LAT_DEG, LON_DEG = 47.376912345, 8.541698765
TRACES = ("47.37", "8.5416", "47376", "85416", "u0qj")
"""The position as text, shortened, without its point, and as a geohash."""

CELL = re.compile(r"\b8[0-9a-f]{14}\b")


def leaks(text: str) -> list[str]:
    """Return what in ``text`` says where the position is, more finely than resolution 7."""
    found = [trace for trace in TRACES if trace in text]
    found += [cell for cell in CELL.findall(text) if h3.get_resolution(int(cell, 16)) > 7]
    finer = [h3.latlng_to_cell(LAT_DEG, LON_DEG, resolution) for resolution in range(8, 16)]
    return found + [str(cell) for cell in finer if str(cell) in text]


@pytest.mark.parametrize(
    "text", [f"at {LAT_DEG}", "lat=47.37", h3.int_to_str(h3.latlng_to_cell(LAT_DEG, LON_DEG, 9)), "geohash u0qj9b"]
)
def test_the_search_finds_a_position_that_leaks(text: str) -> None:
    assert leaks(text)
    assert not leaks("871f8ecaaffffff and 120 people")


async def everything_said(server: LiveServer) -> list[Any]:
    """Check in by every way there is, rightly and wrongly; return all that came back."""
    token = server.token("ana")
    ana, ben = await server.seated("ana", LAT_DEG, LON_DEG), await server.seated("ben", LAT_DEG, LON_DEG)
    position: dict[str, Any] = {"lat": LAT_DEG, "lon": LON_DEG}
    wrong = [{**position, "accuracy_m": -LAT_DEG}, {**position, "tags": LAT_DEG}, {"lat": LAT_DEG, "lon": "8.54169"}]
    for number, body in enumerate([position, position, position, *wrong]):
        await ana.ask({"type": "checkin", "id": number, **body})
    await ana.ask({"type": "say", "id": "s", "text": "hello"})
    answers = [
        await server.call("POST", "/v1/checkins", body=json.dumps(body).encode(), token=token)
        for body in [position, *wrong, {**position, "lat": 1000 + LAT_DEG}]
    ]
    pages = [await server.call("GET", page) for page in ("/openapi.json", "/asyncapi.json", "/docs", "/readyz")]
    metrics = await http_call(server.running.metrics_url + "/metrics")
    await ben.quiet()
    return [ana.received, ben.received, answers, pages, metrics]


async def test_nothing_that_comes_back_says_where_anybody_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with live_server(tmp_path) as server:
            said = repr(await everything_said(server))
    assert not leaks(said)
    logged = caplog.handler.format
    # The phones' own library logs what it sends, in this process.
    log = "\n".join(logged(record) for record in caplog.records if not record.name.startswith("websockets."))
    assert not leaks(log)
    assert KEY not in said + log


async def test_who_is_a_token_of_is_told_to_nobody_else(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        await server.seated("a-very-telling-name")
        ben = await server.seated("ben")
        await ben.quiet()
        metrics = await http_call(server.running.metrics_url + "/metrics")
        assert "a-very-telling-name" not in repr(ben.received) + repr(metrics)


async def test_everybody_of_a_cell_gets_the_same_answers_wherever_in_it_they_stand(tmp_path: Path) -> None:
    children = sorted(h3.cell_to_children(h3.latlng_to_cell(LAT_DEG, LON_DEG, 7), 9))
    async with live_server(tmp_path, limits="off") as server:
        areas = []
        for number, cell in enumerate(children):
            lat_deg, lon_deg = h3.cell_to_latlng(cell)
            phone = await server.phone(f"p{number}")
            areas.append((await phone.ask({"type": "checkin", "id": 1, "lat": lat_deg, "lon": lon_deg}))["area"])
            await phone.cut()
        assert len(areas) == 49
        assert all(area == areas[0] for area in areas)
