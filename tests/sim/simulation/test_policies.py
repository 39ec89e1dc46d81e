"""Every policy under every crowd keeps the rules of the game; each does what its name says."""

from collections.abc import Iterator, Sequence

import pytest

from nearby.core.ids import PersonId
from nearby.core.rules import MINUTE_MS, SECOND_MS, Rules
from nearby.sim.simulation.baseline import Baseline, OneByOne
from nearby.sim.simulation.crowds import one_catchment
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event
from nearby.sim.simulation.figures import Figures, figures_of
from nearby.sim.simulation.history import Did, Entry, History
from nearby.sim.simulation.playing import Timing, play
from nearby.sim.simulation.policies import POLICIES
from nearby.sim.simulation.study import Kind, generated
from tests.sim.simulation.histories import ANA, BEN, place

CAPACITY = Rules().capacity
SMALL = {Kind.STADIUM: 100, Kind.EVENING: 60}
KEEPS_APART = sorted(set(POLICIES) - {"clusters", "board"})


def lived(crowd: Crowd, policy: str, seed: int = 1) -> list[Entry]:
    return play(crowd, POLICIES[policy], seed=seed, timing=Timing())


def rooms_after(entries: Sequence[Entry]) -> Iterator[dict[str, set[str]]]:
    """Yield who sits in which room after each entry; the same mapping, changed each time."""
    rooms: dict[str, set[str]] = {}
    room_of: dict[str, str] = {}
    for entry in entries:
        if entry.did in (Did.SAT, Did.ROSE, Did.WENT):
            rooms.get(room_of.pop(entry.person, ""), set()).discard(entry.person)
        if entry.did is Did.SAT:
            rooms.setdefault(entry.room, set()).add(entry.person)
            room_of[entry.person] = entry.room
        yield rooms


def most_in_a_room(entries: Sequence[Entry]) -> int:
    most = 0
    for entry, rooms in zip(entries, rooms_after(entries), strict=True):
        if entry.did is Did.SAT:
            most = max(most, len(rooms[entry.room]))
    return most


def minutes(minute: float) -> int:
    return START_MS + round(minute * MINUTE_MS)


def script(*events: Event, ends: float = 60, rules: Rules | None = None) -> Crowd:
    return Crowd(
        name="by hand",
        events=sorted(events, key=lambda event: event.at_ms),
        measured_from_ms=START_MS,
        ends_ms=minutes(ends),
        rules=rules or one_catchment(Rules()),
    )


def arrive(name: str, minute: float, north_m: float = 0.0) -> Event:
    return Event(minutes(minute), Do.ARRIVE, PersonId(name), place(north_m))


def leave(name: str, minute: float) -> Event:
    return Event(minutes(minute), Do.LEAVE, PersonId(name))


def room_of(entries: Sequence[Entry], name: str) -> str:
    """Return the last room somebody was seated in."""
    return [entry.room for entry in entries if entry.did is Did.SAT and entry.person == name][-1]


@pytest.mark.parametrize("policy", list(POLICIES))
@pytest.mark.parametrize("kind", list(Kind))
def test_no_room_is_over_capacity_and_everybody_sits_soon(kind: Kind, policy: str) -> None:
    [crowd] = generated(kind, [SMALL.get(kind, 15)], hours=0.5, says_per_min=0.5, seed=1)
    entries = lived(crowd, policy)
    assert 2 <= most_in_a_room(entries) <= (len(crowd.events) if policy == "board" else CAPACITY)
    came = {entry.person: entry.at_ms for entry in entries if entry.did is Did.CAME}
    sat: dict[str, int] = {}
    for entry in entries:
        if entry.did is Did.SAT:
            sat.setdefault(entry.person, entry.at_ms)
    waits_ms = [at_ms - came[PersonId(person)] for person, at_ms in sat.items()]
    if policy not in ("matchmaker", "clusters"):
        assert max(waits_ms) <= SECOND_MS
    if policy == "clusters":
        assert max(waits_ms) <= MINUTE_MS


@pytest.mark.parametrize("policy", list(POLICIES))
def test_one_seed_gives_one_result(policy: str) -> None:
    [crowd] = generated(Kind.EVENING, [40], hours=0.5, says_per_min=1, seed=1)
    assert lived(crowd, policy) == lived(crowd, policy)


