"""The ``scripts/bench`` command."""

import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nearby.errors import ConfigError, ServerFailed
from nearby.server.app import GC_AFTER
from nearby.sim.files import allow_connections
from scripts.benches import acks, checkins, cluster, connections, fanout, log, placement, shakes, stadium, store
from scripts.benches.cluster_report import ClusterReport
from scripts.benches.report import Report, Target, save_all
from scripts.benches.servers import BenchFailed, Kind

EXIT_FAILED = 1
EXIT_WRONG_ARGUMENT = 2
app = typer.Typer(
    help="Measure the server beside reference servers that do the same job, in the same run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")]
RoundsOption = Annotated[
    int, typer.Option(min=1, max=20, help="Rounds; the median is reported, with the servers taking turns in each.")
]
ConnectionsOption = Annotated[int, typer.Option(min=100, max=5_000, help="Phones connected to each server.")]


@app.command("fanout")
def fanout_command(
    connections: ConnectionsOption = 1_000,
    says: Annotated[int, typer.Option(min=1, max=200_000, help="Says a round, in whole laps of all phones.")] = 20_000,
    rounds: RoundsOption = 3,
    json: JsonOption = None,
) -> None:
    """CPU per delivery, rooms of eight. Target: at most 0.8 of the aiohttp hub's."""
    _in_laps("fanout", fanout, connections=connections, pieces=says, rounds=rounds, json=json)


@app.command("checkins")
def checkins_command(
    connections: ConnectionsOption = 2_000,
    checkins_a_round: Annotated[
        int, typer.Option("--checkins", min=1, max=1_000_000, help="Check-ins a round, in whole laps of all phones.")
    ] = 60_000,
    rounds: RoundsOption = 3,
    json: JsonOption = None,
) -> None:
    """CPU per check-in over the socket. Target: at most 60 µs."""
    _in_laps("checkins", checkins, connections=connections, pieces=checkins_a_round, rounds=rounds, json=json)


@app.command("acks")
def acks_command(
    connections: ConnectionsOption = 1_000,
    says: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Says a round, in whole laps of ten a phone.")
    ] = 30_000,
    rounds: RoundsOption = 3,
    json: JsonOption = None,
) -> None:
    """Says acknowledged a second, rooms of two, each on disk. Target: at least 5,000 on SQLite."""
    if connections % acks.ROOM:
        raise ConfigError("connections", "rooms are of two: ask for an even number")
    _in_laps("acks", acks, connections=connections, pieces=says, rounds=rounds, json=json, a_phone=acks.SAYS_A_PHONE)


@app.command("log")
def log_command(
    connections: ConnectionsOption = 2_000,
    laps: Annotated[
        int, typer.Option(min=1, max=100, help="Windows a round, in each of which everybody checks in.")
    ] = 3,
    rounds: RoundsOption = 3,
    json: JsonOption = None,
) -> None:
    """Check-ins with the check-in log and without. Target: at least 0.85 of those without, on both databases."""
    allow_connections(len(log.KINDS) * connections, setting="connections")
    reports = []
    for database in log.DATABASES:
        measure = partial(log.measure, database=database, connections=connections, laps=laps, rounds=rounds)
        figures = _run(f"log on {database}", measure, connections=len(log.KINDS) * connections, steps=laps * rounds)
        reports.append(
            Report(
                bench=f"log on {database}",
                unit=log.UNIT,
                setup=log.setup(connections, laps),
                rounds=figures,
                target=log.TARGET,
            )
        )
    _conclude_all(reports, json)


@app.command("cluster")
def cluster_command(
    connections: Annotated[
        int, typer.Option(min=80, max=2_000, help="Phones of each side, in whole rooms of eight.")
    ] = 800,
    laps: Annotated[int, typer.Option(min=1, max=100, help="How often a round everybody speaks or checks in.")] = 5,
    rounds: RoundsOption = 3,
    json: JsonOption = None,
) -> None:
    """Servers on a shared hub beside one by itself. Target: 2.5 times its CPU a delivery, twice its CPU a check-in.

    Takes some minutes and needs PostgreSQL and Redis. Only figures of one run are comparable.
    """
    if connections % cluster.ROOM:
        raise ConfigError("connections", "rooms are of eight: ask for a multiple")
    busiest = sum(cluster.busy_phones(side, connections) for side in cluster.GATEWAYS)
    allow_connections(busiest, setting="connections")
    with _progress() as progress:
        task = progress.add_task("cluster", total=cluster.LOADS * rounds * laps)
        tables = uvloop.run(
            cluster.measure_all(
                connections=connections, laps=laps, rounds=rounds, advance=partial(progress.advance, task)
            )
        )
    report = ClusterReport(setup=cluster.setup(connections, laps), heard=cluster.ROOM, **tables)
    if json is not None:
        report.save(json)
    report.show(Console())
    if not report.is_met:
        raise typer.Exit(EXIT_FAILED)


@app.command("store")
def store_command() -> None:
    """The store without a server: what a commit, a record and a warm start cost. No target; takes a minute or two."""
    store.main()


