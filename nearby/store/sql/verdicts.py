"""What operators decide of people: bans, suspensions, appeals, and verified names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.core.likeness import Likeness
from nearby.errors import ErrorCode, Refused
from nearby.store.moderation import Ban, By, Found, InForce, Sanction, Sanctioned
from nearby.store.sql.audit import audit_row
from nearby.store.sql.drawn import new_id
from nearby.store.sql.engine import RowRefused
from nearby.store.sql.markers import VERDICTS, grow, value_of
from nearby.store.sql.names import is_name_free
from nearby.store.sql.rights import shadow_of
from nearby.store.tables import bans, people, reports, shadows

_OF_OPERATORS = ("ban", "suspension")


@contextmanager
def not_found_if_refused() -> Iterator[None]:
    """Tell as not found what the database refuses: somebody a row names was erased in this very moment."""
    try:
        yield
    except RowRefused:
        raise Refused(ErrorCode.NOT_FOUND) from None


async def read_in_force(connection: AsyncConnection, now_ms: int) -> InForce:
    """See ``Moderation.in_force``."""
    # Before the rest: whoever changes it between the two makes us look again, not miss it.
    revision = await value_of(connection, VERDICTS)
    banned: dict[PersonId, Ban] = {}
    found = sa.select(bans.c.person, bans.c.kind, bans.c.until_ms).where(_is_in_force(now_ms))
    for person, kind, until_ms in await connection.execute(found):
        banned[person] = _longer(banned.get(person), Ban(kind, until_ms))
    of_erased: dict[bytes, Ban] = {}
    shadowed = sa.select(shadows.c.shadow, shadows.c.kind, shadows.c.until_ms).where(
        shadows.c.kind.in_(_OF_OPERATORS), shadows.c.until_ms > now_ms
    )
    for shadow, kind, until_ms in await connection.execute(shadowed):
        of_erased[bytes(shadow)] = _longer(of_erased.get(bytes(shadow)), Ban(kind, until_ms))
    verdicts = sa.select(people.c.person, people.c.verdict, people.c.verified_name).where(people.c.verdict.is_not(None))
    verified = {
        person: name if verdict == "verified" else None for person, verdict, name in await connection.execute(verdicts)
    }
    return InForce(revision, banned, of_erased, verified)


async def verify(
    connection: AsyncConnection, person: PersonId, name: str, likeness: Likeness, by: By, now_ms: int
) -> None:
    """See ``Moderation.verify``."""
    await audit(connection, by, "verify", person, now_ms)
    is_guest = await connection.scalar(sa.select(people.c.is_guest).where(people.c.person == person))
    if is_guest is None:
        raise Refused(ErrorCode.NOT_FOUND)
    if is_guest:
        raise Refused(ErrorCode.GUEST)
    if not await is_name_free(connection, person, likeness.looks):
        raise Refused(ErrorCode.NAME_TAKEN)
    await _say(connection, person, verdict="verified", verified_name=name, verified_skeleton=likeness.skeleton)


async def revoke(connection: AsyncConnection, person: PersonId, by: By, now_ms: int) -> None:
    """See ``Moderation.revoke``."""
    await audit(connection, by, "revoke", person, now_ms)
    await _say(connection, person, verdict="revoked", verified_name=None, verified_skeleton=None)


async def ban(connection: AsyncConnection, person: PersonId, given: Ban, by: By, now_ms: int, *, id: str = "") -> None:
    """See ``Moderation.ban``; ``id`` is the ban's, a new one if it has none."""
    row = {"ban": id or new_id(), "person": person, "kind": given.kind, "reason": by.reason}
    await connection.execute(bans.insert().values(**row, since_ms=now_ms, until_ms=given.until_ms))
    await grow(connection, VERDICTS)


async def unban(connection: AsyncConnection, person: PersonId, by: By, now_ms: int, secret: bytes) -> None:
    """See ``Moderation.unban``."""
    ended = await connection.execute(bans.delete().where(bans.c.person == person, _is_in_force(now_ms)))
    of_erased = await connection.execute(
        shadows.delete().where(
            shadows.c.shadow == shadow_of(person, secret),
            shadows.c.kind.in_(_OF_OPERATORS),
            shadows.c.until_ms > now_ms,
        )
    )
    if not ended.rowcount and not of_erased.rowcount:
        raise Refused(ErrorCode.NOT_FOUND)
    # Of somebody erased the audit must not say who it was.
    await audit(connection, by, "unban", person if ended.rowcount else None, now_ms)
    await grow(connection, VERDICTS)


