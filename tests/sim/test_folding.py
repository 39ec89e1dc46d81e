"""Days folded onto one, and slices of them."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.checkins import CheckIn
from nearby.sim.folding import (
    DAY_S,
    LAPSES_WITHIN_S,
    Fold,
    Visit,
    cut,
    fold,
    guess_utc_offset_h,
    most_at_once,
    parse_time,
)

LAT_DEG, LON_DEG = 47.37, 8.54
FAR_LON_DEG = 9.54


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def seen(person: str, time: str, lon_deg: float = LON_DEG) -> CheckIn:
    return CheckIn(person, at(time), LAT_DEG, lon_deg)


def test_each_person_and_day_becomes_a_phone_of_one_day() -> None:
    folded = fold([seen("ana", "2024-05-06T10:00"), seen("ana", "2024-05-07T09:00")], Fold.DAY, utc_offset_h=0)
    assert [checkin.at_s for checkin in folded] == [9 * 3600, 10 * 3600]
    assert len({checkin.person for checkin in folded}) == 2


def test_a_day_begins_at_local_midnight() -> None:
    checkins = [seen("ana", "2024-05-06T21:59"), seen("ana", "2024-05-06T22:00")]
    folded = fold(checkins, Fold.DAY, utc_offset_h=2)
    assert [checkin.at_s for checkin in folded] == [0, DAY_S - 60]
    assert len({checkin.person for checkin in folded}) == 2


def test_a_week_begins_on_monday() -> None:
    monday, sunday = seen("ana", "2024-05-06T00:00"), seen("ana", "2024-05-05T23:59")
    folded = fold([monday, sunday], Fold.WEEK, utc_offset_h=0)
    assert [checkin.at_s for checkin in folded] == [0, 7 * DAY_S - 60]
    assert len({checkin.person for checkin in folded}) == 2


def test_days_before_1970_fold_too() -> None:
    assert [checkin.at_s for checkin in fold([CheckIn("ana", -60.0, 0, 0)], Fold.DAY, 0)] == [DAY_S - 60]


def test_without_folding_only_the_clock_is_set_to_local_time() -> None:
    checkins = [seen("ben", "2024-05-06T11:00"), seen("ana", "2024-05-06T10:00"), seen("ana", "2024-05-06T10:00")]
    folded = fold(checkins, Fold.NONE, utc_offset_h=2)
    assert [(checkin.person, checkin.at_s) for checkin in folded] == [
        ("ana", at("2024-05-06T12:00")),
        ("ana", at("2024-05-06T12:00")),
        ("ben", at("2024-05-06T13:00")),
    ]


def test_what_a_robot_repeats_within_ten_minutes_from_one_cell_is_dropped() -> None:
    times = ["10:00:00", "10:04:59", "10:09:59", "10:10:00", "10:15:00"]
    folded = fold([seen("ana", f"2024-05-06T{time}") for time in times], Fold.DAY, 0)
    assert [checkin.at_s - 36_000 for checkin in folded] == [0, 600]


def test_who_moves_or_is_somebody_else_is_no_robot() -> None:
    here, there = seen("ana", "2024-05-06T10:00"), seen("ana", "2024-05-06T10:01", FAR_LON_DEG)
    assert len(fold([here, there, seen("ben", "2024-05-06T10:01")], Fold.DAY, 0)) == 3


@pytest.mark.parametrize(
    ("lon_deg", "offset_h"),
    [(0, 0), (7.4, 0), (7.6, 1), (8.54, 1), (-74, -5), (139.7, 9), (172.4, 11), (172.6, 12), (179.9, 12), (180, 12),
     (-172.4, -11), (-179.9, -12), (-180, -12)],
)  # fmt: skip
def test_the_offset_is_guessed_by_longitude_and_stays_within_a_day(lon_deg: float, offset_h: int) -> None:
    assert guess_utc_offset_h([CheckIn("ana", 0, 0, lon_deg)]) == offset_h


def test_a_crowd_on_both_sides_of_the_antimeridian_is_not_taken_for_one_at_greenwich() -> None:
    fiji = [CheckIn("ana", 0, -17, lon_deg) for lon_deg in (178.0, 179.5, -179.5, -178.0)]
    assert abs(guess_utc_offset_h(fiji)) == 12


def test_nobody_is_nowhere() -> None:
    with pytest.raises(ValueError, match="no check-ins"):
        guess_utc_offset_h([])


@pytest.mark.parametrize(
    ("text", "onto", "seconds"),
    [
        ("00:00", Fold.DAY, 0),
        ("18:30", Fold.DAY, 66_600),
        ("24:00", Fold.DAY, 86_400),
        ("168:00", Fold.WEEK, 604_800),
        ("1970-01-02T00:00", Fold.NONE, 86_400),
    ],
)
def test_a_time_is_read_as_the_fold_counts_it(text: str, onto: Fold, seconds: float) -> None:
    assert parse_time(text, onto) == seconds


@pytest.mark.parametrize(
    ("text", "onto"),
    [("noon", Fold.DAY), ("18:60", Fold.DAY), ("-1:00", Fold.DAY), ("24:01", Fold.DAY), ("168:01", Fold.WEEK),
     ("18:30", Fold.NONE), ("1970-01-02T00:00+02:00", Fold.NONE)],
)  # fmt: skip
def test_a_time_that_is_none_is_refused(text: str, onto: Fold) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text, onto)


def crowd(times: list[float]) -> list[CheckIn]:
    return [CheckIn(f"p{number}", at_s, LAT_DEG, LON_DEG) for number, at_s in enumerate(sorted(times))]


def test_a_slice_includes_its_start_and_excludes_its_end() -> None:
    visits = cut(crowd([9, 10, 19, 20]), from_s=10, to_s=20, phones=None, random=Random(1))
    assert [visit.after_s for visit in visits] == [0, 9]


def test_without_bounds_everything_is_played_from_the_first_on() -> None:
    assert [visit.after_s for visit in cut(crowd([5, 7]), from_s=None, to_s=None, phones=None, random=Random(1))] == [
        0,
        2,
    ]
    assert cut([], from_s=None, to_s=None, phones=None, random=Random(1)) == []


@given(
    times=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 100)), max_size=30),
    phones=st.integers(1, 12),
    bounds=st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_a_cap_keeps_all_visits_of_as_many_phones_as_it_says(
    times: list[tuple[int, int]], phones: int, bounds: tuple[int, int]
) -> None:
    checkins = [CheckIn(f"p{person}", at_s, 0, 0) for person, at_s in sorted(times, key=lambda pair: pair[1])]
    inside = [checkin for checkin in checkins if bounds[0] <= checkin.at_s < bounds[1]]
    visits = cut(checkins, from_s=bounds[0], to_s=bounds[1], phones=phones, random=Random(1))
    chosen = {visit.phone for visit in visits}
    assert len(chosen) == min(phones, len({checkin.person for checkin in inside}))
    assert [(visit.phone, visit.after_s + bounds[0]) for visit in visits] == [
        (checkin.person, checkin.at_s) for checkin in inside if checkin.person in chosen
    ]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3 * LAPSES_WITHIN_S)), max_size=30))
def test_the_most_at_once_agrees_with_a_scan(drawn: list[tuple[int, int]]) -> None:
    visits = [Visit(at_s, f"p{person}", 0, 0) for person, at_s in sorted(drawn, key=lambda pair: pair[1])]

    def there(at_s: float) -> int:
        stays = [[visit.after_s for visit in visits if visit.phone == phone] for phone in {v.phone for v in visits}]
        return sum(stay[0] <= at_s < stay[-1] + LAPSES_WITHIN_S for stay in stays)

    assert most_at_once(visits) == max((there(visit.after_s) for visit in visits), default=0)
