"""The group commit: one task writes what many callers recorded, and syncs the disk once for all of them."""

import asyncio
import logging
from collections.abc import Callable

from nearby.core.changes import Change, LogRow
from nearby.errors import StoreDown
from nearby.store.base import DISOWNED, JournalStatistics, StoreEvents
from nearby.store.sql.batch import Batch
from nearby.store.sql.engine import Disowned, RowRefused, StatementRefused
from nearby.store.sql.writer import Writer

log = logging.getLogger(__name__)

GATHER_S = 0.005
"""How long a commit waits for company. One more sync costs more than the wait: see docs/decisions/0026."""

RESTS = 3.0
"""After a commit the journal rests for so many times as long as it took, as long as nobody waits for the next."""

REST_MOST_S = 0.5
"""But no longer, unless a crowd moves: this and a commit are what a crash may lose of who came and went."""

CROWD_ROWS = 100
CROWD_LOOK_S = 0.05
"""A commit for which nobody waits is put off while so many rows come between two looks: a crowd moves, and a commit
takes the interpreter from those who seat it."""

CROWD_MOST_S = 1.0
"""But no longer: this and a commit are what a crash may lose of where a crowd sat."""

PATIENCE_S = 2.0
"""After this long ``durable`` gives up; a phone that waits longer has sent its message again."""

MAX_LOG_ROWS = 50_000
"""Events that wait for a database that is away: about 20 MB, ten seconds of a full core's messages."""

CHECK_EVERY_S = 5.0
"""A journal that has nothing to write looks this often whether it could."""

RETRY_FIRST_S = 0.05
RETRY_MOST_S = 2.0

OWN_AGAIN_S = 0.05
MEMBERSHIP_POLICY = "drop_membership_events"
REFUSED_POLICY = "refused"


