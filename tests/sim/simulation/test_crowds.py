from collections import Counter
from itertools import pairwise
from random import Random
from statistics import fmean, pstdev

import pytest

from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.sim.folding import Visit
from nearby.sim.simulation import crowds
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event
from nearby.sim.simulation.recorded import recorded
from nearby.sim.simulation.script import LAT_DEG, LON_DEG, MEAN_STAY_S
from nearby.sim.simulation.study import Kind, generated

SMALL = {Kind.STADIUM: 300, Kind.EVENING: 100}


def made(
    kind: Kind, *, hours: float = 2.0, seed: int = 1, says_per_min: float = 1.0, people: int | None = None
) -> Crowd:
    number = people or SMALL.get(kind, 30)
    [crowd] = generated(kind, [number], hours=hours, says_per_min=says_per_min, seed=seed)
    return crowd


def stays(crowd: Crowd) -> dict[str, tuple[int, int]]:
    """Return when everybody came and left; the end for those who are there then."""
    came = {event.person: event.at_ms for event in crowd.events if event.do is Do.ARRIVE}
    left = {event.person: event.at_ms for event in crowd.events if event.do is Do.LEAVE}
    return {person: (at_ms, left.get(person, crowd.ends_ms)) for person, at_ms in came.items()}


def present(crowd: Crowd, at_ms: int) -> int:
    return sum(from_ms <= at_ms < to_ms for from_ms, to_ms in stays(crowd).values())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_crowd_is_a_stream_in_order_of_people_who_arrive_once_act_and_leave(kind: Kind) -> None:
    crowd = made(kind)
    assert all(one.at_ms <= other.at_ms for one, other in pairwise(crowd.events))
    assert crowd.events[0].at_ms >= START_MS
    assert crowd.events[-1].at_ms < crowd.ends_ms
    here: set[str] = set()
    gone: set[str] = set()
    for event in crowd.events:
        if event.do is Do.ARRIVE:
            assert event.person not in here | gone
            here.add(event.person)
        assert event.person in here
        assert (event.place is not None) == (event.do in (Do.ARRIVE, Do.CHECK_IN))
        assert event.other is None or (event.do is Do.BLOCK and event.other in here)
        if event.do is Do.LEAVE:
            here.remove(event.person)
            gone.add(event.person)


@pytest.mark.parametrize("kind", list(Kind))
def test_phones_check_in_often_enough_never_to_lapse_and_never_too_often(kind: Kind) -> None:
    crowd = made(kind)
    seen: dict[str, list[int]] = {}
    for event in crowd.events:
        if event.place is not None:
            seen.setdefault(event.person, []).append(event.at_ms)
    pauses_ms = [later - before for times in seen.values() for before, later in pairwise(times)]
    window_ms = crowd.rules.window_ms
    assert pauses_ms
    assert 0.5 * window_ms - 1 <= min(pauses_ms)
    assert max(pauses_ms) <= 0.8 * window_ms


@pytest.mark.parametrize("kind", list(Kind))
def test_the_same_seed_makes_the_same_crowd_and_another_one_another(kind: Kind) -> None:
    assert made(kind).events == made(kind).events
    assert made(kind).events != made(kind, seed=2).events


@pytest.mark.parametrize("kind", list(Kind))
def test_silent_crowds_are_silent_and_others_speak_once_a_minute(kind: Kind) -> None:
    assert not [event for event in made(kind, says_per_min=0).events if event.do is Do.SAY]
    crowd = made(kind)
    said = sum(event.do is Do.SAY for event in crowd.events)
    minutes = sum(to_ms - from_ms for from_ms, to_ms in stays(crowd).values()) / MINUTE_MS
    assert said == pytest.approx(minutes, rel=0.1)


