from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import RoomId
from nearby.core.shelves import Shelf, Shelves

ROOMS = [RoomId(f"room{number}") for number in range(40)]

moves = st.lists(st.tuples(st.sampled_from(ROOMS), st.sampled_from([*Shelf, None])), max_size=120)
keys = st.integers(0, 2**64 - 1)


def filled(moves: Iterable[tuple[RoomId, Shelf | None]]) -> tuple[Shelves, dict[RoomId, Shelf]]:
    shelves, model = Shelves(), dict[RoomId, Shelf]()
    for room, shelf in moves:
        if shelf is None:
            shelves.take_off(room)
            model.pop(room, None)
        else:
            shelves.put(room, shelf)
            model[room] = shelf
    return shelves, model


@given(moves, keys, st.integers(0, 50), st.booleans())
def test_a_sample_holds_different_rooms_thin_ones_first_and_as_many_as_there_are(
    moves: list[tuple[RoomId, Shelf | None]], key: int, limit: int, nearly_full: bool
) -> None:
    shelves, model = filled(moves)
    eligible = {room for room, shelf in model.items() if nearly_full or shelf is not Shelf.NEARLY_FULL}
    thin = {room for room, shelf in model.items() if shelf is Shelf.THIN}
    drawn = shelves.sample(key, limit, nearly_full=nearly_full)
    assert len(shelves) == len(model)
    assert len(drawn) == len(set(drawn)) == min(limit, len(eligible))
    assert set(drawn) <= eligible
    assert [room in thin for room in drawn] == sorted((room in thin for room in drawn), reverse=True)
    assert sum(room in thin for room in drawn) == min(limit, len(thin))
    assert shelves.sample(key, limit, nearly_full=nearly_full) == drawn


def test_keys_draw_every_room_about_equally_often() -> None:
    shelves, _ = filled(
        [(room, Shelf.ROOMY) for room in ROOMS[:30]] + [(room, Shelf.NEARLY_FULL) for room in ROOMS[30:]]
    )
    tally: Counter[RoomId] = Counter()
    for key in range(4_000):
        tally.update(shelves.sample(key * 0x9E3779B97F4A7C15 % 2**64, 8, nearly_full=True))
    # 8 of 40 drawn 4,000 times: 800 each, standard deviation 25.
    assert set(tally) == set(ROOMS)
    assert all(650 <= count <= 950 for count in tally.values()), tally
