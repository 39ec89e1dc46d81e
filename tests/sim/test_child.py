"""A server of a tool's own: real processes that start, do not start, and do not stop."""

import asyncio
from pathlib import Path

import pytest

from nearby.errors import ConfigError, ServerFailed
from nearby.sim import child, files
from nearby.sim.child import Child, bare_environment, own_server, running, serving

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

KEY = "a shared secret of at least thirty-two bytes"
ANNOUNCES = "print('standin: phones at http://127.0.0.1:1234', flush=True)"


async def is_there(path: str) -> bool:
    return await asyncio.to_thread(Path(path).exists)


def module(directory: Path, code: str) -> dict[str, str]:
    """Return an environment in which ``python -m stand_in`` runs ``code``."""
    (directory / "stand_in.py").write_text(code)
    return bare_environment() | {"PYTHONPATH": str(directory)}


async def test_a_server_of_ones_own_is_gone_with_its_directory_when_the_block_ends() -> None:
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.metrics_url.startswith("http://127.0.0.1:")
        assert server.port == int(server.url.rsplit(":", 1)[1]) > 0
        used_s, held_kib, most_kib = await asyncio.to_thread(
            lambda: (server.cpu_s(), server.resident_kib(), server.peak_kib())
        )
        assert 0 < used_s < 60
        # The kernel adds pages up in batches, by thread: what is held now may stand a little above the most ever held.
        assert 10_000 < held_kib <= most_kib + 4_096 < 1_000_000
        directory = await asyncio.to_thread(data_directory, server)
        assert await is_there(directory)
    assert server.process.returncode == 0
    assert not await is_there(directory)


def data_directory(server: Child) -> str:
    words = Path(f"/proc/{server.process.pid}/cmdline").read_text().split("\0")
    return words[words.index("--data-dir") + 1]


async def test_what_a_process_used_is_nothing_once_it_is_gone() -> None:
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as server:
        pass
    used = await asyncio.to_thread(lambda: (server.cpu_s(), server.resident_kib(), server.peak_kib()))
    assert used == (0, 0, 0)


async def test_what_its_workers_use_is_its_own(tmp_path: Path) -> None:
    worker = "held = bytes(range(256)) * 200_000; print(sum(held), flush=True); input()"
    code = f"""
import subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", {worker!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdout.readline()
{ANNOUNCES}
import signal; signal.pause()
"""
    async with running(["stand_in"], await asyncio.to_thread(module, tmp_path, code)) as server:
        used_s, held_kib = await asyncio.to_thread(lambda: (server.cpu_s(), server.resident_kib()))
    assert used_s > 0.1
    assert held_kib > 50_000


async def test_an_operators_settings_have_no_effect_on_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARBY_SPEED", "not a number")
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as server:
        assert server.process.returncode is None
    with pytest.raises(ServerFailed):
        async with serving(["--port", "0", "--metrics-port", "0"], key=KEY):
            raise AssertionError("it started")


async def test_a_server_that_does_not_start_says_so_and_leaves_its_exit_code() -> None:
    with pytest.raises(ServerFailed, match="did not start") as failed:
        async with own_server("--window-s", "0", key=KEY):
            raise AssertionError("it started")
    assert failed.value.code == 2


async def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "STARTED_WITHIN_S", 0.2)
    environment = await asyncio.to_thread(module, tmp_path, "import signal\nsignal.pause()")
    with pytest.raises(ServerFailed, match="did not start within"):
        async with running(["stand_in"], environment):
            raise AssertionError("it started")


async def test_a_server_that_does_not_stop_is_killed_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STOPPED_WITHIN_S", 0.2)
    stubborn = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{ANNOUNCES}\nwhile True: signal.pause()"
    environment = await asyncio.to_thread(module, tmp_path, stubborn)
    with pytest.raises(ServerFailed, match="did not stop within") as failed:
        async with running(["stand_in"], environment) as server:
            assert (server.url, server.metrics_url, server.port) == ("http://127.0.0.1:1234", "", 1234)
    assert failed.value.code is None
    assert server.process.returncode == -9


async def test_a_server_that_ended_by_itself_leaves_no_error_behind(tmp_path: Path) -> None:
    environment = await asyncio.to_thread(module, tmp_path, ANNOUNCES)
    async with running(["stand_in"], environment) as server:
        assert await server.process.wait() == 0


def test_more_connections_than_may_be_open_are_refused_by_the_name_of_their_setting() -> None:
    with pytest.raises(ConfigError, match=r"phones: .* open files and .* are allowed"):
        files.allow_connections(2**40, setting="phones")


def test_few_connections_change_nothing() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    files.allow_connections(1, setting="phones")
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
