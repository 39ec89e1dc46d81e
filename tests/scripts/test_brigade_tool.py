import json
from pathlib import Path

from typer.testing import CliRunner

from nearby.testing.privacy.brigades import Brigade, Outcome
from scripts.tools.brigade import app, summed


def test_outcomes_are_summed_over_victims() -> None:
    found = [
        Outcome(removed_ms=[120_000, 600_000], suspended_ms=3_600_000, reports=4, spent=4, joins=9, looked=10, alone=1),
        Outcome(reports=0, spent=0, joins=3, looked=10, alone=0),
    ]
    row = summed(Brigade(5, are_established=True), 12, 1.0, found)
    assert (row.brigade, row.removed, row.removals, row.first_min) == ("5 established", 1, 1.0, 2.0)
    assert (row.suspended, row.suspended_h, row.reports, row.joins, row.alone) == (1, 1.0, 2.0, 6.0, 0.05)


def test_the_table_is_printed_and_written_down(tmp_path: Path) -> None:
    path = tmp_path / "brigades.json"
    asked = ["--guests", "2", "--people", "4", "--runs", "2", "--hours", "0.2", "--json", str(path)]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    assert "2 guests" in ran.output
    assert [row["brigade"] for row in json.loads(path.read_text())["rows"]] == ["nobody", "2 guests"]


def test_a_file_that_cannot_be_written_is_a_wrong_argument(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["--json", str(tmp_path / "none" / "x.json")]).exit_code == 2