async def appeal(connection: AsyncConnection, person: PersonId, text: str, now_ms: int, by: By | None) -> bool:
    """See ``Moderation.appeal``."""
    noted = await connection.execute(
        bans.update().where(bans.c.person == person, _is_in_force(now_ms)).values(appeal=text)
    )
    if noted.rowcount and by is not None:
        await audit(connection, by, "appeal", person, now_ms)
    return bool(noted.rowcount)


async def find(connection: AsyncConnection, person: PersonId, now_ms: int, secret: bytes) -> Found | None:
    """See ``Moderation.find``."""
    row = (await connection.execute(sa.select(people).where(people.c.person == person))).first()
    if row is None:
        return await _find_erased(connection, person, now_ms, secret)
    found = await connection.execute(
        sa.select(bans).where(bans.c.person == person, _is_in_force(now_ms)).order_by(bans.c.since_ms, bans.c.ban)
    )
    sanctions = [Sanction(one.kind, one.since_ms, one.until_ms, one.reason, one.appeal) for one in found]
    return Found(
        person,
        is_erased=False,
        is_guest=row.is_guest,
        created_ms=row.created_ms,
        verified_name=row.verified_name,
        verdict=row.verdict,
        sanctions=sanctions,
        reported=await _by_status(connection, reports.c.reported == person),
        reports=await _by_status(connection, reports.c.reporter == person),
    )


async def find_named(connection: AsyncConnection, likeness: Likeness, now_ms: int, secret: bytes) -> Found | None:
    """See ``Moderation.find_named``."""
    query = sa.select(people.c.person).where(people.c.verified_skeleton.in_(sorted(likeness.looks)))
    person = await connection.scalar(query.order_by(people.c.verified_skeleton != likeness.skeleton).limit(1))
    return None if person is None else await find(connection, PersonId(person), now_ms, secret)


async def read_sanctioned(connection: AsyncConnection, now_ms: int, limit: int) -> list[Sanctioned]:
    """See ``Moderation.sanctioned``."""
    query = (
        sa.select(bans, people.c.verified_name)
        .join(people, people.c.person == bans.c.person)
        .where(_is_in_force(now_ms))
        .order_by(bans.c.appeal.is_(None), bans.c.since_ms.desc(), bans.c.ban)
        .limit(limit)
    )
    return [
        Sanctioned(
            one.person, one.verified_name, Sanction(one.kind, one.since_ms, one.until_ms, one.reason, one.appeal)
        )
        for one in await connection.execute(query)
    ]


async def audit(connection: AsyncConnection, by: By, action: str, target: PersonId | None, now_ms: int) -> None:
    """Write what an operator does, for which reason."""
    await audit_row(connection, operator=by.operator, action=action, target=target, detail=by.reason, now_ms=now_ms)


async def _find_erased(connection: AsyncConnection, person: PersonId, now_ms: int, secret: bytes) -> Found | None:
    query = sa.select(shadows.c.kind, shadows.c.until_ms).where(
        shadows.c.shadow == shadow_of(person, secret),
        shadows.c.kind.in_(_OF_OPERATORS),
        shadows.c.until_ms > now_ms,
    )
    sanctions = [Sanction(kind, None, until_ms, None, None) for kind, until_ms in await connection.execute(query)]
    if not sanctions:
        return None
    return Found(
        person,
        is_erased=True,
        is_guest=False,
        created_ms=None,
        verified_name=None,
        verdict=None,
        sanctions=sanctions,
        reported={},
        reports={},
    )


async def _say(connection: AsyncConnection, person: PersonId, **values: Any) -> None:
    """Let people's row say this of the verified name."""
    said = await connection.execute(people.update().where(people.c.person == person).values(values))
    if not said.rowcount:
        raise Refused(ErrorCode.NOT_FOUND)
    await grow(connection, VERDICTS)


async def _by_status(connection: AsyncConnection, of: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(reports.c.status, sa.func.count()).where(of).group_by(reports.c.status)
    return {status: count for status, count in await connection.execute(query)}


def _is_in_force(now_ms: int) -> sa.ColumnElement[bool]:
    return sa.or_(bans.c.until_ms.is_(None), bans.c.until_ms > now_ms)


def _longer(one: Ban | None, other: Ban) -> Ban:
    """Return the one of two that ends last."""
    if one is None or other.until_ms is None:
        return other
    return one if one.until_ms is None or one.until_ms >= other.until_ms else other
