"""People who come and go around those whom an attack is about, so that rooms are as they are where people live."""

from collections.abc import Iterator
from random import Random

from nearby.testing.privacy.stage import Stage
from nearby.testing.privacy.towns import Somebody, Town

STAY_MS = 900_000
"""How long somebody stays, on average."""
STEP_MS = 5_000
CHECKS_IN_EVERY_MS = 360_000


class Neighbours:
    """As many people as are wanted, of some who take turns.

    Args:
        town: Where. All of ``people`` live there, and are away at first.
        people: Those who take turns.
        there: How many are there at a time.
        random: The source of chance.
        varies: Whether that is so on average, those who come being independent of those who leave. Else whoever leaves
            makes place for somebody else at once.
    """

    def __init__(self, town: Town, people: list[Somebody], there: int, random: Random, *, varies: bool = False) -> None:
        self._varies = varies
        self._wanted = there
        self._town = town
        self._random = random
        self._away = list(people)
        self._there = [self._away.pop(0) for _ in range(there)]
        self._next_check_in_ms = 0

    def __iter__(self) -> Iterator[Somebody]:
        """Return those who are there."""
        return iter(self._there)

    def step(self, now_ms: int) -> None:
        """Let those check in who are to, and some leave and others come in their place; one step of time passed."""
        if now_ms >= self._next_check_in_ms:
            self._next_check_in_ms = now_ms + CHECKS_IN_EVERY_MS
            for somebody in self._there:
                self._town.check_in(somebody)
        share = STEP_MS / STAY_MS
        leaving = [somebody for somebody in self._there if self._random.random() < share]
        coming = len(leaving)
        if self._varies:
            coming = sum(self._random.random() < share for _ in range(self._wanted))
        for somebody in self._there:
            somebody.phone.drop()
        for somebody in leaving:
            somebody.phone.send({"type": "leave"})
            self._there.remove(somebody)
        for newcomer in self._away[:coming]:
            self._away.remove(newcomer)
            self._there.append(newcomer)
            self._town.check_in(newcomer)
        self._away += leaving

    async def live(self, stage: Stage, for_ms: int) -> None:
        """Let time pass with people who come and go."""
        end_ms = stage.now_ms + for_ms
        while stage.now_ms < end_ms:
            self.step(stage.now_ms)
            await stage.pass_time(min(STEP_MS, end_ms - stage.now_ms), step_ms=STEP_MS)
