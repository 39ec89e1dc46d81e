"""Areas and the audit over HTTP."""

import asyncio
import json
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]

from nearby.core.cell import cell_name, ladder_of
from nearby.server.area_files import MAX_IMPORT_BYTES
from nearby.server.operating import PAGE
from nearby.testing.serving import Answer, LiveServer

PARK = (47.37, 8.54)
REASON = "?reason=schools+of+the+city"


def square(name: str, lat: float = PARK[0], lon: float = PARK[1], size: float = 0.01, **properties: Any) -> Any:
    west, south = lon - size / 2, lat - size / 2
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"name": name, "kind": "quiet"} | properties}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


async def operate(server: LiveServer, method: str, path: str, body: bytes | None = None) -> Answer:
    return await server.call(method, f"/v1/admin/{path}", body=body, token=server.token("op", scope="operator"))


async def problem(server: LiveServer, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
    answer = await operate(server, method, path, body)
    told = json.loads(answer.body)
    return answer.status, told["code"], told["detail"]


async def known(server: LiveServer, person: str) -> None:
    body = b'{"listed": true}'
    assert (await server.call("PATCH", "/v1/me", body=body, token=server.token(person))).status == 200


async def area_at(server: LiveServer, person: str) -> Any:
    body = json.dumps({"lat": PARK[0], "lon": PARK[1]}).encode()
    return json.loads((await server.call("POST", "/v1/checkins", body=body, token=server.token(person))).body)["area"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_area_that_is_imported_is_in_force_when_it_is_answered(server: LiveServer, method: str) -> None:
    assert await area_at(server, "ana") is not None
    answer = await operate(server, method, f"areas{REASON}", collection(square("City Park")))
    (imported,) = json.loads(answer.body)["areas"]
    assert (answer.status, imported["id"], imported["kind"]) == (200, "city-park", "quiet")
    assert await area_at(server, "ben") is None
    removed = await operate(server, "DELETE", f"areas/city-park{REASON}")
    assert (removed.status, removed.body) == (204, b"")
    assert await area_at(server, "cleo") is not None


async def test_areas_come_back_as_geojson_with_the_cells_they_became(server: LiveServer) -> None:
    sent = [square("Park"), square("Hall", 47.5, 8.7, kind="venue")]
    imported = json.loads((await operate(server, "POST", f"areas{REASON}", collection(*sent))).body)["areas"]
    answer = await operate(server, "GET", "areas")
    assert answer.headers["Content-Type"] == "application/geo+json"
    told = json.loads(answer.body)
    assert told["type"] == "FeatureCollection"
    by_id = {feature["properties"]["id"]: feature for feature in told["features"]}
    assert {name: len(feature["properties"]["cells"]) for name, feature in by_id.items()} == {
        area["id"]: area["cells"] for area in imported
    }
    assert cell_name(ladder_of(*PARK).res7) in by_id["park"]["properties"]["around"]
    for feature, original in zip((by_id["park"], by_id["hall"]), sent, strict=True):
        drawn = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert drawn.equals_exact(shapely.MultiPolygon([shapely.geometry.shape(original["geometry"])]), 1e-6) or (
            drawn.symmetric_difference(shapely.geometry.shape(original["geometry"])).area < 1e-9
        )
    again = await operate(server, "PUT", f"areas{REASON}", answer.body)
    assert again.status == 200
    assert json.loads((await operate(server, "GET", "areas")).body) == told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"[]", "not a GeoJSON object"),
        (b"\xff\xfe", "not JSON"),
        (collection(), "holds no areas"),
        (collection(square("Park", kind="loud")), "Park: its kind must be quiet or venue"),
        (collection(square("Park", size=0.00001)), "Park: it is smaller than"),
        (collection(square("Park", size=3.0)), "cells; split it into areas"),
        (collection(square("Park"), square("Park")), "two areas have the same id"),
        (b"[" * 100_000, "not JSON"),
        (collection(square("Park\x00")), "none of them a control character"),
        (collection(*(square(f"a{number}", 46.0, 7.0 + number, 0.9) for number in range(4))), "import it in parts"),
    ],
)
async def test_what_cannot_be_used_is_refused_whole_with_a_sentence_that_says_why(
    server: LiveServer, body: bytes, said: str
) -> None:
    status, code, detail = await problem(server, "POST", f"areas{REASON}", body)
    assert (status, code) == (422, "bad_area")
    assert said in detail
    assert json.loads((await operate(server, "GET", "areas")).body)["features"] == []


async def test_a_reason_is_required_and_a_kind_is_one_of_two(server: LiveServer) -> None:
    body = collection(square("Park"))
    for path in ("areas", "areas?reason=", "areas?reason=x%00", f"areas{REASON}&kind=loud"):
        assert (await problem(server, "POST", path, body))[:2] == (422, "bad_query")
    assert (await problem(server, "DELETE", "areas/park"))[:2] == (422, "bad_query")
    for area in ("park", "no%20such%20area", "%00"):
        assert (await problem(server, "DELETE", f"areas/{area}{REASON}"))[:2] == (404, "not_found")
    bare = square("Park")
    del bare["properties"]["kind"]
    assert (await operate(server, "POST", f"areas{REASON}&kind=venue", collection(bare))).status == 200


