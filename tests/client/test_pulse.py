from hypothesis import given
from hypothesis import strategies as st

from nearby.client.pulse import Pulse

PING_S, SILENT_S = 25.0, 10.0

Steps = st.lists(st.tuples(st.sampled_from(["heard", "asked"]), st.integers(0, 60)), max_size=12)


def test_a_quiet_connection_is_dead_when_a_ping_and_then_the_patience_are_over() -> None:
    assert Pulse(100, ping_s=PING_S, silent_s=SILENT_S).dead_at_s() == 135


def test_whoever_asks_learns_sooner() -> None:
    pulse = Pulse(100, ping_s=PING_S, silent_s=SILENT_S)
    pulse.asked(103)
    assert pulse.dead_at_s() == 113


def test_an_old_ping_that_is_due_is_not_put_off_by_a_question() -> None:
    pulse = Pulse(100, ping_s=PING_S, silent_s=SILENT_S)
    pulse.asked(130)
    assert pulse.dead_at_s() == 135


def test_asking_again_and_again_puts_nothing_off() -> None:
    pulse = Pulse(100, ping_s=PING_S, silent_s=SILENT_S)
    pulse.asked(103)
    pulse.asked(112)
    assert pulse.dead_at_s() == 113


@given(Steps)
def test_it_agrees_with_a_look_at_everything_that_happened(steps: list[tuple[str, int]]) -> None:
    pulse, now_s, events = Pulse(0, ping_s=PING_S, silent_s=SILENT_S), 0.0, [("heard", 0.0)]
    for kind, later_s in steps:
        now_s += later_s
        events.append((kind, now_s))
        pulse.heard(now_s) if kind == "heard" else pulse.asked(now_s)
        heard = max(place for place, (kind, _) in enumerate(events) if kind == "heard")
        asked_s = [at_s for kind, at_s in events[heard + 1 :] if kind == "asked"]
        assert pulse.dead_at_s() == min([events[heard][1] + PING_S, *asked_s]) + SILENT_S