@app.command("connections")
def connections_command(
    count: Annotated[
        int, typer.Option("--connections", min=100, max=20_000, help="Idle phones connected to each server.")
    ] = 5_000,
    rounds: RoundsOption = 1,
    json: JsonOption = None,
) -> None:
    """Memory per idle connection after hello. Target: at most 25 KiB."""
    figures = _run(
        "connections",
        partial(connections.measure, connections=count, rounds=rounds),
        connections=count,
        steps=rounds,
    )
    setup = connections.setup(count)
    report = Report(bench="connections", unit=connections.UNIT, setup=setup, rounds=figures, target=connections.TARGET)
    _conclude(report, json)


@app.command("placement")
def placement_command(
    people: Annotated[
        list[int], typer.Option(min=1_000, max=20_000_000, help="People present; give it again for more sizes.")
    ] = list(placement.SIZES),  # noqa: B006  Typer's own way of a default list.
    json: JsonOption = None,
) -> None:
    """Memory a person and CPU a decision, in one process. A million take minutes, ten million an hour and 10 GiB.

    A decision is to look which rooms of the person's area may be offered and to choose one: the calls offer and decide.
    The check-in before it is not in it, nor the seat and what phones hear after it; with these it is "placing".
    Memory is that of a person who is present and no more, and of one who is connected and has a seat.
    """
    with _progress() as progress:
        task = progress.add_task("placement", total=2 * len(people))
        found = placement.grow(people, partial(progress.advance, task))
    if json is not None:
        found.save(json)
    found.show(Console())
    if found.missed:
        raise typer.Exit(EXIT_FAILED)


@app.command("stadium")
def stadium_command(
    people: Annotated[int, typer.Option(min=100, max=200_000, help="People who come.")] = 50_000,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Within so many seconds.")] = 60.0,
) -> None:
    """A venue fills through the live state at real time. Target: no room over eight, nothing longer than 50 ms."""
    # As a server does.
    gc.set_threshold(GC_AFTER)
    gc.freeze()
    with _progress() as progress:
        task = progress.add_task("stadium", total=round(seconds / stadium.TICK_S))
        filling = uvloop.run(stadium.fill(people, seconds, partial(progress.advance, task)))
    filling.show(Console())
    if not filling.is_met:
        raise typer.Exit(EXIT_FAILED)


@app.command("shakes")
def shakes_command(
    people: Annotated[int, typer.Option(min=100, max=15_000, help="Phones that shake within a second.")] = 10_000,
) -> None:
    """A crowd of one area shakes at once. Target: all meet, ack p99 250 ms, matched 1 s after the wait ends."""
    allow_connections(people, setting="people")
    with _progress() as progress:
        task = progress.add_task("shakes", total=4)
        found = uvloop.run(shakes.shake(people, partial(progress.advance, task)))
    found.show(Console())
    if not found.is_met:
        raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Run the command line; exit codes: 0 fine, 1 failed or a target missed, 2 wrong arguments."""
    # Ended from outside, the children must end too: unwind as for ^C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except ConfigError as error:
        typer.echo(f"bench: {error}", err=True)
        sys.exit(EXIT_WRONG_ARGUMENT)
    except (BenchFailed, ServerFailed) as failed:
        typer.echo(f"bench: {failed}", err=True)
        sys.exit(EXIT_FAILED)


class _LapBench(Protocol):
    """A module that measures what all phones do in turn, lap by lap."""

    UNIT: str
    KINDS: tuple[Kind, ...]
    TARGET: Target

    def setup(self, connections: int, pieces: int, /) -> str: ...

    async def measure(
        self, *, connections: int, laps: int, rounds: int, advance: Callable[[], None]
    ) -> dict[Kind, list[float]]: ...


def _in_laps(
    name: str, bench: _LapBench, *, connections: int, pieces: int, rounds: int, json: Path | None, a_phone: int = 1
) -> None:
    """Measure ``pieces`` of work a round, in whole laps of all phones, each doing ``a_phone`` in one, and conclude."""
    laps = -(-pieces // (a_phone * connections))
    figures = _run(
        name,
        partial(bench.measure, connections=connections, laps=laps, rounds=rounds),
        connections=len(bench.KINDS) * connections,
        steps=laps * rounds,
    )
    setup = bench.setup(connections, laps * a_phone * connections)
    _conclude(Report(bench=name, unit=bench.UNIT, setup=setup, rounds=figures, target=bench.TARGET), json)


def _run(
    name: str, measure: Callable[..., Coroutine[Any, Any, dict[Kind, list[float]]]], *, connections: int, steps: int
) -> dict[Kind, list[float]]:
    """Return the figures by server, with progress on a terminal. ``connections``: open at once."""
    allow_connections(connections, setting="connections")
    with _progress() as progress:
        task = progress.add_task(name, total=steps)
        return uvloop.run(measure(advance=partial(progress.advance, task)))


def _progress() -> Progress:
    """Return a bar that shows on a terminal alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _conclude(report: Report, json: Path | None) -> None:
    """Show and save what was found; exit 1 if the target was missed."""
    if json is not None:
        report.save(json)
    _show(report)


def _conclude_all(reports: Sequence[Report], json: Path | None) -> None:
    """Do the same for the reports of one command, which become a list in the file."""
    if json is not None:
        save_all(reports, json)
    _show(*reports)


def _show(*reports: Report) -> None:
    for report in reports:
        report.show(Console())
    if not all(report.is_met for report in reports):
        raise typer.Exit(EXIT_FAILED)
