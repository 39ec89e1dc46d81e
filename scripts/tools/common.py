"""What the tools that play phones share: a server to play against, tokens, and the report at the end."""

import contextlib
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from nearby.errors import ServerFailed
from nearby.server.auth import mint_token
from nearby.sim.child import Child, own_server
from nearby.sim.players import Players
from nearby.sim.report import Figures, as_tables, figures

TOKEN_TTL_S = 24 * 3600

ServerOption = Annotated[str | None, typer.Option(help="Address of a running server; without one a server is started.")]
KeyOption = Annotated[
    str | None, typer.Option(envvar="NEARBY_KEY", help="The shared secret of that server, to sign phones' tokens.")
]
EstablishedOption = Annotated[float, typer.Option(min=0, max=1, help="Share of people who are established.")]
SpeedOption = Annotated[float, typer.Option(min=1, help="Seconds of the crowd's world that pass in one second.")]
SaysOption = Annotated[float, typer.Option(min=0, help="Sayings a second, over all phones.")]
SeedOption = Annotated[int, typer.Option(help="The same seed draws the same chance.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]

Play = Callable[[Players, Callable[[float], None]], Awaitable[None]]
"""Plays a run with some phones and tells how far it is, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where phones go: ``server`` with its ``key``, or a server of our own at ``speed``."""

    server: str | None
    key: str | None
    speed: float

    def check(self) -> None:
        """Refuse a foreign server without its key."""
        if self.server is not None and self.key is None:
            raise typer.BadParameter("give the server's --key too, or phones have no tokens")


def run(target: Target, play: Play, *, established: float, random: Random, json_file: Path | None) -> None:
    """Play a run to its end, print what it came to and exit: 1 if a promise was broken."""
    target.check()
    try:
        result = uvloop.run(_run(target, play, established=established, random=random))
    except ServerFailed as failed:
        typer.echo(str(failed), err=True)
        raise typer.Exit(1) from None
    Console().print(as_tables(result))
    if json_file is not None:
        json_file.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    for sentence in result.broken():
        typer.echo(f"broken: {sentence}", err=True)
    raise typer.Exit(1 if result.broken() else 0)


async def _run(target: Target, play: Play, *, established: float, random: Random) -> Figures:
    key = target.key or secrets.token_hex(32)
    async with _server(target, key) as (url, child):
        players = Players(url, minter(key.encode()), established=established, random=random)
        started_s = time.monotonic()
        try:
            with _progress_bar() as progress:
                await play(players, progress)
            await players.finish()
            return figures(players, started_s=started_s, child=child)
        finally:
            await players.close()


@contextlib.asynccontextmanager
async def _server(target: Target, key: str) -> AsyncIterator[tuple[str, Child | None]]:
    if target.server is not None:
        yield target.server, None
        return
    async with own_server("--speed", str(target.speed), "--drain-s", "0", "--log-level", "warning", key=key) as child:
        yield child.url, child


def minter(key: bytes) -> Callable[[str, bool], str]:
    """Return what makes phones' tokens, signed with ``key``."""
    expires_s = int(time.time()) + TOKEN_TTL_S
    return lambda person, established: mint_token(key, person, expires_s=expires_s, established=established)


@contextlib.contextmanager
def _progress_bar() -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as bars:
        task = bars.add_task("playing", total=1.0)
        yield lambda share: bars.update(task, completed=share)
