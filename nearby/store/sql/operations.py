"""Brakes, operators' changes of areas, and the audit's pages, on SQL. Each call is one transaction."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.area_index import Area, AreaId
from nearby.core.brakes import MAX_BRAKES, Brake, What
from nearby.core.ids import PersonId
from nearby.errors import ErrorCode, Refused
from nearby.store.moderation import By
from nearby.store.operations import AuditEntry
from nearby.store.sql import areas as area_rows
from nearby.store.sql.audit import audit_row
from nearby.store.tables import audit, brakes

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

_NEVER_MS = 1 << 62

MAX_NAMED = 20
"""Areas named in one entry of the audit; of more their number is told."""


class SqlOperations:
    """See ``nearby.store.operations.Operations``.

    Args:
        reading: Opens a connection that reads.
        writing: Opens a transaction.
    """

    def __init__(self, reading: Connect, writing: Connect) -> None:
        self._reading = reading
        self._writing = writing

    async def brakes(self) -> Sequence[Brake]:
        """See ``Operations.brakes``."""
        query = sa.select(brakes.c.what, brakes.c.area, brakes.c.since_ms, brakes.c.reason)
        async with self._reading() as connection:
            return [Brake(*row) for row in await connection.execute(query.order_by(brakes.c.what, brakes.c.area))]

    async def pull(self, what: What, area: str, by: By, now_ms: int) -> None:
        """See ``Operations.pull``."""
        row = {"what": what, "area": area, "since_ms": now_ms, "reason": by.reason}
        others = sa.select(sa.func.count()).where(sa.not_(sa.and_(brakes.c.what == what, brakes.c.area == area)))
        async with self._writing() as connection:
            if (await connection.scalar(others) or 0) >= MAX_BRAKES:
                raise Refused(ErrorCode.BAD_AREA, f"{MAX_BRAKES} brakes are pulled; let some go, or stop all")
            make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            change = {"since_ms": now_ms, "reason": by.reason}
            keys = ["what", "area"]
            await connection.execute(make(brakes).values(row).on_conflict_do_update(index_elements=keys, set_=change))
            await _note(connection, "brake_pull", _where(what, area), by, now_ms)

    async def release(self, what: What, area: str, by: By, now_ms: int) -> bool:
        """See ``Operations.release``."""
        async with self._writing() as connection:
            gone = await connection.execute(sa.delete(brakes).where(brakes.c.what == what, brakes.c.area == area))
            if gone.rowcount:
                await _note(connection, "brake_release", _where(what, area), by, now_ms)
            return bool(gone.rowcount)

    async def put_areas(self, areas: Sequence[Area], by: By, now_ms: int) -> None:
        """See ``Operations.put_areas``."""
        named = ", ".join(area.id for area in areas[:MAX_NAMED])
        more = f" and {len(areas) - MAX_NAMED} more" if len(areas) > MAX_NAMED else ""
        async with self._writing() as connection:
            for area in areas:
                await area_rows.put_area(connection, area, now_ms)
            await _note(connection, "areas_put", named + more, by, now_ms)

    async def remove_area(self, area: AreaId, by: By, now_ms: int) -> bool:
        """See ``Operations.remove_area``."""
        async with self._writing() as connection:
            is_gone = await area_rows.remove_area(connection, area)
            if is_gone:
                await _note(connection, "area_remove", area, by, now_ms)
            return is_gone

    async def note(self, action: str, about: str, by: By, now_ms: int) -> None:
        """See ``Operations.note``."""
        async with self._writing() as connection:
            await _note(connection, action, about, by, now_ms)

    async def audit(
        self, *, limit: int, before: tuple[int, str] | None = None, person: PersonId | None = None
    ) -> Sequence[AuditEntry]:
        """See ``Operations.audit``."""
        columns = (audit.c.entry, audit.c.at_ms, audit.c.operator, audit.c.action, audit.c.target, audit.c.detail)
        query = sa.select(*columns).order_by(audit.c.at_ms.desc(), audit.c.entry.desc()).limit(limit)
        # With a bound in any case: so its index is looked into, not read.
        at_ms, entry = before or (_NEVER_MS, "")
        is_it_or_later = sa.and_(audit.c.at_ms == at_ms, audit.c.entry >= entry)
        query = query.where(audit.c.at_ms <= at_ms, sa.not_(is_it_or_later))
        if person is not None:
            query = query.where(audit.c.target == person)
        async with self._reading() as connection:
            return [AuditEntry(*row) for row in await connection.execute(query)]


async def _note(connection: AsyncConnection, action: str, about: str, by: By, now_ms: int) -> None:
    detail = f"{about}: {by.reason}"
    await audit_row(connection, operator=by.operator, action=action, target=None, detail=detail, now_ms=now_ms)


def _where(what: What, area: str) -> str:
    return f"{what} in {area}" if area else f"{what} everywhere"
