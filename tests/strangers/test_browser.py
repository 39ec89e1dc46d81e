"""The page in ``examples/page`` uses a real browser's own fetch and WebSocket: the promises are in ``browser.js``."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from nearby.testing.serving import LiveServer, live_server
from tests.strangers.programs import curl, path_of, script
from tests.strangers.sites import Line, site

pytestmark = pytest.mark.usefixtures("node_modules")

# Neither a display nor a sandbox (root has none), and nothing that asks other hosts.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-quic", "about:blank"),
)


@dataclass(frozen=True, slots=True)
class World:
    """A server, the page's origin, which it knows, an origin it does not know, and a line that can be cut."""

    server: LiveServer
    page: str
    stranger: str
    line: Line

    async def token(self) -> str:
        """Return a new guest's token."""
        guest = await curl("-X", "POST", f"{self.server.url}/v1/guests")
        return str(json.loads(guest.body)["token"])


@pytest.fixture(scope="module")
def devtools() -> Iterator[str]:
    """Where a headless browser that knows nothing yet lets itself be driven."""
    with tempfile.TemporaryDirectory(prefix="nearby-browser-", ignore_cleanup_errors=True) as directory:
        # A session of its own: its many processes go with it.
        command = (path_of("chromium"), *FLAGS, f"--user-data-dir={directory}")
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as browser:
            assert browser.stderr is not None
            try:
                address = _devtools_in(browser.stderr)
                # Nobody wants the rest of what it says, but a full pipe would stop it.
                drain = threading.Thread(target=browser.stderr.read)
                drain.start()
                yield address
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
            drain.join()


def _devtools_in(said: IO[str]) -> str:
    """Return the address a browser that starts says; takes what it says up to there.

    Raises:
        AssertionError: It ended without one.
    """
    before = []
    for line in said:
        if line.startswith("DevTools listening on "):
            return line.split()[-1]
        before.append(line)
    raise AssertionError(f"chromium did not start: {''.join(before)}")


@pytest.fixture(autouse=True)
def driven(devtools: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVTOOLS", devtools)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    line = Line()
    async with (
        site(cut=line.cut, mend=line.mend) as page,
        site() as stranger,
        live_server(tmp_path, guests="on", cors_origins=(page,)) as server,
        line.laid_to(server.url),
    ):
        yield World(server, page, stranger, line)


async def test_two_tabs_meet_and_talk(world: World) -> None:
    await script("browser.js", "two_tabs_meet_and_talk", world.page, world.server.url)


async def test_a_tab_whose_line_was_cut_resumes_and_misses_nothing(world: World) -> None:
    promise = "a_tab_whose_line_was_cut_resumes_and_misses_nothing"
    await script("browser.js", promise, world.page, world.server.url, world.line.url)


async def test_a_tab_that_is_loaded_again_finds_its_seat_and_its_words(world: World) -> None:
    promise = "a_tab_that_is_loaded_again_finds_its_seat_and_its_words"
    await script("browser.js", promise, world.page, world.server.url)


async def test_a_page_of_an_origin_that_is_not_configured_can_do_nothing(world: World) -> None:
    promise = "a_page_of_an_origin_that_is_not_configured_can_neither_read_nor_check_in"
    await script("browser.js", promise, world.stranger, world.server.url, await world.token())
    assert await world.server.metric("nearby_people_present") == 0


async def test_a_socket_is_judged_by_its_token_and_never_by_its_origin_or_a_cookie(world: World) -> None:
    promise = "a_socket_is_judged_by_its_token_and_never_by_its_origin_or_a_cookie"
    await script("browser.js", promise, world.stranger, world.server.url, await world.token())


async def test_the_docs_page_is_whole_by_itself(world: World) -> None:
    await script("browser.js", "the_docs_page_is_whole_by_itself", world.page, world.server.url)
