"""When an answer leaves, on a loop whose time only sleeping moves; and which answers it is that wait."""

import asyncio
import contextlib
import selectors
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.server import members, reports
from nearby.server.steps import STEP_S, in_steps
from nearby.testing.privacy.stage import on_stage

ABOUT_PEOPLE = ("/v1/people", "/v1/nearby", "/v1/bottles", "/v1/threads", "/v1/me/blocks")
MESSAGES = ("mute", "unmute", "greet", "block", "report")


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


async def test_every_call_about_people_is_answered_in_steps_and_no_check_in() -> None:
    async with on_stage() as stage:
        routes = stage._parts.http.app().router.routes()
    held = {
        (one.method, one.resource.canonical) for one in routes if hasattr(one.handler, "__wrapped__") and one.resource
    }
    paths = {(one.method, one.resource.canonical) for one in routes if one.resource is not None}
    about = {one for one in paths if one[1].startswith(ABOUT_PEOPLE) and one[0] != "HEAD"}
    assert len(about) >= 20
    assert {one for one in held if one[0] != "HEAD"} == about | {("PATCH", "/v1/me")}


@pytest.mark.parametrize("kind", MESSAGES)
async def test_every_message_about_a_member_is_answered_after_its_step(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[dict[str, Any]] = []
    before: list[int] = []

    @contextlib.asynccontextmanager
    async def noted() -> AsyncIterator[None]:
        try:
            yield
        finally:
            # What was sent would have come by then.
            await stage.settle()
            answers.extend(phone.take())
            before.append(sum(one.get("id") == 7 for one in answers))

    for module in (members, reports):
        monkeypatch.setattr(module, "in_steps", noted)
    async with on_stage(keep="on") as stage:
        (phone,) = await stage.phones(["ana"])
        phone.send({"type": kind, "id": 7, "member": "nobody", "room": "none"})

        def is_answered() -> bool:
            answers.extend(phone.take())
            return any(one.get("id") == 7 for one in answers)

        await stage.until(is_answered)
    assert before == [0]
