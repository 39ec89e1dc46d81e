"""The audit: what operators did, written in the transaction that does it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import PersonSeen
from nearby.core.ids import PersonId
from nearby.core.rules import DAY_MS
from nearby.store.sql.drawn import new_id
from nearby.store.sql.statements import write
from nearby.store.tables import audit


async def audit_row(
    connection: AsyncConnection,
    *,
    operator: PersonId | None,
    action: str,
    target: PersonId | None,
    detail: str | None,
    now_ms: int,
) -> str:
    """Write one entry and return its id: there, or not, together with what the transaction changes.

    An entry is kept for a year. It is in its operator's export, without its target, and outlives both: whoever of
    them is erased is not named any more. ``detail`` is shown to operators as it is, and nothing takes a name out of
    it again: no id of a person belongs there.

    Args:
        connection: The transaction of the change.
        operator: Who did it; None for the command line and for the rules. Known from now on if not before.
        action: A stable word, such as "ban".
        target: To whom, somebody known; None for what is about nobody.
        detail: The reason, or what was changed.
        now_ms: When.
    """
    if operator is not None:
        # Operators need not ever have checked in; the row is the one that the live state makes of anybody who calls.
        await write(connection, PersonSeen, [PersonSeen(operator, False, now_ms, now_ms // DAY_MS)])
    entry = new_id()
    row = {"entry": entry, "at_ms": now_ms, "operator": operator, "action": action, "target": target, "detail": detail}
    await connection.execute(audit.insert().values(row))
    return entry