@pytest.mark.parametrize("kind", [Kind.STEADY, Kind.SPAMMED, Kind.PARTIES, Kind.MINORITY, Kind.BLOCKS, Kind.VILLAGE])
def test_as_many_are_there_on_average_as_asked_for(kind: Kind) -> None:
    crowd = made(kind, hours=60, says_per_min=0)
    measured = [
        max(0, to_ms - max(from_ms, crowd.measured_from_ms)) / HOUR_MS for from_ms, to_ms in stays(crowd).values()
    ]
    assert sum(measured) / crowd.hours == pytest.approx(30, rel=0.15)


def test_stays_are_fifteen_minutes_on_average_and_as_spread_out() -> None:
    crowd = made(Kind.STEADY, hours=100, says_per_min=0)
    lengths_s = [(to_ms - from_ms) / 1_000 for from_ms, to_ms in stays(crowd).values() if to_ms < crowd.ends_ms]
    assert fmean(lengths_s) == pytest.approx(MEAN_STAY_S, rel=0.05)
    assert pstdev(lengths_s) == pytest.approx(MEAN_STAY_S, rel=0.25)


def test_a_crowd_of_one_catchment_stands_all_over_one_cell() -> None:
    places = {event.place for event in made(Kind.STEADY).events if event.place is not None}
    assert len({place.ladder.res7 for place in places}) == 1
    assert len(places) > 50
    assert max(place.lat_deg for place in places) - min(place.lat_deg for place in places) > 0.01


def test_a_stadium_fills_within_ten_minutes_and_nobody_leaves() -> None:
    crowd = made(Kind.STADIUM, hours=1)
    assert crowd.measured_from_ms == START_MS
    assert present(crowd, START_MS + 10 * MINUTE_MS) == present(crowd, crowd.ends_ms - 1) == 300


def test_six_in_ten_leave_within_ten_seconds() -> None:
    crowd = made(Kind.EXODUS, people=400)
    sudden_ms = (crowd.measured_from_ms + crowd.ends_ms) // 2
    before, after = present(crowd, sudden_ms - 1), present(crowd, sudden_ms + 10_000)
    assert after / before == pytest.approx(0.4, abs=0.08)


def test_a_train_crosses_cells_with_everybody_at_one_place() -> None:
    crowd = made(Kind.TRAIN)
    cells = {event.place.ladder.res5 for event in crowd.events if event.place is not None}
    assert len(cells) > 5
    at_once: dict[int, set[object]] = {}
    for event in crowd.events:
        if event.place is not None:
            at_once.setdefault(event.at_ms, set()).add(event.place)
    assert all(len(places) == 1 for places in at_once.values())


def test_a_village_spreads_over_cells_of_resolution_7_and_a_city_has_busy_ones() -> None:
    village = {event.place.ladder.res7 for event in made(Kind.VILLAGE).events if event.place is not None}
    assert len(village) >= 3
    city = Counter(
        event.place.ladder.res7 for event in made(Kind.EVENING).events if event.do is Do.ARRIVE and event.place
    )
    assert len(city) > 5
    assert city.most_common(1)[0][1] > 3 * sum(city.values()) / len(city)


def test_some_of_a_city_walk_from_one_place_to_another() -> None:
    places: dict[str, set[object]] = {}
    for event in made(Kind.EVENING).events:
        if event.place is not None:
            places.setdefault(event.person, set()).add(event.place)
    walkers = sum(len(theirs) > 1 for theirs in places.values())
    assert 0 < walkers < len(places) / 2


def test_parties_name_each_other_and_come_and_go_together() -> None:
    crowd = made(Kind.PARTIES)
    theirs = stays(crowd)
    assert {len(traits.companions) for traits in crowd.traits.values()} == {1, 2, 3}
    for person, traits in crowd.traits.items():
        for other in traits.companions:
            assert person in crowd.traits[other].companions
            if person in theirs and other in theirs:
                assert abs(theirs[person][0] - theirs[other][0]) <= crowds.PARTY_WITHIN_MS
                assert theirs[person][1] == theirs[other][1]
    arrived = [person for person in theirs if person in crowd.traits]
    assert len(arrived) / len(theirs) == pytest.approx(crowds.PARTY_SHARE, abs=0.1)


