import json
from pathlib import Path

from typer.testing import CliRunner

from nearby.testing.privacy.finding import OURS, Finding
from scripts.tools.privacy import app, broken


def row(server: str, figure: float) -> Finding:
    return Finding("P0", server, "what", 9, figure, figure, "<= 0.5", figure <= 0.5)


def test_it_is_broken_by_what_ours_did_not_withstand_and_by_an_attack_that_broke_no_weak_server() -> None:
    assert broken({("P0", OURS): [row(OURS, 0.1)], ("P0", "weak"): [row("weak", 0.1), row("weak", 0.9)]}) == []
    (sentence,) = broken({("P0", OURS): [row(OURS, 0.1), row(OURS, 0.9)]})
    assert "0.9" in sentence
    (sentence,) = broken({("P0", "guessable"): [row("guessable", 0.1)]})
    assert "guessable" in sentence


def test_the_table_is_printed_and_written_down(tmp_path: Path) -> None:
    path = tmp_path / "privacy.json"
    ran = CliRunner().invoke(app, ["--attack", "P17", "--no-weak", "--json", str(path)])
    assert ran.exit_code == 0, ran.output
    assert "account-hours" in ran.output
    findings = json.loads(path.read_text())["findings"]
    assert {finding["against"] for finding in findings} == {OURS}


def test_an_attack_that_there_is_not_is_a_wrong_argument() -> None:
    assert CliRunner().invoke(app, ["--attack", "P4"]).exit_code == 2
