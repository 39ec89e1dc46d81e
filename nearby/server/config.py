"""Settings: each has one name as flag, in the file and as ``NEARBY_<NAME>``; flag > environment > file > default."""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.sources import PydanticBaseSettingsSource

from nearby.core.rules import SECOND_MS, Rate, Rules
from nearby.errors import ConfigError
from nearby.server.networks import Network

MIN_KEY_BYTES = 32
"""A shorter HS256 secret can be searched for (RFC 7518 section 3.2 asks for 256 bits)."""

CHECKINS_PER_WINDOW = 20

MAX_TAGS = 32
MAX_TAG_CHARACTERS = 32

DATABASE_FILE = "nearby.db"
"""In the data directory, unless a database is named."""

DATABASE_URL = re.compile(r"(sqlite:///|postgres(ql)?://)[^\s?#]+(\?\S*)?")
"""What may be asked of the form; whether there is such a database shows when it is opened."""

HUB_URL = re.compile(r"rediss?(\+cluster)?://[^\s?#]+(\?\S*)?")

TILE_URL = re.compile(r"https?://[A-Za-z0-9.{}:-]+/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{y\})[^\s;,'\"]*")
"""Its host ends up in a header: no character may end a value there."""

Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Everything an operator can set. The descriptions are what ``nearby serve --help`` and the docs show."""

    model_config = SettingsConfigDict(env_prefix="NEARBY_", frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to serve phones on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to serve phones on; 0 picks a free one.")
    data_dir: Path = Field(
        Path("nearby-data"), description="Directory for the server's own secret, and for its database without a URL."
    )
    database_url: str = Field(
        "", description="Database: sqlite:///FILE or postgresql://USER@HOST/NAME; without one, a file of the server's."
    )
    store_secret: str = Field(
        "", description="Secret under which bans and blocks outlive an erasure; without one, the data directory's."
    )
    hub_url: str = Field(
        "", description="Hub that several servers share: redis://HOST or redis+cluster://HOST; rediss for TLS."
    )
    hub_slices: int = Field(
        1,
        ge=1,
        le=64,
        description="Slices in which the hub keeps the map, each bounded by one primary; the same on all servers.",
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve phones on the same port; needs hub_url.")
    metrics_host: str = Field("127.0.0.1", description="Address to serve metrics on.")
    metrics_port: int = Field(8081, ge=0, le=65535, description="Port to serve metrics on; 0 picks a free one.")
    key: str = Field("", description="Shared secret of the token issuer (HS256), at least 32 bytes.")
    previous_key: str = Field("", description="The shared secret before, still believed.")
    jwks: str = Field("", description="File or URL of the issuer's public keys (RS256, ES256, EdDSA).")
    guests: Literal["auto", "on", "off"] = Field(
        "auto", description="Whether anybody may have a guest token; auto: unless a key or JWKS is set."
    )
    trusted_proxies: Words = Field((), description="Networks whose X-Forwarded-For is believed, by commas.")
    cors_origins: Words = Field((), description="Origins of web pages that may call, by commas.")
    keep: Literal["on", "off"] = Field(
        "on", description="off keeps nothing of people and rooms: a restart begins empty, and acks wait for no disk."
    )
    limits: Literal["on", "off"] = Field(
        "on", description="off lifts every limit on people and client networks: for load tests only."
    )
    bottle: Literal["on", "off"] = Field("on", description="off refuses every call about bottles and their threads.")
    shake: Literal["on", "off"] = Field("on", description="off refuses every shake.")
    gate: Literal["on", "off"] = Field(
        "on", description="off lets unverified people say and be called anything: no content gate."
    )
    filter: str = Field(
        "", description="Your own filter of texts: its name among the entry points nearby.filters of what is installed."
    )
    filter_s: float = Field(0.25, gt=0, le=10, description="How long the filter may take for one text, in seconds.")
    filter_unsure: Literal["hold", "pass"] = Field(
        "hold", description="What becomes of a text about which the filter gave no answer in time."
    )
    notify_url: str = Field("", description="Address of your push service, told when company comes for who asked.")
    notify_secret: str = Field("", description="Secret that signs what it is told, at least 32 bytes.")
    max_connections: int = Field(100, ge=1, description="Open connections per client network (/24 or /56).")
    accept_rate: float = Field(
        100.0, ge=0, le=100_000, description="Connections each process takes a second, and at once; 0 takes all."
    )
    tags: Words = Field((), description="Tags that check-ins may name, at most 32, by commas; others have no effect.")
    window_s: float = Field(600.0, ge=1, le=86400, description="Width of a time window, in seconds.")
    speed: float = Field(
        1.0, ge=1, le=10000, description="Run the world this many times as fast: windows, holding times and limits."
    )
    drain_s: float = Field(10.0, ge=0, le=300, description="How long connections are spread over when stopping.")
    pages: Literal["on", "off"] = Field("on", description="off serves neither the phone page at / nor the console.")
    tile_url: str = Field(
        "", description="Template of the pages' map tiles, with {z}, {x} and {y}; without one they show coastlines."
    )
    tile_attribution: str = Field(
        "",
        max_length=200,
        description="Whose map tiles they are, as their terms ask; shown as text on maps with tiles.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much to log.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from the caller and the environment; ``load_settings`` adds the file below both."""
        return init_settings, env_settings

    def rules(self) -> Rules:
        """Return the product's numbers under these settings."""
        window_ms = round(self.window_s * SECOND_MS)
        rules = Rules(window_ms=window_ms, checkin=Rate(max(1, window_ms // CHECKINS_PER_WINDOW), 3))
        rules = replace(rules.faster(self.speed), has_gate=self.gate == "on")
        return rules if self.limits == "on" else rules.unlimited()

    def secrets(self) -> tuple[bytes, ...]:
        """Return the HS256 secrets in force, the one that signs first; the embedded one without any key."""
        given = tuple(key.encode() for key in (self.key, self.previous_key) if key)
        return given if self.key or self.jwks else (self.own_secret(),)

    def own_secret(self) -> bytes:
        """Return the random secret in the data directory, made with mode 0600 if there is none.

        Raises:
            ConfigError: The directory or the file cannot be made or read.
        """
        path = self.data_dir / "secret"
        self._make_data_dir()
        try:
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(MIN_KEY_BYTES))
            secret = path.read_text().strip().encode()
        except OSError as error:
            raise _unusable(error) from error
        if len(secret) < MIN_KEY_BYTES:
            raise ConfigError("data_dir", f"the file secret in it is not ours: it needs {MIN_KEY_BYTES} bytes or more")
        return secret

    def store_url(self) -> str:
        """Return the address of the database; a file's directory is made, mode 0700, if it is the data directory.

        Raises:
            ConfigError: The data directory cannot be made.
        """
        if self.database_url:
            return self.database_url
        self._make_data_dir()
        return f"sqlite:///{self.data_dir / DATABASE_FILE}"

    def takes_guests(self) -> bool:
        """Return whether guests are on."""
        return self.guests == "on" or (self.guests == "auto" and not (self.key or self.jwks))

    def has_bottle(self) -> bool:
        """Return whether there are drift bottles: not where nothing of people is kept."""
        return self.bottle == "on" and self.keep == "on"

    def proxies(self) -> tuple[Network, ...]:
        """Return the networks of trusted proxies."""
        return tuple(ip_network(text) for text in self.trusted_proxies)

    def _make_data_dir(self) -> None:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(error) from error


def load_settings(given: Mapping[str, Any], config_file: Path | None = None) -> Settings:
    """Return the settings: ``given`` (flags; None is not given) over environment over file over default.

    Raises:
        ConfigError: One is wrong; the sentence names it. Nothing was opened.
    """
    flags = {name: _split(name, value) for name, value in given.items() if value is not None}
    from_environment = {name for name in Settings.model_fields if f"NEARBY_{name}".upper() in os.environ}
    in_file = _read_file(config_file) if config_file else {}
    below = {name: _split(name, value) for name, value in in_file.items() if name not in from_environment}
    words = {name: _split(name, os.environ[f"NEARBY_{name}".upper()]) for name in from_environment & _WORD_SETTINGS}
    try:
        settings = Settings(**{**below, **words, **flags})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ConfigError(str(first["loc"][0]), first["msg"]) from None
    _check_relations(settings)
    return settings


_WORD_SETTINGS = frozenset({"trusted_proxies", "cors_origins", "tags"})


def _split(name: str, value: Any) -> Any:
    """Return a setting of several words as a tuple, whichever way it was written."""
    if name in _WORD_SETTINGS and isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _unusable(error: OSError) -> ConfigError:
    return ConfigError("data_dir", f"name a directory this process may write to ({error.strerror})")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError("config", f"{path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config", f"{path} is not TOML: {error}") from error


def _is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False


def _check_sharing(settings: Settings) -> None:
    """Check that servers which share a hub agree on the rest."""
    if not settings.hub_url:
        if settings.workers > 1:
            raise ConfigError("workers", "several processes meet in a hub; set hub_url and database_url")
        if settings.hub_slices > 1:
            raise ConfigError("hub_slices", "only what a hub keeps is in slices; set hub_url")
        return
    if not HUB_URL.fullmatch(settings.hub_url):
        raise ConfigError("hub_url", "write redis://HOST:PORT or redis+cluster://HOST:PORT, in a password %23 for #")
    if not settings.database_url.startswith("postgres"):
        raise ConfigError("hub_url", "servers that share a hub share a database too; set database_url to PostgreSQL's")
    if not (settings.key or settings.jwks) or not settings.store_secret:
        raise ConfigError("hub_url", "servers that share a hub believe the same tokens; set key or jwks, store_secret")
    if settings.keep == "off":
        raise ConfigError("keep", "what a hub shares is kept there; leave it on")
    if settings.workers > 1 and 0 in (settings.port, settings.metrics_port):
        raise ConfigError("workers", "several processes share a port; name port and metrics_port")


def _check_relations(settings: Settings) -> None:
    """Check what one field's type cannot say."""
    for name in ("key", "previous_key", "store_secret", "notify_secret"):
        key = getattr(settings, name)
        if key and len(key.encode()) < MIN_KEY_BYTES:
            raise ConfigError(name, f"use a secret of at least {MIN_KEY_BYTES} bytes")
    _check_sharing(settings)
    if settings.previous_key and not (settings.key or settings.jwks):
        raise ConfigError("previous_key", "it only stands beside a key; set key too")
    if settings.guests == "on" and settings.jwks and not settings.key:
        raise ConfigError("guests", "guests need a key to sign their tokens with; set key too")
    if settings.database_url and not DATABASE_URL.fullmatch(settings.database_url):
        raise ConfigError(
            "database_url", "write sqlite:///FILE or postgresql://USER@HOST/NAME, in a password %23 for #"
        )
    if "?" in str(settings.data_dir) and not settings.database_url:
        raise ConfigError("data_dir", "its name cannot hold a question mark; name the database by database_url")
    if urlsplit(settings.jwks).scheme not in ("", "http", "https"):
        raise ConfigError("jwks", "name a file, or an http or https address")
    if bool(settings.notify_url) != bool(settings.notify_secret):
        missing = "notify_secret" if settings.notify_url else "notify_url"
        raise ConfigError(missing, "notify_url and notify_secret only stand together; set both")
    if settings.notify_url and not _is_web_address(settings.notify_url):
        raise ConfigError("notify_url", "name an http or https address")
    if settings.tile_url and not TILE_URL.fullmatch(settings.tile_url):
        raise ConfigError("tile_url", "write it like https://tiles.example.org/{z}/{x}/{y}.png")
    if settings.tile_url and not settings.tile_attribution.strip():
        raise ConfigError("tile_attribution", "say whose tiles they are, like © OpenStreetMap contributors")
    if settings.window_s / settings.speed < 1:
        raise ConfigError("speed", "windows would pass in under a second; use a smaller speed or wider windows")
    if len(settings.tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in settings.tags):
        raise ConfigError("tags", f"name at most {MAX_TAGS}, each of at most {MAX_TAG_CHARACTERS} characters")
    try:
        settings.proxies()
    except ValueError as error:
        raise ConfigError("trusted_proxies", f"name networks such as 10.0.0.0/8 ({error})") from error
    if settings.host == settings.metrics_host and settings.port == settings.metrics_port != 0:
        raise ConfigError("metrics_port", "phones and metrics need different addresses")