@pytest.mark.parametrize("policy", ["ours", "random"])
def test_another_seed_of_the_policy_gives_another_result(policy: str) -> None:
    [crowd] = generated(Kind.STEADY, [40], hours=0.5, says_per_min=0, seed=1)
    assert lived(crowd, policy, seed=1) != lived(crowd, policy, seed=2)


@pytest.mark.parametrize("policy", KEEPS_APART)
def test_nobody_is_seated_with_somebody_they_have_a_block_with(policy: str) -> None:
    [crowd] = generated(Kind.BLOCKS, [20], hours=2, says_per_min=0, seed=1)
    assert figures_of(crowd, lived(crowd, policy)).conflicts == 0


def test_a_policy_that_knows_no_blocks_is_found_out() -> None:
    [crowd] = generated(Kind.BLOCKS, [20], hours=2, says_per_min=0, seed=1)
    assert figures_of(crowd, lived(crowd, "board")).conflicts > 0


@pytest.mark.parametrize("policy", KEEPS_APART)
def test_who_blocks_somebody_in_their_room_has_another_one_on_the_next_tick(policy: str) -> None:
    people = [arrive(name, 0) for name in ("ana", "ben", "cleo")]
    block = Event(minutes(10), Do.BLOCK, ANA, other=BEN)
    entries = lived(script(*people, block, ends=11), policy)
    [*_, rooms] = rooms_after(entries)
    assert {frozenset(members) for members in rooms.values() if "ben" in members} == {frozenset({"ben", "cleo"})}


@pytest.mark.parametrize(("policy", "is_merged"), [("ours", True), ("thin-only", False)])
def test_one_person_alone_is_merged_into_a_full_room_by_ours_only(policy: str, is_merged: bool) -> None:
    people = [arrive(f"p{number}", number / 100) for number in range(9)]
    entries = lived(script(*people, leave("p0", 1), ends=5), policy)
    assert (room_of(entries, "p8") == room_of(entries, "p7")) is is_merged


@pytest.mark.parametrize("policy", ["ours", "thin-only"])
def test_two_thin_rooms_are_merged_by_both(policy: str) -> None:
    people = [arrive(f"p{number}", number / 100) for number in range(10)]
    entries = lived(script(*people, *(leave(f"p{number}", 1) for number in range(7)), ends=5), policy)
    assert len({room_of(entries, name) for name in ("p7", "p8", "p9")}) == 1


def test_a_closed_bucket_takes_no_more_than_its_seats_however_many_left() -> None:
    people = [arrive(f"p{number}", number / 10) for number in range(9)]
    entries = lived(script(*people, *(leave(f"p{number}", 0.75) for number in range(7)), arrive("late", 5)), "closed")
    assert len({room_of(entries, f"p{number}") for number in range(8)}) == 1
    assert room_of(entries, "p8") == room_of(entries, "late") != room_of(entries, "p0")


def test_random_refill_gives_left_seats_to_newcomers() -> None:
    people = [arrive(f"p{number}", number / 10) for number in range(8)]
    entries = lived(script(*people, leave("p0", 1), arrive("late", 5)), "random")
    assert room_of(entries, "late") == room_of(entries, "p7")


def test_the_least_loaded_room_is_refilled_first() -> None:
    people = [arrive(f"p{number}", number / 100) for number in range(16)]
    left = [leave(f"p{number}", 1) for number in (0, 1, 2, 8)]
    entries = lived(script(*people, *left, arrive("late", 5)), "least-loaded")
    assert room_of(entries, "late") == room_of(entries, "p7") != room_of(entries, "p15")


def test_nearest_first_seats_by_exact_points() -> None:
    people = [arrive(f"p{number}", number / 100, 0 if number < 8 else 500) for number in range(16)]
    left = [leave(name, 1) for name in ("p0", "p15")]
    entries = lived(script(*people, *left, arrive("south", 5, -10), arrive("north", 5, 480)), "nearest")
    assert (room_of(entries, "south"), room_of(entries, "north")) == (room_of(entries, "p1"), room_of(entries, "p14"))


