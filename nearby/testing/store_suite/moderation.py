"""Reports: which are written, which count, what they hold, and what they do by themselves."""
# ruff: noqa: D102  The name of a test is its sentence.

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import sqlalchemy as sa

from nearby.core.bottle import BottleId
from nearby.core.changes import PersonSeen
from nearby.core.ids import PersonId, RoomId
from nearby.core.reports import ReportId
from nearby.core.rules import DAY_MS, HOUR_MS, Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.moderation import (
    About,
    By,
    InRoom,
    Known,
    NewReport,
    Outcome,
    OverBottle,
    Report,
    ReportLine,
    Speaker,
)
from nearby.store.tables import metadata
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.bottles import answer, caught, drifter, throw
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, ROOM, RULES, room, said, seat, seen
from nearby.testing.store_suite.journal import commit

FREE = RULES.unlimited()
WHY = By(PersonId("operator"), "because")
NOBODIES = (InRoom(ROOM, None), InRoom(None, None), Known("no"), OverBottle(BottleId("none")))
CROWD = [PersonId(f"person-{number}") for number in range(7)]
_ids = count()


async def talk(store: Store, *people: PersonId, of: PersonId = EVE, room_id: RoomId = ROOM, spoke: int = 1) -> None:
    """Let people sit in a room in which one of them speaks."""
    await commit(store, *(seen(person) for person in (*people, of)), room(room_id))
    await commit(store, *(seat(person, room_id) for person in (*people, of)))
    await commit(store, *(said(of, 10 + number, f"{of} {number}", room_id) for number in range(spoke)))


async def tell(
    store: Store,
    reporter: PersonId,
    about: About | PersonId = EVE,
    *,
    room_id: RoomId = ROOM,
    at_ms: int = NOW_MS + 1,
    established: bool = True,
    rules: Rules = FREE,
    name: str = "",
) -> Outcome:
    """Report somebody in a room, or over something else."""
    new = NewReport(ReportId(name or f"told-{next(_ids)}"), "rude", "look at this")
    about = InRoom(room_id, about) if isinstance(about, str) else about
    return await store.moderation.report(drifter(reporter, established=established), about, new, at_ms, rules)


