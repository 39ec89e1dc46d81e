"""Open the pages in Chromium while a generated crowd lives: what they cost, and pictures of them."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from nearby.sim.files import allow_connections
from scripts.tools import page_load, page_pictures
from scripts.tools.common import EXIT_BROKEN, JsonOption, SeedOption, SpeedOption, main

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.command()
def load(
    *,
    phones: Annotated[int, typer.Option(min=2, help="Phones there at a time.")] = 2_000,
    says: Annotated[float, typer.Option(min=0, help="Sayings a second, over all phones.")] = 400.0,
    seconds: Annotated[int, typer.Option(min=1, help="Seconds each page is watched for.")] = 40,
    speed: SpeedOption = 30.0,
    seed: SeedOption = 1,
    json_file: JsonOption = None,
) -> None:
    """Measure the main thread of the phone page, in a room of a crowd, and of the console.

    The crowd stands in one place, so the page is in the middle of it. Pages are watched one after the other, with an
    empty one for comparison. Target: under 50 ms of the thread's processor time in each second. How long its tasks
    took by the clock stands beside it: that is more where phones, server and browser share processors.

    Exit code 1: the target was missed, or the server failed. Exit code 2: a wrong argument.
    """
    allow_connections(phones, setting="phones")
    asked = page_load.Asked(phones=phones, says_per_s=says, seconds=seconds, speed=speed, seed=seed)
    found = uvloop.run(page_load.measure(asked))
    found.show(Console())
    if json_file is not None:
        found.save(json_file)
    raise typer.Exit(0 if found.is_met else EXIT_BROKEN)


@app.command()
def pictures(
    into: Annotated[Path, typer.Option(file_okay=False, help="Directory to write them to.")] = page_pictures.PICTURES,
) -> None:
    """Take the pictures that the documents show: the phone page and the console, light and dark."""
    for path in uvloop.run(page_pictures.take(into)):
        typer.echo(path)


if __name__ == "__main__":
    main(app, "scripts/pages")
