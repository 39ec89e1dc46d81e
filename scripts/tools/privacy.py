"""Attack our own server and servers made weak on purpose, and print what each attack came to."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.table import ATTACKS

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

WIDTH = 150
"""Columns of tables where there is no terminal."""

EXIT_BROKEN = 1


@app.command()
def privacy(
    *,
    attack: Annotated[list[str] | None, typer.Option(help="P1, P2, ...; several times. All if not given.")] = None,
    weak: Annotated[bool, typer.Option(help="Attack the servers made weak too.")] = True,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures, latencies aside.")] = 1,
    full: Annotated[bool, typer.Option("--full", help="Ten times the trials against our server.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the figures here.")] = None,
) -> None:
    """Attack our own server, and servers made weak on purpose, and compare what each attack came to.

    docs/privacy.md says what each attack does, what is measured and which gate it is held against. A gate is held
    against the 99 % bound on the attacker's side; n is how many independent trials that rests on.

    Exit code 1: our server did not withstand an attack, or an attack did not break a weak one. Exit code 2: a wrong
    argument.
    """
    names = attack or list(ATTACKS)
    unknown = sorted(set(names) - set(ATTACKS))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(ATTACKS)}", param_hint="--attack")
    if json_file is not None and not os.access(json_file if json_file.exists() else json_file.parent, os.W_OK):
        raise typer.BadParameter(f"{json_file} cannot be written", param_hint="--json")
    runs = [(name, server) for name in names for server in (*(ATTACKS[name].bites if weak else ()), OURS)]
    found = _attack(runs, Effort(full=full, seed=seed))
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    console.print(as_table(found))
    sentences = broken(found)
    if json_file is not None:
        told: dict[str, Any] = {"seed": seed, "full": full, "broken": sentences}
        told["findings"] = [one.as_json() for rows in found.values() for one in rows]
        json_file.write_text(json.dumps(told, indent=2) + "\n")
    for sentence in sentences:
        typer.echo(f"broken: {sentence}", err=True)
    raise typer.Exit(EXIT_BROKEN if sentences else 0)


Found = dict[tuple[str, str], list[Finding]]
"""By attack and server."""


def broken(found: Found) -> list[str]:
    """Return a sentence for each attack our server did not withstand, and for each that did not break a weak one."""
    sentences = []
    for (name, server), rows in found.items():
        if server == OURS:
            sentences += [str(row) for row in rows if not row.holds]
        elif not any(row.breaks for row in rows):
            sentences.append(f"{name} did not break a server with {server}")
    return sentences


def as_table(found: Found) -> Table:
    """Return the figures for a terminal: attack by server."""
    table = Table("attack", "server", "measured", "n", "figure", "bound", "gate", "", title="Attacks")
    for column in table.columns[3:6]:
        column.justify = "right"
    for rows in found.values():
        for row in rows:
            verdict = "printed" if row.gate == "printed" else "holds" if row.holds else "broken"
            style = "red" if verdict == "broken" and row.against == OURS else "bold" if row.against == OURS else None
            table.add_row(
                row.attack,
                row.against,
                row.measured,
                f"{row.n:,}",
                f"{row.figure:.3g}",
                f"{row.bound:.3g}",
                row.gate,
                verdict,
                style=style,
            )
    return table


def _attack(runs: Sequence[tuple[str, str]], effort: Effort) -> Found:
    """Carry the attacks out, one after the other."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    found: Found = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=len(runs))
        for name, server in runs:
            bars.update(task, description=f"{name}, {server}")
            findings: Callable[[Effort, str], Any] = ATTACKS[name].findings
            found[name, server] = uvloop.run(findings(effort, server))
            bars.advance(task)
    return found


def main(arguments: Sequence[str]) -> None:
    """Run the command line with these arguments."""
    app(list(arguments), prog_name="scripts/simulate privacy")


if __name__ == "__main__":
    main(sys.argv[1:])
