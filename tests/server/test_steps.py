"""When an answer leaves, on a loop whose time only sleeping moves."""

import asyncio
import selectors

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.server.steps import STEP_S, in_steps


class Leaping(selectors.SelectSelector):
    """Waits for nothing: its time leaps to when the next is due."""

    now_s = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += max(0.0, timeout or 0.0)
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now_s


def took(work_s: float, *, raises: bool = False) -> float:
    """Return how long a block takes that works so long."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        began_s, is_done = loop.time(), loop.create_future()
        try:
            async with in_steps():
                loop.call_later(work_s, is_done.set_result, None)
                await is_done
                if raises:
                    raise LookupError
        except LookupError:
            assert raises
        return loop.time() - began_s

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(run())


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(0, 3), st.booleans())
def test_what_takes_longer_within_a_step_is_answered_as_late(one: float, other: float, step: int, raises: bool) -> None:
    ended_s = [took((step + part) * STEP_S, raises=raises) for part in (one, other)]
    assert ended_s == pytest.approx([(step + 1) * STEP_S] * 2, abs=1e-6)


def test_what_takes_longer_than_a_step_is_answered_a_step_later() -> None:
    assert took(1.01 * STEP_S) == pytest.approx(2 * STEP_S)
