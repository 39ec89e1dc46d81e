from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hub.restarts import BITING, Op, Side, assert_alike, run
from tests.hub.tables import Tables

RANDOMS = st.randoms(use_true_random=False)
LENGTHS = st.integers(0, 40)


@st.composite
def scripts(draw: st.DrawFn) -> list[Op]:
    random = draw(RANDOMS)
    return [Op.drawn(random) for _ in range(draw(LENGTHS))]


def run_through_restarts(lives: list[list[Op]], *, is_established: bool) -> None:
    """Restart between any two scripts, and compare with a process that only lost its connections."""
    tables = Tables()
    side = Side(Random(0), record=tables.record, is_established=is_established)
    first, *later = lives
    for op in first:
        side.do(op)
    for script in later:
        if is_established:
            # Who was somewhere else before in this window is known to the process that dies only.
            window_ms = BITING.window_ms
            run(side.world.go_to((side.world.now_ms // window_ms + 1) * window_ms))
        tables = tables.copy()
        restarted = side.restarted(tables.taken_over(side.world.now_ms, BITING), tables.record)
        assert_alike(side, restarted, script)
        side = restarted


@settings(max_examples=150, deadline=None)
@given(st.lists(scripts(), min_size=2, max_size=4))
def test_nobody_can_tell_a_warm_start_from_lost_connections(lives: list[list[Op]]) -> None:
    run_through_restarts(lives, is_established=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(scripts(), min_size=2, max_size=4))
def test_catchments_open_close_and_fill_as_if_nothing_had_happened(lives: list[list[Op]]) -> None:
    run_through_restarts(lives, is_established=True)
