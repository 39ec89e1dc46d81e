"""An operator's own filter: asked about what the gate lets through, and no danger to the server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nearby.server import filtering
from nearby.server.filter_worker import run
from nearby.server.filtering import MAX_WAITING, WORKERS, Filtering
from nearby.server.metrics import Metrics
from nearby.testing.waiting import eventually

PROGRAM = """
import os, sys, threading
sys.path.insert(0, {root!r})
from nearby.server.filter_worker import run

def judge(text, lang):
    print("to nobody")
    if text == "raise": raise ValueError(text)
    if text == "end": os._exit(1)
    if text == "hang": threading.Event().wait()
    return text == "bad" or lang == "xx"

source, sink = os.dup(0), os.dup(1)
os.dup2(2, 1)
run(judge, source=source, sink=sink)
"""
ROOT = str(Path(__file__).parents[2])


def command(program: str = PROGRAM) -> tuple[str, ...]:
    return (sys.executable, "-c", program.format(root=ROOT))


@asynccontextmanager
async def filtered(
    *, within_s: float = 5.0, holds: bool = True, of: Sequence[str] = ()
) -> AsyncIterator[tuple[Filtering, Metrics]]:
    metrics = Metrics()
    asked = Filtering(of or command(), within_s=within_s, holds_when_unsure=holds, metrics=metrics)
    await asked.start()
    try:
        yield asked, metrics
    finally:
        await asked.close()


async def test_it_says_what_is_held_and_what_passes() -> None:
    async with filtered() as (asked, metrics):
        assert await asked.is_unfit("bad", None)
        assert await asked.is_unfit("good\nday \u2603", "xx")
        assert not await asked.is_unfit("good", "de")
    assert metrics.filtered == {"passed": 1, "held": 2, "slow": 0, "failed": 0, "busy": 0}


@pytest.mark.parametrize("holds", [True, False])
async def test_one_that_raises_leaves_it_to_the_policy(holds: bool) -> None:
    async with filtered(holds=holds) as (asked, metrics):
        assert await asked.is_unfit("raise", None) is holds
        assert not await asked.is_unfit("good", None)
    assert metrics.filtered["failed"] == 1


async def test_one_that_ends_or_hangs_costs_its_text_and_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "RESTART_AFTER_S", 0.0)
    async with filtered(within_s=0.3) as (asked, metrics):
        for _ in range(WORKERS):
            assert await asked.is_unfit("hang", None)
            assert await asked.is_unfit("end", None)
        assert metrics.filtered["slow"] >= 1
        assert metrics.filtered["failed"] >= 1

        async def held() -> bool:
            return await asked.is_unfit("good", None)

        await eventually(held, lambda is_held: not is_held, what="a good text")


async def test_more_than_may_wait_are_decided_at_once() -> None:
    async with filtered(within_s=2.0, holds=False) as (asked, metrics):
        hung = [asyncio.create_task(asked.is_unfit("hang", None)) for _ in range(WORKERS + MAX_WAITING)]

        async def waiting() -> int:
            return asked.asked

        await eventually(waiting, lambda count: count == WORKERS + MAX_WAITING, what="texts that wait")
        assert not await asked.is_unfit("bad", None)
        assert metrics.filtered["busy"] == 1
        assert not any(await asyncio.gather(*hung))
    # Whoever comes next to a process that was just ended for being slow is given no answer.
    assert metrics.filtered["slow"] + metrics.filtered["failed"] == WORKERS + MAX_WAITING
    assert metrics.filtered["slow"] >= WORKERS


async def test_one_that_does_not_start_leaves_all_to_the_policy() -> None:
    async with filtered(of=(sys.executable, "-c", "raise SystemExit")) as (asked, _):
        assert await asked.is_unfit("good", None)


def test_the_worker_answers_each_line() -> None:
    source, asked = os.pipe()
    answers, sink = os.pipe()
    os.write(asked, b'{"text": "a", "lang": null}\n{"text": "b", "lang": "de"}\n')
    os.close(asked)

    def judge(text: str, lang: str | None) -> bool:
        if lang is not None:
            raise ValueError
        return text == "a"

    run(judge, source=source, sink=sink)
    assert os.read(answers, 100) == b"true\nnull\n"
    os.close(answers)
