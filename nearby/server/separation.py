"""Who never meets whom is put in force here, for everything there is: live at once, and in the database for good.

What is live (placement, rooms, merges, shakes, resume, lists of people nearby) goes by the hub's conflicts, which
begin with the database's and follow the calls below. Bottles and threads go by the same rows of the database.
"""

from collections.abc import Callable

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.errors import Refused
from nearby.hub.base import Caller, Hub
from nearby.store.base import Journal, Store
from nearby.store.bottles import Drifter
from nearby.store.relations import Withdrawn


class Separation:
    """Blocks, their withdrawal, and what an erasure left in force.

    Args:
        hub: The live state.
        store: The database, None if nothing is kept of people: then blocks last as long as the process.
        journal: Says when what the hub did is on disk.
        rules: How many blocks are kept.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self, hub: Hub, store: Store | None, *, journal: Journal, rules: Rules, draw_id: Callable[[], str]
    ) -> None:
        self._hub = hub
        self._store = store
        self._journal = journal
        self._rules = rules
        self._draw_id = draw_id

    async def block(self, caller: Caller, other: PersonId | None, named: str, now_ms: int) -> str:
        """Block somebody, or nobody, who was named so; return the id to withdraw it by.

        In force for rooms before it is on disk; ``StoreDown`` leaves it in force until the process ends. Whoever
        blocks is moved to another room in any case: else it would tell whether the one they named sits in theirs.

        Raises:
            Refused: ``rate_limited``. Nobody was blocked.
            StoreDown: It may or may not be kept. Once more is safe.
        """
        await self._hub.ask_block(caller.person, now_ms)
        await self._hub.move_away(caller.person, now_ms)
        if other is not None:
            await self._hub.separate(caller.person, other, now_ms, is_mutual=caller.established)
        if self._store is None:
            return self._draw_id()
        await self._journal.durable()
        try:
            block = await self._store.relations.block(
                drifter_of(caller), other, named, self._draw_id(), now_ms, most=self._rules.conflicts
            )
        except Refused:
            if other is not None:
                left = await self._store.relations.apart(caller.person, other)
                await self.withdraw(caller.person, Withdrawn(other, left), now_ms)
            raise
        if other is not None and block.is_mutual and not caller.established:
            await self._hub.separate(caller.person, other, now_ms, is_mutual=True)
        return block.block

    async def withdraw(self, author: PersonId, withdrawn: Withdrawn, now_ms: int) -> None:
        """Let a block that is withdrawn in the database be so live, but for what else keeps the two apart."""
        if withdrawn.other is None:
            return
        # Ended first, since what binds both is weakened by nothing else.
        await self._hub.reconcile(author, withdrawn.other)
        if withdrawn.is_mutual is not None:
            await self._hub.separate(author, withdrawn.other, now_ms, is_mutual=withdrawn.is_mutual)

    async def recall(self, person: PersonId, now_ms: int) -> None:
        """Put in force what an erasure left against whoever comes back under this id: before they take a seat.

        For nearly everybody that is one hash, and no look into the database.

        Raises:
            StoreDown: It could not be looked up.
        """
        if self._store is None or not self._store.relations.may_be_shadowed(person):
            return
        for shadow in await self._store.in_force_against(person, now_ms):
            if shadow.kind == "block" and shadow.owner is not None and shadow.owner != person:
                # Whether its author was established is not kept: the rule that keeps two apart more surely.
                await self._hub.separate(shadow.owner, person, now_ms, is_mutual=True)


def drifter_of(caller: Caller) -> Drifter:
    """Return a caller as the store takes them."""
    return Drifter(
        caller.person, is_guest=caller.is_guest, is_verified=caller.verified, is_established=caller.established
    )
