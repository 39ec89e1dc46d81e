"""A hostile runner: what would go unnoticed elsewhere fails the test here. ``test_guards.py`` shows each bite."""

import asyncio
import gc
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvloop
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

# The same examples every time: what lands must not depend on luck, nor core's coverage on a lucky draw.
settings.register_profile(
    "ci", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", parent=settings.get_profile("ci"), derandomize=False, max_examples=600)
settings.load_profile(os.environ.get("NEARBY_TEST_PROFILE", "ci"))

_reached_the_loop: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of tests of core that ``scripts/test`` runs beside those by which it measures what they cover."""
    config.addinivalue_line("markers", "lengthy: thousands of rounds over a few lines, which a tracer slows fourfold.")


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Any]:
    """Run every async test on the loop the server runs on."""
    return {"uvloop": _guarded_loop}


def _guarded_loop() -> asyncio.AbstractEventLoop:
    loop = uvloop.new_event_loop()
    loop.set_exception_handler(_record)
    return loop


def _record(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _reached_the_loop.append(repr(context))
    if isinstance(context.get("exception"), pytest.fail.Exception):
        loop.stop()  # uvloop hands the alarm of pytest-timeout to this handler and would wait on.


@pytest.fixture(autouse=True)
def nothing_reaches_the_loops_handler(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test when an exception reached the event loop's handler, or a task died unheard."""
    _reached_the_loop.clear()
    gc.freeze()  # What was there before the test is not looked at again after it: that was most of a run's time.
    yield
    if "asyncio" in request.keywords:
        gc.collect()
    assert not _reached_the_loop, f"exceptions reached the event loop: {_reached_the_loop}"


@pytest.fixture(scope="session", autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """Raise ``BlockingError`` where our own code makes a blocking call on a running event loop."""
    with blockbuster_ctx(["nearby"]) as guard:
        for function in guard.functions.values():
            # asyncpg looks for a password file and certificates in the home directory when it connects.
            function.can_block_in("asyncpg/connect_utils.py", "_parse_connect_dsn_and_args")
        yield
