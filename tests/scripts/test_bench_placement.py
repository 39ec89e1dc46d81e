"""The benches of the live state: that they measure what they say, and what they call a miss."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scripts.benches.live import Placing
from scripts.benches.placement import Figures, Growth, Tick, measure, undisturbed
from scripts.benches.shakes import Shaking, shake
from scripts.benches.stadium import Filling, fill

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

SMALL = Figures(10, 1_000.0, 2, 1, decision_us=10.0, decision_p99_us=90.0, placing_us=40.0)
ABSENT = Figures(10, 600.0, 0, 1)
SHAKEN = Shaking(
    people=100, met=100, rooms=13, largest_room=8, one_sided=0, ack_p50_ms=1.0, ack_p99_ms=2.0, matched_s=0.5, cpu_s=0.1
)
FILLED = Filling(
    people=9,
    seconds=1.0,
    largest_room=8,
    rooms=2,
    alone=1,
    longest_decision_ms=1.0,
    longest_wall_ms=60.0,
    longest_sweep_ms=2.0,
    late_s=0.0,
)


@pytest.mark.parametrize(
    ("large", "missed"),
    [
        (SMALL, 0),
        (replace(SMALL, decision_us=15.0), 0),
        (replace(SMALL, decision_us=15.1), 1),
        (replace(SMALL, decision_p99_us=100.1), 1),
        (replace(SMALL, decision_us=20.1), 2),
        (replace(SMALL, bytes_a_person=1_074.0), 0),
        (replace(SMALL, people=100_000, bytes_a_person=1_073.0), 0),
        (replace(SMALL, people=100_000, bytes_a_person=1_074.0), 1),
    ],
)
def test_what_grows_too_much_is_said_in_a_sentence_each(large: Figures, missed: int) -> None:
    assert len(Growth([SMALL, large], [ABSENT, ABSENT]).missed) == missed


def test_who_is_present_without_a_seat_has_a_target_of_their_own(tmp_path: Path) -> None:
    growth = Growth([SMALL], [replace(ABSENT, bytes_a_person=701.0)])
    (sentence,) = growth.missed
    assert "701 bytes" in sentence
    growth.save(tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text())["missed"] == [sentence]
    console = Console(file=StringIO(), width=200)
    growth.show(console)
    assert isinstance(console.file, StringIO)
    assert f"missed: {sentence}" in console.file.getvalue()


def test_everybody_of_a_small_city_is_seated_and_timed() -> None:
    found = measure(400, is_seated=True, placings=400)
    assert found.people == 400
    assert 400 / 8 <= found.rooms <= 400
    assert found.decision_us is not None
    assert found.placing_us is not None
    assert 0 < found.decision_us < found.placing_us


def test_ticks_in_which_others_kept_the_machine_busy_do_not_count() -> None:
    ticks = [Tick(pace_us, [Placing(pace_us, pace_us, pace_us)]) for pace_us in (90.0, 50.0, 300.0, 60.0)]
    assert [tick.pace_us for tick in undisturbed(ticks)] == [50.0, 60.0]
    busy = [Tick(50.0, ()), *(Tick(200.0 + number, ()) for number in range(39))]
    assert [tick.pace_us for tick in undisturbed(busy)] == [50.0, 200.0]


def test_people_who_are_only_present_take_no_room() -> None:
    found = measure(400, is_seated=False)
    assert (found.rooms, found.decision_us) == (0, None)


async def test_a_small_stadium_fills_its_rooms_and_none_beyond() -> None:
    ticks: list[None] = []
    filling = await fill(300, 0.5, lambda: ticks.append(None))
    assert filling.people == 300
    assert filling.largest_room <= 8
    assert filling.rooms >= 300 / 8
    assert ticks


@pytest.mark.parametrize(
    ("filling", "is_met"),
    [
        (FILLED, True),
        (replace(FILLED, largest_room=9), False),
        (replace(FILLED, longest_decision_ms=50.1), False),
        (replace(FILLED, longest_sweep_ms=50.1), False),
    ],
)
def test_a_stadium_is_missed_by_a_room_too_large_or_a_step_too_long(filling: Filling, is_met: bool) -> None:
    assert filling.is_met == is_met


async def test_a_small_crowd_that_shakes_meets_in_rooms_that_all_see_alike() -> None:
    found = await shake(100, lambda: None)
    assert (found.met, found.one_sided) == (100, 0)
    assert (found.rooms, found.largest_room) == (13, 8)
    assert found.cpu_s > 0


@pytest.mark.parametrize(
    ("shaking", "is_met"),
    [
        (SHAKEN, True),
        (replace(SHAKEN, met=99), False),
        (replace(SHAKEN, one_sided=1), False),
        (replace(SHAKEN, largest_room=9), False),
        (replace(SHAKEN, ack_p99_ms=251.0), False),
        (replace(SHAKEN, matched_s=1.1), False),
    ],
)
def test_shakes_are_missed_by_anybody_left_out_a_room_too_large_or_a_wait_too_long(
    shaking: Shaking, is_met: bool
) -> None:
    assert shaking.is_met == is_met
