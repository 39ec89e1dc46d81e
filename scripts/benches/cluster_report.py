"""What the ``cluster`` bench measured, held against what was promised of servers that share a hub."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table as Printed

from scripts.benches.cluster import Side, Table


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure and what it may be at most, or at least."""

    what: str
    value: float
    limit: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Return whether it was kept."""
        return self.value >= self.limit if self.is_least else self.value <= self.limit


def ratio(table: Table, side: Side, other: Side) -> float:
    """Return the servers' CPU of one side over another's: the median over rounds, each compared with its own."""
    pairs = zip(table[side].servers_us, table[other].servers_us, strict=True)
    return median(one / beside for one, beside in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReport:
    """The figures of one run: of each load, one table.

    Args:
        setup: How they were measured, in one sentence.
        talk: Verified people in rooms of eight, by delivery.
        strangers: The same with unverified people.
        pairs: Verified people in rooms of two, one on each server.
        busy: As ``talk``, two servers and one, each as busy as the other.
        check_ins: By check-in.
        heard: By how many each is heard in a room of eight, on average.
    """

    setup: str
    talk: Table
    strangers: Table
    pairs: Table
    busy: Table
    check_ins: Table
    heard: float

    def promises(self) -> Iterator[Promise]:
        """Yield every promise with what came of it."""
        two, talk = Side.TWO, self.talk
        yield Promise("CPU per delivery, two servers to one as it comes", ratio(talk, two, Side.EMBEDDED), 2.5)
        yield Promise("CPU per repeated check-in, the same", ratio(self.check_ins, two, Side.EMBEDDED), 2.0)
        yield Promise("round trips to the hub per say", self.heard * median(talk[two].asked), 1.05)
        yield Promise("the same of unverified people", self.heard * median(self.strangers[two].asked), 3.0)
        yield Promise("says a second", median(talk[two].rate) / self.heard, 1_000, is_least=True)
        # Deliveries by two cores to those by one: so much CPU two servers have, and so much more they need for each.
        yield Promise(
            "deliveries by two servers to those by one as busy, by CPU", 2 / ratio(self.busy, two, Side.ONE), 1.7, True
        )

    @property
    def is_met(self) -> bool:
        """Return whether all promises were kept."""
        return all(promise.is_met for promise in self.promises())

    def _tables(self) -> Iterator[tuple[str, str, Table]]:
        yield "talk", "delivery, rooms of eight, verified people", self.talk
        yield "strangers", "delivery, rooms of eight, unverified people", self.strangers
        yield "pairs", "delivery, rooms of two, one member a server, verified people", self.pairs
        yield "busy", "delivery, rooms of eight, verified people, each server as busy", self.busy
        yield "checkins", "check-in of somebody who stays", self.check_ins

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "bench": "cluster",
            "setup": self.setup,
            "heard": self.heard,
            "loads": {
                name: {side.value: asdict(figures) for side, figures in table.items()}
                for name, _, table in self._tables()
            },
            "promises": [asdict(promise) | {"is_met": promise.is_met} for promise in self.promises()],
        }

    def show(self, console: Console) -> None:
        """Print tables and verdicts."""
        console.print(f"cluster: {self.setup}")
        for _, unit, table in self._tables():
            printed = Printed(
                *("", "servers µs", "rounds", "to 1st", "to 2nd", "hub µs", "commands", "a second"), title=f"per {unit}"
            )
            for side, figures in table.items():
                printed.add_row(
                    side.value,
                    f"{median(figures.servers_us):.1f}",
                    "  ".join(f"{one:.1f}" for one in figures.servers_us),
                    *(f"{ratio(table, side, one):.2f}" if one in table else "" for one in (Side.EMBEDDED, Side.ALONE)),
                    f"{median(figures.hub_us):.1f}",
                    f"{median(figures.asked):.3f}",
                    f"{median(figures.rate):,.0f}",
                )
            console.print(printed)
        for promise in self.promises():
            bound, verdict = "least" if promise.is_least else "most", "met" if promise.is_met else "missed"
            console.print(f"target: {promise.what}, at {bound} {promise.limit:g}; {promise.value:.2f}: {verdict}")

    def save(self, path: Path) -> None:
        """Write ``as_json`` to a file."""
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n")