def test_everybody_is_on_one_board_however_many_and_whatever_they_ask() -> None:
    people = [arrive(f"p{number}", number / 100, 100 * number) for number in range(30)]
    entries = lived(script(*people, Event(minutes(5), Do.NEXT, PersonId("p1"))), "board")
    assert [entry.did for entry in entries].count(Did.SAT) == 30
    assert len({entry.room for entry in entries if entry.did is Did.SAT}) == 1


def seated_at_s(entries: Sequence[Entry]) -> dict[str, float]:
    return {entry.person: (entry.at_ms - START_MS) / SECOND_MS for entry in entries if entry.did is Did.SAT}


def test_eight_tickets_match_at_the_next_interval() -> None:
    entries = lived(script(*(arrive(f"p{number}", number / 60) for number in range(8))), "matchmaker")
    assert set(seated_at_s(entries).values()) == {15.0}
    assert len({entry.room for entry in entries if entry.did is Did.SAT}) == 1


def test_three_tickets_match_at_the_oldest_ones_second_interval() -> None:
    people = [arrive("a", 1 / 60), arrive("b", 2 / 60), arrive("c", 20 / 60)]
    assert set(seated_at_s(lived(script(*people), "matchmaker")).values()) == {30.0}


def test_two_tickets_wait_to_be_found_by_a_third() -> None:
    people = [arrive("a", 1 / 60), arrive("b", 2 / 60)]
    assert seated_at_s(lived(script(*people), "matchmaker")) == {}
    # The third looks twice, at 10:15 and at 10:30.
    found = lived(script(*people, arrive("c", 10 + 1 / 60)), "matchmaker")
    assert seated_at_s(found) == {"a": 630.0, "b": 630.0, "c": 630.0}


def test_a_match_is_never_refilled_and_a_ticket_taken_back_is_not_matched() -> None:
    people = [arrive(f"p{number}", number / 60) for number in range(8)]
    late = [leave("p0", 1), arrive("gone", 2), leave("gone", 2.1), *(arrive(name, 2.2) for name in ("x", "y", "z"))]
    entries = lived(script(*people, *late), "matchmaker")
    assert room_of(entries, "x") == room_of(entries, "y") == room_of(entries, "z") != room_of(entries, "p1")
    assert "gone" not in seated_at_s(entries)


def test_clusters_are_as_few_as_can_be_of_people_who_stand_together() -> None:
    people = [arrive(f"p{number}", 0, 0 if number % 2 else 900) for number in range(16)]
    entries = lived(script(*people, ends=5), "clusters")
    assert len({room_of(entries, f"p{number}") for number in range(1, 16, 2)}) == 1
    assert len({entry.room for entry in entries if entry.did is Did.SAT}) == 2
    assert [entry.why for entry in entries if entry.did is Did.SAT] == ["new"] * 16


@pytest.mark.parametrize("policy", ["ours", "random", "closed"])
def test_a_room_off_the_ladder_is_left_at_a_moment_of_the_second_window_after(policy: str) -> None:
    far = place(25_000)
    # Who came back to be near somebody far away checks in from there in time, as phones do.
    moves = [Event(minutes(5 + 6 * number), Do.CHECK_IN, ANA, far) for number in range(6)]
    stays = [Event(minutes(5 + 6 * number), Do.CHECK_IN, BEN, place()) for number in range(6)]
    entries = lived(script(arrive("ana", 0), arrive("ben", 0), *moves, *stays, ends=40), policy)
    [moved] = [entry for entry in entries if entry.why == "moved"]
    assert moved.person == ANA
    assert minutes(20) <= moved.at_ms < minutes(40)


def test_baselines_open_cells_by_the_same_counts_as_ours() -> None:
    [crowd] = generated(Kind.EVENING, [60], hours=1.5, says_per_min=0, seed=1)
    shares = [figures_of(crowd, lived(crowd, policy)).share_by_rung for policy in ("ours", "random")]
    assert shares[0]["7"] > 0.2
    assert shares[0]["7"] == pytest.approx(shares[1]["7"], abs=0.15)


def of_the_table(people: int, hours: float) -> dict[str, Figures]:
    [crowd] = generated(Kind.STEADY, [people], hours=hours, says_per_min=0, seed=1)
    return {policy: figures_of(crowd, lived(crowd, policy)) for policy in POLICIES}


