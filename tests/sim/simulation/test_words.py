import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import PersonId
from nearby.sim.simulation.words import answer_chance
from tests.sim.simulation.histories import ANA, BEN, CLEO, DAN, HERE, Story


def test_nobody_answers_who_is_not_there_and_two_people_always_answer_each_other() -> None:
    assert [answer_chance(size) for size in (0, 1, 2)] == [0, 0, 1]


def test_in_a_room_of_eight_each_of_seven_answers_one_of_seven_sayings() -> None:
    assert answer_chance(8) == pytest.approx(1 - (6 / 7) ** 7)


def test_on_a_board_a_tenth_of_what_few_read_is_answered() -> None:
    # 1,000 others say 1,000 things a minute, each reads 10 of them and answers 1.
    assert answer_chance(1_001) == pytest.approx(1 - (1 - 0.01 * 0.1) ** 1_000)


@given(st.integers(2, 100_000))
def test_a_chance_is_one(size: int) -> None:
    assert 0 < answer_chance(size) <= 1


def test_answered_is_weighed_by_everybodys_time_present() -> None:
    story = Story()
    for person in (ANA, BEN, CLEO):
        story.at(0).came(person, HERE)
    for person in (ANA, BEN):
        story.history.sat(person, "room", 7, "new")
    assert story.figures(ends=10).words.answered == pytest.approx(2 / 3)


def test_who_sits_with_the_loudest_only_hears_nobody_else() -> None:
    story = Story()
    for person in (ANA, BEN):
        story.at(0).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    words = story.figures(ends=10).words
    # One of the two is the loudest and hears the other alone.
    assert [words.loud_mean, words.loud_median] == pytest.approx([0.5, 0.5])


def test_the_loudest_fill_of_a_screen_what_they_say_of_all_that_is_said_there() -> None:
    story = Story()
    for person in (ANA, BEN, CLEO):
        story.at(0).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    # Ranks 1, 2 and 3 say 1, 1/2 and 1/3: the second hears 1 of 4/3, the third 1 of 3/2, the first none of it.
    assert story.figures(ends=10).words.loud_mean == pytest.approx((0 + 3 / 4 + 2 / 3) / 3)


def test_who_never_had_company_has_no_screen_to_fill() -> None:
    story = Story()
    for person in (ANA, BEN):
        story.at(0).came(person, HERE)
        story.history.sat(person, f"room of {person}", 7, "new")
    assert story.figures(ends=10).words.loud_mean is None


def test_the_warm_up_fills_no_screen() -> None:
    story = Story()
    for person in (ANA, BEN):
        story.at(0).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    story.at(5).went(BEN)
    assert story.figures(ends=10, measured_from=5).words.loud_mean is None
    assert story.figures(ends=10, measured_from=4).words.loud_mean == pytest.approx(0.5)


def spammed() -> Story:
    """Dan spams: with Ana from the start, with Ben from 10 to 20, in another room with Cleo from 30 to 200."""
    story = Story()
    for person in (DAN, ANA):
        story.at(0).came(person, HERE)
        story.history.sat(person, "one", 7, "new")
    story.at(10).came(BEN, HERE)
    story.history.sat(BEN, "one", 7, "new")
    story.at(20).went(BEN)
    story.at(25).came(CLEO, HERE)
    story.history.sat(CLEO, "two", 7, "new")
    story.at(30).sat(DAN, "two", 7, "next")
    story.at(200).went(CLEO)
    return story


def test_a_spammer_reaches_whoever_shared_a_room_with_them_within_the_hour() -> None:
    words = spammed().figures(ends=180, spammer=DAN).words
    # All three in the first hour, Cleo alone in the two after it.
    assert words.reached_most == 3
    assert words.reached_per_h == pytest.approx((3 + 1 + 1) / 3)


def test_people_who_come_back_are_reached_once() -> None:
    story = spammed()
    story.at(201).came(CLEO, HERE)
    story.history.sat(CLEO, "two", 7, "new")
    assert story.figures(ends=240, measured_from=180, spammer=DAN).words.reached_most == 1


def test_without_a_spammer_or_a_full_hour_nobody_is_reached() -> None:
    assert spammed().figures(ends=180).words.reached_most is None
    assert spammed().figures(ends=30, spammer=DAN).words.reached_per_h is None
    assert spammed().figures(ends=180, spammer=PersonId("nobody")).words.reached_most is None