async def test_files_of_megabytes_are_taken_here_and_nowhere_else(server: LiveServer) -> None:
    padded = square("Park", note="x" * (1 << 20))
    assert (await operate(server, "POST", f"areas{REASON}", collection(padded))).status == 200
    too_large = b" " * (MAX_IMPORT_BYTES + 1)
    assert (await problem(server, "POST", f"areas{REASON}", too_large))[:2] == (413, "too_large")
    for method, path in (("POST", "brakes/pull"), ("DELETE", f"areas/park{REASON}"), ("GET", "audit")):
        assert (await problem(server, method, path, b" " * (1 << 15)))[:2] == (413, "too_large")


async def test_a_stranger_s_megabytes_are_not_read(server: LiveServer) -> None:
    answer = await server.call("POST", f"/v1/admin/areas{REASON}", body=b" " * 100_000, token=server.token("ana"))
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "operators_only")


async def test_phones_are_served_while_a_large_file_is_looked_at(server: LiveServer) -> None:
    phone = await server.seated("ana", 10.0, 10.0)
    large = [square(f"a{number}", 46.0, 7.0 + number, 0.4) for number in range(4)]
    importing = asyncio.create_task(operate(server, "POST", f"areas{REASON}", collection(*large)))
    answers = 0
    while not importing.done():
        await phone.ask({"type": "ping", "id": answers})
        answers += 1
    assert (await importing).status == 200
    assert answers > 20


async def test_the_audit_tells_who_did_what_and_why_a_page_at_a_time(server: LiveServer) -> None:
    await operate(server, "POST", f"areas{REASON}", collection(square("Park")))
    for number in range(PAGE):
        body = json.dumps({"room": f"room-{number}", "reason": "a complaint"}).encode()
        assert (await operate(server, "POST", "brakes/close", body)).status == 404
    first = json.loads((await operate(server, "GET", "audit")).body)
    assert len(first["entries"]) == PAGE
    assert first["entries"][0]["detail"] == f"room room-{PAGE - 1}: a complaint"
    last = json.loads((await operate(server, "GET", f"audit?before={first['before']}")).body)
    (entry,) = last["entries"]
    assert (entry["operator"], entry["action"], entry["detail"]) == ("op", "areas_put", "park: schools of the city")
    assert (entry["target"], last["before"]) == (None, None)


@pytest.mark.parametrize("before", ["", "x", "1-", "-a", "1-%20", f"{'9' * 16}-a", "1-a-%C3%A9"])
async def test_a_cursor_that_no_page_gave_is_refused(server: LiveServer, before: str) -> None:
    assert (await problem(server, "GET", f"audit?before={before}"))[:2] == (422, "bad_query")


async def test_a_preview_shows_the_cells_an_area_would_become_and_puts_nothing_in_force(server: LiveServer) -> None:
    sent = collection(square("Park"), square("Hall", 47.5, 8.7, kind="venue"))
    shown = await operate(server, "POST", "areas/preview", sent)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "application/geo+json")
    assert json.loads((await operate(server, "GET", "areas")).body)["features"] == []
    assert json.loads((await operate(server, "GET", "audit")).body)["entries"] == []
    await operate(server, "POST", f"areas{REASON}", sent)
    by_id = sorted(json.loads(shown.body)["features"], key=lambda feature: feature["properties"]["id"])
    assert by_id == json.loads((await operate(server, "GET", "areas")).body)["features"]


async def test_a_preview_refuses_what_an_import_would(server: LiveServer) -> None:
    assert (await problem(server, "POST", "areas/preview", b"{}"))[:2] == (422, "bad_area")
    assert (await problem(server, "POST", "areas/preview?kind=loud", collection(square("P"))))[:2] == (422, "bad_query")
    too_large = b" " * (MAX_IMPORT_BYTES + 1)
    assert (await problem(server, "POST", "areas/preview", too_large))[:2] == (413, "too_large")
    answer = await server.call("POST", "/v1/admin/areas/preview", body=b" " * 100_000, token=server.token("ana"))
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "operators_only")


async def test_the_audit_tells_what_was_done_to_one_person(server: LiveServer) -> None:
    await known(server, "ana")
    body = json.dumps({"reason": "spam"}).encode()
    assert (await operate(server, "POST", "people/ana/ban", body)).status == 200
    assert (await operate(server, "POST", f"areas{REASON}", collection(square("Park")))).status == 200
    (entry,) = json.loads((await operate(server, "GET", "audit?person=ana")).body)["entries"]
    assert (entry["operator"], entry["action"], entry["target"], entry["detail"]) == ("op", "ban", "ana", "spam")
    assert (await problem(server, "GET", "audit?person=no%20id"))[:2] == (422, "bad_query")


async def test_who_may_not_come_in_is_listed(server: LiveServer) -> None:
    await known(server, "ana")
    assert json.loads((await operate(server, "GET", "sanctions")).body) == {"sanctions": []}
    await operate(server, "POST", "people/ana/suspend", json.dumps({"reason": "spam", "days": 2}).encode())
    (listed,) = json.loads((await operate(server, "GET", "sanctions")).body)["sanctions"]
    assert (listed["person"], listed["verified_name"], listed["sanction"]["kind"]) == ("ana", None, "suspension")
    assert (await server.call("GET", "/v1/admin/sanctions", token=server.token("ben"))).status == 403
