"""What becomes live of blocks and their withdrawal, whatever the database says of reports."""

from random import Random
from typing import cast

import pytest

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller
from nearby.hub.memory import LiveState, MemoryHub
from nearby.server.keeping import NothingKept
from nearby.server.separation import Separation
from nearby.store.base import Store
from nearby.store.relations import Withdrawn
from nearby.testing.recorder import Recorder

ANA, BEN = PersonId("ana"), PersonId("ben")
NOW_MS = 1_800_000_000_000


@pytest.fixture
def state() -> LiveState:
    random = Random(1)
    return LiveState(Rules(), secret=bytes(32), draw_id=lambda: f"{random.getrandbits(60):x}", now_ms=NOW_MS)


@pytest.fixture
def separation(state: LiveState) -> Separation:
    hub = MemoryHub(state, Recorder())
    return Separation(hub, None, journal=NothingKept(), rules=Rules(), draw_id=lambda: "block")


@pytest.mark.parametrize("left", [None, False, True])
async def test_after_a_block_is_withdrawn_only_what_is_left_binds(
    state: LiveState, separation: Separation, left: bool | None
) -> None:
    """``left``: what a report that is left binds, both or its author alone, or that there is none."""
    conflicts = state.seats.conflicts
    conflicts.add(ANA, BEN, is_mutual=True)
    await separation.withdraw(ANA, Withdrawn(BEN, left), NOW_MS)
    assert conflicts.bars(ANA, [BEN]) == (left is not None)
    assert conflicts.bars(BEN, [ANA]) == (left is True)


class Full:
    """Relations of somebody who has as many blocks as can be kept, and reported ``BEN`` before."""

    async def block(self, *_: object, **__: object) -> None:
        raise Refused(ErrorCode.RATE_LIMITED, limit="blocks")

    async def apart(self, author: PersonId, other: PersonId) -> bool | None:
        return False


class FullStore:
    relations = Full()


async def test_a_block_that_is_refused_leaves_what_a_report_had_put_in_force(state: LiveState) -> None:
    store = cast(Store, FullStore())
    hub = MemoryHub(state, Recorder())
    separation = Separation(hub, store, journal=NothingKept(), rules=Rules(), draw_id=lambda: "block")
    with pytest.raises(Refused):
        await separation.block(Caller(ANA, established=True), BEN, "ben", NOW_MS)
    assert state.seats.conflicts.bars(ANA, [BEN])
    assert not state.seats.conflicts.bars(BEN, [ANA])
