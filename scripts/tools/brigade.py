"""Let brigades report one innocent person, and print what they achieve and what it costs them."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nearby.sim.attacks.bounds import median, share_at_least, share_at_most
from nearby.testing.privacy.brigades import HOUR_MS, Brigade, Outcome, besiege

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

WIDTH = 150
"""Columns of tables where there is no terminal."""

MINUTE_MS = 60_000
GUESTS = (2, 5, 20)
ESTABLISHED = (5, 6)
PEOPLE = (12, 40)


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the victims of one kind of brigade.

    Attributes:
        people: How many share the victim's catchment, the brigade not counted.
        brigade: Who attacked.
        runs: How many victims, each with a brigade of their own.
        hours: How long each was attacked.
        removed: Victims taken out of a room at least once.
        removals: Times that happened to a victim on average.
        first_min: Minutes until the first time, the middle of those it happened to.
        suspended: Victims who could not come in any more.
        suspended_h: For how many hours on average, of those.
        reports: Reports of a brigade on average.
        spent: Accounts that then never meet the victim again, on average.
        joins: Seats a brigade asked for on average.
        alone: Share of the victim's time that nobody else was in the room, or there was none.
    """

    people: int
    brigade: str
    runs: int
    hours: float
    removed: int
    removals: float
    first_min: float | None
    suspended: int
    suspended_h: float | None
    reports: float
    spent: float
    joins: float
    alone: float


@app.command()
def brigade(
    *,
    guests: Annotated[list[int] | None, typer.Option(min=1, max=100, help="Accounts of guests; several times.")] = None,
    established: Annotated[
        list[int] | None, typer.Option(min=1, max=100, help="Established ones; several times.")
    ] = None,
    people: Annotated[list[int] | None, typer.Option(min=2, max=200, help="People about; several times.")] = None,
    runs: Annotated[int, typer.Option(min=1, max=200, help="Victims of each kind of brigade.")] = 30,
    hours: Annotated[float, typer.Option(min=0.1, max=24, help="For so long each is attacked.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the figures here.")] = None,
) -> None:
    """Let brigades report one innocent person until they are out, and say what they achieve and at what price.

    docs/simulation.md says who does what. Without options: nobody, 2, 5 and 20 guests, 5 and 6 established accounts,
    each against somebody in a catchment of 12 and of 40 people.

    Exit code 1: guests removed or suspended somebody. Exit code 2: a wrong argument.
    """
    if json_file is not None and not os.access(json_file if json_file.exists() else json_file.parent, os.W_OK):
        raise typer.BadParameter(f"{json_file} cannot be written", param_hint="--json")
    is_asked = guests is not None or established is not None
    brigades = [Brigade(0, are_established=False)]
    brigades += [Brigade(count, are_established=False) for count in (guests or (() if is_asked else GUESTS))]
    brigades += [Brigade(count, are_established=True) for count in (established or (() if is_asked else ESTABLISHED))]
    rows = _besiege(brigades, people or PEOPLE, runs=runs, hours=hours, seed=seed)
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    console.print(as_table(rows))
    if json_file is not None:
        json_file.write_text(json.dumps({"seed": seed, "rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    broken = [row for row in rows if row.brigade.endswith("guests") and (row.removed or row.suspended)]
    for row in broken:
        typer.echo(f"broken: {row.brigade} removed {row.removed} and suspended {row.suspended} people", err=True)
    raise typer.Exit(1 if broken else 0)


def summed(brigade: Brigade, people: int, hours: float, outcomes: Sequence[Outcome]) -> Row:
    """Return the row for what became of some victims."""
    runs = len(outcomes)
    firsts = [one.removed_ms[0] / MINUTE_MS for one in outcomes if one.removed_ms]
    suspended = [one.suspended_ms / HOUR_MS for one in outcomes if one.suspended_ms]
    return Row(
        people=people,
        brigade=str(brigade),
        runs=runs,
        hours=hours,
        removed=len(firsts),
        removals=sum(len(one.removed_ms) for one in outcomes) / runs,
        first_min=median(firsts) if firsts else None,
        suspended=len(suspended),
        suspended_h=sum(suspended) / len(suspended) if suspended else None,
        reports=sum(one.reports for one in outcomes) / runs,
        spent=sum(one.spent for one in outcomes) / runs,
        joins=sum(one.joins for one in outcomes) / runs,
        alone=sum(one.alone for one in outcomes) / sum(one.looked for one in outcomes),
    )


def as_table(rows: Sequence[Row]) -> Table:
    """Return the figures for a terminal."""
    heads = ("people", "brigade", "runs", "removed", "times", "after, min", "suspended", "for, h", "reports", "spent")
    table = Table(*heads, "joins asked", "alone", title="Brigades against one innocent person")
    for column in (*table.columns[:1], *table.columns[2:]):
        column.justify = "right"
    for row in rows:
        table.add_row(
            str(row.people),
            row.brigade,
            str(row.runs),
            _share(row.removed, row.runs),
            f"{row.removals:.1f}",
            "" if row.first_min is None else f"{row.first_min:.0f}",
            _share(row.suspended, row.runs),
            "" if row.suspended_h is None else f"{row.suspended_h:.1f}",
            f"{row.reports:.1f}",
            f"{row.spent:.1f}",
            f"{row.joins:.1f}",
            f"{row.alone:.3f}",
        )
    return table


def _share(hits: int, of: int) -> str:
    """Return a share with its 99 % bounds."""
    return f"{hits / of:.2f} ({share_at_least(hits, of):.2f}-{share_at_most(hits, of):.2f})"


def _besiege(brigades: Sequence[Brigade], people: Sequence[int], *, runs: int, hours: float, seed: int) -> list[Row]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    rows = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=len(brigades) * len(people))
        for present, one in product(people, brigades):
            bars.update(task, description=f"{one} among {present}")
            outcomes = uvloop.run(besiege(one, people=present, runs=runs, hours=hours, seed=seed))
            rows.append(summed(one, present, hours, outcomes))
            bars.advance(task)
    return rows


def main(arguments: Sequence[str]) -> None:
    """Run the command line with these arguments."""
    app(list(arguments), prog_name="scripts/simulate brigade")


if __name__ == "__main__":
    main(sys.argv[1:])
