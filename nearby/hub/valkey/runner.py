"""Decides an operation on what is known of the shared state, and makes it true unless that was out of date."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct

from nearby.core.catchment import Catchments
from nearby.core.cell import Ladder
from nearby.core.changes import CatchmentRow, Change, RoomRow
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import HubDown, NearbyError
from nearby.hub.base import Standing
from nearby.hub.slices import Owns
from nearby.hub.statistics import ATTEMPT_OUTCOMES
from nearby.hub.valkey import rows
from nearby.hub.valkey.attempt import Attempt, WindowOver
from nearby.hub.valkey.batch import Batch, Set
from nearby.hub.valkey.collections import Due
from nearby.hub.valkey.commands import Command, Query
from nearby.hub.valkey.committing import Committer
from nearby.hub.valkey.finding import RUN, run_in
from nearby.hub.valkey.heard import Call, Happened, Learned
from nearby.hub.valkey.keys import BACKSTOP_MS, OUTBOX_MS
from nearby.hub.valkey.lease import stream_of
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.tables import STOPPED, SharedTables
from nearby.hub.valkey.versions import new_version
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES, Missing, Values, Working

T = TypeVar("T")

Record = Callable[[Sequence[Change], Iterable[RoomRow]], None]

WINDOW, CATCHMENTS = "w", "c"
"""The keys of the number of the present window, and of which cells are open in it."""

SHARED = (WINDOW, RUN, CATCHMENTS, STOPPED)
"""What every attempt is decided by."""

ATTEMPTS = 200
"""So often an operation is tried before the hub is said to be down: what it needs changes faster than it is decided."""

NO_ANSWERS: Mapping[Query, object] = MappingProxyType({})

VALUES_KEPT = 50_000
"""Values of which a gateway remembers what they were, about 500 bytes each."""

OUTBOX_ENTRIES = 20_000
"""Entries a gateway may be behind in reading its stream, the oldest dropped first (policy ``drop_oldest``)."""


class Contended(HubDown):
    """What an operation needs changes faster than it is decided."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a gateway was told by one operation: an entry of its stream of a generation."""

    gateway: str
    generation: int
    id: bytes


class Outcome(Struct, Generic[T], frozen=True, gc=False):
    """What became of an operation: what it returned or raised, and the entries that tell gateways what it did."""

    value: T | NearbyError
    entries: Sequence[Entry]


