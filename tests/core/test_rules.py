from dataclasses import asdict, replace

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.rules import Rate, Rules

LIMITS = (
    *("say", "checkin", "change", "joins_per_hour", "joins_per_hour_verified", "cells_per_hour"),
    *("bottles_per_day", "bottles_per_day_verified", "catches_per_day", "catches_per_day_unestablished"),
    *("reports_per_hour", "lines_per_minute", "shake", "greet", "block", "strangers_per_hour"),
    *("number_messages", "repeated_in", "impossible_m_per_s"),
)


@given(st.floats(1, 10_000_000))
def test_a_faster_world_shortens_every_duration_and_rate_and_nothing_else(speed: float) -> None:
    usual, faster = Rules(), Rules().faster(speed)
    for name, value in asdict(usual).items():
        now = getattr(faster, name)
        if name.endswith("_ms"):
            assert now == max(1, round(value / speed))
        elif name.endswith("_m_per_s"):
            assert now == value * speed
        elif isinstance(getattr(usual, name), Rate):
            assert now == Rate(max(1, round(value["period_ms"] / speed)), value["burst"])
        else:
            assert now == value


def test_without_limits_only_the_limits_are_gone() -> None:
    free = Rules().unlimited()
    assert (free.say.burst, free.checkin.burst, free.change.burst) == (0, 0, 0)
    assert (free.joins_per_hour, free.joins_per_hour_verified, free.cells_per_hour) == (0, 0, 0)
    limits = {name: getattr(free, name) for name in LIMITS}
    assert not any(limits[name] for name in LIMITS if "_per_" in name)
    assert (free.number_messages, free.repeated_in) == (1, 0)
    assert free == replace(Rules(), **limits)
