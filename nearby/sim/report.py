"""What a run came to: figures to read, figures to keep, and whether a promise was broken."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from nearby.sim.child import Child
from nearby.sim.ledger import Faults
from nearby.sim.players import Players

FINEST_RESOLUTION = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run. Shares are in [0, 1]; ``server_cpu_s`` is None for a server not our own."""

    seconds: float
    phones: int
    checkins: int
    refused: Mapping[str, int]
    share_placed: float
    never_placed: int
    slowest_place_s: float
    placements: Mapping[str, int]
    share_in_company: float
    share_of_time_by_size: Mapping[int, float]
    share_of_time_by_resolution: Mapping[int, float]
    said: int
    deliveries_expected: int
    deliveries_received: int
    faults: Faults
    delivery_p50_ms: float
    delivery_p99_ms: float
    delivery_max_ms: float
    reconnects: int
    server_cpu_s: float | None
    server_peak_mib: float | None
    has_established: bool

    def broken(self) -> list[str]:
        """Return a sentence for each broken promise; empty is the only good result."""
        sentences = [f"{count} {name.replace('_', ' ')}" for name, count in asdict(self.faults).items() if count]
        if self.never_placed:
            sentences.append(f"{self.never_placed} phones waited for a room until the end")
        if self.has_established and not self.share_of_time_by_resolution.get(FINEST_RESOLUTION):
            sentences.append("no time at all was spent at resolution 7")
        return sentences

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the broken promises as plain values."""
        return asdict(self) | {"broken": self.broken()}


def figures(players: Players, *, started_s: float, child: Child | None) -> Figures:
    """Return the figures of a run that has finished and whose phones are still open.

    Args:
        players: The phones.
        started_s: When the run began, by ``time.monotonic``.
        child: The server, if it is our own.
    """
    tally, time, latency = players.tally, players.time, players.latency
    return Figures(
        seconds=monotonic() - started_s,
        phones=players.met,
        checkins=tally.checkins,
        refused=dict(tally.refused),
        share_placed=tally.phones_placed / players.met if players.met else 0.0,
        never_placed=tally.never_placed,
        slowest_place_s=tally.slowest_place_s,
        placements=dict(tally.placements),
        share_in_company=time.share_in_company(),
        share_of_time_by_size=_shares(time.by_size_s),
        share_of_time_by_resolution=_shares(time.by_resolution_s),
        said=players.ledger.acks(),
        deliveries_expected=players.ledger.expected(),
        deliveries_received=players.ledger.received,
        faults=players.ledger.faults(),
        delivery_p50_ms=players.latency_ms(50),
        delivery_p99_ms=players.latency_ms(99),
        delivery_max_ms=float(latency.get_max_value()) / 1_000,
        reconnects=tally.reconnects,
        server_cpu_s=child.cpu_s() if child else None,
        server_peak_mib=child.peak_kib() / 1024 if child else None,
        has_established=players.established > 0,
    )


def _shares(seconds: Mapping[int, float]) -> dict[int, float]:
    total_s = sum(seconds.values())
    return {key: seconds[key] / total_s for key in sorted(seconds) if seconds[key]}


def as_tables(run: Figures) -> RenderableType:
    """Return the figures for a terminal."""
    return Group(_promises(run), _people(run), _time_by_size(run))


def _promises(run: Figures) -> Table:
    table = Table("promise", "asked", "got", title="Promises")
    table.columns[1].justify = table.columns[2].justify = "right"
    table.add_row("deliveries", f"{run.deliveries_expected:,}", f"{run.deliveries_received:,}")
    for name, count in asdict(run.faults).items():
        table.add_row(name.replace("_", " "), "0", f"{count:,}", style="red" if count else None)
    table.add_row("waited for a room until the end", "0", f"{run.never_placed:,}")
    return table


def _people(run: Figures) -> Table:
    table = Table("figure", "value", title="The run")
    table.columns[1].justify = "right"
    rows = {
        "took": f"{run.seconds:.0f} s",
        "phones": f"{run.phones:,}",
        "check-ins": f"{run.checkins:,}",
        "phones placed": f"{run.share_placed:.1%}",
        "longest wait for a room": f"{run.slowest_place_s:.2f} s",
        "placements": _listed(run.placements),
        "refused": _listed(run.refused),
        "time in company": f"{run.share_in_company:.1%}",
        "time by rung": ", ".join(
            f"res {resolution} {share:.1%}" for resolution, share in run.share_of_time_by_resolution.items()
        ),
        "said": f"{run.said:,}",
        "deliveries a second": f"{run.deliveries_received / run.seconds:,.0f}",
        "delivery p50 / p99 / max": (
            f"{run.delivery_p50_ms:.1f} / {run.delivery_p99_ms:.1f} / {run.delivery_max_ms:.1f} ms"
        ),
        "reconnects": f"{run.reconnects:,}",
    }
    if run.server_cpu_s is not None and run.server_peak_mib is not None:
        rows["server CPU"] = f"{run.server_cpu_s:.1f} s ({run.server_cpu_s / run.seconds:.0%} of a core)"
        rows["server memory, peak"] = f"{run.server_peak_mib:.0f} MiB"
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _time_by_size(run: Figures) -> Table:
    table = Table("people in the room", "share of time", "", title="Room sizes as people saw them")
    for size, share in run.share_of_time_by_size.items():
        table.add_row(str(size), f"{share:.1%}", "█" * round(40 * share))
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
