"""What people are to each other."""
# ruff: noqa: D102  The name of a test is its sentence.

import asyncio
from collections.abc import Sequence
from itertools import count

import pytest

from nearby.core.changes import MarkEnded, MarkRow
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.kept import KeptConflict
from nearby.core.rules import DAY_MS, HOUR_MS
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.bottles import Drifter
from nearby.store.relations import Acquaintance, Block, Relation, Withdrawn
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, ROOM, RULES, member_of, room, seat, seen
from nearby.testing.store_suite.journal import commit

OTHER_ROOM = RoomId("room-2")
NOBODY = "nobody-of-this-handle"
MOST = 1_000

_ids = count()


def one(person: PersonId, *, established: bool = True) -> Drifter:
    """Return somebody who calls."""
    return Drifter(person, is_established=established)


def new() -> str:
    """Return a new id."""
    return f"new-{next(_ids)}"


async def acquainted(store: Store, person: PersonId = ANA, other: PersonId = BEN) -> tuple[str, str]:
    """Let two know each other; return the handle each has of the other."""
    await commit(store, seen(person), seen(other))
    both = await store.relations.make_known(person, other, (new(), new()), NOW_MS)
    assert both is not None
    return both[0].person, both[1].person


async def block(
    store: Store, author: PersonId, other: PersonId | None, named: str = "m", *, established: bool = True
) -> Block:
    """Block somebody, or nobody."""
    drifter = one(author, established=established)
    return await store.relations.block(drifter, other, named, new(), NOW_MS, most=MOST)


