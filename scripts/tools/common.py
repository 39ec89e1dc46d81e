"""What the tools that play phones share: a server to play against, tokens, and the report at the end."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Annotated
from urllib.parse import urlsplit

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nearby.client import Phone
from nearby.errors import CloseCode, ConfigError, PhoneClosed, ServerFailed
from nearby.server.auth import mint_token
from nearby.server.config import MIN_KEY_BYTES
from nearby.sim.child import Child, own_server
from nearby.sim.files import allow_connections
from nearby.sim.players import Players
from nearby.sim.report import Figures, as_tables, figures
from nearby.testing.ports import free_port
from scripts.tools.checkin_log import LogCheck, prepared

EXIT_BROKEN = 1
EXIT_WRONG_ARGUMENT = 2
EXIT_SIGNAL = 128
"""Plus the signal's number, as shells count."""

TOKEN_TTL_S = 24 * 3600
ANSWERS_WITHIN_S = 10.0
LOST_AFTER_S = 30.0
"""A foreign server to which no phone has had a connection for so long is gone."""
GONE_WITHIN_S = 1.0
"""Phones notice within this time that their server is gone."""
LOOK_EVERY_S = 1.0

ServerOption = Annotated[str | None, typer.Option(help="Address of a running server; without one a server is started.")]
KeyOption = Annotated[
    str | None, typer.Option(envvar="NEARBY_KEY", help="The shared secret of that server, to sign phones' tokens.")
]
EstablishedOption = Annotated[float, typer.Option(min=0, max=1, help="Share of people who are established.")]
SpeedOption = Annotated[
    float, typer.Option(min=1, max=600, help="Seconds of the crowd's world that pass in one second.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(help="Database of the server started for the run: postgresql://..., of its own; made ready by us."),
]
HubOption = Annotated[
    str | None, typer.Option(help="Start two servers that share this hub, redis://..., empty and of their own.")
]
SlicesOption = Annotated[int, typer.Option(min=1, max=64, help="In so many slices that hub keeps the map.")]
SaysOption = Annotated[float, typer.Option(min=0, help="Sayings a second, over all phones.")]
SeedOption = Annotated[int, typer.Option(help="The same seed draws the same chance.")]
JsonOption = Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the figures to this file.")]

Play = Callable[[Players, Callable[[float], None]], Awaitable[None]]
"""Plays a run with some phones and tells how far it is, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where phones go: ``server`` with its ``key``, or a server of our own at ``speed``.

    Our own has a throw-away database without ``database_url``; ``is_log_checked`` asks whether its check-in log holds.
    With ``hub_url`` there are two of our own that share that hub, which must be empty, in ``hub_slices``.
    """

    server: str | None
    key: str | None
    speed: float
    database_url: str | None = None
    is_log_checked: bool = False
    hub_url: str | None = None
    hub_slices: int = 1

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: The sentence names the option.
        """
        if self.server is not None:
            address = urlsplit(self.server)
            if address.scheme not in ("http", "https", "ws", "wss") or not address.hostname:
                raise ConfigError("server", "give an address such as http://127.0.0.1:8080")
            if self.key is None:
                raise ConfigError("key", "give the server's shared secret too, or phones have no tokens")
            if self.database_url is not None:
                raise ConfigError("database_url", "a server that runs has its own; leave one of the two out")
            if self.is_log_checked:
                raise ConfigError("check_log", "the log of a server that runs is not ours to read; leave server out")
            if self.hub_url is not None:
                raise ConfigError("hub_url", "a server that runs has its own; leave one of the two out")
        if self.hub_url is not None and self.database_url is None:
            raise ConfigError("hub_url", "servers that share a hub share a database too; give database_url")
        if self.key is not None and len(self.key.encode()) < MIN_KEY_BYTES:
            raise ConfigError("key", f"a shared secret has at least {MIN_KEY_BYTES} bytes")


def main(app: typer.Typer, name: str) -> None:
    """Run a tool's command line; exit code 2 for a wrong argument, 1 if a server failed."""
    try:
        app(prog_name=name)
    except ConfigError as error:
        typer.echo(f"{name}: {error}", err=True)
        sys.exit(EXIT_WRONG_ARGUMENT)
    except ServerFailed as failed:
        typer.echo(f"{name}: {failed}", err=True)
        sys.exit(EXIT_BROKEN)


def run(target: Target, play: Play, *, phones: int, established: float, random: Random, json_file: Path | None) -> None:
    """Play a run to its end, print what it came to and exit: 1 if a promise was broken.

    Args:
        target: Where.
        play: What.
        phones: How many may be connected at a time.
        established: Share of people who are established.
        random: The source of chance.
        json_file: Where to write the figures, None for nowhere.

    Raises:
        ConfigError: Something asked for cannot be had. Nothing was played.
        ServerFailed: There was no server to play against.
    """
    target.check()
    allow_connections(phones, setting="phones")
    if json_file is not None:
        check_writable(json_file)
    result, signalled = uvloop.run(_run(target, play, established=established, random=random))
    Console().print(as_tables(result))
    if json_file is not None:
        json_file.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    for sentence in result.broken():
        typer.echo(f"broken: {sentence}", err=True)
    if signalled is not None:
        raise typer.Exit(EXIT_SIGNAL + signalled)
    raise typer.Exit(EXIT_BROKEN if result.broken() else 0)


def minter(key: bytes) -> Callable[[str, bool], str]:
    """Return what makes phones' tokens, signed with ``key``."""
    expires_s = int(time.time()) + TOKEN_TTL_S
    return lambda person, established: mint_token(key, person, expires_s=expires_s, established=established)


def check_writable(path: Path) -> None:
    """Find out before a long run, not after it."""
    where = path if path.exists() else path.parent
    if not os.access(where, os.W_OK):
        raise ConfigError("json", f"{path} cannot be written")


class _Minting:
    """Makes tokens and remembers who is established."""

    def __init__(self, mint: Callable[[str, bool], str]) -> None:
        self._mint = mint
        self.established: set[str] = set()

    def __call__(self, person: str, established: bool) -> str:
        """Return a token."""
        if established:
            self.established.add(person)
        return self._mint(person, established)


async def _run(
    target: Target, play: Play, *, established: float, random: Random
) -> tuple[Figures, signal.Signals | None]:
    """Return the figures, and the signal that cut the run short if one did."""
    key = target.key or secrets.token_hex(MIN_KEY_BYTES)
    async with _database(target, key) as log:
        async with _server(target, key, log) as (url, child):
            mint, began_ms = _Minting(minter(key.encode())), log.watch.now_ms() if log is not None else 0
            await _knock(url, mint)
            players = Players(url, mint, established=established, random=random, speed=target.speed)
            players.books.watch = log.watch if log is not None and target.is_log_checked else None
            result, end = await _play_and_hang_up(play, players, child)
            stopped_ms = log.watch.now_ms() if log is not None else 0
        if log is not None and target.is_log_checked and not end.is_server_gone:
            if target.hub_url is None:
                found = await log.figures(stopped_ms=stopped_ms)
            else:
                found = await log.figures_of_shared(
                    began_ms=began_ms, stopped_ms=stopped_ms, established=mint.established
                )
            result = replace(result, checkin_log=found)
        return result, end.signalled


async def _play_and_hang_up(play: Play, players: Players, child: Child | None) -> tuple[Figures, "End"]:
    started_s = time.monotonic()
    try:
        with progress_bar() as progress:
            end = await _play_to_an_end(play, players, child, progress)
        await (players.finish(within_s=GONE_WITHIN_S) if end.is_server_gone else players.finish())
        seconds = time.monotonic() - started_s
        return figures(players, seconds=seconds, child=child, cut_short=end.sentence), end
    finally:
        await players.close()


@contextlib.asynccontextmanager
async def _database(target: Target, key: str) -> AsyncIterator[LogCheck | None]:
    """Make a database ready for a server of our own, if one was named or its log is to be read."""
    if target.database_url is None and not target.is_log_checked:
        yield None
        return
    async with prepared(target.database_url, key=key, speed=target.speed) as log:
        yield log


@contextlib.asynccontextmanager
async def _server(target: Target, key: str, log: LogCheck | None) -> AsyncIterator[tuple[str, Child | None]]:
    if target.server is not None:
        yield target.server, None
        return
    flags: tuple[str, ...] = ("--speed", str(target.speed), "--drain-s", "0", "--log-level", "warning")
    if target.hub_url is not None:
        flags += ("--workers", "2", "--port", str(free_port()), "--metrics-port", str(free_port()))
        flags += ("--hub-slices", str(target.hub_slices))
    database_url = None if log is None else log.database_url
    async with own_server(*flags, key=key, database_url=database_url, hub_url=target.hub_url) as child:
        yield child.url, child


async def _knock(url: str, mint: Callable[[str, bool], str]) -> None:
    """Find out whether a phone is welcome before a crowd comes.

    Raises:
        ConfigError: The key is not the server's.
        ServerFailed: Nobody answers.
    """
    async with Phone(url, mint(f"knock-{secrets.token_hex(4)}", False)) as phone:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await phone.wait_connected()
        except PhoneClosed as closed:
            if closed.code == CloseCode.BAD_TOKEN:
                raise ConfigError("key", "the server refuses tokens signed with it; give the server's own") from None
            raise ServerFailed(f"the server at {url} turned a phone away: {closed}", None) from None
        except TimeoutError:
            raise ServerFailed(f"no server answered at {url} within {ANSWERS_WITHIN_S:.0f} s", None) from None


@dataclass(frozen=True, slots=True)
class End:
    """How playing ended: with nothing to say, or cut short."""

    sentence: str = ""
    is_server_gone: bool = False
    signalled: signal.Signals | None = None


async def _play_to_an_end(play: Play, players: Players, child: Child | None, progress: Callable[[float], None]) -> End:
    """Play until it is over, the server is gone, or somebody interrupts."""
    playing = asyncio.ensure_future(play(players, progress))
    watching = {asyncio.create_task(_server_gone(players, child)), asyncio.create_task(interrupted())}
    try:
        done, _ = await asyncio.wait({playing, *watching}, return_when=asyncio.FIRST_COMPLETED)
        if playing in done:
            playing.result()
            return End()
        return next(iter(done)).result() or End()
    finally:
        for task in (playing, *watching):
            task.cancel()
        await asyncio.gather(playing, *watching, return_exceptions=True)


async def _server_gone(players: Players, child: Child | None) -> End:
    """Return when the server is."""
    if child is not None:
        code = await child.process.wait()
        return End(f"the server ended by itself, with exit code {code}", is_server_gone=True)
    seen_s = time.monotonic()
    while time.monotonic() - seen_s < LOST_AFTER_S:
        if not len(players) or players.cut_off() < len(players):
            seen_s = time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)
    return End(f"no phone reached the server for {LOST_AFTER_S:.0f} s", is_server_gone=True)


async def interrupted() -> End:
    """Return when SIGINT or SIGTERM came; a second one is not waited for."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[signal.Signals] = loop.create_future()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def come(number: signal.Signals) -> None:
        if not came.done():
            came.set_result(number)

    for number in numbers:
        loop.add_signal_handler(number, come, number)
    try:
        number = await came
        return End(f"the run was interrupted by {number.name}", signalled=number)
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[float], None]]:
    """Show how far a run is while the block runs, on a terminal; yield what is told the share, from 0 to 1."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("playing", total=1.0)
        yield lambda share: bars.update(task, completed=share)
