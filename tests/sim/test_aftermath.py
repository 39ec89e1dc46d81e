"""What a fault came to: which promises it broke, by the figures."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from nearby.sim.aftermath import LOST_WITHIN_S, Aftermath, Fault, Round, as_tables
from nearby.sim.talking_again import TalkingAgain
from tests.sim.world import NONE

FINE = Aftermath(
    fault=Fault.PRIMARY_KILL,
    rounds=(Round(100.0, TalkingAgain((0.5, 1.0, 4.0), 0), (0.2,)),),
    phones=3,
    acknowledged=100,
    acks_lost=0,
    lost_before_s=(),
    may_lose=True,
    seqs_used_twice=0,
    deliveries=300,
    faults=NONE,
    hub_contradictions=(),
    reconnects=1,
    resumed=1,
    cut_off=0,
    closed={},
    talking_within_s=10.0,
)


def silent(one: Aftermath) -> Aftermath:
    return replace(one, rounds=(replace(one.rounds[0], talking=TalkingAgain((0.5,), 2)),))


def slow(one: Aftermath) -> Aftermath:
    return replace(one, rounds=(replace(one.rounds[0], talking=TalkingAgain((0.5, 11.0), 0)),))


def not_red(one: Aftermath) -> Aftermath:
    return replace(one, rounds=(replace(one.rounds[0], wrong=("a gateway says that it is ready",)),))


def test_figures_that_are_as_promised_break_nothing() -> None:
    assert FINE.broken() == []
    assert FINE.as_json()["rounds"][0]["p50_s"] == 1.0
    assert FINE.as_json()["rounds"][0]["max_s"] == 4.0


def test_a_primary_may_take_its_last_moment_with_it_and_nothing_else_may() -> None:
    lost = replace(FINE, acks_lost=1, lost_before_s=(LOST_WITHIN_S / 2,))
    assert lost.broken() == []
    assert replace(lost, may_lose=False).broken() == ["primary-kill: 1 acknowledged sayings are lost"]
    older = replace(lost, lost_before_s=(LOST_WITHIN_S * 2,))
    assert older.broken() == ["primary-kill: 1 lost sayings were acknowledged more than 1 s before"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seqs_used_twice": 1}, "1 positions of an epoch were used twice"),
        ({"faults": replace(NONE, over_capacity=2)}, "2 over capacity"),
        ({"hub_contradictions": ("ana sits twice",)}, "the live state contradicts itself: ana sits twice"),
        ({"cut_off": 3}, "3 phones could not come back"),
        ({"closed": {3503: 4}}, "4 phones were closed for good with code 3503"),
        ({"cut_short": "it was interrupted"}, "it was interrupted"),
    ],
)
def test_each_broken_promise_is_a_sentence(change: dict[str, Any], says: str) -> None:
    assert replace(FINE, **change).broken() == [f"primary-kill: {says}"]


@pytest.mark.parametrize("change", [silent, slow, not_red])
def test_a_phone_that_does_not_talk_again_in_time_and_a_round_that_went_wrong_are_told(
    change: Callable[[Aftermath], Aftermath],
) -> None:
    assert len(change(FINE).broken()) == 1


def test_the_tables_show_every_round_and_what_is_not_zero() -> None:
    console = Console(width=120, file=StringIO())
    with console.capture() as printed:
        console.print(as_tables([FINE, replace(FINE, fault=Fault.STAMPEDE, seqs_used_twice=7)]))
    text = printed.get()
    for words in ("primary-kill: seconds", "stampede: seconds", "All rounds", "seq used twice", "7"):
        assert words in text
