"""Who is sent away while their hello is carried out, over a real socket."""

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.errors import CloseCode
from nearby.hub.base import Caller
from nearby.server.auth import Claims
from tests.server.test_connection import connected
from tests.server.test_seated_early import gateway


@pytest.mark.parametrize("resumed", [None, RoomId("was")])
async def test_whoever_was_sent_away_meanwhile_is_not_welcomed_and_hears_no_room(resumed: RoomId | None) -> None:
    ours, caller = gateway(), Caller(PersonId("ana"))
    async with connected(ours.outgoing) as (phone, _):
        ours.add(phone)
        phone.claims = Claims(caller, caller, expires_ms=1)
        phone.end(CloseCode.SHUTTING_DOWN)
        ours.welcomed(phone.id, resumed=resumed, then=[wire.Unplaced(why="none")])
        assert (phone.room, phone.unwritten) == (None, [])
