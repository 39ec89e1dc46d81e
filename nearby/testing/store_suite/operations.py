"""What operators do to the service, and the audit of it."""

import asyncio
from typing import Any

import pytest

from nearby.core.area_index import Area, AreaId
from nearby.core.brakes import MAX_BRAKES, Brake
from nearby.core.ids import PersonId
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.moderation import Ban, By
from nearby.store.operations import AuditEntry
from nearby.store.sql.engine import RowRefused
from nearby.testing.store_suite.areas import square
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, NOW_MS, RULES, seen
from nearby.testing.store_suite.journal import commit

BY_ANA = By(ANA, "a stadium is being cleared")
BY_COMMAND = By(None, "tidying up")
CELL = "871f1d489ffffff"


async def actions(store: Store) -> list[tuple[str | None, str, str | None]]:
    """Return what the audit says, oldest first."""
    return [(one.operator, one.action, one.detail) for one in reversed(await store.operations.audit(limit=100))]


class OperationsSuite(SuiteBase):
    """Tests of ``Store.operations``."""

    async def test_brakes_come_back_as_they_were_pulled_in_another_process_too(self, database: Database) -> None:
        """By what and area, until they are let go."""
        async with database.open() as store:
            await store.operations.pull("shake", "", BY_COMMAND, NOW_MS)
            await store.operations.pull("placement", CELL, BY_ANA, NOW_MS + 1)
        async with database.open() as store:
            assert await store.operations.brakes() == [
                Brake("placement", CELL, NOW_MS + 1, BY_ANA.reason),
                Brake("shake", "", NOW_MS, BY_COMMAND.reason),
            ]
            assert await store.operations.release("shake", "", BY_ANA, NOW_MS)
            assert [one.what for one in await store.operations.brakes()] == ["placement"]

    async def test_each_pull_and_release_is_in_the_audit_with_who_and_why(self, store: Store) -> None:
        """An operator need not have called before."""
        await store.operations.pull("placement", "", BY_ANA, NOW_MS)
        await store.operations.release("placement", "", BY_COMMAND, NOW_MS + 1)
        assert await actions(store) == [
            (ANA, "brake_pull", "placement everywhere: a stadium is being cleared"),
            (None, "brake_release", "placement everywhere: tidying up"),
        ]

    async def test_one_that_is_pulled_again_holds_once_for_the_newer_reason(self, store: Store) -> None:
        """At the same moment too."""
        await store.operations.pull("bottle", "", BY_ANA, NOW_MS)
        pulls = [store.operations.pull("bottle", "", BY_COMMAND, NOW_MS + 5) for _ in range(3)]
        await asyncio.gather(*pulls)
        assert await store.operations.brakes() == [Brake("bottle", "", NOW_MS + 5, BY_COMMAND.reason)]

    async def test_letting_go_what_is_not_pulled_writes_nothing(self, store: Store) -> None:
        """Of another area neither."""
        await store.operations.pull("placement", CELL, BY_ANA, NOW_MS)
        assert not await store.operations.release("placement", "", BY_ANA, NOW_MS)
        assert not await store.operations.release("guests", "", BY_ANA, NOW_MS)
        assert len(await actions(store)) == 1

    @pytest.mark.parametrize(("what", "area"), [("everything", ""), ("shake", CELL)])
    async def test_a_brake_that_is_refused_is_not_in_the_audit(self, store: Store, what: Any, area: str) -> None:
        """What is done and its entry are one."""
        with pytest.raises(RowRefused):
            await store.operations.pull(what, area, BY_ANA, NOW_MS)
        assert (await store.operations.brakes(), await actions(store)) == ([], [])

    async def test_there_is_an_end_to_how_many_can_be_pulled(self, store: Store, database: Database) -> None:
        """But one of them may be pulled again."""
        row = {"what": "placement", "since_ms": NOW_MS, "reason": "x"}
        await database.insert("brakes", *(row | {"area": f"area-{number}"} for number in range(MAX_BRAKES)))
        with pytest.raises(Refused) as refused:
            await store.operations.pull("placement", CELL, BY_ANA, NOW_MS)
        assert refused.value.code is ErrorCode.BAD_AREA
        await store.operations.pull("placement", "area-7", BY_ANA, NOW_MS)
        assert len(await store.operations.brakes()) == MAX_BRAKES

    async def test_areas_are_put_together_with_one_entry_and_one_by_one_removed(self, store: Store) -> None:
        """The revision grows, so that servers look."""
        before = await store.areas_revision()
        await store.operations.put_areas([square("park"), square("hall", 0.02, "venue")], BY_ANA, NOW_MS)
        assert [area.id for area in await store.areas()] == ["hall", "park"]
        assert await store.areas_revision() > before
        assert await store.operations.remove_area(AreaId("park"), BY_ANA, NOW_MS + 1)
        assert not await store.operations.remove_area(AreaId("park"), BY_ANA, NOW_MS + 2)
        assert [(action, detail) for _, action, detail in await actions(store)] == [
            ("areas_put", "park, hall: a stadium is being cleared"),
            ("area_remove", "park: a stadium is being cleared"),
        ]

    async def test_of_areas_that_are_refused_none_is_put_and_nothing_audited(self, store: Store) -> None:
        """The good one before it neither."""
        good = square("park")
        bad = Area(AreaId("bad"), good.kind, good.name, good.outline, good.cells | {0})
        with pytest.raises(RowRefused):
            await store.operations.put_areas([good, bad], BY_ANA, NOW_MS)
        assert (list(await store.areas()), await actions(store)) == ([], [])

    async def test_many_areas_are_told_by_their_number(self, store: Store) -> None:
        """An entry stays readable."""
        await store.operations.put_areas([square(f"a{number:02}") for number in range(25)], BY_ANA, NOW_MS)
        ((_, _, detail),) = await actions(store)
        assert detail is not None
        assert ("a19" in detail, "a20" in detail, "and 5 more" in detail) == (True, False, True)

    async def test_the_audit_is_read_in_pages_newest_first(self, store: Store) -> None:
        """Each entry once, also of those of one millisecond."""
        for number in range(7):
            await store.operations.note("room_close", f"room {number}", BY_ANA, NOW_MS + number // 3)
        everything = await store.operations.audit(limit=100)
        assert [one.at_ms for one in everything] == sorted((one.at_ms for one in everything), reverse=True)
        paged: list[AuditEntry] = []
        before: tuple[int, str] | None = None
        while page := await store.operations.audit(limit=2, before=before):
            paged += page
            before = (page[-1].at_ms, page[-1].entry)
        assert paged == list(everything)

    async def test_the_audit_of_one_person_is_what_was_done_to_them(self, store: Store) -> None:
        """In pages too; not what they did as an operator."""
        await commit(store, seen(ANA), seen(BEN))
        for number in range(3):
            await store.moderation.ban(BEN, Ban("ban", None), BY_ANA, NOW_MS + number)
        await store.operations.note("room_close", "room r", By(BEN, "a complaint"), NOW_MS)
        found = await store.operations.audit(limit=2, person=BEN)
        assert [(one.target, one.action, one.at_ms) for one in found] == [
            (BEN, "ban", NOW_MS + 2),
            (BEN, "ban", NOW_MS + 1),
        ]
        rest = await store.operations.audit(limit=2, before=(found[-1].at_ms, found[-1].entry), person=BEN)
        assert [one.at_ms for one in rest] == [NOW_MS]
        assert await store.operations.audit(limit=2, person=ANA) == []

    async def test_an_entry_outlives_its_operator_without_a_name(self, store: Store) -> None:
        """Who was erased is not named any more."""
        await store.operations.note("room_close", "room r", BY_ANA, NOW_MS)
        await store.erase(ANA, NOW_MS)
        assert await actions(store) == [(None, "room_close", "room r: a stadium is being cleared")]

    async def test_a_warm_start_knows_who_wants_to_be_listed(self, store: Store) -> None:
        """Present or not; whoever does not any more is not among them, nor who was erased."""
        await commit(store, seen(ANA), seen(BEN))
        for name in ("cleo", "dan", "eve"):
            await store.change_profile(PersonId(name), {"is_listed": True}, NOW_MS, is_guest=False)
        await store.change_profile(PersonId("dan"), {"is_listed": False}, NOW_MS, is_guest=False)
        await store.erase(PersonId("eve"), NOW_MS)
        await store.change_profile(ANA, {"is_listed": True}, NOW_MS, is_guest=False)
        kept = await store.take_over(NOW_MS, RULES)
        assert sorted(kept.listed) == [ANA, "cleo"]
