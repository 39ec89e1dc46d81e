from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import Ladder
from nearby.core.census import Census
from nearby.core.ids import Cell, PersonId

PEOPLE = [PersonId(name) for name in ("ana", "ben", "cem", "dea")]
# Two res-7 cells share a res-6 parent; all share the res-5 one.
LADDERS = [
    Ladder(Cell(71), Cell(61), Cell(5)),
    Ladder(Cell(72), Cell(61), Cell(5)),
    Ladder(Cell(73), Cell(62), Cell(5)),
]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("go"), st.sampled_from(PEOPLE), st.sampled_from(LADDERS)),
        st.tuples(st.just("end"), st.sampled_from(PEOPLE), st.sampled_from(LADDERS)),
        st.tuples(st.just("window"), st.just(PEOPLE[0]), st.just(LADDERS[0])),
    ),
    max_size=40,
)


def scan(seen: list[tuple[PersonId, Ladder]]) -> dict[Cell, int]:
    cells = {cell for _, ladder in seen for cell in ladder}
    return {cell: len({person for person, ladder in seen if cell in ladder}) for cell in cells}


@given(steps)
def test_counts_agree_with_a_scan_of_who_was_where_at_any_moment(steps: list[tuple[str, PersonId, Ladder]]) -> None:
    census, present = Census(), dict[PersonId, Ladder]()
    seen: list[tuple[PersonId, Ladder]] = []
    for kind, person, ladder in steps:
        if kind == "window":
            assert census.end_window() == scan(seen)
            seen = list(present.items())
            continue
        if person in present:
            census.leave(person, present.pop(person))
        if kind == "go":
            census.enter(person, ladder)
            present[person] = ladder
            seen.append((person, ladder))
    for rung in range(3):
        cells = {ladder[rung] for ladder in LADDERS}
        assert census.present(cells) == len(present)
    assert census.end_window() == scan(seen)


def test_who_moves_within_a_window_counts_in_both_cells_and_once_in_their_parent() -> None:
    census = Census()
    census.enter(PEOPLE[0], LADDERS[0])
    census.leave(PEOPLE[0], LADDERS[0])
    census.enter(PEOPLE[0], LADDERS[1])
    assert census.end_window() == {71: 1, 72: 1, 61: 1, 5: 1}
    assert census.end_window() == {72: 1, 61: 1, 5: 1}
