"""What a bench says of its figures, and that one works from end to end; the figures are the machine's."""

import asyncio
import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nearby.sim.child import bare_environment
from scripts.benches.cluster import Figures, Side
from scripts.benches.cluster_report import ClusterReport
from scripts.benches.crowd import Crowd
from scripts.benches.report import Report, Target
from scripts.benches.servers import BenchFailed, Kind, Server, running
from scripts.benches.turns import WARM_UP_LAPS, take_turns
from tests.processes import run


def report(target: Target, *, ours: list[float], theirs: list[float]) -> Report:
    rounds = {Kind.OURS: ours, Kind.AIOHTTP: theirs}
    return Report(bench="fanout", unit="µs", setup="8 phones", rounds=rounds, target=target)


def shown(found: Report) -> str:
    console = Console(file=StringIO(), width=100)
    found.show(console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_ratio_compares_each_round_with_its_own() -> None:
    found = report(Target(0.8, of=Kind.AIOHTTP), ours=[1, 20, 3], theirs=[2, 25, 12])
    assert found.ratio(Kind.AIOHTTP) == 0.5
    assert (found.value, found.is_met) == (0.5, True)


@pytest.mark.parametrize(("ours", "met"), [(8.0, True), (8.1, False)])
def test_a_ratio_at_its_limit_is_met_and_above_it_missed(ours: float, met: bool) -> None:
    found = report(Target(0.8, of=Kind.AIOHTTP), ours=[ours], theirs=[10.0])
    assert found.is_met == met
    assert ("met" if met else "missed") in shown(found)


@pytest.mark.parametrize(("ours", "met"), [([50, 60, 99], True), ([50, 61, 99], False)])
def test_a_target_without_a_reference_holds_for_the_median_of_ours(ours: list[float], met: bool) -> None:
    found = report(Target(60), ours=ours, theirs=[1, 1, 1])
    assert (found.value, found.is_met) == (sorted(ours)[1], met)


@pytest.mark.parametrize(("ours", "met"), [(85.0, True), (84.9, False)])
def test_a_rate_is_met_at_its_limit_and_missed_below(ours: float, met: bool) -> None:
    found = report(Target(0.85, of=Kind.AIOHTTP, is_least=True), ours=[ours], theirs=[100.0])
    assert found.is_met == met
    assert "target: at least 0.85 of aiohttp" in shown(found)


def test_a_round_that_one_server_did_not_finish_is_never_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        report(Target(1, of=Kind.AIOHTTP), ours=[1, 2], theirs=[1]).ratio(Kind.AIOHTTP)


def test_everything_is_kept_as_json(tmp_path: Path) -> None:
    report(Target(0.8, of=Kind.AIOHTTP), ours=[9.0], theirs=[10.0]).save(tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text()) == {
        "bench": "fanout",
        "unit": "µs",
        "setup": "8 phones",
        "servers": {
            "nearby": {"median": 9.0, "rounds": [9.0], "ours_is": 1.0},
            "aiohttp": {"median": 10.0, "rounds": [10.0], "ours_is": 0.9},
        },
        "target": {"of": "aiohttp", "limit": 0.8, "is_least": False, "value": 0.9, "met": False},
    }


class CountedLaps:
    """A side that does nothing but say how often it was asked to."""

    def __init__(self, server: Server, log: list[str]) -> None:
        self.server = server
        self._log = log

    async def prepare(self) -> None:
        self._log.append(f"{self.server.kind} prepares")

    async def lap(self) -> int:
        self._log.append(f"{self.server.kind} laps")
        return 10


async def test_servers_take_turns_lap_by_lap_and_warm_up_uncounted() -> None:
    log: list[str] = []
    advanced: list[None] = []
    async with running(Kind.AIOHTTP, {}) as one, running(Kind.WEBSOCKETS, {}) as other:
        sides = [CountedLaps(one, log), CountedLaps(other, log)]
        figures = await asyncio.wait_for(take_turns(sides, rounds=2, laps=3, advance=lambda: advanced.append(None)), 30)
    turn = ["aiohttp prepares", "aiohttp laps", "websockets prepares", "websockets laps"]
    assert log == turn * (WARM_UP_LAPS + 2 * 3)
    assert len(advanced) == 6
    assert {kind: len(rounds) for kind, rounds in figures.items()} == {Kind.AIOHTTP: 2, Kind.WEBSOCKETS: 2}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | {"COLUMNS": "120"}
    return run("scripts.benches", *arguments, environment=environment, timeout_s=140, imports="scripts.benches.cli")


def test_a_bench_works_from_end_to_end(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = bench("connections", "--connections", "100", "--json", str(path))
    assert done.stderr == ""
    figures: dict[str, Any] = json.loads(path.read_text())
    assert figures["servers"].keys() == {"nearby", "aiohttp"}
    assert done.returncode == (0 if figures["target"]["met"] else 1)
    assert "100 idle phones after hello" in done.stdout


def test_acks_are_counted_on_both_databases(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = bench("acks", "--connections", "100", "--says", "1000", "--rounds", "1", "--json", str(path))
    assert done.stderr == ""
    figures: dict[str, Any] = json.loads(path.read_text())
    assert figures["servers"].keys() == {"nearby", "nearby on PostgreSQL"}
    assert all(server["median"] > 0 for server in figures["servers"].values())
    assert done.returncode == (0 if figures["target"]["met"] else 1)


@pytest.mark.timeout(150)  # Six servers, and twice the wait for a window: half a minute where nothing else runs.
def test_check_ins_are_counted_with_the_log_and_without_on_both_databases(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = bench("log", "--connections", "100", "--laps", "1", "--rounds", "1", "--json", str(path))
    assert done.stderr == ""
    reports: list[dict[str, Any]] = json.loads(path.read_text())
    assert [report["bench"] for report in reports] == ["log on SQLite", "log on PostgreSQL"]
    servers = {"nearby", "nearby without the check-in log", "nearby keeping nothing"}
    assert all(report["servers"].keys() == servers for report in reports)
    assert done.returncode == (0 if all(report["target"]["met"] for report in reports) else 1)


@pytest.mark.parametrize(
    "arguments",
    [("acks", "--connections", "101"), ("fanout", "--connections", "99"), ("connections", "--rounds", "0"), ("none",)],
)
def test_a_wrong_argument_exits_2(arguments: tuple[str, ...]) -> None:
    done = bench(*arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_without_a_command_the_help_is_shown() -> None:
    assert "connections" in bench("--help").stdout


async def test_a_load_that_cannot_be_carried_out_leaves_nothing_to_report() -> None:
    async with running(Kind.OURS, {}) as server:
        with Crowd(server) as crowd:
            await crowd.connect(3)
            server.process.process.kill()
            with pytest.raises(BenchFailed):
                await crowd.be_placed(47.37, 8.54)


def shared(us: float, *, asked: float = 0.125, rate: float = 16_000.0) -> Figures:
    return Figures(servers_us=[us], hub_us=[10.0], asked=[asked], rate=[rate])


@pytest.mark.parametrize(
    ("two", "asked", "busy", "missed"),
    [
        (50.0, 0.125, 52.0, []),
        (51.0, 0.125, 52.0, ["CPU per delivery"]),
        (50.0, 0.2, 52.0, ["round trips to the hub per say"]),
        (50.0, 0.125, 53.0, ["deliveries by two servers to those by one as busy"]),
    ],
)
def test_servers_on_a_shared_hub_are_held_to_each_promise(
    two: float, asked: float, busy: float, missed: list[str]
) -> None:
    talk = {Side.EMBEDDED: shared(20.0), Side.TWO: shared(two, asked=asked)}
    check_ins = {Side.EMBEDDED: shared(40.0), Side.TWO: shared(80.0)}
    each = {Side.ONE: shared(45.0), Side.TWO: shared(busy)}
    tables = {"talk": talk, "strangers": talk, "pairs": talk, "busy": each, "check_ins": check_ins}
    found = ClusterReport(setup="8 phones", heard=8, **tables)
    assert [one.what.split(",")[0] for one in found.promises() if not one.is_met] == missed
    assert found.is_met == (not missed)
