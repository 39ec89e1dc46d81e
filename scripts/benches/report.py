"""What a bench found: ratios of interleaved rounds, held against a target."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.benches.servers import Kind


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: our figure, or its ratio to a reference's, is at most ``limit``, or at least."""

    limit: float
    of: Kind | None = None
    is_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of one bench, for each server one a round.

    Args:
        bench: Its name.
        unit: What one figure counts.
        setup: How it was measured, in one sentence.
        rounds: The figures by server.
        target: What was promised.
    """

    bench: str
    unit: str
    setup: str
    rounds: dict[Kind, list[float]]
    target: Target

    def ratio(self, kind: Kind) -> float:
        """Return our figure over another server's: the median over rounds, each compared with its own."""
        return median(ours / theirs for ours, theirs in zip(self.rounds[Kind.OURS], self.rounds[kind], strict=True))

    @property
    def value(self) -> float:
        """Return the figure the target speaks of."""
        return median(self.rounds[Kind.OURS]) if self.target.of is None else self.ratio(self.target.of)

    @property
    def is_met(self) -> bool:
        """Return whether the promise was kept."""
        return self.value >= self.target.limit if self.target.is_least else self.value <= self.target.limit

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "bench": self.bench,
            "unit": self.unit,
            "setup": self.setup,
            "servers": {
                kind.value: {"median": median(figures), "rounds": figures, "ours_is": self.ratio(kind)}
                for kind, figures in self.rounds.items()
            },
            "target": {
                "of": self.target.of and self.target.of.value,
                "limit": self.target.limit,
                "is_least": self.target.is_least,
                "value": self.value,
                "met": self.is_met,
            },
        }

    def show(self, console: Console) -> None:
        """Print a table and a verdict."""
        table = Table("server", self.unit, "rounds", "ours is", title=f"{self.bench}: {self.setup}")
        for kind, figures in self.rounds.items():
            compared = "" if kind is Kind.OURS else f"{self.ratio(kind):.2f} of it"
            table.add_row(kind.value, f"{median(figures):.1f}", "  ".join(f"{one:.1f}" for one in figures), compared)
        console.print(table)
        what = self.unit if self.target.of is None else f"of {self.target.of.value}"
        verdict = "met" if self.is_met else "missed"
        bound = "least" if self.target.is_least else "most"
        console.print(f"target: at {bound} {self.target.limit:g} {what}; {self.value:.2f}: {verdict}")

    def save(self, path: Path) -> None:
        """Write ``as_json`` to a file."""
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n")


def save_all(reports: Sequence[Report], path: Path) -> None:
    """Write several reports to one file, as a list."""
    path.write_text(json.dumps([report.as_json() for report in reports], indent=2) + "\n")
