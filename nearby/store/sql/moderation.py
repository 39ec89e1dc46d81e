"""Reports and decisions on SQL. Each call is one transaction."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.core.likeness import Likeness
from nearby.core.reports import ReportId, Then
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.bottles import Drifter
from nearby.store.moderation import (
    About,
    Ban,
    By,
    Found,
    InForce,
    NewReport,
    Outcome,
    OverBottle,
    Queue,
    Report,
    Sanctioned,
)
from nearby.store.sql import report_queue, verdicts
from nearby.store.sql.bottle_reports import write_bottle_report
from nearby.store.sql.bottles import check_limit, meet
from nearby.store.sql.engine import RowRefused
from nearby.store.sql.markers import VERDICTS, value_of
from nearby.store.sql.rights import shadow_of
from nearby.store.sql.room_reports import reported_by, write_room_report
from nearby.store.sql.verdicts import not_found_if_refused
from nearby.store.tables import reports

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class SqlModeration:
    """See ``nearby.store.moderation.Moderation``.

    Args:
        reading: Opens a connection that reads.
        writing: Opens a transaction.
        secret: Keys what stays in force against erased people.
    """

    def __init__(self, reading: Connect, writing: Connect, secret: bytes) -> None:
        self._reading = reading
        self._writing = writing
        self._secret = secret

    async def report(self, reporter: Drifter, about: About, new: NewReport, now_ms: int, rules: Rules) -> Outcome:
        """See ``Moderation.report``."""
        # Somebody the report names was erased in this very moment: it is about nobody.
        with suppress(RowRefused):
            async with self._writing() as connection:
                reported = None
                if not isinstance(about, OverBottle):
                    reported = await reported_by(connection, reporter.person, about)
                await meet(connection, reporter, now_ms)
                mine = sa.select(reports.c.at_ms).where(reports.c.reporter == reporter.person)
                most = rules.reports_per_hour
                await check_limit(connection, mine, reports.c.at_ms, now_ms, most, rules.hour_ms, "reports")
                if isinstance(about, OverBottle):
                    return await write_bottle_report(connection, reporter, about.bottle, new, now_ms, rules)
                return await write_room_report(connection, reporter, reported, about, new, now_ms, rules)
        return Outcome()

    async def revision(self) -> int:
        """See ``Moderation.revision``."""
        async with self._reading() as connection:
            return await value_of(connection, VERDICTS)

    async def in_force(self, now_ms: int) -> InForce:
        """See ``Moderation.in_force``."""
        async with self._reading() as connection:
            return await verdicts.read_in_force(connection, now_ms)

    def shadow_of(self, person: PersonId) -> bytes:
        """See ``Moderation.shadow_of``."""
        return shadow_of(person, self._secret)

    async def queue(self) -> Queue:
        """See ``Moderation.queue``."""
        async with self._reading() as connection:
            return await report_queue.read_queue(connection)

    async def reports(self, *, is_open: bool, after: ReportId | None, limit: int) -> Sequence[Report]:
        """See ``Moderation.reports``."""
        async with self._reading() as connection:
            return await report_queue.read_reports(connection, is_open=is_open, after=after, limit=limit)

    async def one(self, report: ReportId) -> Report | None:
        """See ``Moderation.one``."""
        async with self._reading() as connection:
            return await report_queue.read_report(connection, report)

    async def decide(
        self, report: ReportId, then: Then | None, until_ms: int | None, by: By, now_ms: int, rules: Rules
    ) -> None:
        """See ``Moderation.decide``."""
        async with self._deciding() as connection:
            await report_queue.decide(connection, report, then, until_ms, by, now_ms, rules)

    async def undo(self, report: ReportId, by: By, now_ms: int, rules: Rules) -> None:
        """See ``Moderation.undo``."""
        async with self._deciding() as connection:
            await report_queue.undo(connection, report, by, now_ms, rules)

    async def find(self, person: PersonId, now_ms: int) -> Found | None:
        """See ``Moderation.find``."""
        async with self._reading() as connection:
            return await verdicts.find(connection, person, now_ms, self._secret)

    async def find_named(self, likeness: Likeness, now_ms: int) -> Found | None:
        """See ``Moderation.find_named``."""
        async with self._reading() as connection:
            return await verdicts.find_named(connection, likeness, now_ms, self._secret)

    async def sanctioned(self, now_ms: int, *, limit: int) -> Sequence[Sanctioned]:
        """See ``Moderation.sanctioned``."""
        async with self._reading() as connection:
            return await verdicts.read_sanctioned(connection, now_ms, limit)

    async def verify(self, person: PersonId, name: str, likeness: Likeness, by: By, now_ms: int) -> None:
        """See ``Moderation.verify``."""
        try:
            async with self._writing() as connection:
                await verdicts.verify(connection, person, name, likeness, by, now_ms)
        except RowRefused:
            # They are not there, or somebody took the name in this very moment.
            is_there = await self.find(person, now_ms) is not None
            raise Refused(ErrorCode.NAME_TAKEN if is_there else ErrorCode.NOT_FOUND) from None

    async def revoke(self, person: PersonId, by: By, now_ms: int) -> None:
        """See ``Moderation.revoke``."""
        async with self._deciding() as connection:
            await verdicts.revoke(connection, person, by, now_ms)

    async def ban(self, person: PersonId, ban: Ban, by: By, now_ms: int) -> None:
        """See ``Moderation.ban``."""
        async with self._deciding() as connection:
            await verdicts.audit(connection, by, "ban" if ban.kind == "ban" else "suspend", person, now_ms)
            await verdicts.ban(connection, person, ban, by, now_ms)

    async def unban(self, person: PersonId, by: By, now_ms: int) -> None:
        """See ``Moderation.unban``."""
        async with self._deciding() as connection:
            await verdicts.unban(connection, person, by, now_ms, self._secret)

    async def appeal(self, person: PersonId, text: str, now_ms: int, *, by: By | None = None) -> bool:
        """See ``Moderation.appeal``."""
        async with self._deciding() as connection:
            return await verdicts.appeal(connection, person, text, now_ms, by)

    @asynccontextmanager
    async def _deciding(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; whoever it is about and is not there, or goes at this moment, is not found."""
        with not_found_if_refused():
            async with self._writing() as connection:
                yield connection
