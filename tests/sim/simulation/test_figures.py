import pytest

from nearby.core.rules import SECOND_MS
from nearby.sim.simulation.density import DENSITIES, density_name, density_of
from nearby.sim.simulation.events import START_MS, Traits
from nearby.sim.simulation.history import History
from tests.sim.simulation.histories import ANA, BEN, CLEO, DAN, HERE, Story, place


def test_person_time_counts_for_the_size_each_person_saw() -> None:
    story = Story()
    for minute, person in ((0, ANA), (2, BEN), (4, CLEO)):
        story.at(minute).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    figures = story.figures(ends=10)
    # Alone for 2 minutes, two for 2 minutes, three for 6 minutes: 2, 4 and 18 of 24 person-minutes.
    assert figures.share_by_size == pytest.approx({"1": 2 / 24, "2": 4 / 24, "3": 18 / 24})
    assert figures.share_thin == pytest.approx(6 / 24)
    assert figures.share_alone == pytest.approx(2 / 24)
    assert figures.person_h == pytest.approx(24 / 60)
    assert [figures.people, figures.rooms] == pytest.approx([2.4, 1])
    assert figures.share_by_rung == {"7": 1}


def test_who_waits_is_alone_and_lacks_company_and_is_in_no_room() -> None:
    story = Story()
    story.at(0).came(ANA, HERE)
    story.at(4).sat(ANA, "room", 5, "new")
    story.at(6).rose(ANA)
    story.at(9).went(ANA)
    figures = story.figures(ends=10)
    assert (figures.share_alone, figures.share_lacking, figures.share_thin) == (1, 1, 1)
    assert figures.share_by_size == {"1": 1}
    assert figures.rooms == pytest.approx(0.2)


def test_fewer_than_three_people_in_a_res_5_cell_bound_every_policy() -> None:
    story = Story()
    for minute, person in ((0, ANA), (1, BEN), (3, CLEO)):
        story.at(minute).came(person, HERE)
    story.at(5).came(DAN, place(north_m=200_000))
    figures = story.figures(ends=10)
    # Ana 3 and Ben 2 minutes until Cleo came; Dan all his 5, far away.
    assert figures.share_bound == pytest.approx((3 + 2 + 5) / (10 + 9 + 7 + 5))


def test_rooms_are_compared_with_the_fewest_that_hold_everybody() -> None:
    story = Story()
    for number in range(9):
        story.at(0).came(person := type(ANA)(f"p{number}"), HERE)
        story.history.sat(person, f"room {number // 3}", 7, "new")
    assert story.figures(ends=10).rooms_over_fewest == pytest.approx(3 / 2)


def test_company_is_counted_from_arrival_for_everybody_in_the_room() -> None:
    story = Story()
    story.at(0).came(ANA, HERE)
    story.history.sat(ANA, "room", 7, "new")
    story.at(20 / 60).came(BEN, HERE)
    story.history.sat(BEN, "room", 7, "new")
    story.at(5).came(CLEO, HERE)
    story.at(5.5).went(CLEO)
    figures = story.figures(ends=10)
    assert figures.arrivals == 3
    # Ben at once; Ana after 20 s; Cleo never.
    assert figures.in_company_s == pytest.approx({"15": 1 / 3, "30": 2 / 3, "60": 2 / 3})
    assert figures.in_company_by_density == {
        "1-2": {"15": 0.5, "30": 1.0, "60": 1.0},
        "3-9": {"15": 0.0, "30": 0.0, "60": 0.0},
    }


def test_who_came_less_than_a_minute_before_the_end_or_in_the_warm_up_is_not_judged() -> None:
    story = Story()
    for minute, person in ((1, ANA), (9.5, BEN)):
        story.at(minute).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    assert story.figures(ends=10, measured_from=2).arrivals == 0
    assert story.figures(ends=11, measured_from=0).arrivals == 2


def test_what_happened_in_the_warm_up_is_not_measured_and_its_seats_go_on() -> None:
    story = Story()
    for person in (ANA, BEN):
        story.at(0).came(person, HERE)
        story.history.sat(person, "one" if person == ANA else "two", 7, "new")
    story.at(1).sat(BEN, "one", 7, "merged")
    story.at(6).sat(BEN, "three", 7, "moved")
    figures = story.figures(ends=7, measured_from=2)
    assert figures.placed_per_h == pytest.approx({"moved": 1 / (10 / 60)})
    assert figures.moves_per_h == pytest.approx(6)
    assert figures.share_by_size == pytest.approx({"1": 2 / 10, "2": 8 / 10})


def test_a_lift_takes_the_room_to_another_rung_and_is_no_move() -> None:
    story = Story()
    for person in (ANA, BEN):
        story.at(0).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    for person in (ANA, BEN):
        story.at(4).sat(person, "room", 6, "lifted")
    figures = story.figures(ends=10)
    assert figures.share_by_rung == pytest.approx({"6": 0.6, "7": 0.4})
    assert figures.moves_per_h == 0
    assert figures.placed_per_h == pytest.approx({"lifted": 2 / (20 / 60)})
    assert figures.rooms == 1


