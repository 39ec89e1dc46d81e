"""The store's part for what operators do to the service itself: another face of ``nearby.store.base.Store``.

Guarantees, kept on SQLite and on PostgreSQL alike:

* **Audited.** What is done and its entry in the audit are one transaction: both are there, or neither.
* **On disk** when the call returns. One that raised ``StoreDown`` may or may not have happened, and may be repeated.
* **Few rows.** At most ``nearby.core.brakes.MAX_BRAKES`` brakes are pulled at a time, so that all of them can be read
  every few seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nearby.core.area_index import Area, AreaId
from nearby.core.brakes import Brake, What
from nearby.core.ids import PersonId
from nearby.store.moderation import By


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did. ``operator`` and ``target`` are None for nobody, and for whoever was erased since."""

    entry: str
    at_ms: int
    operator: PersonId | None
    action: str
    target: PersonId | None
    detail: str | None


class Operations(Protocol):
    """Brakes, areas as operators change them, and the audit."""

    async def brakes(self) -> Sequence[Brake]:
        """Return all that are pulled, by what and area."""

    async def pull(self, what: What, area: str, by: By, now_ms: int) -> None:
        """Pull a brake; one that is pulled already holds from now, for this reason.

        Raises:
            Refused: ``bad_area``, if too many are pulled. Nothing changed.
        """

    async def release(self, what: What, area: str, by: By, now_ms: int) -> bool:
        """Let a brake go and return whether it was pulled; if not nothing is written, the audit neither."""

    async def put_areas(self, areas: Sequence[Area], by: By, now_ms: int) -> None:
        """Add areas, or replace those with their ids, all of them or none; as ``Store.put_area`` else."""

    async def remove_area(self, area: AreaId, by: By, now_ms: int) -> bool:
        """Remove an area and return whether there was one; if not nothing is written, the audit neither."""

    async def note(self, action: str, about: str, by: By, now_ms: int) -> None:
        """Write what is about to be done elsewhere: it may come to nothing, and is in the audit all the same."""

    async def audit(
        self, *, limit: int, before: tuple[int, str] | None = None, person: PersonId | None = None
    ) -> Sequence[AuditEntry]:
        """Return the last entries, newest first; with ``before``, time and id of an entry, those before it.

        With ``person`` only what was done to them: their own row names them, so nothing once they were erased.
        """