async def conflicts(store: Store) -> Sequence[KeptConflict]:
    """Return the conflicts that the next start begins with."""
    return (await store.take_over(NOW_MS, RULES)).conflicts


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

    async def test_two_who_know_each_other_have_a_handle_each_that_nobody_else_has(self, store: Store) -> None:
        of_ben, of_ana = await acquainted(store)
        eves_of_ben, _ = await acquainted(store, EVE, BEN)
        assert len({of_ben, of_ana, eves_of_ben}) == 3
        assert await store.relations.resolve(ANA, [of_ben, of_ana, eves_of_ben, NOBODY]) == {of_ben: BEN}
        assert await store.relations.resolve(BEN, [of_ana]) == {of_ana: ANA}

    async def test_whoever_knew_each_other_before_keep_their_handles_also_if_both_ask_at_once(
        self, store: Store
    ) -> None:
        handles = await acquainted(store)
        await asyncio.gather(*(acquainted(store) for _ in range(4)), *(acquainted(store, BEN, ANA) for _ in range(4)))
        assert await acquainted(store) == handles

    async def test_nobody_knows_somebody_erased(self, store: Store) -> None:
        of_ben, _ = await acquainted(store)
        await store.erase(BEN, NOW_MS)
        assert await store.relations.known(ANA) == []
        assert await store.relations.resolve(ANA, [of_ben]) == {}
        assert await store.relations.make_known(ANA, BEN, (new(), new()), NOW_MS) is None

    async def test_profile_names_are_shown_to_those_who_know_each_other_else_verified_ones(
        self, store: Store, database: Database
    ) -> None:
        of_ben, _ = await acquainted(store)
        of_eve, _ = await acquainted(store, ANA, EVE)
        zoe = PersonId("zoe")
        await database.insert(
            "people",
            {
                **{"person": zoe, "is_guest": False, "created_ms": 1, "seen_day": 1, "active_days": 1},
                **{"is_listed": False, "verified_name": "Zoe", "verified_skeleton": "zoe", "name": None},
            },
        )
        both = await store.relations.make_known(ANA, zoe, (new(), new()), NOW_MS + 1)
        assert both is not None
        assert both[0].name == "Zoe"
        await store.change_profile(BEN, {"name": "Benny"}, NOW_MS, is_guest=False)
        names = {(known.person, known.name, known.is_verified) for known in await store.relations.known(ANA)}
        assert names == {(of_ben, "Benny", False), (of_eve, None, False), (both[0].person, "Zoe", True)}

    async def test_follow_and_mute_are_for_people_i_know(self, store: Store) -> None:
        of_ben, of_ana = await acquainted(store)
        kinds: tuple[Relation, ...] = ("follow", "mute")
        for kind in kinds:
            for _ in range(2):
                assert await store.relations.put(one(ANA), kind, of_ben, new(), NOW_MS) == BEN
            assert await store.relations.put(one(ANA), kind, NOBODY, new(), NOW_MS) is None
            assert await store.relations.put(one(ANA), kind, of_ana, new(), NOW_MS) is None
        plain = Acquaintance(of_ben, None, False, is_followed=True, is_muted=True, is_blocked=False)
        assert await store.relations.known(ANA) == [plain]
        assert (await store.take_over(NOW_MS, RULES)).mutes == [(ANA, BEN)]
        for kind in kinds:
            assert await store.relations.drop(one(ANA), kind, of_ben, NOW_MS) == BEN
            assert await store.relations.drop(one(ANA), kind, NOBODY, NOW_MS) is None
        (known,) = await store.relations.known(ANA)
        assert (known.is_followed, known.is_muted) == (False, False)

    async def test_to_withdraw_ends_it_on_both_sides_with_follows_and_mutes_but_no_block(self, store: Store) -> None:
        of_ben, of_ana = await acquainted(store)
        await store.relations.put(one(ANA), "follow", of_ben, new(), NOW_MS)
        await store.relations.put(one(BEN), "mute", of_ana, new(), NOW_MS)
        blocked = await block(store, BEN, ANA)
        assert await store.relations.withdraw(one(ANA), NOBODY, NOW_MS) is None
        assert await store.relations.withdraw(one(ANA), of_ben, NOW_MS) == BEN
        for person in (ANA, BEN):
            assert await store.relations.known(person) == []
        assert (await store.take_over(NOW_MS, RULES)).mutes == []
        assert await store.relations.blocks(BEN, NOW_MS) == [blocked.block]

    @pytest.mark.parametrize("established", [True, False])
    async def test_a_block_is_a_conflict_until_it_is_withdrawn(self, store: Store, *, established: bool) -> None:
        await commit(store, seen(BEN))
        first = await block(store, ANA, BEN, established=established)
        assert first.is_mutual is established
        assert await block(store, ANA, BEN, established=established) == first
        assert await conflicts(store) == [KeptConflict(ANA, BEN, established)]
        assert await store.relations.apart(ANA, BEN) is established
        assert await store.relations.apart(BEN, ANA) is None
        assert await store.relations.blocks(ANA, NOW_MS) == [first.block]
        assert await store.relations.unblock(one(EVE), first.block, NOW_MS) == Withdrawn(None)
        assert await store.relations.unblock(one(ANA), first.block, NOW_MS) == Withdrawn(BEN)
        assert await store.relations.unblock(one(ANA), first.block, NOW_MS) == Withdrawn(None)
        assert await conflicts(store) == []
        assert await store.relations.blocks(ANA, NOW_MS) == []

    async def test_a_block_that_bound_both_goes_on_to(self, store: Store) -> None:
        await commit(store, seen(BEN))
        await block(store, ANA, BEN, established=True)
        assert (await block(store, ANA, BEN, established=False)).is_mutual

    async def test_a_report_keeps_two_apart_whose_block_was_withdrawn(self, store: Store, database: Database) -> None:
        await commit(store, seen(ANA), seen(BEN))
        report = {"author": ANA, "other": BEN, "because": "report", "is_mutual": True, "since_ms": 1}
        await database.insert("conflicts", report)
        blocked = await block(store, ANA, BEN, established=False)
        assert blocked.is_mutual
        assert await conflicts(store) == [KeptConflict(ANA, BEN, True)]
        withdrawn = await store.relations.unblock(one(ANA), blocked.block, NOW_MS)
        assert withdrawn == Withdrawn(BEN, is_mutual=True)
        assert await conflicts(store) == [KeptConflict(ANA, BEN, True)]

    async def test_a_block_of_nobody_looks_like_any_other(self, store: Store) -> None:
        first = await block(store, ANA, None, "m1")
        assert first.other is None
        assert await block(store, ANA, None, "m1") == first
        second = await block(store, ANA, None, "m2")
        assert await store.relations.blocks(ANA, NOW_MS) == sorted([first.block, second.block])
        assert await store.relations.unblock(one(EVE), first.block, NOW_MS) == Withdrawn(None)
        assert await store.relations.unblock(one(ANA), first.block, NOW_MS) == Withdrawn(None)
        assert await store.relations.blocks(ANA, NOW_MS) == [second.block]
        assert await store.relations.blocks(ANA, NOW_MS + 90 * DAY_MS) == []
        assert await conflicts(store) == []

    async def test_somebody_erased_meanwhile_is_nobody_to_block(self, store: Store) -> None:
        blocked = await block(store, ANA, BEN)
        assert blocked.other is None
        assert await store.relations.blocks(ANA, NOW_MS) == [blocked.block]

    async def test_a_block_of_somebody_erased_since_is_withdrawn_as_any_other(self, store: Store) -> None:
        await commit(store, seen(BEN))
        blocked = await block(store, ANA, BEN)
        await store.erase(BEN, NOW_MS)
        assert await store.relations.blocks(ANA, NOW_MS) == [blocked.block]
        assert len(await store.in_force_against(BEN, NOW_MS)) == 1
        await store.relations.unblock(one(ANA), blocked.block, NOW_MS)
        assert await store.in_force_against(BEN, NOW_MS) == []

    async def test_a_block_is_withdrawn_by_the_handle_too(self, store: Store) -> None:
        of_ben, _ = await acquainted(store)
        await block(store, ANA, BEN)
        (known,) = await store.relations.known(ANA)
        assert known.is_blocked
        assert await store.relations.unblock_person(one(ANA), of_ben, NOW_MS) == Withdrawn(BEN)
        await block(store, ANA, None, NOBODY)
        assert await store.relations.unblock_person(one(ANA), NOBODY, NOW_MS) == Withdrawn(None)
        assert await store.relations.blocks(ANA, NOW_MS) == []

    async def test_one_block_too_many_is_refused_whomever_it_is_of(self, store: Store) -> None:
        await commit(store, seen(BEN))
        kept = await block(store, ANA, None)
        for other in (BEN, None):
            with pytest.raises(Refused) as refused:
                await store.relations.block(one(ANA), other, "other", new(), NOW_MS, most=1)
            assert refused.value.code is ErrorCode.RATE_LIMITED
        assert await store.relations.apart(ANA, BEN) is None
        assert await store.relations.block(one(ANA), None, "m", new(), NOW_MS, most=1) == kept

    async def test_marks_are_kept_as_long_as_the_seat_they_are_on(self, store: Store) -> None:
        mute, greet = (MarkRow(ANA, member_of(BEN), kind, NOW_MS) for kind in ("mute", "greet"))
        await commit(store, seen(ANA), seen(BEN), room(), seat(ANA), seat(BEN, joined_seq=2), mute, greet, mute)
        assert sorted((await store.take_over(NOW_MS, RULES)).marks) == sorted([mute, greet])
        await commit(store, MarkEnded(ANA, member_of(BEN), "mute"))
        assert (await store.take_over(NOW_MS, RULES)).marks == [greet]
        await commit(store, seat(BEN, ended_ms=NOW_MS))
        await store.purge(NOW_MS + HOUR_MS, RULES)
        assert (await store.take_over(NOW_MS, RULES)).marks == []

    async def test_a_mark_on_a_seat_that_is_forgotten_is_nothing_and_no_error(self, store: Store) -> None:
        await commit(store, seen(ANA), MarkRow(ANA, MemberId("gone"), "mute", NOW_MS))
        await commit(store, MarkRow(PersonId("unseen"), MemberId("gone"), "mute", NOW_MS))
        assert store.journal.statistics().refused == 0
        assert (await store.take_over(NOW_MS, RULES)).marks == []
