"""What a run came to, as figures, as sentences and on a terminal."""

import json
from dataclasses import replace
from io import StringIO
from random import Random

import pytest
from rich.console import Console

from nearby.sim.ledger import Faults
from nearby.sim.log_check import LogFigures
from nearby.sim.players import Players
from nearby.sim.report import Figures, as_tables, figures


@pytest.fixture
def players() -> Players:
    return Players("http://127.0.0.1:1", lambda person, established: "", established=1, random=Random(1))


@pytest.fixture
def good(players: Players) -> Figures:
    """A run of two established people in which every promise held."""
    players.met = players.established_met = 2
    players.books.tally.phones_placed = 2
    players.books.time.add(2, 7, 60)
    return figures(players, seconds=60, child=None)


def shown(run: Figures) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(as_tables(run))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_run_in_which_every_promise_held_says_nothing(good: Figures) -> None:
    assert good.broken() == []
    assert (good.share_placed, good.never_placed, good.share_in_company) == (1, 0, 1)
    assert good.share_of_time_by_resolution == {7: 1}


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"faults": Faults(3, 0, 0, 0, 0, 0, 0)}, "3 lost"),
        ({"faults": Faults(0, 3, 0, 0, 0, 0, 0)}, "3 duplicated"),
        ({"faults": Faults(0, 0, 3, 0, 0, 0, 0)}, "3 out of order"),
        ({"faults": Faults(0, 0, 0, 3, 0, 0, 0)}, "3 contradictions"),
        ({"faults": Faults(0, 0, 0, 0, 3, 0, 0)}, "3 acks missing"),
        ({"faults": Faults(0, 0, 0, 0, 0, 3, 0)}, "3 acks wrong"),
        ({"faults": Faults(0, 0, 0, 0, 0, 0, 3)}, "3 over capacity"),
        ({"never_placed": 3}, "3 phones never had a room"),
        ({"waiting_at_end": 3}, "3 phones waited for a room until the end"),
        (
            {"late_places": 3, "slowest_place_s": 7.25},
            "3 times a phone waited more than 5 s for a room, at the longest 7.2 s",
        ),
        ({"cut_off_at_end": 3}, "3 phones could not come back"),
        ({"closed": {3504: 3}}, "3 phones were closed for good with code 3504"),
        ({"cut_short": "the server ended by itself"}, "the server ended by itself"),
        ({"share_of_time_by_resolution": {5: 1.0}}, "no time at all was spent at resolution 7"),
        ({"checkin_log": LogFigures(9, 9, 6, 0, 0, 0, 3, 0)}, "3 rows are missing from the check-in log"),
        ({"checkin_log": LogFigures(9, 9, 6, 0, 0, 0, 0, 3)}, "3 rows are too many in the check-in log"),
    ],
)
def test_each_broken_promise_has_its_sentence_and_its_row(
    good: Figures, broken: dict[str, object], sentence: str
) -> None:
    run = replace(good, **broken)  # type: ignore[arg-type]
    assert run.broken() == [sentence]
    assert run.as_json()["broken"] == [sentence]


def test_without_established_people_resolution_7_need_not_open(good: Figures) -> None:
    assert replace(good, established=0, share_of_time_by_resolution={5: 1.0}).broken() == []


def test_a_phone_that_was_refused_and_never_placed_does_not_hide(players: Players) -> None:
    players.met = 2
    players.books.tally.phones_placed = 1
    players.books.tally.refused["rate_limited"] += 1
    players.books.tally.turned_away = 1
    run = figures(players, seconds=60, child=None)
    assert (run.share_placed, run.never_placed, run.turned_away) == (0.5, 1, 1)
    assert "1 phones never had a room" in run.broken()
    assert "rate_limited 1" in shown(run)


def test_a_run_without_anybody_has_figures_too(players: Players) -> None:
    run = figures(players, seconds=0, child=None)
    assert (run.share_placed, run.broken()) == (0, [])
    assert "the room" in shown(run)


def test_everything_can_be_kept_as_json(good: Figures) -> None:
    kept = json.loads(json.dumps(good.as_json()))
    assert kept["faults"]["lost"] == 0
    assert kept["share_of_time_by_size"] == {"2": 1.0}


def test_a_server_of_ones_own_is_shown_with_what_it_used(good: Figures) -> None:
    assert "server CPU" not in shown(good)
    run = shown(replace(good, server_cpu_s=6.0, server_peak_mib=64.0))
    assert "6.0 s (10% of a core)" in run
    assert "64 MiB" in run
