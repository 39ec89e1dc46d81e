"""What an attack came to, as a row of the table."""

from dataclasses import asdict, dataclass
from typing import Any

OURS = "ours"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to attack: a run in ``full``, or a tenth of it; the same seed draws the same chance."""

    full: bool = False
    seed: int = 1

    def of(self, full: int) -> int:
        """Return how many of ``full`` trials to make."""
        return full if self.full else max(1, full // 10)


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack on one server.

    Attributes:
        attack: P1, P2, ...
        against: ``OURS``, or the weakness the server was given.
        measured: What was measured, in words.
        n: Over how many independent trials.
        figure: What came out.
        bound: Its 99 % bound on the attacker's side; the figure itself where nothing is drawn.
        gate: What the bound is held against, in words.
        holds: Whether it held.
    """

    attack: str
    against: str
    measured: str
    n: int
    figure: float
    bound: float
    gate: str
    holds: bool

    @property
    def breaks(self) -> bool:
        """Return whether the figure itself is beyond the gate, and not only its bound for want of trials."""
        comparison, _, value = self.gate.rpartition(" ")
        if self.holds:
            return False
        return self.figure < float(value) if comparison.startswith(">") else self.figure > float(value)

    def __str__(self) -> str:
        """Return the row as a sentence."""
        verdict = "holds" if self.holds else "broken"
        return (
            f"{self.attack} against {self.against}: {self.measured} {self.figure:.3g}, bound {self.bound:.3g} "
            f"(n = {self.n:,}), gate {self.gate}: {verdict}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)