def test_one_pair_in_twenty_has_a_block_and_fifteen_in_a_hundred_another_language() -> None:
    crowd = made(Kind.BLOCKS, hours=20)
    pairs, here = 0, 0
    for event in crowd.events:
        pairs += here * (event.do is Do.ARRIVE)
        here += (event.do is Do.ARRIVE) - (event.do is Do.LEAVE)
    assert sum(event.do is Do.BLOCK for event in crowd.events) / pairs == pytest.approx(0.05, abs=0.01)
    languages = Counter(traits.language for traits in made(Kind.MINORITY, hours=20).traits.values())
    assert languages["rm"] / languages.total() == pytest.approx(0.15, abs=0.04)


def test_a_spammer_stays_and_asks_no_oftener_than_joins_are_allowed() -> None:
    crowd = made(Kind.SPAMMED, hours=4)
    asked = [event.at_ms for event in crowd.events if event.do is Do.NEXT]
    assert {event.person for event in crowd.events if event.do is Do.NEXT} == {crowd.spammer}
    assert crowd.spammer is not None
    assert stays(crowd)[crowd.spammer] == (START_MS, crowd.ends_ms)
    joins = [START_MS, *asked]
    for at_ms in joins:
        assert sum(at_ms <= other < at_ms + HOUR_MS for other in joins) <= crowd.rules.joins_per_hour


def visits(*minutes: float, phone: str = "phone") -> list[Visit]:
    return [Visit(60 * minute, phone, LAT_DEG, LON_DEG + minute / 1_000) for minute in minutes]


def only(events: list[Event], do: Do) -> list[Event]:
    return [event for event in events if event.do is do]


def test_recorded_check_ins_are_stays_and_those_within_one_go_on_with_it() -> None:
    crowd = recorded([*visits(0, 0.5, 1, 600)], Random(1), says_per_min=0)
    arrivals = only(list(crowd.events), Do.ARRIVE)
    assert [event.at_ms - START_MS for event in arrivals] == [0, 600 * MINUTE_MS]
    assert len({event.person for event in arrivals}) == 2
    first_leaves = only(list(crowd.events), Do.LEAVE)[0]
    assert first_leaves.person == arrivals[0].person
    assert crowd.ends_ms == START_MS + 600 * MINUTE_MS + 1_000
    assert crowd.measured_from_ms == START_MS + HOUR_MS


def test_somebody_recorded_elsewhere_during_a_stay_is_there_at_once() -> None:
    crowd = recorded([*visits(0, 0.5), *visits(240, phone="other")], Random(3), says_per_min=0)
    person = crowd.events[0].person
    seen = [
        ((event.at_ms - START_MS) / MINUTE_MS, event.place.lon_deg)
        for event in crowd.events
        if event.person == person and event.place
    ]
    assert seen[:2] == [(0, LON_DEG), (0.5, LON_DEG + 0.5 / 1_000)]
    assert {lon_deg for _, lon_deg in seen[1:]} == {LON_DEG + 0.5 / 1_000}


def test_a_short_record_spends_a_quarter_on_warming_up_and_an_empty_one_is_no_crowd() -> None:
    crowd = recorded(visits(0, 60), Random(1), says_per_min=0)
    assert crowd.measured_from_ms - START_MS == pytest.approx(15 * MINUTE_MS, rel=0.01)
    with pytest.raises(ValueError, match="no crowd"):
        recorded([], Random(1), says_per_min=0)


def test_few_people_are_followed_for_longer_unless_told() -> None:
    six, many = generated(Kind.STEADY, [6, 150], hours=None, says_per_min=0, seed=1)
    assert (six.hours, many.hours) == (100, 4)
    assert [crowd.name for crowd in generated(Kind.STEADY, [], hours=0.5, says_per_min=0, seed=1)] == [
        "6 people",
        "12 people",
        "40 people",
        "150 people",
    ]
