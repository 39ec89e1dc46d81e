"""The built pages: files that are read once at the start and served from memory."""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from aiohttp import hdrs, web

from nearby import __version__
from nearby.core.pages_wire import PageConfig
from nearby.errors import ErrorCode, Refused
from nearby.server.config import Settings

HERE = Path(__file__).parent
BUILT = (HERE / "web", HERE.parents[1] / "web" / "dist")
"""Where the pages are: in an installed package, or in the tree they are built in."""

NOT_BUILT = (
    "nearby: the pages are not built, the rest works.\n"
    "In the tree of the source scripts/run builds them, as do, with Node 20.19: cd web && npm ci && npm run build\n"
    "Without them: nearby serve --pages off\n"
)

IMMUTABLE = "public, max-age=31536000, immutable"
"""Of files whose name holds the hash of what is in them."""

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_HASHED = "assets/"
_PAGE_OF = {"index.html": "/", "console/index.html": "/console"}
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), accelerometer=(self), gyroscope=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of the pages. ``encoded`` holds what it is under each content coding it was compressed with."""

    body: bytes
    content_type: str
    cache_control: str
    tag: str
    encoded: Mapping[str, bytes]


class Pages:
    """The pages of one server.

    Args:
        files: What there is, by the path it is served at; None if the pages are not built.
        settings: What the pages are told, and where tiles of maps may come from.
    """

    def __init__(self, files: Mapping[str, BuiltFile] | None, settings: Settings) -> None:
        self._files = files
        self._is_on = settings.pages == "on"
        self._tiles = f" {tile_source(settings.tile_url)}" if settings.tile_url else ""
        self._config = msgspec.json.encode(_config_of(settings))

    @classmethod
    def read(cls, settings: Settings) -> "Pages":
        """Return the pages that are built. Reads files: not for the event loop."""
        if settings.pages == "off":
            return cls(None, settings)
        built = next((directory for directory in BUILT if (directory / "index.html").is_file()), None)
        return cls(None if built is None else read_files(built), settings)

    def routes(self) -> list[web.RouteDef]:
        """Return what is served, nothing if the pages are off."""
        if not self._is_on:
            return []
        fixed = sorted(path for path in self._files or () if not path.startswith(f"/{_HASHED}"))
        return [
            web.get("/page.json", self._tell),
            *(web.get(path, self._serve) for path in (fixed or ("/", "/console"))),
            web.get(f"/{_HASHED}{{name}}", self._serve),
        ]

    async def _tell(self, request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=self._config, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-cache"} | _HEADERS
        )

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self._files is None:
            return web.Response(text=NOT_BUILT)
        file = self._files.get(request.path)
        if file is None:
            raise Refused(ErrorCode.NOT_FOUND)
        headers = {
            hdrs.CACHE_CONTROL: file.cache_control,
            hdrs.ETAG: file.tag,
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            "Content-Security-Policy": self._policy(request.headers.get(hdrs.HOST, "")),
        } | _HEADERS
        if file.tag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
            return web.Response(status=304, headers=headers)
        body = file.body
        coding = _coding(request.headers.get(hdrs.ACCEPT_ENCODING, ""), file.encoded)
        if coding is not None:
            headers[hdrs.CONTENT_ENCODING] = coding
            body = file.encoded[coding]
        return web.Response(body=body, headers=headers | {hdrs.CONTENT_TYPE: file.content_type})

    def _policy(self, host: str) -> str:
        """Return the policy of a page at ``host``: its own files and server, and nothing of anybody else's.

        Browsers differ in whether 'self' holds for WebSockets too, so the host is named.
        """
        sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{sockets}; "
            f"img-src 'self' data:{self._tiles}; manifest-src 'self'; worker-src 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )


def read_files(directory: Path) -> dict[str, BuiltFile]:
    """Return the built files by the path they are served at, each with what it was compressed to."""
    files: dict[str, BuiltFile] = {}
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or path.name.startswith(".") or path.suffix in (".br", ".gz", ".map"):
            continue
        name = path.relative_to(directory).as_posix()
        body = path.read_bytes()
        encoded = {
            coding: beside.read_bytes()
            for coding, suffix in _ENCODINGS
            if (beside := path.with_name(path.name + suffix)).is_file()
        }
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        files[_PAGE_OF.get(name, f"/{name}")] = BuiltFile(
            body=body,
            content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            cache_control=IMMUTABLE if name.startswith(_HASHED) else "no-cache",
            tag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
            encoded=encoded,
        )
    return files


def tile_source(tile_url: str) -> str:
    """Return where tiles come from, as a policy names it: ``{s}`` in the host is any name below."""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"


def _coding(accepted: str, encoded: Mapping[str, bytes]) -> str | None:
    """Return the best of the codings there are that a client takes, None for none."""
    taken = {
        name.strip().lower()
        for name, _, quality in (part.partition(";") for part in accepted.split(","))
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    }
    return next((coding for coding, _ in _ENCODINGS if coding in taken and coding in encoded), None)


def _config_of(settings: Settings) -> PageConfig:
    return PageConfig(
        version=__version__,
        tile_url=settings.tile_url or None,
        tile_attribution=settings.tile_attribution.strip() if settings.tile_url else None,
        guests=settings.takes_guests(),
        shake=settings.shake == "on",
        bottle=settings.has_bottle(),
        notify=bool(settings.notify_url),
        window_s=settings.window_s / settings.speed,
        tags=list(settings.tags),
    )
