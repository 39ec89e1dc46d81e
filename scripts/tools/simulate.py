"""Let crowds live under placement policies on a simulated clock and compare what came of it."""

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nearby.sim.checkins import read_checkins
from nearby.sim.folding import Fold, Visit, cut, fold, guess_utc_offset_h, parse_time
from nearby.sim.simulation.events import Crowd
from nearby.sim.simulation.page import as_page
from nearby.sim.simulation.plots import plots_of
from nearby.sim.simulation.policies import POLICIES
from nearby.sim.simulation.recorded import recorded
from nearby.sim.simulation.study import Kind, Run, as_json, generated, study, timing_as_json
from nearby.sim.simulation.tables import as_tables
from scripts.tools import brigade, privacy, reach

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Name = StrEnum("Name", {name: name for name in POLICIES})  # type: ignore[misc]

WIDTH = 150
"""Columns of tables where there is no terminal."""

File = Annotated[
    Path | None, typer.Option("--file", exists=True, dir_okay=False, help="Check-ins instead of a generated crowd.")
]
FoldOption = Annotated[Fold, typer.Option("--fold", help="Fold all days of a file onto one week or one day.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Start, local time: HH:MM of a folded run, else YYYY-MM-DDTHH:MM.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="End, as --from; not included.")]
PhonesOption = Annotated[int | None, typer.Option(min=1, help="At most this many phones of a file, drawn by chance.")]
OffsetOption = Annotated[
    int | None, typer.Option(min=-12, max=14, help="Hours that local time is ahead of UTC; guessed by longitude.")
]
JsonOption = Annotated[Path | None, typer.Option("--json", dir_okay=False, help="Write the figures to this file.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", dir_okay=False, help="Write tables and pictures here.")]
TimingOption = Annotated[
    Path | None, typer.Option("--timing", dir_okay=False, help="Write here how long decisions took on this machine.")
]


@app.command()
def simulate(
    *,
    crowd: Annotated[list[Kind] | None, typer.Option(help="What people do; may be given several times.")] = None,
    people: Annotated[list[int] | None, typer.Option(min=2, help="How many are there; several times.")] = None,
    policy: Annotated[list[Name] | None, typer.Option(help="Who seats them; several times. All if not given.")] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.1, max=1_000, help="Hours measured; 600 person-hours if not given.")
    ] = None,
    talk: Annotated[float, typer.Option(min=0, max=60, help="Sayings of each person a minute.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result, byte for byte.")] = 1,
    file: File = None,
    onto: FoldOption = Fold.NONE,
    start: FromOption = None,
    end: ToOption = None,
    phones: PhonesOption = None,
    utc_offset_h: OffsetOption = None,
    json_file: JsonOption = None,
    html_file: HtmlOption = None,
    timing_file: TimingOption = None,
) -> None:
    """Let crowds live under placement policies on a simulated clock, and compare what came of it.

    Ours is the code that serves phones. docs/simulation.md says what each crowd, policy and figure is. Without
    options: steady crowds of 6, 12, 40 and 150 people in one catchment, each under every policy, silent.

    --file takes what scripts/replay reads, and --fold, --from, --to, --phones and --utc-offset-h are as there.

    `scripts/simulate privacy` attacks our server, and weak ones, and prints what came of it; `scripts/simulate
    brigade` lets accounts that agree report one innocent person, `scripts/simulate reach` a spammer try every trick.
    Each has its own --help.

    Exit code 1: ours seated two people together who have a block between them. Exit code 2: a wrong argument.
    """
    for option, path in (("--json", json_file), ("--html", html_file), ("--timing", timing_file)):
        _check_writable(path, option)
    if file is None:
        kinds = crowd or [Kind.STEADY]
        crowds = [
            one for kind in kinds for one in generated(kind, people or (), hours=hours, says_per_min=talk, seed=seed)
        ]
    else:
        random = Random(f"file {seed}")
        visits = _visits(file, random, onto=onto, start=start, end=end, phones=phones, utc_offset_h=utc_offset_h)
        crowds = [recorded(visits, random, says_per_min=talk)]
    names = [one.value for one in policy] if policy else list(POLICIES)
    runs = _run(crowds, names, seed)
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    console.print(as_tables(runs))
    if json_file is not None:
        told = {"seed": seed, "hours": hours, "talk_per_min": talk, "runs": as_json(runs)}
        json_file.write_text(json.dumps(told, indent=2) + "\n")
    if timing_file is not None:
        timing_file.write_text(json.dumps(timing_as_json(runs), indent=2) + "\n")
    if html_file is not None:
        told_in_words = f"Seed {seed}; {talk:g} sayings a minute and person. docs/simulation.md says what is what."
        html_file.write_text(as_page(runs, plots_of(runs), told_in_words))
    conflicts = sum(run.figures.conflicts for run in runs if run.policy == "ours" and run.figures is not None)
    if conflicts:
        typer.echo(f"broken: {conflicts} times people were seated together who have a block between them", err=True)
        raise typer.Exit(1)


def _run(crowds: Sequence[Crowd], policies: Sequence[str], seed: int) -> list[Run]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=1.0)

        def passed(what: str, share: float) -> None:
            bars.update(task, description=what, completed=share)

        return study(crowds, policies, seed=seed, progress=passed)


def _visits(
    file: Path,
    random: Random,
    *,
    onto: Fold,
    start: str | None,
    end: str | None,
    phones: int | None,
    utc_offset_h: int | None,
) -> list[Visit]:
    """Return what of a file is to be simulated.

    Raises:
        typer.BadParameter: It cannot be read, a time cannot, or nothing is left.
    """
    try:
        reading = read_checkins(file, random)
        checkins = reading.checkins
        offset_h = guess_utc_offset_h(checkins) if utc_offset_h is None else utc_offset_h
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--file") from None
    for reason, count in reading.passed_over.items():
        typer.echo(f"passed over {count:,} lines: {reason}", err=True)
    try:
        from_s = None if start is None else parse_time(start, onto)
        to_s = None if end is None else parse_time(end, onto)
    except ValueError:
        raise typer.BadParameter("write HH:MM for a folded run, else YYYY-MM-DDTHH:MM") from None
    visits = cut(fold(checkins, onto, offset_h), from_s=from_s, to_s=to_s, phones=phones, random=random)
    if not visits:
        raise typer.BadParameter("no check-in lies between --from and --to")
    return visits


def _check_writable(path: Path | None, option: str) -> None:
    """Find out before a long run, not after it.

    Raises:
        typer.BadParameter: It cannot be written.
    """
    if path is not None and not os.access(path if path.exists() else path.parent, os.W_OK):
        raise typer.BadParameter(f"{path} cannot be written", param_hint=option)


def main() -> None:
    """Run the command line: crowds under policies, or what ``privacy``, ``brigade`` and ``reach`` do."""
    if sys.argv[1:2] == ["privacy"]:
        privacy.main(sys.argv[2:])
    if sys.argv[1:2] == ["brigade"]:
        brigade.main(sys.argv[2:])
    if sys.argv[1:2] == ["reach"]:
        reach.main(sys.argv[2:])
    app(prog_name="scripts/simulate")


if __name__ == "__main__":
    main()
