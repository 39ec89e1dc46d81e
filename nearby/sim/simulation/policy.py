"""What a placement policy is: told what people do, and on every tick it seats whom it will."""

from collections.abc import Callable
from typing import Protocol

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.sim.simulation.events import Place, Traits
from nearby.sim.simulation.history import History

TICK_MS = 200
"""Seats are given on a common tick, as by a server."""


class Policy(Protocol):
    """Seats people and reports every seat to the history it was made with.

    A tick comes within 200 ms of anything that people do while somebody waits for it, and at least every second.
    """

    def arrive(self, person: PersonId, place: Place, traits: Traits, now_ms: int) -> None:
        """Somebody is there and wants a seat."""

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Somebody is still there, maybe elsewhere."""

    def leave(self, person: PersonId, now_ms: int) -> None:
        """Somebody goes, and the seat with them."""

    def say(self, person: PersonId, now_ms: int) -> None:
        """Somebody speaks, if they have a room."""

    def ask_next(self, person: PersonId, now_ms: int) -> None:
        """Somebody wants another room; one who has none, or asks too often, gets none."""

    def block(self, person: PersonId, other: PersonId, now_ms: int) -> None:
        """The two must not meet from now on."""

    def tick(self, now_ms: int) -> int:
        """Do what is due and return how many placements were decided."""


MakePolicy = Callable[[History, Rules, int], Policy]
"""Makes a policy for one run, from where it reports, the rules and a seed."""
