"""What operators decide: of reports, of people, of names; and what of it is on record."""
# ruff: noqa: D102  The name of a test is its sentence.

from collections.abc import Awaitable

import pytest

from nearby.core.bottle import BottleId
from nearby.core.ids import PersonId
from nearby.core.likeness import likeness_of
from nearby.core.reports import ReportId, Then
from nearby.core.rules import DAY_MS
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.moderation import Ban, By, OverBottle, Queue, Sanction
from nearby.store.retention import SHADOW_MS
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.bottles import answer, caught, throw
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, RULES, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.store_suite.moderation import only, talk, tell
from nearby.testing.store_suite.rights import exported

OPS = PersonId("operator")
WHY = By(OPS, "because")
TOLD = ReportId("told")
FOR_GOOD, A_WEEK = Ban("ban", None), Ban("suspension", NOW_MS + 7 * DAY_MS)


async def decide(store: Store, then: Then | None, *, until_ms: int | None = None, at_ms: int = NOW_MS + 5) -> None:
    """Decide the report called ``TOLD``."""
    await store.moderation.decide(TOLD, then, until_ms, WHY, at_ms, RULES)


async def undo(store: Store, at_ms: int = NOW_MS + 6) -> None:
    """Take the decision back."""
    await store.moderation.undo(TOLD, WHY, at_ms, RULES)


async def banned(store: Store, person: PersonId = EVE, at_ms: int = NOW_MS + 5) -> Ban | None:
    """Return what is in force against somebody."""
    return (await store.moderation.in_force(at_ms)).bans.get(person)


async def verified(store: Store) -> dict[PersonId, str | None]:
    """Return what operators say of names."""
    return dict((await store.moderation.in_force(NOW_MS)).verified)


async def verify(store: Store, person: PersonId, name: str) -> None:
    """Verify somebody."""
    await store.moderation.verify(person, name, likeness_of(name), WHY, NOW_MS)


async def state_of(database: Database, bottle: BottleId) -> str:
    """Return where a bottle is, as it is written."""
    (state,) = [row["state"] for row in await database.rows("bottles") if row["bottle"] == bottle]
    return str(state)


async def actions(database: Database) -> list[tuple[str | None, str, str | None, str | None]]:
    """Return the audit: who did what to whom, and why."""
    rows = sorted(await database.rows("audit"), key=lambda row: row["at_ms"])
    return [(row["operator"], row["action"], row["target"], row["detail"]) for row in rows]