class Runner:
    """Carries out operations for one gateway.

    Args:
        link: The way to the server.
        rules: The product's numbers.
        secret: Keys all draws, 16 to 64 bytes, the same on every gateway.
        draw_id: Returns a new opaque id at each call.
        record: Is told changes once they took effect, with the rows of the rooms looked at for them; or None.
        own: Returns the id of the gateway.
        owns: Which cells of resolution 5 are the live state's; see ``LiveState``.
    """

    def __init__(
        self,
        link: Link,
        rules: Rules,
        *,
        secret: bytes,
        draw_id: Callable[[], str],
        record: Record | None = None,
        own: Callable[[], str] = str,
        owns: Owns | None = None,
    ) -> None:
        self._record = record
        self._owns = owns
        self._own = own
        self._link = link
        self._rules = rules
        self._draw_id = draw_id
        self.committer = Committer(link)
        self._values = Values(VALUES_KEPT)
        self._working = Working(self._values)
        self._attempt: Attempt | None = None
        self._shared: list[bytes] = []
        self._generation = 0
        self.attempts = dict.fromkeys(ATTEMPT_OUTCOMES, 0)
        """How often each became of an attempt."""
        # What another server has may be older than what this one said: all of it is asked for anew.
        link.on_generation(lambda _: self._values.clear())
        self._catchments: tuple[bytes, Catchments] = (ABSENT, Catchments(rules, Windows(rules.window_ms, secret)))
        self.windows = Windows(rules.window_ms, secret)

    async def run(
        self,
        act: Callable[[Attempt], T],
        now_ms: int,
        *,
        due: Due = (),
        to_move: Sequence[PersonId] = (),
        answers: Mapping[Query, object] = NO_ANSWERS,
        tries: int = ATTEMPTS,
    ) -> Outcome[T]:
        """Return what became of ``act``, which may raise any error of ours.

        ``act`` may be called any number of times, each with an attempt of its own; one of them takes effect.

        Args:
            act: Decides.
            now_ms: The time.
            due: Looks that it takes on itself.
            to_move: Who must have another seat, if it takes them on itself.
            answers: To questions asked before, of which nothing that the attempt reads can make another one.
            tries: So often it may turn out to be out of date. To read more is no such try: what is known grows by it.

        Raises:
            WindowOver: See there.
            Contended: What it needs changed each time before it could be written. Nothing happened.
            HubDown: The server cannot be reached.
        """
        known, answers = answers, dict(answers)
        asked_with: dict[str, bytes] = {}
        drawn: list[str] = []
        working = self._working
        left, attempts = tries, ATTEMPTS
        while left and attempts:
            attempts -= 1
            working.begin(answers, asked_with)
            try:
                attempt = self._begin(now_ms, due, to_move, drawn)
                try:
                    value: T | NearbyError = act(attempt)
                except NearbyError as error:
                    value = error
                sets, commands = list(attempt.shared.sets()), list(attempt.commands())
            except (Missing, WindowOver) as interruption:
                if isinstance(interruption, WindowOver):
                    raise
                if interruption.queries or len(answers) > len(known):
                    asked_with.update(working.read)
                await self._read(interruption, answers)
                continue
            except Exception:
                # Values read at different times may contradict each other. If they are true together, it is a defect.
                working.drop()
                if await self._commit(working, {}, [], []) is not None:
                    raise
                answers = dict(known)
                asked_with.clear()
                left -= 1
                continue
            # From here on the attempt may be another operation's.
            changes, rooms = attempt.changes, attempt.room_rows() if attempt.changes else []
            concerned = attempt.shared.concerned(sets, self._own())
            entries = await self._commit(working, attempt.shared.outbox.calls, sets, commands, concerned)
            self.attempts["refused" if entries is None else "done"] += 1
            if entries is not None:
                if self._record is not None and changes:
                    self._record(changes, rooms)
                return Outcome(value, entries)
            answers = dict(known)
            asked_with.clear()
            left -= 1
        self.attempts["given_up"] += tries == ATTEMPTS
        raise Contended

    def check_in_alone(self, person: PersonId, ladder: Ladder, now_ms: int) -> Standing | None:
        """Check in somebody without wishes whose connection is on this gateway, if that only counts.

        What it counts is kept here, and written with whatever is to be written of the person next.

        Returns:
            Where they stand; None if it may do more, or if what decides that is not known: then nothing was counted.
        """
        peek = self._values.peek
        if self._attempt is None or [peek(key) for key in SHARED] != self._shared:
            return None
        return self._attempt.check_in_alone(person, ladder, now_ms, gateway=self._own())

    def _begin(self, now_ms: int, due: Due, to_move: Sequence[PersonId], drawn: list[str]) -> Attempt:
        shared = self._working.values(SHARED)
        attempt = self._attempt
        if attempt is None or shared != self._shared:
            stored, run, states, _ = shared
            if ABSENT in (stored, run):
                raise WindowOver
            _, self._generation = run_in(run)
            self._link.note_generation(self._generation)
            attempt = self._attempt_in(int(rows.any_of(stored[VERSION_BYTES:])), states)
            self._shared = shared
        attempt.shared.begin(now_ms, generation=self._generation, due=due, to_move=to_move)
        attempt.begin(drawn)
        return attempt

    def _attempt_in(self, window: int, states: bytes) -> Attempt:
        """Return the attempt for a window in which cells are open as ``states`` tell; the same while that holds."""
        catchments = self.catchments_in(states)
        if self._attempt is None or self._attempt.window != window or self._attempt.catchments is not catchments:
            tables = SharedTables(self._working, self._rules, self.windows, window=window, catchments=catchments)
            self._attempt = Attempt(
                self._rules,
                self.windows,
                tables,
                window=window,
                has_record=self._record is not None,
                draw_id=self._draw_id,
                owns=self._owns,
            )
        return self._attempt

    def catchments_in(self, stored: bytes) -> Catchments:
        """Return which cells are open; the same object while nothing changes, to be read only."""
        if stored != self._catchments[0]:
            catchments = Catchments(self._rules, self.windows)
            catchments.restore(catchment_rows_in(stored)[1])
            self._catchments = stored, catchments
        return self._catchments[1]

    def learn(self, learned: Learned) -> None:
        """Take in what a value is, if it was known what it was before that."""
        key = learned.key
        before = self._values.get(key)
        if before is not None and before[:VERSION_BYTES] == learned.before:
            self._values.put(key, learned.value)
        elif key.startswith("p:"):
            # Nothing is to be decided alone by a row that is older than this.
            self._values.forget(key)

    async def versioned(self, value: bytes) -> bytes:
        """Return a value as it is stored."""
        return new_version() + value

    async def put(self, key: str, before: bytes, value: bytes) -> None:
        """Set a value unless it is not what it was ``before`` any more."""
        batch = Batch()
        batch.add(new_version(), {key: before}, [(key, value, BACKSTOP_MS)], ())
        await self._link.function("commit", batch.keys, *batch.arguments(BACKSTOP_MS))
        await self.read(key)

    async def read(self, *keys: str) -> list[bytes]:
        """Return values as they are once all is written that was decided, ``ABSENT`` for those that are not there."""
        await self.committer.on_their_way()
        found = await self._link.call("MGET", *(self._link.key(key) for key in keys))
        values = [ABSENT if value is None else cast(bytes, value) for value in found]
        for key, value in zip(keys, values, strict=True):
            self._values.put(key, value)
        return values

    async def ask(self, query: Query) -> Any:
        """Return the answer to a question, as it is once all is written that was decided."""
        await self.committer.on_their_way()
        key = self._link.key(query.key)
        match query.what:
            case "range":
                return await self._link.call("LRANGE", key, 0, -1)
            case "due":
                now_ms, most = query.arguments
                return await self._link.call("ZRANGEBYSCORE", key, "-inf", now_ms, "LIMIT", 0, most)
            case function:
                return await self._link.function(function, (query.key,), *query.arguments)

    def _with_companions(self, key: str) -> list[str]:
        """Return a key with those that are looked at together with it: one round trip in place of several."""
        kind, colon, name = key.partition(":")
        if not colon or self._attempt is None:
            return [key]
        window = self._attempt.window
        others: tuple[str, ...] = ()
        if kind == "p":
            others = ("ka", "ko", "dt", "dh", "ll", "la", f"cv{window}")
        elif kind == "r":
            others = ("mm", "mg")
        return [key, *(f"{other}:{name}" for other in others)]

    async def _read(self, missing: Missing, answers: dict[Query, object]) -> None:
        if missing.keys:
            await self.read(*chain.from_iterable(map(self._with_companions, missing.keys)))
        answers.update(zip(missing.queries, await asyncio.gather(*map(self.ask, missing.queries)), strict=True))

    async def _commit(
        self,
        working: Working,
        calls: dict[str, list[Call]],
        sets: Sequence[Set],
        commands: list[Command],
        concerned: Iterable[tuple[str, str]] = (),
    ) -> list[Entry] | None:
        """Write what an attempt asks for; return what gateways were told, or None if it was out of date.

        Args:
            working: What it looked at.
            calls: What it tells which gateway.
            sets: What values are to be.
            commands: What is to be written beside values.
            concerned: Gateways that are to know a row, with its key.
        """
        generation, version, values = self._generation, new_version(), self._values
        written = {key: version + value if value else ABSENT for key, value, _ in sets}
        for gateway, key in concerned:
            calls.setdefault(gateway, []).insert(0, Learned(key, working.read[key][:VERSION_BYTES], written[key]))
        for gateway, told in calls.items():
            all_told = told if gateway == self._own() else [*_rooms_along(told, written, working.read), *told]
            stream = stream_of(gateway, generation)
            commands.append(Command("out", stream, (OUTBOX_MS, OUTBOX_ENTRIES, rows.encode(all_told))))
        doing = self.committer.add(
            version, working.read, sets, commands, partial(self._take_back, working.read, written)
        )
        # The next attempt is decided on what this one writes, and its commit comes after this one's: if that is
        # refused, so is the next one's, by the version of a value that is nowhere.
        for key, value in written.items():
            values.put(key, value)
        working.keep(written)
        try:
            stale, told_at = await doing
        except BaseException:
            # It may or may not be so.
            for key in written:
                values.forget(key)
            raise
        if stale is not None:
            return None
        return [Entry(gateway, generation, told_at[stream_of(gateway, generation)]) for gateway in calls]

    def _take_back(self, read: Mapping[str, bytes], written: Mapping[str, bytes], stale: Mapping[str, bytes]) -> None:
        """Know again what values are that a refused attempt read, or was to write."""
        values = self._values
        for key, value in written.items():
            # What is not stale is what it had been read as. Somebody may have been told something newer meanwhile.
            if values.peek(key) is value:
                values.restore(key, read.get(key))
        for key, value in stale.items():
            values.put(key, value)


def _rooms_along(told: Sequence[Call], written: Mapping[str, bytes], read: Mapping[str, bytes]) -> Iterator[Learned]:
    """Yield the rows of rooms in which a gateway is told that something happened: it is asked to say something next."""
    rooms = dict.fromkeys(call.event.room for call in told if isinstance(call, Happened))
    for key in (f"r:{room}" for room in rooms):
        before, value = read.get(key), written.get(key)
        if before and value:
            yield Learned(key, before[:VERSION_BYTES], value)


def catchment_rows_in(stored: bytes) -> tuple[int, list[CatchmentRow]]:
    """Return the last window that was counted, -1 if none was, and what it came to."""
    if stored == ABSENT:
        return -1, []
    window, states = rows.any_of(stored[VERSION_BYTES:])
    return window, [CatchmentRow(Cell(cell), is_open, run, counted) for cell, is_open, run, counted in states]