class _Waiters:
    """Who is told what became of one batch.

    Args:
        on_given_up: Called when the patience of the first of them ran out.
    """

    def __init__(self, on_given_up: Callable[[], None]) -> None:
        self._on_given_up = on_given_up
        self._told: list[Callable[[StoreDown | None], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._told)

    def join(self, then: Callable[[StoreDown | None], None], patience_s: float) -> None:
        """Have ``then`` called."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(patience_s, self._give_up)
        self._told.append(then)

    def release(self, error: StoreDown | None = None) -> None:
        """Tell everybody; a bug of one of them costs the others nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        told, self._told = self._told, []
        for then in told:
            try:
                then(error)
            except Exception:
                log.exception("somebody who waited for the disk could not be told")

    def _give_up(self) -> None:
        self.release(StoreDown("the database did not answer in time"))
        self._on_given_up()


class SqlJournal:
    """See ``nearby.store.base.Journal``. Between ``start`` and ``close`` one task writes.

    Args:
        writer: Writes one group after the other; closed with the journal.
        events: Is told of commits, of what was dropped, and when the database goes and comes.
        gather_s: How long a commit waits for more.
        rests: How many times as long as it took the next one does, if nobody waits for it.
        rest_most_s: But no longer than this.
        crowd_rows: A commit for which nobody waits is put off while so many rows come in each ``CROWD_LOOK_S``.
        crowd_most_s: But no longer than this.
        patience_s: How long ``durable`` waits.
        max_log_rows: Beyond it ``has_room`` is False and membership events are dropped.
    """

    def __init__(
        self,
        writer: Writer,
        events: StoreEvents,
        *,
        gather_s: float = GATHER_S,
        rests: float = RESTS,
        rest_most_s: float = REST_MOST_S,
        crowd_rows: int = CROWD_ROWS,
        crowd_most_s: float = CROWD_MOST_S,
        patience_s: float = PATIENCE_S,
        max_log_rows: int = MAX_LOG_ROWS,
    ) -> None:
        self._writer = writer
        self._events = events
        self._gather_s = gather_s
        self._rests = rests
        self._rest_most_s = rest_most_s
        self._crowd_rows = crowd_rows
        self._crowd_most_s = crowd_most_s
        self._rest_s = 0.0
        self._is_resting = False
        self._gathering: asyncio.TimerHandle | None = None
        self._patience_s = patience_s
        self._max_log_rows = max_log_rows
        self._next, self._next_waiters = Batch(), self._nobody()
        self._writing, self._writing_waiters = Batch(), [self._nobody()]
        self._wake = asyncio.Event()
        self._is_woken = False
        """Whether it looks at what is recorded without being woken."""
        self._gathered = asyncio.Event()
        self._is_closing = False
        self._is_down = self._is_fault_told = False
        self._disowned = asyncio.Event()
        self._commits = self._committed = self._dropped = self._refused = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """See ``Journal.has_room``."""
        return len(self._next.log) + len(self._writing.log) < self._max_log_rows and not self._disowned.is_set()

    def record(self, change: Change) -> None:
        """See ``Journal.record``."""
        if type(change) is LogRow and change.kind != "said" and not self.has_room:
            self._dropped += 1
            self._events.dropped(MEMBERSHIP_POLICY, 1)
            return
        self._next.add(change)
        if not self._is_woken:
            # Once this turn's answers are written: they would wait for all that it does as it wakes.
            asyncio.get_running_loop().call_soon(self._wake.set)
            self._is_woken = True

    def when_durable(self, then: Callable[[StoreDown | None], None]) -> None:
        """See ``Journal.when_durable``."""
        if self._disowned.is_set():
            then(StoreDown(DISOWNED))
        elif len(self._next):
            if not len(self._next_waiters):
                self._rest_no_more()
            self._next_waiters.join(then, self._patience_s)
        elif len(self._writing):
            self._writing_waiters[-1].join(then, self._patience_s)
        else:
            then(None)

    async def durable(self) -> None:
        """See ``Journal.durable``."""
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(down: StoreDown | None) -> None:
            if waits.done():
                return
            if down is None:
                waits.set_result(None)
            else:
                waits.set_exception(down)

        self.when_durable(tell)
        await waits

    def statistics(self) -> JournalStatistics:
        """See ``Journal.statistics``."""
        return JournalStatistics(
            waiting=len(self._next) + len(self._writing),
            waiters=len(self._next_waiters) + sum(map(len, self._writing_waiters)),
            commits=self._commits,
            committed=self._committed,
            dropped=self._dropped,
            refused=self._refused,
            is_down=self._is_down,
        )

    async def own(self) -> bool:
        """Own the live state, and write nothing but as its owner; return False if another process does.

        A process that was killed may take a moment to be missed: it is given the patience.

        Raises:
            StoreDown: The database cannot be reached.
        """
        ends_s = asyncio.get_running_loop().time() + self._patience_s
        while not await self._writer.own():
            if asyncio.get_running_loop().time() >= ends_s:
                return False
            await asyncio.sleep(OWN_AGAIN_S)
        return True

    async def disowned(self) -> None:
        """See ``Store.disowned``."""
        await self._disowned.wait()

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write what was recorded, if the database takes it within the patience, and stop."""
        self._is_closing = True
        self._gathered.set()
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._patience_s)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for waiters in (*self._writing_waiters, self._next_waiters):
            waiters.release(StoreDown("the store was closed"))
        await self._writer.close()
        lost = len(self._next) + len(self._writing)
        if lost and not self._disowned.is_set():
            log.error("%d changes were not written: the database did not take them", lost)

    async def _run(self) -> None:
        try:
            while not self._is_closing or len(self._next):
                beat = asyncio.get_running_loop().call_later(CHECK_EVERY_S, self._wake.set)
                await self._wake.wait()
                beat.cancel()
                await self._gather()
                self._wake.clear()
                self._is_woken = False
                await (self._commit() if len(self._next) else self._check())
        except Disowned:
            self._be_disowned()

    def _be_disowned(self) -> None:
        """Write nothing any more, and let nobody hope for it."""
        if not self._is_down:
            self._is_down = True
            self._events.reachable(False)
        log.critical(DISOWNED)
        self._disowned.set()
        for waiters in (*self._writing_waiters, self._next_waiters):
            waiters.release(StoreDown(DISOWNED))

    async def _check(self) -> None:
        """Find out while there is nothing to write whether there could be."""
        try:
            if not self._is_closing:
                await self._writer.check()
                self._set_down(False)
        except Disowned:
            raise
        except Exception as error:
            self._fail(error)

    async def _gather(self) -> None:
        """Wait for company, unless we are closing.

        When a crowd moves there are 50,000 rows in a second for which nobody waits: few large groups cost less, and
        the loop has its processor and the interpreter to itself meanwhile.
        """
        ends_s = asyncio.get_running_loop().time() + self._crowd_most_s
        wait_s = self._gather_s if len(self._next_waiters) else max(self._gather_s, self._rest_s)
        while not self._is_closing:
            before = len(self._next)
            await self._wait(wait_s)
            wait_s = CROWD_LOOK_S
            came, is_late = len(self._next) - before, asyncio.get_running_loop().time() >= ends_s
            if len(self._next_waiters) or came < self._crowd_rows or is_late:
                return

    async def _wait(self, wait_s: float) -> None:
        """Wait for so long, or until somebody waits for the commit."""
        self._gathered.clear()
        self._is_resting = wait_s > self._gather_s
        self._gathering = asyncio.get_running_loop().call_later(wait_s, self._gathered.set)
        await self._gathered.wait()
        self._gathering.cancel()
        self._gathering = None

    def _rest_no_more(self) -> None:
        """Somebody waits: wait for company only."""
        if self._gathering is not None and self._is_resting:
            self._gathering.cancel()
            self._gathering = asyncio.get_running_loop().call_later(self._gather_s, self._gathered.set)

    async def _commit(self) -> None:
        """Write the changes that wait, however long the database is away; newer ones join when it is."""
        self._writing, self._next = self._next, Batch()
        self._writing_waiters, self._next_waiters = [self._next_waiters], self._nobody()
        retry_s = RETRY_FIRST_S
        while len(self._writing):
            rows, began_s = len(self._writing), asyncio.get_running_loop().time()
            try:
                refused = await self._write(self._writing)
            except Disowned:
                raise
            except Exception as error:
                self._fail(error)
                await asyncio.sleep(retry_s)
                retry_s = min(2 * retry_s, RETRY_MOST_S)
                self._join_newer()
                continue
            self._set_down(False)
            self._writing = Batch()
            self._commits += 1
            self._committed += rows - refused
            lasted_s = asyncio.get_running_loop().time() - began_s
            self._rest_s = min(self._rest_most_s, self._rests * lasted_s)
            self._events.committed("journal", rows - refused, lasted_s)
            if refused:
                self._refused += refused
                self._events.dropped(REFUSED_POLICY, refused)
                log.error("the database refused %d of %d rows", refused, rows)
            for waiters in self._writing_waiters:
                waiters.release(StoreDown("the database refused a row") if refused else None)

    async def _write(self, batch: Batch) -> int:
        """Write a batch in one transaction and return how many of its rows were refused.

        Raises:
            StoreDown: The database went away; it may have been written and may be written again.
        """
        steps = batch.steps()
        try:
            await self._writer.write(steps)
            return 0
        except RowRefused:
            return await self._writer.write_what_is_accepted(steps)

    def _join_newer(self) -> None:
        """Fold what was recorded meanwhile into what is tried again, so that an outage is held once."""
        self._writing.absorb(self._next)
        self._next = Batch()
        self._writing_waiters = [waiters for waiters in (*self._writing_waiters, self._next_waiters) if len(waiters)]
        self._next_waiters = self._nobody()
        self._writing_waiters.append(self._nobody())

    def _fail(self, error: Exception) -> None:
        """Say what is wrong, once an outage if it is ours to mend, and that the database is down."""
        if not isinstance(error, StoreDown):
            log.exception("the journal failed in a way we did not foresee; trying again")
        elif isinstance(error, StatementRefused) and not self._is_fault_told:
            self._is_fault_told = True
            log.error("%s", error)
        self._set_down(True)

    def _nobody(self) -> _Waiters:
        """Return waiters for a batch, none yet. A commit that hangs has not failed, and is down to whoever waits."""
        return _Waiters(lambda: self._set_down(True))

    def _set_down(self, is_down: bool) -> None:
        if is_down != self._is_down:
            self._is_down = is_down
            self._is_fault_told = self._is_fault_told and is_down
            self._events.reachable(not is_down)
            log.warning("the database cannot be reached" if is_down else "the database is back")
