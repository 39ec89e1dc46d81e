"""Makes true what operators decided: the banned are sent away, other names are shown, at once and on every socket."""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from dataclasses import replace

from nearby.core.ids import PersonId
from nearby.errors import CloseCode, HubDown, Refused, StoreDown
from nearby.hub.base import Hub
from nearby.server.clock import SteadyClock
from nearby.server.connection import Connection
from nearby.server.gateway import Gateway
from nearby.server.names import Names
from nearby.server.verdicts import Verdicts
from nearby.store.base import Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""Whatever another process changed is in force within a second: this, and the time to read it."""

DECIDED = "decided"
"""What servers announce when a verdict changed."""

YIELD_EVERY = 256
"""People who are sent away between two chances for everybody else."""


class Enforcing:
    """Carries verdicts out on one server.

    Args:
        hub: The live state, from which the banned are cleared.
        gateway: The open sockets.
        store: Where verdicts are.
        verdicts: Those in force in this process.
        names: Remembers which names are shown.
        clock: The time.
    """

    def __init__(
        self,
        hub: Hub,
        gateway: Gateway,
        *,
        store: Store,
        verdicts: Verdicts,
        names: Names,
        clock: SteadyClock,
    ) -> None:
        self._hub = hub
        self._gateway = gateway
        self._store = store
        self._verdicts = verdicts
        self._names = names
        self._clock = clock
        self._to_clear: dict[PersonId, None] = {}
        self._to_show: dict[PersonId, None] = {}

    async def look_everywhere(self) -> None:
        """Look, and have every other server look too, which does so by itself before long if it cannot be told.

        Call it after each change of this process. Raises what ``look`` does.
        """
        await self.look()
        with contextlib.suppress(HubDown):
            await self._hub.announce(DECIDED)

    async def look(self) -> None:
        """Put in force what changed in the store, and make it true.

        Raises:
            StoreDown: It could not be looked, or a name not be claimed; the next look does what is left.
            HubDown: The banned were sent away; the next look does what is left.
        """
        changed = await self._verdicts.refresh(self._store, self._clock.now_ms())
        self._to_clear.update(dict.fromkeys(changed.banned))
        self._to_show.update(dict.fromkeys(changed.renamed))
        for person in changed.renamed:
            self._names.forget(person)
        for phone in self._phones_of(changed.banned):
            phone.end(CloseCode.BANNED)
        await self._clear()
        await self._show()

    async def run(self) -> None:
        """Look every half second until cancelled; while that fails what is in force stays."""
        while True:
            try:
                await self.look()
            except (StoreDown, HubDown) as down:
                log.warning("keeping the verdicts in force: %s", down)
            except Exception:
                log.exception("keeping the verdicts in force")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _clear(self) -> None:
        """End presence and seat of the banned, also of those who have no socket here."""
        for count, person in enumerate(list(self._to_clear), start=1):
            if self._verdicts.ban_of(person, self._clock.now_ms()) is not None:
                await self._hub.clear(person, None, self._clock.now_ms())
            self._to_clear.pop(person, None)
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _show(self) -> None:
        """Let rooms see the names and badges that hold now."""
        phones = self._phones_of(self._to_show)
        # The others have no socket here: whoever comes is looked at by the verdicts of then.
        for person in self._to_show.keys() - {phone.person for phone in phones}:
            del self._to_show[person]
        for phone in phones:
            # They may be being erased.
            with contextlib.suppress(Refused):
                await self._show_one(phone)
            self._to_show.pop(phone.person, None)

    async def _show_one(self, phone: Connection) -> None:
        claims = phone.claims
        assert claims is not None
        now_ms = self._clock.now_ms()
        caller = self._verdicts.applied_to(claims.said)
        shown = await self._names.admit(caller, now_ms)
        if phone.is_ending or phone.claims is not claims:
            return  # A newer token came meanwhile, and was looked at by the verdicts of now.
        phone.claims = replace(claims, caller=caller)
        await self._hub.renew(shown, phone.id, now_ms)

    def _phones_of(self, people: Collection[PersonId]) -> list[Connection]:
        if not people:
            return []
        phones = self._gateway.connections()
        return [phone for phone in phones if phone.claims is not None and phone.person in people]
