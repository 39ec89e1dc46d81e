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


FAR = [Ladder(Cell(171), Cell(161), Cell(105)), Ladder(Cell(172), Cell(162), Cell(105))]


def owner_of(res5: Cell) -> int:
    return int(res5 > 100)


crossings = st.lists(
    st.one_of(
        st.tuples(st.just("go"), st.sampled_from(PEOPLE[:2]), st.sampled_from([LADDERS[0], *FAR])),
        st.tuples(st.just("cross"), st.sampled_from(PEOPLE[:2]), st.just(LADDERS[0])),
        st.tuples(st.sampled_from(["end", "window"]), st.just(PEOPLE[0]), st.just(LADDERS[0])),
    ),
    min_size=20,
    max_size=40,
)


@given(crossings)
def test_two_that_share_out_the_cells_count_together_what_one_counts(steps: list[tuple[str, PersonId, Ladder]]) -> None:
    one, two = Census(), (Census(), Census())
    present, at = dict[PersonId, Ladder](), dict[PersonId, int]()
    moved: set[PersonId] = set()

    def cross(person: PersonId) -> None:
        ladder, here = present[person], at[person]
        at[person] = there = owner_of(ladder.res5)
        if there == here:
            return
        for visited in two[here].visited(person, lambda res5: owner_of(res5) == here):
            two[there].enter(person, visited)
            two[there].leave(person, visited)
        two[there].enter(person, ladder)
        two[here].leave(person, ladder)
        two[here].take_back(person, lambda res5: owner_of(res5) == here)

    def go(person: PersonId, ladder: Ladder) -> None:
        is_first = person not in present
        if not is_first:
            # At a moment, of which a window has one: whoever has a seat may stay on the other side until later.
            if person in moved:
                return
            moved.add(person)
            end(person)
        present[person] = ladder
        for census in (one, two[at.setdefault(person, 0)]):
            census.enter(person, ladder)
        if is_first:
            cross(person)

    def end(person: PersonId) -> None:
        for census in (one, two[at[person]]):
            census.leave(person, present[person])
        del present[person]

    for kind, person, ladder in [*steps, ("window", PEOPLE[0], LADDERS[0])]:
        if kind == "window":
            counts, apart = one.end_window(), [census.end_window() for census in two]
            cells = {*counts, *apart[0], *apart[1]}
            assert {cell: sum(each.get(cell, 0) for each in apart) for cell in cells} == counts
            moved.clear()
        elif kind == "go":
            go(person, ladder)
        elif person in present:
            (cross if kind == "cross" else end)(person)
