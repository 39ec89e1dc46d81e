"""What operators decided of people, as this process knows it: who is banned, and whose badge is whose.

Read at the start, again at once after every change this process makes, and within half a second of one that another
process made. Asked with every token; asking never suspends.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from nearby.core.ids import PersonId
from nearby.core.rules import SECOND_MS
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller
from nearby.store.base import Store
from nearby.store.moderation import Ban, InForce

NOTHING = InForce(revision=-1, bans={}, shadows={}, verified={})
HOW_TO_APPEAL = "to appeal, send a text to POST /v1/me/appeal"


@dataclass(frozen=True, slots=True)
class Changed:
    """Whom a refresh is about: those who are banned by now, and those of whose names something else is said."""

    banned: Collection[PersonId]
    renamed: Collection[PersonId]


NOBODY = Changed((), ())


class Verdicts:
    """The verdicts in force. ``InForce`` is replaced whole, never changed."""

    def __init__(self) -> None:
        self._now: InForce = NOTHING
        self._shadow_of: Callable[[PersonId], bytes] | None = None
        self._turn = asyncio.Lock()

    async def refresh(self, store: Store, now_ms: int) -> Changed:
        """Put the store's verdicts in force if they changed since the last time; return whom that is about.

        Raises:
            StoreDown: Those before stay in force.
        """
        # One after the other: what was read first must not be put in force last.
        async with self._turn:
            # Unequal, for a database that was restored from a backup has an older revision.
            if await store.moderation.revision() == self._now.revision:
                return NOBODY
            before, now = self._now, await store.moderation.in_force(now_ms)
            self._shadow_of = store.moderation.shadow_of
            self._now = now
        return Changed(_differing(before.bans, now.bans) & now.bans.keys(), _differing(before.verified, now.verified))

    def ban_of(self, person: PersonId, now_ms: int) -> Ban | None:
        """Return what is in force against somebody, also if they were erased since, or None."""
        ban = self._now.bans.get(person)
        if ban is None and self._now.shadows and self._shadow_of is not None:
            ban = self._now.shadows.get(self._shadow_of(person))
        return None if ban is None or (ban.until_ms is not None and ban.until_ms <= now_ms) else ban

    def check(self, person: PersonId, now_ms: int) -> None:
        """Return if somebody may come in.

        Raises:
            Refused: ``banned``, with until when and how to appeal.
        """
        ban = self.ban_of(person, now_ms)
        if ban is not None:
            raise Refused(ErrorCode.BANNED, f"{_told(ban)}; {HOW_TO_APPEAL}")

    def applied_to(self, said: Caller) -> Caller:
        """Return a caller with the name and badge that an operator decided on, whatever the token says.

        Whoever is verified is established, by whose word it may be; of the others the token's own word counts.
        """
        verified = self._now.verified
        if said.person in verified and not said.is_guest:
            name = verified[said.person]
            if name is None:
                return replace(said, verified=False)
            return replace(said, name=name, verified=True, established=True)
        return replace(said, established=True) if said.verified and not said.established else said


def _differing(before: Mapping[PersonId, object], now: Mapping[PersonId, object]) -> set[PersonId]:
    return {
        person
        for person in before.keys() | now.keys()
        if (person in before) != (person in now) or before.get(person) != now.get(person)
    }


def _told(ban: Ban) -> str:
    what = "suspended" if ban.kind == "suspension" else "banned"
    if ban.until_ms is None:
        return f"{what} for good"
    until = datetime.fromtimestamp(ban.until_ms // SECOND_MS, UTC)
    return f"{what} until {until:%Y-%m-%d %H:%M} UTC"
