from hypothesis import given
from hypothesis import strategies as st

from nearby.server.clock import ADOPT_MS, SteadyClock


class Machine:
    def __init__(self) -> None:
        self.wall_ms = 1_000_000
        self.monotonic_ms = 50

    def pass_time(self, milliseconds: int) -> None:
        self.wall_ms += milliseconds
        self.monotonic_ms += milliseconds

    def clock(self) -> SteadyClock:
        return SteadyClock(wall_ms=lambda: self.wall_ms, monotonic_ms=lambda: self.monotonic_ms)


def test_time_passes_as_the_machine_says() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.pass_time(777)
    assert clock.now_ms() == 1_000_777


def test_a_clock_set_forward_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_ms += 86_400_000
    assert clock.now_ms() == machine.wall_ms


def test_a_clock_set_back_is_met_again_at_half_speed() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_ms -= 10_000
    assert clock.now_ms() == 1_000_000
    for _ in range(100):
        machine.pass_time(101)
        clock.now_ms()
    assert clock.now_ms() == 1_000_000 + 10_100 // 2
    for _ in range(100):
        machine.pass_time(101)
        clock.now_ms()
    assert abs(clock.now_ms() - machine.wall_ms) <= ADOPT_MS


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(-100_000, 100_000)), max_size=40))
def test_it_never_goes_back_and_never_falls_behind_half_speed(steps: list[tuple[int, int]]) -> None:
    machine = Machine()
    clock = machine.clock()
    before_ms, passed_ms = clock.now_ms(), 0
    for passes_ms, set_by_ms in steps:
        machine.pass_time(passes_ms)
        machine.wall_ms += set_by_ms
        passed_ms += passes_ms
        now_ms = clock.now_ms()
        assert now_ms >= before_ms
        before_ms = now_ms
    assert before_ms >= 1_000_000 + passed_ms // 2 - 1
