"""Play a file of real check-ins through a server and report whether every promise held."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from nearby.sim.checkins import Reading, read_checkins
from nearby.sim.folding import Fold, Visit, cut, fold, guess_utc_offset_h, most_at_once, parse_time
from nearby.sim.players import Players
from nearby.sim.replay import play
from scripts.tools.common import (
    DatabaseOption,
    EstablishedOption,
    HubOption,
    JsonOption,
    KeyOption,
    SaysOption,
    SeedOption,
    ServerOption,
    SlicesOption,
    SpeedOption,
    Target,
    main,
    run,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The check-ins, plain or gzip.")]
FoldOption = Annotated[Fold, typer.Option("--fold", help="Fold all days onto one week or one day.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Start, local time: HH:MM of a folded run, else YYYY-MM-DDTHH:MM.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="End, as --from; not included.")]
PhonesOption = Annotated[int | None, typer.Option(min=1, help="At most this many phones, drawn by chance.")]
LogOption = Annotated[
    bool, typer.Option("--check-log", help="Hold the server's check-in log against a model of the rule afterwards.")
]
OffsetOption = Annotated[
    int | None, typer.Option(min=-12, max=14, help="Hours that local time is ahead of UTC; guessed by longitude.")
]


@app.command()
def replay(
    file: File,
    *,
    onto: FoldOption = Fold.NONE,
    start: FromOption = None,
    end: ToOption = None,
    phones: PhonesOption = None,
    utc_offset_h: OffsetOption = None,
    speed: SpeedOption = 60.0,
    says: SaysOption = 50.0,
    established: EstablishedOption = 0.9,
    server: ServerOption = None,
    key: KeyOption = None,
    database_url: DatabaseOption = None,
    hub_url: HubOption = None,
    hub_slices: SlicesOption = 1,
    check_log: LogOption = False,
    seed: SeedOption = 1,
    json_file: JsonOption = None,
) -> None:
    """Play FILE through a server, one real socket a person, and report whether every promise held.

    Reads `user_id,timestamp_utc,lat,lon[,venue_category]` with a header line, the TSMC2014
    tab-separated file, and the Gowalla and Brightkite files of SNAP.

    A folded run gives each person and day (or week) a phone of its own. A server started for the
    run has windows, limits and holding times shortened by --speed; against a server of your own,
    choose its --speed alike.

    Exit code 1: something was lost, said twice or out of order, an answer was missing or wrong, a room
    was over capacity, a phone waited more than 5 s for a room or had none, or could not come back, the
    server ended, nobody ever sat in a room of resolution 7 though people are established, or, with
    --check-log, the check-in log has other rows than it must have. Exit code 2: a wrong argument.
    Ctrl-C ends a run with the figures so far.
    """
    random = Random(seed)
    visits = _visits(
        _read(file, random),
        onto=onto,
        start=start,
        end=end,
        phones=phones,
        utc_offset_h=utc_offset_h,
        random=random,
    )
    typer.echo(f"{len(visits):,} check-ins of {len({visit.phone for visit in visits}):,} phones", err=True)

    async def play_visits(players: Players, progress: Callable[[float], None]) -> None:
        await play(visits, players, speed=speed, says_per_s=says, progress=progress)

    target = Target(
        server=server,
        key=key,
        speed=speed,
        database_url=database_url,
        is_log_checked=check_log,
        hub_url=hub_url,
        hub_slices=hub_slices,
    )
    run(target, play_visits, phones=most_at_once(visits), established=established, random=random, json_file=json_file)


def _read(file: Path, random: Random) -> Reading:
    try:
        reading = read_checkins(file, random)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    for reason, count in reading.passed_over.items():
        typer.echo(f"passed over {count:,} lines: {reason}", err=True)
    if not reading.checkins:
        raise typer.BadParameter("it holds no check-in", param_hint="FILE")
    return reading


def _visits(
    reading: Reading,
    *,
    onto: Fold,
    start: str | None,
    end: str | None,
    phones: int | None,
    utc_offset_h: int | None,
    random: Random,
) -> list[Visit]:
    """Return what is to be played.

    Raises:
        typer.BadParameter: A time cannot be read, or nothing is left.
    """
    offset_h = guess_utc_offset_h(reading.checkins) if utc_offset_h is None else utc_offset_h
    try:
        from_s = None if start is None else parse_time(start, onto)
        to_s = None if end is None else parse_time(end, onto)
    except ValueError:
        raise typer.BadParameter("write HH:MM for a folded run, else YYYY-MM-DDTHH:MM") from None
    visits = cut(fold(reading.checkins, onto, offset_h), from_s=from_s, to_s=to_s, phones=phones, random=random)
    if not visits:
        raise typer.BadParameter("no check-in lies between --from and --to")
    return visits


if __name__ == "__main__":
    main(app, "scripts/replay")
