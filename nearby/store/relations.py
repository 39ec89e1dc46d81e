"""The store's part for what people are to each other: another face of ``nearby.store.base.Store``.

Guarantees, kept on SQLite and on PostgreSQL alike:

* **One transaction a call.** It happened wholly or not at all, and is on disk when the call returns.
* **Names nobody, answers alike.** A handle or a member that names nobody, or somebody erased, is no error: what is
  returned to show looks the same, and the same kind of rows are read and written, as far as time tells.
* **Handles.** A handle is one person's word for one other: two people never hold the same one, whoever it stands for.
* **Never meets.** A block is in ``conflicts`` from the same transaction on, which bottles, threads and the next start
  of the live state go by.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.store.bottles import Drifter

Handle = str
Relation = Literal["follow", "mute"]


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Somebody I know, by my handle of them, and what they are to me beside."""

    person: Handle
    name: str | None
    is_verified: bool
    is_followed: bool
    is_muted: bool
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """What one of two who know each other is to hear: their handle of the other, and the other's profile name."""

    person: Handle
    name: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it is kept. ``block`` is the id to withdraw it by, that of the first time for a repeat.

    ``other`` is None if it is of nobody. ``is_mutual``: it binds both, by this block or another reason of its author.
    """

    block: str
    other: PersonId | None
    is_mutual: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A block that was withdrawn; ``other`` is None if it was none, or of nobody.

    ``is_mutual`` is None if the author has no other reason to be apart from the other, else whether that binds both.
    """

    other: PersonId | None
    is_mutual: bool | None = None


class Relations(Protocol):
    """Who somebody was in a room, whom people know, follow, mute and block."""

    async def member_of(self, person: PersonId, room: RoomId | None, member: MemberId, now_ms: int) -> PersonId | None:
        """Return who sits or sat as ``member`` of a room in which ``person`` sits, or sat within the last hour.

        With ``room`` it must be that room. Whoever was erased, and the person themselves, is nobody: None. Await
        ``store.journal.durable()`` before, so that what just happened is there.
        """

    def may_be_shadowed(self, person: PersonId) -> bool:
        """Return whether something may be in force against somebody erased who comes back under this id.

        Costs a hash and no look into the database. It knows what was there when shadows were noted last, what was
        erased through this store since, and who was noted to be erased.
        """

    async def note_shadows(self) -> None:
        """Take in what is in force against people who were erased so far; ``Store.take_over`` does too."""

    def note_erased(self, person: PersonId) -> None:
        """Take in that somebody was erased through another store: they may have left something in force."""

    async def make_known(
        self, one: PersonId, other: PersonId, handles: tuple[Handle, Handle], now_ms: int
    ) -> tuple[Introduction, Introduction] | None:
        """Let two people know each other; return what the one and the other is to hear, None if one was erased.

        ``handles`` are new ones, of the other for the one and of the one for the other. Who knew each other before
        keep those they have.
        """

    async def known(self, person: PersonId) -> Sequence[Acquaintance]:
        """Return the people somebody knows, the newest 1,000, newest first."""

    async def resolve(self, person: PersonId, handles: Collection[Handle]) -> Mapping[Handle, PersonId]:
        """Return who is meant by a person's handles of people they know; others are left out."""

    async def withdraw(self, person: Drifter, handle: Handle, now_ms: int) -> PersonId | None:
        """Let two people know each other no more, and end follows and mutes between them, on both sides.

        Return who it was, or None. Blocks stay.
        """

    async def put(
        self, person: Drifter, relation: Relation, handle: Handle, new: Handle, now_ms: int
    ) -> PersonId | None:
        """Let somebody known be followed or muted; return who, or None. ``new`` is an id for the row."""

    async def drop(self, person: Drifter, relation: Relation, handle: Handle, now_ms: int) -> PersonId | None:
        """Undo ``put``; return who is meant by the handle, or None."""

    async def block(
        self, author: Drifter, other: PersonId | None, named: str, block: str, now_ms: int, *, most: int
    ) -> Block:
        """Block somebody, or nobody: ``named`` is the handle or member they were named by, ``block`` a new id.

        A block of nobody is kept for 90 days, as one is of somebody who was erased. It binds both if its author is
        established, or was when they blocked before.

        Raises:
            Refused: ``rate_limited``, over ``most`` blocks of one author. Nothing was written.
        """

    async def apart(self, author: PersonId, other: PersonId) -> bool | None:
        """Return whether an author's blocks and reports of somebody bind both, None if there are none."""

    async def blocks(self, person: PersonId, now_ms: int) -> Sequence[str]:
        """Return the ids of a person's blocks in force, those of nobody and of the erased among them, sorted."""

    async def unblock(self, author: Drifter, block: str, now_ms: int) -> Withdrawn:
        """Withdraw a block by its id."""

    async def unblock_person(self, author: Drifter, handle: Handle, now_ms: int) -> Withdrawn:
        """Withdraw the block of somebody known, or of whom the handle named when it named nobody."""
