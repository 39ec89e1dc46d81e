"""``scripts/simulate`` as a process, and the pages it writes."""

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from nearby.sim.child import bare_environment
from nearby.sim.simulation.page import as_page
from nearby.sim.simulation.plots import plots_of
from nearby.sim.simulation.policies import POLICIES
from nearby.sim.simulation.study import Kind, Run, generated, study
from scripts.tools.simulate import app
from tests.documents import page, rows, words
from tests.processes import run
from tests.scripts.crowds import write_crowd

SHORT = ("--people", "6", "--hours", "0.2", "--policy", "ours", "--policy", "random")


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("scripts.tools.simulate", *arguments, environment=bare_environment() | {"COLUMNS": "160"}, timeout_s=50)


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    crowds = [
        *generated(Kind.EVENING, [40], hours=0.3, says_per_min=0, seed=1),
        *generated(Kind.STEADY, [6], hours=0.3, says_per_min=0, seed=1),
    ]
    return study(crowds, list(POLICIES), seed=1)


@pytest.mark.timeout(150)  # Three processes that draw pictures, on whatever machine.
def test_one_seed_writes_one_result_byte_for_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = simulate(*SHORT, "--json", str(tmp_path / f"{name}.json"), "--html", str(tmp_path / f"{name}.html"))
        assert done.returncode == 0, done.stderr
    for kind in ("json", "html"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    simulate(*SHORT, "--seed", "2", "--json", str(tmp_path / "other.json"))
    assert (tmp_path / "other.json").read_bytes() != (tmp_path / "one.json").read_bytes()


def test_figures_and_timing_are_kept_apart(tmp_path: Path) -> None:
    done = simulate(*SHORT, "--json", str(tmp_path / "figures.json"), "--timing", str(tmp_path / "timing.json"))
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["seed"], [run["policy"] for run in figures["runs"]]) == (1, ["ours", "random"])
    assert figures["runs"][0]["figures"]["person_h"] > 0
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert {run["policy"]: run["per_s"] > 0 for run in timing} == {"ours": True, "random": True}
    assert "per_s" not in (tmp_path / "figures.json").read_text()


def test_a_file_of_check_ins_is_a_crowd(tmp_path: Path) -> None:
    crowd = write_crowd(tmp_path / "checkins.csv")
    crowd.write_text(crowd.read_text() + "more,2024-05-06T18:00:01Z,91,0\n")
    done = simulate("--file", str(crowd), "--policy", "random", "--talk", "0.5", "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0, done.stderr
    [run] = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert (run["crowd"], run["figures"]["people"] > 10) == ("check-ins", True)
    assert "passed over 1 lines: no such position" in done.stderr
    assert "8.54" not in (tmp_path / "out.json").read_text()


WRONG = [
    (("--crowd", "board"), "board"),
    (("--policy", "best"), "best"),
    (("--people", "1"), "people"),
    (("--hours", "0"), "hours"),
    (("--talk", "-1"), "talk"),
    (("--json", "/nowhere/at/all.json"), "--json"),
    (("--html", "/nowhere/at/all.html"), "--html"),
    (("--file", "/nowhere"), "--file"),
    (("--loud",), "--loud"),
]


@pytest.mark.parametrize(("arguments", "word"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_wrong_argument_exits_2_and_is_named(arguments: tuple[str, ...], word: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert word in done.stderr


@pytest.mark.parametrize("flags", [("--from", "noon"), ("--from", "2030-01-01T00:00")])
def test_a_file_cut_down_to_nothing_exits_2(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--file", str(write_crowd(tmp_path / "checkins.csv")), *flags])
    assert (done.exit_code, done.stdout) == (2, "")


def test_help_says_what_the_exit_codes_mean() -> None:
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    assert "Exit code 1" in done.stdout


def test_ours_seating_two_people_who_have_a_block_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ("--crowd", "blocks", "--people", "20", "--hours", "0.5", "--policy", "ours")
    assert CliRunner().invoke(app, flags).exit_code == 0
    # A board in place of ours: it knows no blocks.
    monkeypatch.setitem(POLICIES, "ours", POLICIES["board"])
    done = CliRunner().invoke(app, flags)
    assert done.exit_code == 1
    assert re.search(r"broken: \d+ times people were seated together", done.stderr)


@pytest.fixture(scope="module")
def plots(runs: list[Run]) -> dict[str, str]:
    return plots_of(runs)


def test_the_page_holds_every_picture_and_table_and_loads_nothing(runs: list[Run], plots: dict[str, str]) -> None:
    html = as_page(runs, plots, "told <in> words")
    assert html.count("<svg") == len(plots) == html.count("<figcaption>") > 5
    assert "told &lt;in&gt; words" in html
    assert "evening of 40: company" in html
    assert "Decisions on this machine" not in html
    # Names of namespaces, and references into the same picture, are all there is.
    assert set(re.findall(r'(?:src|href|url)\s*=\s*"([^#"]*)"', html)) <= {""}
    assert not re.search(r"<(script|link|img|iframe|object)\b", html)
    assert not re.search(r"url\((?!#)|@import", html)


def test_pictures_are_well_formed_and_undated(plots: dict[str, str]) -> None:
    for svg in plots.values():
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert "dc:date" not in svg


def test_a_study_without_figures_has_no_pictures() -> None:
    assert plots_of([]) == {}


def test_every_crowd_and_policy_is_described_and_no_other() -> None:
    text = page("docs/simulation.md")
    assert [words(row[0])[0] for row in rows(text, "`--policy`", "who sits where")] == list(POLICIES)
    described = rows(text, "`--crowd`", "what people do", "people, unless `--people`")
    assert {words(row[0])[0]: row[2] for row in described} == {
        kind.value: ", ".join(f"{len_of:,}" for len_of in usual(kind)) for kind in Kind
    }


def usual(kind: Kind) -> list[int]:
    """Return for how many people a kind of crowd is made unless told, read off the crowds' names."""
    return [int(re.findall(r"\d+", crowd.name)[0]) for crowd in generated(kind, [], hours=0.1, says_per_min=0, seed=1)]
