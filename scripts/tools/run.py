"""Start a server with a small generated crowd living in it and show what is going on."""

import asyncio
import contextlib
import signal
import sys
import time
from random import Random
from typing import Annotated
from urllib.request import urlopen

import typer
import uvloop
from rich.console import Console

from nearby.cli import EXIT_WRONG_SETTING, with_settings
from nearby.errors import ConfigError, ServerFailed
from nearby.server.config import Settings
from nearby.sim.child import Child, serving
from nearby.sim.crowd import Shape
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from nearby.sim.small_talk import small_talk
from nearby.sim.status import Status, read_status
from scripts.tools.common import minter

DEMO_WINDOW_S = 20.0
DEMO_PEOPLE = 60
DEMO_SAYS_PER_S = 4.0
DEMO_FOR_S = 365 * 86_400.0
STATUS_EVERY_S = 1.0
PLAIN_EVERY_S = 10.0

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
@with_settings
def run(
    settings: Settings,
    *,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Let a small generated crowd live in it.")] = True,
) -> None:
    """Start a server, with a small generated crowd living in it unless --no-demo, and show what is going on.

    Every other flag goes to `nearby serve`. Windows are 20 s wide unless set otherwise, so that you see
    cells open within two minutes. Ctrl-C drains and ends it.
    """
    flags = [argument for argument in sys.argv[1:] if argument not in ("--demo", "--no-demo")]
    if "window_s" not in settings.model_fields_set:
        flags += ["--window-s", f"{DEMO_WINDOW_S:g}"]
    if "log_level" not in settings.model_fields_set:
        flags += ["--log-level", "warning"]
    secrets = settings.secrets()
    if demo and not secrets:
        raise ConfigError("demo", "the crowd's tokens need a shared secret; set key, or use --no-demo")
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_run(flags, secrets[0] if demo else None))


async def _run(flags: list[str], secret: bytes | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(flags) as child:
        typer.echo(f"phones:  {child.url}/  (documents at {child.url}/docs)\nmetrics: {child.metrics_url}")
        typer.echo(f"console: {child.url}/console  (a token: .venv/bin/nearby token me --scope operator)")
        side = [asyncio.create_task(_show(child))]
        if secret is not None:
            typer.echo(f"{DEMO_PEOPLE} generated people live in it; Ctrl-C drains")
            side.append(asyncio.create_task(_live(child, secret)))
        ended = asyncio.create_task(child.process.wait())
        await asyncio.wait([ended, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        for task in side:
            task.cancel()
        await asyncio.gather(*side, return_exceptions=True)
    typer.echo("drained")


async def _live(child: Child, secret: bytes) -> None:
    """Let the demo's crowd live until cancelled."""
    random = Random()
    players = Players(child.url, minter(secret), established=1.0, random=random, talk=lambda: small_talk(random))
    load = Load(
        shape=Shape.STADIUM, phones=DEMO_PEOPLE, says_per_s=DEMO_SAYS_PER_S, ramp_s=1, duration_s=DEMO_FOR_S, speed=60.0
    )
    try:
        await Crowd(load, players).live(lambda share: None)
    finally:
        await players.close()


async def _show(child: Child) -> None:
    """Show a line a second on a terminal, else one every ten seconds, until cancelled."""
    console = Console()
    before, before_s = await _look(child), time.monotonic()
    with console.status("starting") if console.is_terminal else contextlib.nullcontext() as spinner:
        tell = spinner.update if spinner is not None else typer.echo
        while True:
            await asyncio.sleep(STATUS_EVERY_S if console.is_terminal else PLAIN_EVERY_S)
            now, now_s = await _look(child), time.monotonic()
            tell(now.line(before, now_s - before_s))
            before, before_s = now, now_s


async def _look(child: Child) -> Status:
    def fetch() -> str:
        with urlopen(child.metrics_url, timeout=5) as answer:
            return str(answer.read(), "utf-8")

    return read_status(await asyncio.to_thread(fetch))


def main() -> None:
    """Run the command line; exit code 2 for a wrong setting, 1 if the server failed."""
    try:
        app(prog_name="scripts/run")
    except ConfigError as error:
        typer.echo(f"nearby: {error}", err=True)
        sys.exit(EXIT_WRONG_SETTING)
    except ServerFailed as failed:
        typer.echo(f"nearby: {failed}", err=True)
        sys.exit(failed.code or 1)


if __name__ == "__main__":
    main()
