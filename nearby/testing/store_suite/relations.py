"""What people are to each other."""
# ruff: noqa: D102  The name of a test is its sentence.

from nearby.core.ids import MemberId, RoomId
from nearby.core.rules import HOUR_MS
from nearby.store.base import Store
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, ROOM, member_of, room, seat, seen
from nearby.testing.store_suite.journal import commit

OTHER_ROOM = RoomId("room-2")


class RelationsSuite(SuiteBase):
    """``Store.relations``."""

    async def test_a_member_of_my_room_is_found_by_either_room_or_none(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN), room(), seat(ANA), seat(BEN, joined_seq=2))
        for named in (ROOM, None):
            assert await store.relations.member_of(ANA, named, member_of(BEN), NOW_MS) == BEN
        assert await store.relations.member_of(ANA, OTHER_ROOM, member_of(BEN), NOW_MS) is None

    async def test_i_am_nobody_to_myself_and_so_is_who_never_was(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN), room(), seat(ANA), seat(BEN, joined_seq=2))
        assert await store.relations.member_of(ANA, ROOM, member_of(ANA), NOW_MS) is None
        assert await store.relations.member_of(ANA, ROOM, MemberId("nobody"), NOW_MS) is None

    async def test_a_member_of_a_room_that_i_never_sat_in_is_nobody(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN), seen(EVE), room(), room(OTHER_ROOM))
        await commit(store, seat(ANA), seat(BEN, OTHER_ROOM), seat(EVE, OTHER_ROOM))
        assert await store.relations.member_of(ANA, OTHER_ROOM, member_of(BEN, OTHER_ROOM), NOW_MS) is None
        assert await store.relations.member_of(ANA, None, member_of(BEN, OTHER_ROOM), NOW_MS) is None

    async def test_both_are_remembered_for_an_hour_after_their_seats_ended(self, store: Store) -> None:
        ended_ms = NOW_MS - HOUR_MS
        await commit(store, seen(ANA), seen(BEN), seen(EVE), room())
        await commit(store, seat(ANA, ended_ms=NOW_MS), seat(BEN, ended_ms=ended_ms + 1), seat(EVE, ended_ms=ended_ms))
        assert await store.relations.member_of(ANA, ROOM, member_of(BEN), NOW_MS) == BEN
        assert await store.relations.member_of(ANA, ROOM, member_of(EVE), NOW_MS) is None
        assert await store.relations.member_of(EVE, ROOM, member_of(ANA), NOW_MS) is None

    async def test_whoever_was_erased_is_nobody(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN), room(), seat(ANA), seat(BEN, joined_seq=2))
        await store.erase(BEN, NOW_MS)
        assert await store.relations.member_of(ANA, ROOM, member_of(BEN), NOW_MS) is None
