"""One server and one browser for all tests of a module; each test closes its own tabs and must leave nothing wrong."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from nearby.testing.serving import LiveServer, live_server
from tests.pages.browsing import Place, World
from tests.pages.building import built
from tests.strangers.programs import path_of

# Neither a display nor a sandbox (root has none), and nothing that asks other hosts.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)

_places = count()


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built pages, where the server finds them."""
    return built()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path_of("chromium"), args=list(FLAGS))
        yield running
        await running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path_factory.mktemp("server"), guests="on", tags=("music", "chess")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def world(server: LiveServer, browser: Browser) -> AsyncIterator[World]:
    made = World(server, browser)
    yield made
    await server.cut_phones()
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def unlimited(dist: Path, tmp_path: Path, browser: Browser) -> AsyncIterator[World]:
    """A world of its own, with a server that has no limits."""
    async with live_server(tmp_path, guests="on", limits="off") as running:
        made = World(running, browser)
        yield made
        await made.close()


@pytest.fixture
def place() -> Place:
    """Somewhere nobody else was: a cell of resolution 5 has a radius of some 10 km."""
    number = next(_places)
    return Place(-30.0 + number, 20.0)