@pytest.mark.parametrize(("people", "hours"), [(6, 25.0), (12, 14.0), (40, 4.0)])
def test_policies_stand_in_the_order_that_theory_gives(people: int, hours: float) -> None:
    figures = of_the_table(people, hours)
    thin = {policy: theirs.share_thin for policy, theirs in figures.items()}
    arrivals = figures["ours"].arrivals
    print(f"{people} people, n = {arrivals} arrivals: {thin}")
    assert arrivals > 500
    refilled = [thin[policy] for policy in ("random", "least-loaded", "nearest")]
    assert thin["matchmaker"] > thin["closed"] > 2 * max(refilled)
    assert min(thin.values()) >= figures["ours"].share_bound - 0.001
    assert thin["board"] == pytest.approx(figures["ours"].share_bound, abs=0.001)
    # Rescue and merging halve what random refill leaves, for less than one move in two person-hours; merging thin rooms
    # with thin rooms only leaves more, for fewer moves.
    assert thin["ours"] < thin["random"] / 2
    assert thin["ours"] < 0.7 * thin["thin-only"] < 0.7 * thin["random"]
    assert 0.02 < figures["ours"].moves_per_h < 0.6
    assert 0 < figures["thin-only"].moves_per_h < figures["ours"].moves_per_h
    assert figures["ours"].placed_per_h.keys() == figures["thin-only"].placed_per_h.keys() == {"merged"}
    moving = ("ours", "thin-only", "clusters")
    assert {theirs.moves_per_h for policy, theirs in figures.items() if policy not in moving} == {0}
    # A bucket of eight that nobody refills empties in eight steps of equal person-time, two of them thin.
    assert thin["closed"] == pytest.approx(0.27, abs=0.1)
    rooms = {policy: theirs.rooms_over_fewest for policy, theirs in figures.items()}
    assert rooms["matchmaker"] > rooms["closed"] > rooms["random"] > rooms["clusters"]
    assert rooms["clusters"] == pytest.approx(1, abs=0.05)
    # Ours fills to 8 where few are, and to 5 and then to 6 where many are.
    assert rooms["ours"] < (1.6 if people >= 40 else 1.12)
    metres = {policy: theirs.distance_m or 0 for policy, theirs in figures.items()}
    assert metres["clusters"] < metres["random"]
    assert metres["nearest"] < metres["random"]
    assert metres["ours"] == pytest.approx(metres["random"], rel=0.1)


def test_the_bound_is_what_poisson_says() -> None:
    [crowd] = generated(Kind.STEADY, [6], hours=250, says_per_min=0, seed=1)
    figures = figures_of(crowd, lived(crowd, "board"))
    print(f"n = {figures.person_h:.0f} person-hours: {figures.share_bound:.4f}")
    # The share of person-time with one or two present is e^-6 (1 * 6 + 2 * 18) / 6.
    assert figures.share_bound == pytest.approx(0.01735, abs=0.008)


def test_parties_sit_together_and_by_chance_they_would_not() -> None:
    [crowd] = generated(Kind.PARTIES, [40], hours=3, says_per_min=0, seed=1)
    together = {policy: figures_of(crowd, lived(crowd, policy)).companions_together for policy in ("ours", "random")}
    print(f"{len(crowd.traits)} people in parties: {together}")
    assert (together["ours"] or 0) > 0.7 > 0.4 > (together["random"] or 0)


def test_people_of_a_village_are_lifted_to_where_others_are() -> None:
    [crowd] = generated(Kind.VILLAGE, [8], hours=20, says_per_min=0, seed=1)
    figures = {policy: figures_of(crowd, lived(crowd, policy)) for policy in ("ours", "random")}
    assert figures["ours"].placed_per_h["lifted"] > 0
    assert figures["ours"].share_thin < figures["random"].share_thin


def test_talk_puts_off_moves() -> None:
    silent, loud = (
        generated(Kind.STEADY, [12], hours=10, says_per_min=says_per_min, seed=1)[0] for says_per_min in (0.0, 12.0)
    )
    moves = [figures_of(crowd, lived(crowd, "ours")).moves_per_h for crowd in (silent, loud)]
    assert moves[1] < 0.5 * moves[0]


@pytest.mark.parametrize("unfinished", [Baseline, OneByOne])
def test_a_baseline_that_does_not_say_who_sits_where_is_not_made(unfinished: type[Baseline]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        unfinished(History(), Rules(), 1)
