"""The built pages as a browser gets them."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearby.errors import ConfigError
from nearby.server import pages
from nearby.server.config import load_settings
from nearby.testing.serving import Answer, LiveServer, live_server

SCRIPT = b"export const words = 'nearby';" * 40
CREDITS = "\u00a9 the makers of the map"
TILES = "https://{s}.tiles.example.org/{z}/{x}/{y}.png"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pages as a build leaves them, in place of those that may be built in this tree."""
    directory = tmp_path / "dist"
    for name, body in {
        "index.html": b"<!doctype html><title>phone</title>",
        "console/index.html": b"<!doctype html><title>console</title>",
        "manifest.webmanifest": b"{}",
        "sw.js": b"self;",
        ".sources": b"what it was built from",
        "assets/phone-12345678.js": SCRIPT,
        "assets/phone-12345678.js.gz": gzip.compress(SCRIPT, mtime=0),
        "assets/phone-12345678.js.br": b"brotli",
    }.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    monkeypatch.setattr(pages, "BUILT", (directory,))
    return directory


@pytest.fixture
async def server(built: Path, tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(
        tmp_path, tile_url=TILES, tile_attribution=CREDITS, guests="on", tags=("tea",), window_s=60
    ) as running:
        yield running


def policy_of(answer: Answer) -> dict[str, str]:
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return {name: values for name, _, values in (directive.partition(" ") for directive in directives)}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/console", "text/html; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/assets/phone-12345678.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_every_built_file_is_served_as_what_it_is_and_locked_down(
    server: LiveServer, path: str, kind: str
) -> None:
    answer = await server.call("GET", path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "geolocation=(self), accelerometer=(self)" in answer.headers["Permissions-Policy"]
    host = server.url.removeprefix("http://")
    assert policy_of(answer) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": f"'self' ws://{host} wss://{host}",
        "img-src": "'self' data: https://*.tiles.example.org",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "x" * 300, "[::1", "host:port"])
async def test_a_host_that_is_none_never_gets_into_the_policy(server: LiveServer, host: str) -> None:
    assert policy_of(await server.call("GET", "/", Host=host))["connect-src"] == "'self'"


@pytest.mark.parametrize("host", ["nearby.example.org", "127.0.0.1:8080", "[::1]:80"])
async def test_the_policy_names_the_host_that_the_page_is_at(server: LiveServer, host: str) -> None:
    assert policy_of(await server.call("GET", "/", Host=host))["connect-src"] == f"'self' ws://{host} wss://{host}"


async def test_files_with_a_hash_in_their_name_are_kept_and_pages_are_asked_for_again(server: LiveServer) -> None:
    script = await server.call("GET", "/assets/phone-12345678.js")
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    page = await server.call("GET", "/")
    assert page.headers["Cache-Control"] == "no-cache"
    again = await server.call("GET", "/", If_None_Match=page.headers["Etag"])
    assert (again.status, again.body, again.headers["Etag"]) == (304, b"", page.headers["Etag"])
    assert (await server.call("GET", "/console", If_None_Match=page.headers["Etag"])).status == 200


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip;q=0.5", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("br;q=0, gzip", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("identity", None, SCRIPT),
        ("zstd", None, SCRIPT),
    ],
)
async def test_a_client_gets_what_was_compressed_at_build_time_if_it_takes_it(
    server: LiveServer, built: Path, accepted: str, coding: str | None, body: bytes
) -> None:
    answer = await server.call("GET", "/assets/phone-12345678.js", Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(answer.body) == len(body)
    assert coding == "gzip" or answer.body == body


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/..%2Findex.html", "/assets/phone-12345678.js.gz", "/index.html", "/.sources"]
)
async def test_what_was_not_built_is_not_there(server: LiveServer, path: str) -> None:
    answer = await server.call("GET", path)
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "not_found")


async def test_the_page_is_told_what_the_server_offers(server: LiveServer) -> None:
    told = json.loads((await server.call("GET", "/page.json")).body)
    assert told.pop("version")
    assert told == {
        "tile_url": TILES,
        "tile_attribution": CREDITS,
        "guests": True,
        "shake": True,
        "bottle": True,
        "notify": False,
        "window_s": 60.0,
        "tags": ["tea"],
    }


async def test_without_built_pages_the_server_says_how_to_build_them_and_works(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BUILT", (tmp_path / "nowhere",))
    async with live_server(tmp_path) as server:
        for path in ("/", "/console"):
            answer = await server.call("GET", path)
            assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
            assert "npm run build" in answer.body.decode()
        assert (await server.call("GET", "/readyz")).status == 200


async def test_pages_that_are_off_are_not_there(built: Path, tmp_path: Path) -> None:
    async with live_server(tmp_path, pages="off") as server:
        for path in ("/", "/console", "/page.json", "/sw.js"):
            assert (await server.call("GET", path)).status == 404


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example.org/",
        "ftp://tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}/{y}.png; script-src *",
        "https://a;b/{z}/{x}/{y}",
        "https://a b/{z}/{x}/{y}",
    ],
)
def test_a_template_of_tiles_that_could_not_be_one_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="tile_url"):
        load_settings({"tile_url": url})


def test_tiles_without_saying_whose_they_are_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="tile_attribution"):
        load_settings({"tile_url": TILES})
