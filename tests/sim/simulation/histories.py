"""Hand-made crowds and histories, a few people and minutes large."""

from collections.abc import Mapping

from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import MINUTE_MS, Rules
from nearby.sim.crowd import moved
from nearby.sim.simulation.events import START_MS, Crowd, Place, Traits
from nearby.sim.simulation.figures import Figures, figures_of
from nearby.sim.simulation.history import History
from nearby.sim.simulation.script import LAT_DEG, LON_DEG

ANA, BEN, CLEO, DAN = (PersonId(name) for name in ("ana", "ben", "cleo", "dan"))


def place(north_m: float = 0.0) -> Place:
    lat_deg, lon_deg = moved(LAT_DEG, LON_DEG, north_m, 0.0)
    return Place(lat_deg, lon_deg, ladder_of(lat_deg, lon_deg))


HERE = place()


class Story:
    """A history told in minutes after the start, and the crowd it is of."""

    def __init__(self, traits: Mapping[PersonId, Traits] | None = None) -> None:
        self.history = History()
        self._traits = traits or {}

    def at(self, minutes: float) -> History:
        self.history.at(START_MS + round(minutes * MINUTE_MS))
        return self.history

    def figures(self, *, ends: float, measured_from: float = 0, spammer: PersonId | None = None) -> Figures:
        """Return the figures of minutes ``measured_from`` to ``ends``."""
        crowd = Crowd(
            name="by hand",
            events=[],
            measured_from_ms=START_MS + round(measured_from * MINUTE_MS),
            ends_ms=START_MS + round(ends * MINUTE_MS),
            rules=Rules(),
            traits=self._traits,
            spammer=spammer,
        )
        return figures_of(crowd, self.history.entries)
