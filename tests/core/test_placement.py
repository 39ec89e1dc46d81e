from collections import Counter
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nearby.core.ids import RoomId
from nearby.core.placement import CANDIDATES_SCORED, NEW_ROOM, Candidate, Choice, Hand, card_of, decide, luck_of
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.core.wishes import Wishes

RULES = Rules()
WINDOWS = Windows(RULES.window_ms, b"sixteen bytes or more")
NOW_MS = 3_600_000

candidates = st.lists(
    st.builds(
        Candidate,
        room=st.text("abcdef", min_size=3, max_size=6).map(RoomId),
        size=st.integers(0, 7),
        opened_ms=st.integers(0, NOW_MS),
    ),
    max_size=CANDIDATES_SCORED,
    unique_by=lambda candidate: candidate.room,
)


def noise(luck: float, room: RoomId) -> float:
    number, *_ = card_of(Candidate(room, 0, 0))
    return number * luck % 1.0


def luck(name: str) -> float:
    return luck_of(WINDOWS.draw_words(WINDOWS.at(NOW_MS), "candidates", name)[-1])


def choose(name: str, rooms: list[Candidate], now_ms: int = NOW_MS) -> Choice:
    return decide(rooms, luck(name), now_ms, rules=RULES)


@given(candidates)
def test_the_choice_is_the_best_score_of_the_published_formula(rooms: list[Candidate]) -> None:
    def score(room: Candidate) -> float:
        thin = room.size in (1, 2)
        age = 0 if thin else min((NOW_MS - room.opened_ms) / 900_000, 1)
        points = 3 * noise(luck("ana"), room.room)
        return 4 * thin + 2 * room.size / 6 - age + points

    best = max(rooms, key=score, default=None)
    assert choose("ana", rooms).room == (None if best is None else best.room)
    assert choose("ana", rooms).rescue == (best is not None and best.size in (1, 2))


@given(candidates, st.randoms(use_true_random=False))
def test_asking_again_or_in_another_order_gives_the_same_room(rooms: list[Candidate], random: Random) -> None:
    first = choose("ana", rooms)
    shuffled = random.sample(rooms, len(rooms))
    assert choose("ana", rooms) == first
    assert choose("ana", shuffled) == first


def test_without_candidates_a_room_is_opened() -> None:
    assert choose("ana", []) == NEW_ROOM == Choice(None, rescue=False, score=0.0, margin=0.0)


@pytest.mark.parametrize(("thin_size", "sizes"), [(1, (3, 4)), (2, (3, 4, 5))])
def test_a_thin_room_comes_before_any_of_the_same_age_with_at_most_three_members_more(
    thin_size: int, sizes: tuple[int, ...]
) -> None:
    thin = Candidate(RoomId("thin"), thin_size, NOW_MS)
    others = [Candidate(RoomId(f"r{number}"), size, NOW_MS) for number, size in enumerate(2 * sizes)]
    # Its lead is at least the 3 points that the noise spans: 4 + thin_size / 3 - size / 3.
    assert {choose(f"person{number}", [thin, *others]).room for number in range(300)} == {thin.room}


@pytest.mark.parametrize(("thin_size", "size"), [(1, 5), (1, 6), (1, 7), (2, 6), (2, 7)])
@pytest.mark.lengthy
def test_a_room_with_more_than_three_members_more_wins_over_a_thin_one_as_often_as_noise_lets_it(
    thin_size: int, size: int
) -> None:
    thin, fuller = Candidate(RoomId("thin"), thin_size, NOW_MS), Candidate(RoomId("full"), size, NOW_MS)
    people = 20_000
    lost = sum(choose(f"person{number}", [thin, fuller]).room == fuller.room for number in range(people))
    lead = 4 + 2 * thin_size / RULES.target - 2 * size / RULES.target
    # The difference of two numbers drawn from [0, 3) is above ``lead`` with this chance, between 0.6 and 5.6 %.
    chance = (3 - lead) ** 2 / 18
    assert 0 < chance < 0.06
    assert abs(lost - people * chance) < 4 * (people * chance) ** 0.5


def test_a_room_whose_members_are_all_away_is_not_company_and_not_rescued() -> None:
    held = Candidate(RoomId("held"), 0, NOW_MS)
    choice = choose("ana", [held])
    assert (choice.room, choice.rescue) == (held.room, False)


def test_equal_rooms_are_chosen_evenly_over_people() -> None:
    rooms = [Candidate(RoomId(f"r{number}"), 4, NOW_MS) for number in range(4)]
    tally = [sum(choose(f"p{person}", rooms).room == room.room for person in range(2_000)) for room in rooms]
    assert all(400 <= count <= 600 for count in tally), tally


def test_only_the_first_eight_candidates_are_scored() -> None:
    rooms = [Candidate(RoomId(f"r{number}"), 4, NOW_MS) for number in range(16)]
    first = {room.room for room in rooms[:CANDIDATES_SCORED]}
    assert all(choose(f"p{person}", rooms).room in first for person in range(200))


