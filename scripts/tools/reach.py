"""Let a spammer try every trick, and print how many different strangers the words reach in an hour."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nearby.core.rules import Rules
from nearby.sim.simulation.spam import Reached, spam

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

WIDTH = 150
"""Columns of a table where there is no terminal."""


@app.command()
def reach(
    *,
    people: Annotated[int, typer.Option(min=2, max=5_000, help="How many are there.")] = 150,
    hours: Annotated[float, typer.Option(min=1.5, max=100, help="Hours that the spammer goes on.")] = 3.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the figures here.")] = None,
) -> None:
    """Let a spammer try every trick, and print how many different strangers the words reach in the fullest hour.

    Each trick is played with the count of strangers and without it, in the same crowd in one catchment. Exits with 1 if
    any of them reached more with the count than the product promises.
    """
    columns = (TextColumn("tricks"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=1.0)
        rows = spam(people=people, hours=hours, seed=seed, progress=lambda share: bar.update(task, completed=share))
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(as_table(rows, people=people))
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if any(row.with_count > Rules().strangers_per_hour for row in rows[:-1]):
        raise typer.Exit(1)


def as_table(rows: Sequence[Reached], *, people: int) -> Table:
    """Return the table of what tricks came to."""
    table = Table("a spammer who", "reaches at most", "without the count", "sayings taken", title=f"{people} people")
    for row in rows:
        table.add_row(row.trick, f"{row.with_count}", f"{row.without_count}", f"{row.said:.0%}")
    return table


def main(arguments: Sequence[str]) -> None:
    """Run ``scripts/simulate reach``."""
    app(args=list(arguments), prog_name="scripts/simulate reach")