class DecisionsSuite(SuiteBase):
    """Tests of what operators do through ``Store.moderation``."""

    @pytest.mark.parametrize(
        ("then", "until_ms", "expected"),
        [
            ("ban", None, Ban("ban", None)),
            ("ban", NOW_MS + 99, Ban("ban", NOW_MS + 99)),
            ("suspend", NOW_MS + 99, Ban("suspension", NOW_MS + 99)),
            ("nothing", None, None),
            (None, None, None),
        ],
    )
    async def test_a_decision_is_kept_audited_and_can_be_undone(
        self, store: Store, database: Database, then: Then | None, until_ms: int | None, expected: Ban | None
    ) -> None:
        await talk(store, ANA)
        await tell(store, ANA, name=TOLD)
        assert await store.moderation.queue() == Queue(1, NOW_MS + 1)
        await decide(store, then, until_ms=until_ms)
        assert await banned(store) == expected
        assert await store.moderation.queue() == Queue(0, None)
        (report,) = await store.moderation.reports(is_open=False, after=None, limit=9)
        said = then or "reject"
        assert (report.decision, report.reviewed_ms, report.counted) == (said, NOW_MS + 5, 0)
        assert report.status == ("rejected" if then is None else "accepted")
        await undo(store)
        assert await banned(store) is None
        assert (await only(store)).report == TOLD
        assert await actions(database) == [
            (OPS, f"report_{said}", EVE, "because"),
            (OPS, "report_undo", EVE, "because"),
        ]

    async def test_a_report_is_decided_once_and_an_open_one_is_not_undone(self, store: Store) -> None:
        await talk(store, ANA)
        await tell(store, ANA, name=TOLD)
        await self._refused(undo(store), ErrorCode.ALREADY_DECIDED)
        await decide(store, "ban")
        await self._refused(decide(store, None), ErrorCode.ALREADY_DECIDED)
        none = ReportId("no")
        await self._refused(store.moderation.decide(none, None, None, WHY, NOW_MS, RULES), ErrorCode.NOT_FOUND)
        await self._refused(store.moderation.undo(none, WHY, NOW_MS, RULES), ErrorCode.NOT_FOUND)

    async def test_the_queue_is_read_oldest_first_page_by_page(self, store: Store) -> None:
        people = [PersonId(f"person-{number}") for number in range(5)]
        await talk(store, *people)
        for number in (3, 1, 4, 0, 2):
            await tell(store, people[number], name=f"told-by-{number}", at_ms=NOW_MS + number // 2)
        pages, after = [], None
        while page := await store.moderation.reports(is_open=True, after=after, limit=2):
            pages.append([report.report for report in page])
            after = page[-1].report
        assert pages == [["told-by-0", "told-by-1"], ["told-by-2", "told-by-3"], ["told-by-4"]]
        assert await store.moderation.reports(is_open=True, after=ReportId("no"), limit=2) == []
        for number in (2, 0):
            report = ReportId(f"told-by-{number}")
            await store.moderation.decide(report, "nothing", None, WHY, NOW_MS + 9 - number, RULES)
        (last,) = await store.moderation.reports(is_open=False, after=None, limit=1)
        (first,) = await store.moderation.reports(is_open=False, after=last.report, limit=9)
        assert (last.report, first.report) == ("told-by-0", "told-by-2")
        assert (await store.moderation.one(ReportId("told-by-1"))) is not None
        assert await store.moderation.one(ReportId("no")) is None

    @pytest.mark.parametrize("accepts", [True, False])
    async def test_a_frozen_bottle_sinks_or_drifts_on_and_is_frozen_again_by_an_undo(
        self, store: Store, database: Database, accepts: bool
    ) -> None:
        bottle = await throw(store, EVE)
        await caught(store, BEN)
        await tell(store, BEN, OverBottle(bottle), name=TOLD)
        assert await state_of(database, bottle) == "frozen"
        await decide(store, "nothing" if accepts else None)
        assert await state_of(database, bottle) == ("sunk" if accepts else "afloat")
        await undo(store)
        assert await state_of(database, bottle) == "frozen"

    async def test_a_bottle_stays_frozen_while_another_report_of_it_is_left_and_sunk_by_two_it_stays(
        self, store: Store, database: Database
    ) -> None:
        bottle = await throw(store, EVE)
        await caught(store, BEN)
        await tell(store, BEN, OverBottle(bottle), established=False, name=TOLD)
        assert await state_of(database, bottle) == "afloat"
        await decide(store, "nothing")
        assert await state_of(database, bottle) == "sunk"
        await undo(store)
        assert await state_of(database, bottle) == "afloat"
        await caught(store, ANA)
        for reporter in (ANA, BEN):
            await tell(store, reporter, OverBottle(bottle))
        assert await state_of(database, bottle) == "frozen"
        await decide(store, None, at_ms=NOW_MS + 7)
        assert await state_of(database, bottle) == "frozen"

    async def test_a_bottle_that_was_answered_stays_what_it_is(self, store: Store, database: Database) -> None:
        bottle = await throw(store, EVE)
        await answer(store, await caught(store, BEN))
        await tell(store, BEN, OverBottle(bottle), name=TOLD)
        await decide(store, "nothing")
        await undo(store)
        assert await state_of(database, bottle) == "threaded"

    async def test_a_ban_is_in_force_until_it_ends_or_is_ended(self, store: Store, database: Database) -> None:
        await commit(store, seen(EVE))
        before = await store.moderation.revision()
        await store.moderation.ban(EVE, A_WEEK, WHY, NOW_MS)
        assert await banned(store) == A_WEEK
        assert await banned(store, at_ms=NOW_MS + 7 * DAY_MS) is None
        await store.moderation.ban(EVE, FOR_GOOD, By(None, "by hand"), NOW_MS + 1)
        await store.moderation.ban(EVE, Ban("suspension", NOW_MS + 9), WHY, NOW_MS + 2)
        assert await banned(store) == FOR_GOOD
        await store.moderation.unban(EVE, WHY, NOW_MS + 3)
        assert await banned(store) is None
        assert await store.moderation.revision() == before + 4
        await self._refused(store.moderation.unban(EVE, WHY, NOW_MS + 4), ErrorCode.NOT_FOUND)
        assert await actions(database) == [
            (OPS, "suspend", EVE, "because"),
            (None, "ban", EVE, "by hand"),
            (OPS, "suspend", EVE, "because"),
            (OPS, "unban", EVE, "because"),
        ]

    async def test_nobody_who_never_called_is_banned_or_verified(self, store: Store, database: Database) -> None:
        for call in (
            store.moderation.ban(EVE, FOR_GOOD, WHY, NOW_MS),
            store.moderation.unban(EVE, WHY, NOW_MS),
            store.moderation.revoke(EVE, WHY, NOW_MS),
            verify(store, EVE, "Eve Adams"),
        ):
            await self._refused(call, ErrorCode.NOT_FOUND)
        assert await store.moderation.find(EVE, NOW_MS) is None
        assert await database.rows("audit") == []

    async def test_a_ban_outlives_an_erasure_under_a_hash_and_can_be_ended(
        self, store: Store, database: Database
    ) -> None:
        await commit(store, seen(EVE))
        await store.moderation.ban(EVE, FOR_GOOD, WHY, NOW_MS)
        before = await store.moderation.revision()
        await store.erase(EVE, NOW_MS)
        in_force = await store.moderation.in_force(NOW_MS)
        assert in_force.revision > before
        assert in_force.bans == {}
        assert in_force.shadows == {store.moderation.shadow_of(EVE): Ban("ban", NOW_MS + SHADOW_MS)}
        found = await store.moderation.find(EVE, NOW_MS)
        assert found is not None
        assert found.is_erased
        assert found.sanctions == [Sanction("ban", None, NOW_MS + SHADOW_MS, None, None)]
        assert not await store.moderation.appeal(EVE, "it was not me", NOW_MS)
        await store.moderation.unban(EVE, WHY, NOW_MS + 1)
        assert not (await store.moderation.in_force(NOW_MS)).shadows
        assert EVE not in repr(await database.rows("audit"))

    async def test_who_is_banned_appeals_in_place_of_what_they_said_before(
        self, store: Store, database: Database
    ) -> None:
        await commit(store, seen(EVE))
        assert not await store.moderation.appeal(EVE, "what for?", NOW_MS)
        await store.moderation.ban(EVE, FOR_GOOD, WHY, NOW_MS)
        assert await store.moderation.appeal(EVE, "it was not me", NOW_MS + 1)
        assert await store.moderation.appeal(EVE, "by letter: it was me", NOW_MS + 2, by=WHY)
        found = await store.moderation.find(EVE, NOW_MS + 2)
        assert found is not None
        assert found.sanctions == [Sanction("ban", NOW_MS, None, "because", "by letter: it was me")]
        assert [action for _, action, _, _ in await actions(database)] == ["ban", "appeal"]

    async def test_a_verdict_is_about_one_name_that_nobody_elses_looks_like(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN), seen(EVE, is_guest=True))
        await verify(store, ANA, "Ana Lima")
        await self._refused(verify(store, BEN, "Anа Lima"), ErrorCode.NAME_TAKEN)  # noqa: RUF001  A Cyrillic a.
        await self._refused(verify(store, EVE, "Eve Adams"), ErrorCode.GUEST)
        assert await verified(store) == {ANA: "Ana Lima"}
        assert not await store.is_name_free(BEN, likeness_of("Ana Lima").looks)
        found = await store.moderation.find_named(likeness_of("ana lima"), NOW_MS)
        assert found is not None
        assert (found.person, found.verified_name, found.verdict) == (ANA, "Ana Lima", "verified")
        await store.moderation.revoke(ANA, WHY, NOW_MS + 1)
        assert await verified(store) == {ANA: None}
        assert await store.moderation.find_named(likeness_of("Ana Lima"), NOW_MS) is None
        await verify(store, BEN, "Ana Lima")
        assert await verified(store) == {ANA: None, BEN: "Ana Lima"}
        before = await store.moderation.revision()
        await store.erase(BEN, NOW_MS)
        assert await store.moderation.revision() > before
        assert await verified(store) == {ANA: None}

    async def test_a_person_is_shown_with_what_is_in_force_and_how_often_reports_were_right(self, store: Store) -> None:
        await talk(store, ANA, BEN)
        await tell(store, ANA, name=TOLD)
        await tell(store, BEN)
        await decide(store, None)
        found = await store.moderation.find(EVE, NOW_MS)
        assert found is not None
        assert (found.person, found.is_guest, found.created_ms, found.is_erased) == (EVE, False, NOW_MS, False)
        assert (found.reported, found.reports) == ({"open": 1, "rejected": 1}, {})
        ana = await store.moderation.find(ANA, NOW_MS)
        assert ana is not None
        assert (ana.reported, ana.reports) == ({}, {"rejected": 1})

    async def test_an_operator_is_known_by_what_they_did_and_exports_it(self, store: Store) -> None:
        """Without whom it was about."""
        zoe = PersonId("Zoe-6f1d0a")
        await commit(store, seen(EVE))
        await store.moderation.ban(EVE, FOR_GOOD, By(zoe, "threats"), NOW_MS)
        export = await exported(store)
        assert [(row["action"], row["detail"]) for row in export["audit"]] == [("ban", "threats")]
        assert EVE not in repr(export["audit"])

    async def test_erased_reporters_leave_their_reports_and_the_erased_reported_take_theirs_along(
        self, store: Store, database: Database
    ) -> None:
        await talk(store, ANA, BEN)
        await tell(store, ANA, name=TOLD)
        await store.erase(ANA, NOW_MS)
        report = await only(store)
        assert (report.reporter, report.reported, report.counted) == (None, EVE, 0)
        await store.erase(EVE, NOW_MS)
        assert await database.rows("reports") == []
        assert await database.rows("report_messages") == []

    @staticmethod
    async def _refused(call: Awaitable[object], code: ErrorCode) -> None:
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.code is code

    async def test_what_is_in_force_is_listed_with_appeals_first(self, store: Store) -> None:
        await commit(store, *(seen(person) for person in (ANA, BEN, EVE)))
        await verify(store, BEN, "Ben Novak")
        for number, person in enumerate((ANA, BEN, EVE)):
            await store.moderation.ban(person, FOR_GOOD, WHY, NOW_MS + number)
        await store.moderation.ban(ANA, Ban("suspension", NOW_MS + 50), WHY, NOW_MS + 9)
        await store.moderation.appeal(BEN, "not me", NOW_MS + 10)
        listed = await store.moderation.sanctioned(NOW_MS + 20, limit=200)
        assert [(one.person, one.sanction.kind) for one in listed] == [
            (BEN, "ban"),
            (ANA, "suspension"),
            (EVE, "ban"),
            (ANA, "ban"),
        ]
        assert (listed[0].verified_name, listed[0].sanction.appeal, listed[1].verified_name) == (
            "Ben Novak",
            "not me",
            None,
        )
        assert [one.person for one in await store.moderation.sanctioned(NOW_MS + 50, limit=2)] == [BEN, EVE]

    async def test_whose_ban_outlives_them_is_not_listed(self, store: Store) -> None:
        await commit(store, seen(ANA))
        await store.moderation.ban(ANA, FOR_GOOD, WHY, NOW_MS)
        await store.erase(ANA, NOW_MS + 1)
        assert await store.moderation.find(ANA, NOW_MS + 2) is not None
        assert await store.moderation.sanctioned(NOW_MS + 2, limit=200) == []
