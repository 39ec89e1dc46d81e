"""Whose names are shown: verified names are claimed before a room sees them, profile names compared with them."""

import asyncio
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from nearby.core.ids import PersonId
from nearby.core.likeness import likeness_of
from nearby.core.naming import check_name, clean_name
from nearby.errors import ErrorCode, Refused, StoreDown
from nearby.hub.base import Caller
from nearby.server.auth import ERASED_WITHIN_MS, Verifier
from nearby.server.metrics import Metrics
from nearby.store.base import Store

MAX_REMEMBERED = 1 << 16
"""Names of so many people are remembered. The policy is ``drop_oldest``: whoever was dropped is asked about again."""

ASK_AGAIN_MS = 600_000
"""A name that is somebody else's may be free again when they erased themselves."""

ASK_AGAIN_WHEN_DOWN_MS = 5_000
_NEVER_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of the name a token says: ``shown`` as it is, cleaned, or None if it is not. Holds until a time."""

    asked: str
    shown: str | None
    until_ms: int


class Names:
    """Decides which names people may bear.

    Safe to cancel: a claim that was cancelled holds or does not, and is made again by the same person's next call.

    Args:
        store: Where verified names are claimed; None on a server that keeps nothing of people, which checks the form
            of names alone.
        verifier: Says who is being erased.
        metrics: Counts names that are not shown as errors, by their code.
    """

    def __init__(self, store: Store | None, verifier: Verifier, metrics: Metrics) -> None:
        self._store = store
        self._verifier = verifier
        self._metrics = metrics
        self._verdicts: dict[PersonId, _Verdict] = {}
        self._turns: WeakValueDictionary[PersonId, asyncio.Lock] = WeakValueDictionary()

    @property
    def keeps_people(self) -> bool:
        """Return whether anything of people is kept."""
        return self._store is not None

    def turn_of(self, person: PersonId) -> asyncio.Lock:
        """Return the lock under which a person's account changes or ends, one call after the other."""
        return self._turns.setdefault(person, asyncio.Lock())

    async def admit(self, caller: Caller, now_ms: int) -> Caller:
        """Return the caller as rooms may see them.

        A verified name that does not pass the gate, is somebody else's, or cannot be claimed because the database is
        away, is not shown, and neither is the badge: the person is let in, as established as before. Suspends only
        when the name was not asked about before.

        Raises:
            Refused: ``erasing``. Nothing is kept of the person.
        """
        if not caller.verified or caller.name is None:
            return caller
        verdict = self._verdicts.get(caller.person)
        if verdict is None or verdict.asked != caller.name or now_ms >= verdict.until_ms:
            verdict = await self._decide(caller.person, caller.name, now_ms)
            self._verdicts.pop(caller.person, None)
            self._verdicts[caller.person] = verdict
            if len(self._verdicts) > MAX_REMEMBERED:
                del self._verdicts[next(iter(self._verdicts))]
        return replace(caller, name=verdict.shown, verified=verdict.shown is not None)

    async def check(self, person: PersonId, name: str) -> None:
        """Return if somebody may have a profile's name.

        Raises:
            Refused: ``bad_name``, or ``name_taken`` if it reads like staff or looks like another's verified name.
            StoreDown: It could not be found out.
        """
        if self._store is not None:
            is_free = await self._store.is_name_free(person, likeness_of(name).looks)
            check_name(name, is_taken=lambda _: not is_free)

    def forget(self, person: PersonId) -> None:
        """Remember nothing of somebody who was erased: their name is anybody's."""
        self._verdicts.pop(person, None)

    async def _decide(self, person: PersonId, asked: str, now_ms: int) -> _Verdict:
        try:
            shown = clean_name(asked)
            if self._store is None:
                return _Verdict(asked, shown, _NEVER_MS)
            async with self.turn_of(person):
                self._hold_off(person)
                is_theirs = await self._store.claim_name(person, shown, likeness_of(shown), now_ms)
        except Refused as refused:
            if refused.code is ErrorCode.ERASING:
                raise
            return self._not_shown(asked, refused, _NEVER_MS)
        except StoreDown:
            return self._not_shown(asked, Refused(ErrorCode.STORE_DOWN), now_ms + ASK_AGAIN_WHEN_DOWN_MS)
        # An erasure that began meanwhile waited for our turn: nothing may be begun for its person from here on.
        self._hold_off(person)
        if is_theirs:
            return _Verdict(asked, shown, _NEVER_MS)
        return self._not_shown(asked, Refused(ErrorCode.NAME_TAKEN), now_ms + ASK_AGAIN_MS)

    def _not_shown(self, asked: str, refused: Refused, until_ms: int) -> _Verdict:
        self._metrics.refused(refused)
        return _Verdict(asked, None, until_ms)

    def _hold_off(self, person: PersonId) -> None:
        if self._verifier.is_refusing(person):
            raise Refused(ErrorCode.ERASING, retry_ms=ERASED_WITHIN_MS)
