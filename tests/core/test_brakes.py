from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.brakes import EVERYWHERE, NOTHING_STOPPED, Brake, Stopped, What, check_area, stopped_by
from nearby.core.cell import Ladder, cell_name, cell_named, ladder_of
from nearby.errors import ErrorCode, Refused

HERE, BESIDE, AWAY = ladder_of(52.52, 13.40), ladder_of(52.50, 13.38), ladder_of(48.85, 2.35)
LADDERS = [HERE, BESIDE, AWAY]
CELLS = sorted({cell for ladder in LADDERS for cell in ladder})
FINER = "891f1d48177ffff"


def brake(what: What, area: str = EVERYWHERE) -> Brake:
    return Brake(what, area, 1, "why")


WHATS: tuple[What, ...] = get_args(What)
BRAKES = st.one_of(
    st.builds(brake, st.sampled_from(WHATS)),
    st.builds(lambda cell: brake("placement", cell_name(cell)), st.sampled_from(CELLS)),
)


@given(st.lists(BRAKES, max_size=6), st.sampled_from(LADDERS))
def test_what_is_stopped_agrees_with_a_scan_of_the_brakes(brakes: list[Brake], ladder: Ladder) -> None:
    stopped = stopped_by(brakes)
    names = {cell_name(cell) for cell in ladder}
    assert stopped.stops(ladder) == any(
        one.what == "placement" and (one.area == EVERYWHERE or one.area in names) for one in brakes
    )
    for what in ("guests", "shake", "bottle"):
        assert getattr(stopped, what) == any(one.what == what for one in brakes)


def test_each_brake_stops_its_own_thing_and_none_stops_nothing() -> None:
    assert stopped_by([]) == NOTHING_STOPPED
    assert not NOTHING_STOPPED.stops(HERE)
    for what in WHATS:
        stopped = stopped_by([brake(what)])
        assert [other for other in WHATS if getattr(stopped, other)] == [what]
        assert not stopped.areas
    in_an_area = stopped_by([brake("placement", cell_name(HERE.res7)), brake("placement", "no cell")])
    assert in_an_area == Stopped(areas=frozenset({HERE.res7}))
    assert (in_an_area.stops(HERE), in_an_area.stops(BESIDE)) == (True, False)
    assert stopped_by([brake("placement", cell_name(HERE.res5))]).stops(BESIDE)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_of_a_rung_is_found_by_its_name_and_may_be_stopped(cell: int) -> None:
    assert cell_named(format(cell, "x")) == cell
    check_area("placement", format(cell, "x"))


@pytest.mark.parametrize(
    "name",
    [
        *("", "berlin", FINER, FINER.upper(), "841f1d5ffffffff", "0x871f1d48affff", "871f1d48affffff0"),
        *("ffffffffffffffff", "fffffffffffffff", "87_f1d489ffffff", "\uff1871f1d489ffffff"),
    ],
)
def test_what_names_no_cell_of_a_rung_names_none(name: str) -> None:
    assert cell_named(name) is None


@pytest.mark.parametrize(
    ("what", "area"), [("placement", FINER), ("placement", "park"), ("shake", cell_name(HERE.res7))]
)
def test_an_area_that_cannot_be_stopped_is_refused(what: What, area: str) -> None:
    with pytest.raises(Refused) as refused:
        check_area(what, area)
    assert refused.value.code is ErrorCode.BAD_AREA


@pytest.mark.parametrize("what", WHATS)
def test_everything_may_be_stopped_everywhere(what: What) -> None:
    check_area(what, EVERYWHERE)