async def only(store: Store) -> Report:
    """Return the one open report."""
    (found,) = await store.moderation.reports(is_open=True, after=None, limit=9)
    return found


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what any database of this process is told to execute while the block runs."""
    executed: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def suspended_by(store: Store, reporters: int, places: int) -> bool:
    """Return whether so many people of so many rooms suspend Eve, the last of them."""
    for number in range(places):
        await talk(store, *CROWD, room_id=RoomId(f"room-of-{number}"))
        # Nobody has two seats: the newest is open, and older ones ended just now.
        await commit(store, *(seat(who, RoomId(f"room-of-{number}"), ended_ms=NOW_MS + 1) for who in (*CROWD, EVE)))
    outcomes = [
        await tell(store, CROWD[number], room_id=RoomId(f"room-of-{number % places}"), at_ms=NOW_MS + 2 + number)
        for number in range(reporters)
    ]
    assert not any(outcome.is_suspended for outcome in outcomes[:-1])
    return outcomes[-1].is_suspended


class ReportsSuite(SuiteBase):
    """Tests of ``Moderation.report``."""

    async def test_a_report_holds_the_last_twenty_messages_and_names_only_the_two(self, store: Store) -> None:
        await talk(store, ANA, BEN)
        spoke = [said((ANA, BEN, EVE)[number % 3], 20 + number, f"text {number}") for number in range(30)]
        await commit(store, *spoke)
        assert (await tell(store, ANA)).reported == EVE
        report = await only(store)
        speakers: tuple[Speaker, ...] = ("reporter", "other", "reported")
        assert report.lines == [ReportLine(speakers[n % 3], f"text {n}", NOW_MS) for n in range(10, 30)]
        assert (report.reporter, report.reported, report.reason, report.text) == (ANA, EVE, "rude", "look at this")
        assert (report.does_count, report.counted, report.status, report.is_over_bottle) == (True, 1, "open", False)
        assert ROOM not in repr(report)

    async def test_what_was_said_while_the_reporter_was_not_there_is_in_no_report(self, store: Store) -> None:
        await talk(store, BEN, spoke=0)
        await commit(store, seen(ANA), seat(ANA, joined_seq=5, ended_ms=NOW_MS + 5))
        times = {3: NOW_MS, 6: NOW_MS + 1, 7: NOW_MS + 9}
        await commit(store, *(said(EVE, seq, f"at {seq}", at_ms=at_ms) for seq, at_ms in times.items()))
        assert (await tell(store, ANA, at_ms=NOW_MS + 20)).reported == EVE
        assert [line.text for line in (await only(store)).lines] == ["at 6"]

    async def test_a_report_counts_only_of_an_established_person_who_heard_the_other(self, store: Store) -> None:
        await talk(store, ANA, BEN)
        await tell(store, BEN, established=False)
        assert not (await only(store)).does_count
        await tell(store, ANA, BEN)
        counting = [report.does_count for report in await store.moderation.reports(is_open=True, after=None, limit=9)]
        assert counting == [False, False]

    @pytest.mark.parametrize("ended_ms", [1, HOUR_MS + 1])
    async def test_a_report_counts_within_an_hour_of_having_been_there(self, store: Store, ended_ms: int) -> None:
        await talk(store, BEN)
        await commit(store, seen(ANA), seat(ANA, ended_ms=NOW_MS + 1))
        await tell(store, ANA, at_ms=NOW_MS + ended_ms)
        assert (await only(store)).does_count is (ended_ms <= HOUR_MS)

    async def test_a_report_of_nobody_touches_nobody_whatever_their_id(self, store: Store) -> None:
        dash = PersonId("-")
        await talk(store, ANA, of=dash)
        assert (await tell(store, ANA, dash)).reported == dash
        await tell(store, ANA, Known("nobody"))
        assert await store.relations.apart(ANA, dash) is True

    async def test_nothing_is_written_of_nobody_oneself_or_somebody_erased(
        self, store: Store, database: Database
    ) -> None:
        await talk(store, ANA)
        await store.erase(EVE, NOW_MS)
        before = [await database.rows(table) for table in metadata.tables]
        for about in (*NOBODIES, InRoom(ROOM, ANA), InRoom(ROOM, PersonId("who")), InRoom(ROOM, EVE)):
            assert await tell(store, ANA, about) == Outcome()
        assert [await database.rows(table) for table in metadata.tables] == before

    @pytest.mark.parametrize("established", [True, False])
    @pytest.mark.parametrize("place", ["a room", "no room", "a bottle"])
    async def test_a_report_of_nobody_takes_as_many_statements_as_one_of_somebody(
        self, store: Store, place: str, established: bool
    ) -> None:
        await talk(store, ANA, spoke=0)
        bottle = await throw(store, EVE)
        await answer(store, await caught(store, ANA), ANA)
        pairs: dict[str, tuple[About, About]] = {
            "a room": (InRoom(ROOM, None), InRoom(ROOM, EVE)),
            "no room": (InRoom(None, None), InRoom(None, EVE)),
            "a bottle": (OverBottle(BottleId("none")), OverBottle(bottle)),
        }
        executed = []
        for about, reported in zip(pairs[place], (None, EVE), strict=True):
            with statements() as ran:
                assert (await tell(store, ANA, about, established=established)).reported == reported
            executed.append(len(ran))
        assert executed[0] == executed[1] > 10

    async def test_who_told_already_is_not_written_again_until_an_operator_has_looked(self, store: Store) -> None:
        await talk(store, ANA)
        assert (await tell(store, ANA, name="first")).reported == EVE
        assert (await tell(store, ANA)) == Outcome()
        await store.moderation.decide(ReportId("first"), "nothing", None, WHY, NOW_MS + 2, RULES)
        assert (await tell(store, ANA)).reported == EVE

    async def test_eleven_reports_in_an_hour_are_one_too_many_whoever_they_are_about(self, store: Store) -> None:
        await commit(store, seen(ANA), *(seen(person) for person in CROWD))
        for number in range(10):
            where = RoomId(f"room-of-{number}")
            assert (await tell(store, ANA, CROWD[number % 7], room_id=where, rules=RULES)).reported
        for about in (CROWD[0], InRoom(ROOM, None)):
            with pytest.raises(Refused) as refused:
                await tell(store, ANA, about, rules=RULES)
            assert (refused.value.code, refused.value.limit) == (ErrorCode.RATE_LIMITED, "reports")
        assert (await tell(store, ANA, at_ms=NOW_MS + 1 + HOUR_MS, rules=RULES)) == Outcome()

    @pytest.mark.parametrize("established", [True, False])
    async def test_reporter_and_reported_are_in_conflict_for_good(
        self, store: Store, database: Database, established: bool
    ) -> None:
        await talk(store, ANA)
        await tell(store, ANA, established=not established)
        await tell(store, ANA, InRoom(RoomId("other"), EVE), established=established, at_ms=NOW_MS + 2)
        (row,) = await database.rows("conflicts")
        expected = {"author": ANA, "other": EVE, "because": "report", "is_mutual": established, "since_ms": NOW_MS + 2}
        assert row == expected

    async def test_two_remove_from_the_room_and_two_friends_do_not(self, store: Store, database: Database) -> None:
        await talk(store, ANA, BEN, *CROWD)
        known = {"owner": ANA, "kind": "known", "subject": BEN, "handle": "ben-to-ana", "created_ms": 1}
        await database.insert("relations", known)
        assert (await tell(store, ANA)).removed_from is None
        assert (await tell(store, BEN)).removed_from is None
        assert (await tell(store, CROWD[0], established=False)).removed_from is None
        assert (await tell(store, CROWD[1])).removed_from == ROOM
        assert (await tell(store, CROWD[2], CROWD[1])).removed_from is None

    async def test_of_two_who_report_at_the_same_moment_one_removes(self, store: Store) -> None:
        for _ in range(5):
            where = RoomId(f"room-of-{next(_ids)}")
            await talk(store, *CROWD, room_id=where, spoke=1)
            await commit(store, *(seat(person, where, ended_ms=NOW_MS + 1) for person in (*CROWD, EVE)))
            outcomes = await asyncio.gather(*(tell(store, person, room_id=where) for person in CROWD[:2]))
            assert sorted(outcome.removed_from or "" for outcome in outcomes) == ["", where]

    async def test_two_who_report_each_other_do_not_wait_for_each_other(self, store: Store) -> None:
        await talk(store, ANA)
        for number in range(5):
            where = RoomId(f"room-of-{number}")
            both = tell(store, ANA, EVE, room_id=where), tell(store, EVE, ANA, room_id=where)
            assert [outcome.reported for outcome in await asyncio.gather(*both)] == [EVE, ANA]

    async def test_nor_do_two_who_report_each_other_over_a_thread(self, store: Store) -> None:
        for number in range(8):
            thrower, catcher = PersonId(f"thrower-{number}"), PersonId(f"catcher-{number}")
            await commit(store, seen(thrower), seen(catcher))
            bottle = await throw(store, thrower)
            await answer(store, await caught(store, catcher), catcher)
            both = [tell(store, who, OverBottle(bottle)) for who in (thrower, catcher)]
            assert [outcome.reported for outcome in await asyncio.gather(*both)] == [catcher, thrower]

    @pytest.mark.parametrize(("reporters", "places", "expected"), [(6, 3, True), (5, 3, False), (6, 2, False)])
    async def test_six_over_three_rooms_suspend(
        self, store: Store, database: Database, reporters: int, places: int, expected: bool
    ) -> None:
        before = await store.moderation.revision()
        assert await suspended_by(store, reporters, places) is expected
        in_force = await store.moderation.in_force(NOW_MS + 9)
        assert (EVE in in_force.bans) is expected
        assert (in_force.revision > before) is expected
        if expected:
            at_ms = NOW_MS + 1 + reporters
            assert in_force.bans[EVE].until_ms == at_ms + DAY_MS
            assert not (await store.moderation.in_force(at_ms + DAY_MS)).bans
            (entry,) = await database.rows("audit")
            assert (entry["operator"], entry["target"], entry["action"]) == (None, EVE, "suspend_by_reports")

    async def test_six_suspend_once_until_an_operator_has_looked(self, store: Store) -> None:
        assert await suspended_by(store, 6, 3)
        late_ms = NOW_MS + 2 * DAY_MS
        await talk(store, *CROWD, room_id=RoomId("late"))
        assert not (await tell(store, CROWD[6], room_id=RoomId("late"), at_ms=late_ms)).is_suspended

    async def test_a_suspension_ends_when_what_an_operator_has_left_would_not_have_sufficed(self, store: Store) -> None:
        assert await suspended_by(store, 6, 3)
        (first, *_) = await store.moderation.reports(is_open=True, after=None, limit=9)
        assert first.counted == 6
        await store.moderation.decide(first.report, None, None, WHY, NOW_MS + 9, RULES)
        assert not (await store.moderation.in_force(NOW_MS + 9)).bans

    async def test_reports_of_somebody_with_two_rejected_ones_do_not_count_for_a_month(self, store: Store) -> None:
        for number in range(2):
            where = RoomId(f"room-of-{number}")
            await talk(store, ANA, of=CROWD[number], room_id=where)
            await commit(store, seat(ANA, where, ended_ms=NOW_MS), seat(CROWD[number], where, ended_ms=NOW_MS))
            await tell(store, ANA, CROWD[number], room_id=where, name=f"wrong-{number}")
            await store.moderation.decide(ReportId(f"wrong-{number}"), None, None, WHY, NOW_MS + 2, RULES)
        await talk(store, ANA)
        await tell(store, ANA, name="now")
        assert not (await only(store)).does_count
        await store.moderation.decide(ReportId("now"), "nothing", None, WHY, NOW_MS + 3, RULES)
        await tell(store, ANA, at_ms=NOW_MS + 3 + 30 * DAY_MS)
        assert (await only(store)).does_count

    async def test_somebody_known_is_reported_by_the_handle_and_counts_by_the_room_or_thread(
        self, store: Store, database: Database
    ) -> None:
        await commit(store, PersonSeen(ANA, False, 1, 1), seen(BEN), seen(EVE))
        for name, other in (("ben", BEN), ("eve", EVE)):
            known = {"owner": ANA, "kind": "known", "subject": other, "handle": f"{name}-to-ana", "created_ms": 1}
            await database.insert("relations", known)
        assert (await tell(store, ANA, Known("ben-to-ana"))).reported == BEN
        assert not (await only(store)).does_count
        await throw(store, EVE, says="hello from eve")
        thread = await answer(store, await caught(store, ANA), ANA)
        assert (await tell(store, ANA, Known("eve-to-ana"), at_ms=NOW_MS + 2)).reported == EVE
        assert await tell(store, ANA, Known("eve-to-ana"), at_ms=NOW_MS + 3) == Outcome()
        _, over_thread = await store.moderation.reports(is_open=True, after=None, limit=9)
        assert [line.text for line in over_thread.lines] == ["hello from eve", "hi"]
        assert over_thread.does_count
        assert thread.bottle not in repr(over_thread)
        await talk(store, ANA)
        assert (await tell(store, ANA, Known("eve-to-ana"), at_ms=NOW_MS + 4)).reported == EVE
        *_, over_room = await store.moderation.reports(is_open=True, after=None, limit=9)
        assert [line.text for line in over_room.lines] == ["eve 0"]
        # Somebody else's handle names nobody.
        assert await tell(store, BEN, Known("eve-to-ana")) == Outcome()
