"""That a trial of P15/16 asks what there is to ask, and that its two conditions are what they are called."""

from random import Random
from typing import get_args

import pytest

from nearby.testing.privacy.acquaintance import Notes, Plot, Tie, Trial
from nearby.testing.privacy.neighbours import Neighbours
from nearby.testing.privacy.stage import on_stage
from nearby.testing.privacy.towns import found

MESSAGES = ("mute", "unmute", "greet", "leave", "check-in", "next", "shake", "block", "report")
CALLS = {
    **dict.fromkeys(("nearby", "people", "people then", "threads"), "200"),
    **dict.fromkeys(("catch", "mute by handle", "unmute by handle", "follow", "block by handle"), "204"),
    **dict.fromkeys(("thread", "write"), "410"),
    **dict.fromkeys(("report by handle", "report of a bottle"), "201"),
}


async def lived(plot: Plot, people: int = 4) -> Notes:
    """Return what A saw in one trial with so many others about."""
    async with on_stage(keep="on") as stage:
        (town,) = await found(stage, 1, Random(1), people=(2 * people,))
        neighbours = Neighbours(town, town.people, people, Random(2))
        await neighbours.live(stage, 10_000)
        return await Trial(stage, town, neighbours, plot, Random(3)).live()


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("tie", get_args(Tie))
async def test_every_question_is_answered_as_if_there_were_nothing_to_hide(tie: Tie, is_there: bool) -> None:
    notes = await lived(Plot(0, is_there, tie, is_established=True))
    asked = {name.partition(": ")[0]: name.partition(": ")[2] for name in notes.answers if "bytes" not in name}
    assert asked == {**dict.fromkeys(MESSAGES, "ack"), **CALLS}
    assert set(asked) <= set(notes.waits)
    assert "nearby: people" in notes.listed


async def test_an_established_block_leaves_an_empty_seat_among_few() -> None:
    sat = [
        (await lived(Plot(0, is_there, "strangers", is_established=True))).seats["check-in: members"]
        for is_there in (True, False)
    ]
    assert sat == [1, 5]


async def test_a_guests_block_leaves_none_and_neither_takes_anybody_from_a_list_or_a_shake() -> None:
    noted = [await lived(Plot(0, is_there, "strangers", is_established=False)) for is_there in (True, False)]
    assert [notes.seats["check-in: members"] for notes in noted] == [5, 5]
    assert noted[0].listed == noted[1].listed
    assert [notes.met["shake: members"] for notes in noted] == [5, 5]