tags = st.frozensets(st.sampled_from(["chess", "dogs", "tea"]))
langs = st.sampled_from([None, "de", "en"])


@given(candidates, st.data())
def test_tags_and_language_in_common_count_by_the_formula(rooms: list[Candidate], data: st.DataObject) -> None:
    rooms = [replace(room, tags=data.draw(tags), lang=data.draw(langs)) for room in rooms]
    wishes = Wishes(tags=data.draw(tags), lang=data.draw(langs))

    def score(room: Candidate) -> float:
        thin = room.size in (1, 2)
        age = 0 if thin else min((NOW_MS - room.opened_ms) / 900_000, 1)
        points = 3 * noise(luck("ana"), room.room)
        either = wishes.tags | room.tags
        jaccard = len(wishes.tags & room.tags) / len(either) if either else 0
        same_lang = wishes.lang is not None and wishes.lang == room.lang
        return 4 * thin + 2 * room.size / 6 + 0.5 * jaccard + same_lang - age + points

    choice = decide(rooms, luck("ana"), NOW_MS, rules=RULES, wishes=wishes)
    scores = sorted(map(score, rooms), reverse=True)
    assert choice.room == (max(rooms, key=score).room if rooms else None)
    assert choice.score == pytest.approx(scores[0] if rooms else 0)
    assert choice.margin == pytest.approx(scores[0] - scores[1] if len(rooms) > 1 else 0)


@given(candidates, st.data())
def test_a_hand_is_the_candidates_it_was_made_of_and_decided_about_alike(
    rooms: list[Candidate], data: st.DataObject
) -> None:
    liked = [replace(room, tags=data.draw(tags), lang=data.draw(langs)) for room in rooms]
    hand, wishes = Hand.of(liked), Wishes(tags=data.draw(tags), lang=data.draw(langs))
    assert list(hand) == liked
    assert hand[1:] == liked[1:]
    assert list(Hand(hand.cards)) == rooms
    for known, shown in ((hand, liked), (Hand(hand.cards), rooms)):
        choice = decide(known, luck("ana"), NOW_MS, rules=RULES, wishes=wishes)
        assert choice == decide(shown, luck("ana"), NOW_MS, rules=RULES, wishes=wishes)


def test_a_common_language_outweighs_common_tags_and_neither_outweighs_being_alone() -> None:
    wishes = Wishes(tags=frozenset({"tea"}), lang="en")
    english = Candidate(RoomId("english"), 4, NOW_MS, lang="en")
    tea = Candidate(RoomId("tea"), 4, NOW_MS, tags=frozenset({"tea"}))
    alone = Candidate(RoomId("alone"), 1, NOW_MS)

    def share(room: Candidate, *others: Candidate) -> float:
        chosen = (decide([*others, room], luck(f"p{n}"), NOW_MS, rules=RULES, wishes=wishes).room for n in range(2_000))
        return sum(one == room.room for one in chosen) / 2_000

    # Ahead by 0.5 points under a difference of two numbers drawn from [0, 3): 1 - (3 - 0.5) ** 2 / 18.
    assert share(english, tea) == pytest.approx(0.653, abs=0.045)
    # 4 + 1/3 against 4/3 + 1.
    assert share(alone, english) == pytest.approx(1 - (3 - 2) ** 2 / 18, abs=0.025)


def test_the_margin_is_the_lead_over_the_best_of_the_others_wherever_it_stands() -> None:
    sizes = {RoomId("first"): 1, RoomId("second"): 3, RoomId("third"): 7}
    rooms = [Candidate(room, size, NOW_MS) for room, size in sizes.items()]
    for order in permutations(rooms):
        choice = choose("ana", list(order))
        alone = {room.room: choose("ana", [room]).score for room in order}
        best, second, _ = sorted(alone.values(), reverse=True)
        assert choice.score == best == alone[choice.room or rooms[0].room]
        assert choice.margin == best - second
    assert choose("ana", rooms[:1]).margin == 0


def test_noise_is_even_for_each_room_and_independent_between_rooms() -> None:
    random = Random(1)
    rooms = [RoomId(f"{random.getrandbits(48):012x}") for _ in range(8)]
    won, quarters, people = Counter[RoomId](), Counter[tuple[int, int]](), 8_000
    for _ in range(people):
        drawn = luck_of(random.getrandbits(32))
        points = {room: noise(drawn, room) for room in rooms}
        assert points == {room: noise(drawn, room) for room in rooms}
        won[max(rooms, key=lambda room: points[room])] += 1
        quarters[int(4 * points[rooms[0]]), int(4 * points[rooms[1]])] += 1
    # 1,000 each, standard deviation 30; and 500 each, standard deviation 22.
    assert all(850 <= won[room] <= 1_150 for room in rooms), won
    assert len(quarters) == 16
    assert all(400 <= count <= 600 for count in quarters.values()), quarters