def test_distance_is_the_mean_over_pairs_weighted_by_their_time() -> None:
    story = Story()
    for person, north_m in ((ANA, 0.0), (BEN, 300.0)):
        story.at(0).came(person, place(north_m))
        story.history.sat(person, "room", 7, "new")
    story.at(5).moved(BEN, place(900.0))
    assert story.figures(ends=10).distance_m == pytest.approx((300 + 900) / 2, rel=0.01)
    story.at(10).came(CLEO, place(0.0))
    story.history.sat(CLEO, "room", 7, "new")
    # Ana and Ben 15 minutes, and Cleo with each of them for 5.
    expected_m = (5 * 300 + 10 * 900 + 5 * 900 + 5 * 0) / 25
    assert story.figures(ends=15).distance_m == pytest.approx(expected_m, rel=0.01)


def test_distances_are_not_followed_in_rooms_as_big_as_a_board() -> None:
    story = Story()
    for number in range(17):
        story.at(0).came(person := type(ANA)(f"p{number}"), HERE)
        story.history.sat(person, "board", 0, "new")
    figures = story.figures(ends=10)
    assert figures.distance_m is None
    assert figures.share_by_rung == {"none": 1}


def test_a_conflict_is_a_seat_beside_somebody_blocked_either_way() -> None:
    story = Story()
    for person in (ANA, BEN, CLEO):
        story.at(0).came(person, HERE)
    story.history.blocked(ANA, BEN)
    story.history.sat(ANA, "room", 7, "new")
    story.history.sat(CLEO, "room", 7, "new")
    assert story.figures(ends=10).conflicts == 0
    story.at(1).sat(BEN, "room", 7, "new")
    assert story.figures(ends=10).conflicts == 1


def test_companions_together_is_of_the_time_both_were_there() -> None:
    story = Story({ANA: Traits(companions=(BEN,)), BEN: Traits(companions=(ANA,))})
    story.at(0).came(ANA, HERE)
    story.history.sat(ANA, "one", 7, "new")
    assert story.figures(ends=2).companions_together is None
    story.at(2).came(BEN, HERE)
    story.history.sat(BEN, "two", 7, "new")
    story.at(4).sat(BEN, "one", 7, "next")
    story.at(10).went(BEN)
    assert story.figures(ends=20).companions_together == pytest.approx(6 / 8)


def test_who_sits_with_a_speaker_of_their_language_is_understood() -> None:
    story = Story({ANA: Traits(language="rm"), BEN: Traits(language="rm"), CLEO: Traits(language="de")})
    for minute, person in ((0, ANA), (0, CLEO), (5, BEN)):
        story.at(minute).came(person, HERE)
        story.history.sat(person, "room", 7, "new")
    story.at(8).went(BEN)
    # Ana and Ben 3 minutes each of their 10 and 3; Cleo never.
    assert story.figures(ends=10).understood == pytest.approx({"de": 0, "rm": 6 / 13})


def test_over_time_adds_up_to_the_whole() -> None:
    story = Story()
    story.at(0).came(ANA, HERE)
    story.history.sat(ANA, "room", 7, "new")
    story.at(5).came(BEN, HERE)
    story.history.sat(BEN, "room", 7, "new")
    figures = story.figures(ends=10)
    assert [moment.after_min for moment in figures.over_time] == pytest.approx([0.5 + n for n in range(10)])
    assert [moment.people for moment in figures.over_time] == pytest.approx([1] * 5 + [2] * 5)
    assert [moment.share_alone for moment in figures.over_time] == pytest.approx([1] * 5 + [0] * 5)


def test_time_alone_is_told_by_how_many_are_around() -> None:
    story = Story()
    for person in (ANA, BEN, CLEO):
        story.at(0).came(person, HERE)
        story.history.sat(person, "alone" if person == CLEO else "room", 7, "new")
    story.at(5).went(ANA)
    figures = story.figures(ends=10)
    assert figures.person_h_by_density == pytest.approx({"1-2": 10 / 60, "3-9": 15 / 60})
    assert figures.alone_by_density == pytest.approx({"1-2": 1.0, "3-9": 5 / 15})


def test_a_run_in_which_nothing_happened_has_figures() -> None:
    figures = Story().figures(ends=10)
    assert (figures.person_h, figures.share_thin, figures.rooms_over_fewest, figures.distance_m) == (0, 0, 0, None)
    assert figures.as_json()["words"]["reached_most"] is None


@pytest.mark.parametrize(
    ("people", "number"), [(1, 0), (2, 0), (3, 1), (9, 1), (10, 2), (149, 3), (150, 4), (9_999, 4)]
)
def test_classes_of_density_hold_both_their_ends(people: int, number: int) -> None:
    assert density_of(people) == number


def test_classes_of_density_are_named_by_their_ends() -> None:
    assert [density_name(number) for number in range(len(DENSITIES))] == ["1-2", "3-9", "10-39", "40-149", "150+"]


def test_a_history_refuses_what_cannot_happen() -> None:
    history = History()
    history.at(START_MS)
    with pytest.raises(ValueError, match="not there"):
        history.sat(ANA, "room", 7, "new")
    history.came(ANA, HERE)
    with pytest.raises(ValueError, match="twice"):
        history.came(ANA, HERE)
    with pytest.raises(ValueError, match="back"):
        history.at(START_MS - SECOND_MS)
    assert len(history.entries) == 1
