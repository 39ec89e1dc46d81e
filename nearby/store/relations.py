"""The store's part for what people are to each other: another face of ``nearby.store.base.Store``.

Guarantees, kept on SQLite and on PostgreSQL alike:

* **One transaction a call.** It happened wholly or not at all, and is on disk when the call returns.
* **Names nobody, answers alike.** A handle or a member that names nobody, or somebody erased, is no error, and costs
  the same look and the same kind of write.
"""

from typing import Protocol

from nearby.core.ids import MemberId, PersonId, RoomId


class Relations(Protocol):
    """Who somebody was in a room, whom people know, follow, mute and block."""

    async def member_of(self, person: PersonId, room: RoomId | None, member: MemberId, now_ms: int) -> PersonId | None:
        """Return who sits or sat as ``member`` of a room in which ``person`` sits, or sat within the last hour.

        With ``room`` it must be that room. Whoever was erased, and the person themselves, is nobody: None. Await
        ``store.journal.durable()`` before, so that what just happened is there.
        """
