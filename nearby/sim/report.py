"""What a run came to: figures to read, figures to keep, and whether a promise was broken."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from nearby.sim.child import Child
from nearby.sim.ledger import Faults
from nearby.sim.log_check import LogFigures
from nearby.sim.player import PLACED_WITHIN_S
from nearby.sim.players import Players

FINEST_RESOLUTION = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run.

    Attributes:
        cut_short: Why the run did not come to its end; "" if it did.
        said_to_nobody: Sayings acknowledged when everybody in the room had lost the connection for good.
        share_placed: Phones that had a room at some time, in [0, 1].
        never_placed: Phones that never had one.
        waiting_at_end: Phones that checked in without a room and were neither placed nor refused by the end.
        late_places: Times a phone waited more than 5 s for a room.
        turned_away: Check-ins refused to phones without a room.
        cut_off_at_end: Phones that could not come back.
        closed: Phones that the server closed for good, by close code.
        server_cpu_s: None for a server not our own, or one that ended.
        checkin_log: None if it was not looked at.
    """

    seconds: float
    cut_short: str
    phones: int
    established: int
    checkins: int
    refused: Mapping[str, int]
    turned_away: int
    share_placed: float
    never_placed: int
    waiting_at_end: int
    late_places: int
    slowest_place_s: float
    placements: Mapping[str, int]
    share_in_company: float
    share_of_time_by_size: Mapping[int, float]
    share_of_time_by_resolution: Mapping[int, float]
    said: int
    said_to_nobody: int
    deliveries_expected: int
    deliveries_received: int
    faults: Faults
    delivery_p50_ms: float
    delivery_p99_ms: float
    delivery_max_ms: float
    reconnects: int
    resumed: int
    cut_off_at_end: int
    closed: Mapping[int, int]
    server_cpu_s: float | None
    server_peak_mib: float | None
    checkin_log: LogFigures | None = None

    def broken(self) -> list[str]:
        """Return a sentence for each broken promise; empty is the only good result."""
        sentences = [self.cut_short] if self.cut_short else []
        sentences += [f"{count} {name.replace('_', ' ')}" for name, count in asdict(self.faults).items() if count]
        if self.never_placed:
            sentences.append(f"{self.never_placed} phones never had a room")
        if self.waiting_at_end:
            sentences.append(f"{self.waiting_at_end} phones waited for a room until the end")
        if self.late_places:
            sentences.append(
                f"{self.late_places} times a phone waited more than {PLACED_WITHIN_S:.0f} s for a room, "
                f"at the longest {self.slowest_place_s:.1f} s"
            )
        if self.cut_off_at_end:
            sentences.append(f"{self.cut_off_at_end} phones could not come back")
        for code, count in sorted(self.closed.items()):
            sentences.append(f"{count} phones were closed for good with code {code}")
        if self.established and not self.share_of_time_by_resolution.get(FINEST_RESOLUTION):
            sentences.append(f"no time at all was spent at resolution {FINEST_RESOLUTION}")
        return sentences + (self.checkin_log.broken() if self.checkin_log is not None else [])

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the broken promises as plain values."""
        return asdict(self) | {"broken": self.broken()}


def figures(players: Players, *, seconds: float, child: Child | None, cut_short: str = "") -> Figures:
    """Return the figures of a run that has finished and whose phones are still open.

    Args:
        players: The phones.
        seconds: How long the run took.
        child: The server, if it is our own.
        cut_short: Why the run did not come to its end, as a sentence; "" if it did.
    """
    books = players.books
    tally, time = books.tally, books.time
    running = child if child is not None and child.process.returncode is None else None
    return Figures(
        seconds=seconds,
        cut_short=cut_short,
        phones=players.met,
        established=players.established_met,
        checkins=tally.checkins,
        refused=dict(tally.refused),
        turned_away=tally.turned_away,
        share_placed=tally.phones_placed / players.met if players.met else 0.0,
        never_placed=players.met - tally.phones_placed,
        waiting_at_end=tally.waiting_at_end,
        late_places=tally.late_places,
        slowest_place_s=tally.slowest_place_s,
        placements=dict(tally.placements),
        share_in_company=time.share_in_company(),
        share_of_time_by_size=_shares(time.by_size_s),
        share_of_time_by_resolution=_shares(time.by_resolution_s),
        said=books.ledger.acks(),
        said_to_nobody=books.ledger.said_to_nobody(),
        deliveries_expected=books.ledger.expected(),
        deliveries_received=books.ledger.received,
        faults=books.ledger.faults(),
        delivery_p50_ms=players.latency_ms(50),
        delivery_p99_ms=players.latency_ms(99),
        delivery_max_ms=float(books.latency.get_max_value()) / 1_000,
        reconnects=tally.reconnects,
        resumed=tally.resumed,
        cut_off_at_end=players.cut_off(),
        closed=dict(tally.closed),
        server_cpu_s=running.cpu_s() if running else None,
        server_peak_mib=running.peak_kib() / 1024 if running else None,
    )


def _shares(seconds: Mapping[int, float]) -> dict[int, float]:
    total_s = sum(seconds.values())
    return {key: seconds[key] / total_s for key in sorted(seconds) if seconds[key]}


def as_tables(run: Figures) -> RenderableType:
    """Return the figures for a terminal."""
    log = [_checkin_log(run.checkin_log)] if run.checkin_log is not None else []
    return Group(_promises(run), _people(run), _time_by_size(run), *log)


def _promises(run: Figures) -> Table:
    table = Table("promise", "asked", "got", title="Promises")
    table.columns[1].justify = table.columns[2].justify = "right"
    table.add_row("deliveries", f"{run.deliveries_expected:,}", f"{run.deliveries_received:,}")
    for name, count in asdict(run.faults).items():
        table.add_row(name.replace("_", " "), "0", f"{count:,}", style="red" if count else None)
    rest = {
        "phones that never had a room": run.never_placed,
        "waited for a room until the end": run.waiting_at_end,
        f"waited more than {PLACED_WITHIN_S:.0f} s for a room": run.late_places,
        "phones that could not come back": run.cut_off_at_end,
        "phones closed for good": sum(run.closed.values()),
    }
    for name, count in rest.items():
        table.add_row(name, "0", f"{count:,}", style="red" if count else None)
    return table


def _people(run: Figures) -> Table:
    table = Table("figure", "value", title="The run")
    table.columns[1].justify = "right"
    rows = {
        "took": f"{run.seconds:.0f} s",
        "phones": f"{run.phones:,}, {run.established:,} of them established",
        "check-ins": f"{run.checkins:,}",
        "phones placed": f"{run.share_placed:.1%}",
        "longest wait for a room": f"{run.slowest_place_s:.2f} s",
        "placements": _listed(run.placements),
        "refused": _listed(run.refused),
        "check-ins refused without a room": f"{run.turned_away:,}",
        "time in company": f"{run.share_in_company:.1%}",
        "time by rung": ", ".join(
            f"res {resolution} {share:.1%}" for resolution, share in run.share_of_time_by_resolution.items()
        ),
        "said": f"{run.said:,}, {run.said_to_nobody:,} of them when nobody was there to hear it",
        "deliveries a second": f"{run.deliveries_received / max(run.seconds, 1e-9):,.0f}",
        "delivery p50 / p99 / max": (
            f"{run.delivery_p50_ms:.1f} / {run.delivery_p99_ms:.1f} / {run.delivery_max_ms:.1f} ms"
        ),
        "reconnects": f"{run.reconnects:,}, {run.resumed:,} of them resumed",
    }
    if run.server_cpu_s is not None and run.server_peak_mib is not None:
        rows["server CPU"] = f"{run.server_cpu_s:.1f} s ({run.server_cpu_s / max(run.seconds, 1e-9):.0%} of a core)"
        rows["server memory, peak"] = f"{run.server_peak_mib:.0f} MiB"
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _time_by_size(run: Figures) -> Table:
    table = Table("people in the room", "share of time", "", title="Room sizes as people saw them")
    for size, share in run.share_of_time_by_size.items():
        table.add_row(str(size), f"{share:.1%}", "█" * round(40 * share))
    return table


def _checkin_log(found: LogFigures) -> Table:
    table = Table("rows", "count", title="The check-in log, against the model")
    table.columns[1].justify = "right"
    for name, count, may_be in (
        ("in the log", found.rows, True),
        ("windows and cells with rows", found.places, True),
        ("windows and cells with the one possible number", found.exact, True),
        ("may be there or not: a moment fell between sending and answer", found.undecided, True),
        ("of windows under way at the end", found.under_way, True),
        ("people with a check-in that was taken twice or never, or came too fast", found.unsure_people, True),
        ("missing", found.missing, False),
        ("too many", found.surplus, False),
    ):
        table.add_row(name, f"{count:,}", style="red" if count and not may_be else None)
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
