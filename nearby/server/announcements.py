"""What servers on one hub tell each other of erasures and verdicts, so that all of them go by the same at once."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable

from nearby.core.ids import PersonId
from nearby.errors import CloseCode, HubDown, StoreDown
from nearby.hub.base import Hub
from nearby.server.auth import Verifier
from nearby.server.enforcing import DECIDED, Enforcing
from nearby.server.gateway import Gateway
from nearby.server.names import Names
from nearby.server.notify import Notify
from nearby.store.base import Journal, Store

log = logging.getLogger(__name__)

ERASING, ERASED, GIVEN_UP = "erasing", "erased", "given_up"

HELD_OFF_S = 15.0
"""How long a server refuses somebody's calls if it never hears that their erasure is over: who erases may have died."""


class Announcements:
    """Announces for one server, and sees to what any server announces.

    Args:
        hub: The way to the others.
        gateway: The open sockets.
        store: Remembers who was erased.
        journal: Says when what this server recorded is on disk.
        verifier: Refuses tokens of people who are being erased.
        names: Remembers which names are shown.
        notify: Remembers who wants to be told of company.
        enforcing: Carries verdicts out.
    """

    def __init__(
        self,
        hub: Hub,
        gateway: Gateway,
        *,
        store: Store,
        journal: Journal,
        verifier: Verifier,
        names: Names,
        notify: Notify,
        enforcing: Enforcing,
    ) -> None:
        self._hub = hub
        self._gateway = gateway
        self._store = store
        self._journal = journal
        self._verifier = verifier
        self._names = names
        self._notify = notify
        self._enforcing = enforcing
        self._mine: Counter[PersonId] = Counter()
        self._held_off: dict[PersonId, set[asyncio.Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def erasing(self, person: PersonId) -> AsyncIterator[None]:
        """Hold all calls of a person off on every other server while the block erases them; then let all know of it.

        On every server their sockets are closed, and what others recorded of them before is on disk. Whoever calls
        holds the person's calls off on this server and has their turn.

        Raises:
            HubDown: Some server could not see to it: then the block was not begun, or all but some know of its end.
        """
        self._mine[person] += 1
        try:
            try:
                await self._hub.announce(f"{ERASING}:{person}")
                yield
            except BaseException:
                with contextlib.suppress(HubDown):
                    await self._hub.announce(f"{GIVEN_UP}:{person}")
                raise
            await self._hub.announce(f"{ERASED}:{person}")
        finally:
            self._mine[person] -= 1
            if not self._mine[person]:
                del self._mine[person]

    def hear(self, notice: str, seen_to: Callable[[], None]) -> None:
        """See to what a server announced, and say so once it holds here; see ``Colleague.announced``."""
        what, _, about = notice.partition(":")
        person = PersonId(about)
        if what == ERASING:
            self._send_away(person)
            if person in self._mine:
                seen_to()
            else:
                self._begin(self._hold_off(person, seen_to))
        elif what == GIVEN_UP:
            self._take_again(person)
            seen_to()
        elif what == ERASED:
            self._begin(self._forget(person, seen_to))
        elif what == DECIDED:
            self._begin(self._look(seen_to))

    async def close(self) -> None:
        """Leave off whatever is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, doing: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hold_off(self, person: PersonId, seen_to: Callable[[], None]) -> None:
        is_over = asyncio.Event()
        self._held_off.setdefault(person, set()).add(is_over)
        with self._verifier.refusing(person), contextlib.suppress(StoreDown, TimeoutError):
            # A name that is being claimed here is claimed before.
            async with self._names.turn_of(person):
                pass
            await self._journal.durable()
            seen_to()
            async with asyncio.timeout(HELD_OFF_S):
                await is_over.wait()
        self._held_off.get(person, set()).discard(is_over)
        if not self._held_off.get(person):
            self._held_off.pop(person, None)

    async def _forget(self, person: PersonId, seen_to: Callable[[], None]) -> None:
        self._store.relations.note_erased(person)
        self._names.forget(person)
        self._notify.forget(person)
        self._take_again(person)
        await self._look(seen_to)

    def _send_away(self, person: PersonId) -> None:
        for phone in self._gateway.connections():
            if phone.claims is not None and phone.person == person:
                phone.end(CloseCode.ERASED)

    def _take_again(self, person: PersonId) -> None:
        for is_over in self._held_off.pop(person, ()):
            is_over.set()

    async def _look(self, seen_to: Callable[[], None]) -> None:
        try:
            await self._enforcing.look()
        except (StoreDown, HubDown) as down:
            log.warning("looking for verdicts that another server announced: %s", down)
        else:
            seen_to()
