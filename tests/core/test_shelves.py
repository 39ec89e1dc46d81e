from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nearby.core.ids import RoomId
from nearby.core.placement import CANDIDATES_READ, CANDIDATES_SCORED, Candidate
from nearby.core.shelves import Shelf, Shelves


class Room:
    """Stands on a shelf and does nothing else."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.place = -1
        self.card = Candidate(RoomId(f"room{number}"), size=number, opened_ms=0)

    def __repr__(self) -> str:
        return f"room {self.number}"


ROOMS = [Room(number) for number in range(40)]

CAPACITY, TARGET = 8, 6
THIN, ROOMY, NEARLY_FULL = Shelf(True, 2), Shelf(False, 4), Shelf(False, 6)

shelf = st.builds(Shelf, st.booleans(), st.integers(1, CAPACITY - 1))
move = st.tuples(st.sampled_from(ROOMS), shelf | st.none())
moves = st.lists(move, max_size=10) | st.lists(move, min_size=60, max_size=120)
words = st.lists(st.integers(0, 2**32 - 1), max_size=45)


def filled(moves: Iterable[tuple[Room, Shelf | None]]) -> tuple[Shelves[Room], dict[Room, Shelf]]:
    for room in ROOMS:
        room.place = -1  # Left on the shelves of another example.
    shelves, model = Shelves[Room](CAPACITY), dict[Room, Shelf]()
    for room, shelf in moves:
        if shelf is None:
            shelves.take_off(room)
            model.pop(room, None)
        else:
            shelves.put(room, shelf, room.card)
            model[room] = shelf
    return shelves, model


def sample(shelves: Shelves[Room], words: Sequence[int], *, fill: int) -> list[Room]:
    """Return the rooms whose cards a sample holds."""
    return [ROOMS[card.size] for card in shelves.sample(words, fill=fill)]


def drawn_words(random: Random, count: int) -> list[int]:
    return [random.getrandbits(32) for _ in range(count)]


@given(moves, words, st.sampled_from([TARGET, CAPACITY]))
def test_a_sample_holds_different_rooms_thin_ones_first_and_as_many_as_there_are(
    moves: list[tuple[Room, Shelf | None]], words: list[int], fill: int
) -> None:
    shelves, model = filled(moves)
    eligible = {room for room, shelf in model.items() if shelf.taken < fill}
    thin = {room for room in eligible if model[room].is_thin}
    limit = len(words)
    drawn = sample(shelves, words, fill=fill)
    assert len(shelves) == len(model)
    assert len(drawn) == len(set(drawn)) == min(limit, len(eligible))
    assert set(drawn) <= eligible
    assert [room in thin for room in drawn] == sorted((room in thin for room in drawn), reverse=True)
    assert sum(room in thin for room in drawn) == min(limit, len(thin))
    assert sample(shelves, words, fill=fill) == drawn
    # Who draws fewer gets the first of them.
    assert all(sample(shelves, words[:few], fill=fill) == drawn[:few] for few in range(limit))


@given(moves, st.integers(0, CAPACITY - 1))
def test_the_fullest_come_first_and_among_equals_those_who_are_not_thin(
    moves: list[tuple[Room, Shelf | None]], taken_at_most: int
) -> None:
    shelves, model = filled(moves)
    found = [list(rooms) for rooms in shelves.fullest(taken_at_most)]
    assert set(chain(*found)) == {room for room, shelf in model.items() if shelf.taken <= taken_at_most}
    kinds = [{model[room] for room in rooms} for rooms in found]
    assert all(len(kind) == 1 for kind in kinds)
    order = [(-shelf.taken, shelf.is_thin) for shelf in chain(*kinds)]
    assert order == sorted(set(order))


@pytest.mark.parametrize(("limit", "draws"), [(1, 32_000), (8, 4_000)])
@pytest.mark.lengthy
def test_words_draw_every_room_about_equally_often(limit: int, draws: int) -> None:
    shelves, _ = filled([(room, ROOMY) for room in ROOMS[:30]] + [(room, NEARLY_FULL) for room in ROOMS[30:]])
    tally: Counter[Room] = Counter()
    random = Random(limit)
    for _ in range(draws):
        tally.update(sample(shelves, drawn_words(random, limit), fill=CAPACITY))
    # 32,000 draws of 40 rooms: 800 each, standard deviation at most 28.
    assert set(tally) == set(ROOMS)
    assert all(650 <= count <= 950 for count in tally.values()), tally


@pytest.mark.parametrize("shelf", [THIN, ROOMY])
@pytest.mark.parametrize("count", [9, 16, 17, 40])
def test_every_room_is_among_the_first_that_are_scored_equally_often(count: int, shelf: Shelf) -> None:
    shelves, _ = filled([(room, shelf) for room in ROOMS[:count]])
    random, draws = Random(count), 4_000
    tally: Counter[Room] = Counter()
    for _ in range(draws):
        drawn = sample(shelves, drawn_words(random, CANDIDATES_READ), fill=TARGET)
        tally.update(drawn[:CANDIDATES_SCORED])
    share = CANDIDATES_SCORED / count
    expected, variance = draws * share, draws * share * (1 - share)
    # For an even draw the sum is the chi-square of count - 1 degrees of freedom, of standard deviation sqrt(2 * df).
    spread = sum((tally[room] - expected) ** 2 for room in ROOMS[:count]) / variance * (count - 1) / count
    assert spread < count - 1 + 4 * (2 * (count - 1)) ** 0.5, tally


def test_words_put_the_same_rooms_into_every_order() -> None:
    shelves, _ = filled([(room, ROOMY) for room in ROOMS[:4]])
    random = Random(4)
    orders = Counter(tuple(sample(shelves, drawn_words(random, CANDIDATES_READ), fill=TARGET)) for _ in range(4_800))
    # 24 orders, 200 each, standard deviation 14.
    assert len(orders) == 24
    assert all(140 <= count <= 260 for count in orders.values()), orders


def test_a_room_taken_from_the_middle_of_its_shelf_leaves_the_others_where_they_were() -> None:
    first, middle, last = ROOMS[:3]
    shelves, _ = filled([(first, THIN), (middle, THIN), (last, THIN), (middle, None)])
    assert set(sample(shelves, [0] * 9, fill=TARGET)) == {first, last}
    shelves.put(last, THIN, last.card)
    shelves.take_off(last)
    shelves.put(first, ROOMY, first.card)
    assert sample(shelves, [0] * 9, fill=TARGET) == [first]
    assert len(shelves) == 1


def test_a_room_put_where_it_stands_keeps_its_place_and_is_offered_by_its_new_card() -> None:
    shelves, _ = filled([(room, THIN) for room in ROOMS[:5]])
    before = list(shelves.sample([7] * 5, fill=TARGET))
    card = Candidate(before[0].room, size=before[0].size, opened_ms=1, tags=frozenset({"tea"}), lang="en")
    shelves.put(ROOMS[card.size], THIN, card)
    assert list(shelves.sample([7] * 5, fill=TARGET)) == [card, *before[1:]]
    assert len(shelves) == 5
    shelves.put(ROOMS[card.size], THIN, before[0])
    assert list(shelves.sample([7] * 5, fill=TARGET)) == before


def test_a_room_is_offered_by_what_its_people_liked_when_it_was_put_there_last() -> None:
    shelves = Shelves[Room](CAPACITY)
    rooms = [Room(number) for number in range(3)]
    fond = replace(rooms[1].card, lang="en")
    for room, card in zip(rooms, (rooms[0].card, fond, replace(rooms[2].card, lang="de")), strict=True):
        shelves.put(room, THIN, card)
    assert fond in shelves.sample([0] * 3, fill=TARGET)
    shelves.take_off(rooms[1])
    shelves.put(rooms[1], THIN, rooms[1].card)
    assert rooms[1].card in shelves.sample([0] * 3, fill=TARGET)


@given(st.lists(st.tuples(st.integers(0, 9), st.text("abcdefgh", max_size=64), shelf | st.none()), max_size=60))
def test_rooms_are_offered_as_they_were_put_however_long_their_ids_are(
    moves: list[tuple[int, str, Shelf | None]],
) -> None:
    shelves, rooms = Shelves[Room](CAPACITY), [Room(number) for number in range(10)]
    model: dict[int, Candidate] = {}
    for count, (number, name, shelf) in enumerate(moves):
        if shelf is None:
            shelves.take_off(rooms[number])
            model.pop(number, None)
        else:
            known = model.get(number)
            room = RoomId(f"{number}{name}") if known is None else known.room
            model[number] = Candidate(room, size=count, opened_ms=count, lang="en" if count % 2 else None)
            shelves.put(rooms[number], shelf, model[number])
    offered = shelves.sample([0] * 10, fill=CAPACITY)
    assert sorted(offered, key=lambda one: one.room) == sorted(model.values(), key=lambda one: one.room)
    assert sorted(room.place for room in rooms if room.place >= 0) == list(range(len(model)))
