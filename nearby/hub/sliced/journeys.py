"""Where people are, and their moves from slice to slice.

A move is taken in steps: the old slice lets the person go, which ends their seat, and keeps what they take along; the
new one takes them in; the old one forgets what they took along, and knows for a while where they went. Only then are
they placed: nobody who has a seat takes another one. Whoever looks for somebody, on whichever gateway and by a note
however old, is shown on by the slices that had them, and brings a move to its end that was cut short. Moves of a person
are numbered: a slice takes nobody in by a move that it knows or by an older one, and what it has of them by an older
one ends then.

A move lies within one window, in which the person then counts in the new slice and not in the old one: none begins as a
window is about to end.

Only the gateway that has somebody's connection begins to move them, one thing at a time; of others it is asked to. Who
has no connection is moved by whoever sees that they are astray: of several who do that at once, one has them let go.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.window import Windows
from nearby.errors import HubDown, NotHere
from nearby.hub.base import Standing
from nearby.hub.sliced.borders import home_of, slice_of
from nearby.hub.sliced.phones import Phone, Phones
from nearby.hub.slices import Luggage, Slice, Way
from nearby.hub.statistics import MOVE_OUTCOMES

T = TypeVar("T")

log = logging.getLogger(__name__)

FOLLOWED = 16
"""So often somebody is looked for in the slice that another one names, before the hub is said to be down for them."""

PATIENT = 10
LOOK_EVERY_S = 0.005
"""A move of which half is done is left for so long to whoever began it, who may bring the phone along."""

EDGE = 100
"""None begins in the last of so many parts of a window: more time than the steps of one take."""


class Journeys:
    """Finds and moves people for one gateway.

    Args:
        slices: All, by number.
        phones: The connections of this gateway.
        windows: The common windows.
        put_off: Is given who is to be moved later: a sweep returns them.
        send_back: Is given a connection whose person is on none or on another one by now.
    """

    def __init__(
        self,
        slices: Sequence[Slice],
        phones: Phones,
        windows: Windows,
        *,
        put_off: Callable[[PersonId], None],
        send_back: Callable[[ConnectionId], None],
    ) -> None:
        self._slices = slices
        self._phones = phones
        self._windows = windows
        self._put_off = put_off
        self._send_back = send_back
        self._torn: dict[tuple[PersonId, ConnectionId | None], int] = {}
        """Whose move was cut short here, and from which slice."""
        self.now_ms = 0
        """The latest time that this gateway heard of."""
        self.moves = dict.fromkeys(MOVE_OUTCOMES, 0)
        """How often each became of a move."""

    async def note(self, person: PersonId, number: int) -> None:
        """Note which slice has somebody."""
        await self._slices[home_of(person, len(self._slices))].note_where(person, number)

    async def find(self, person: PersonId, ask: Callable[[int], Awaitable[T]], *, raises: bool = False) -> T:
        """Return what the slice that has somebody answers to ``ask``, which is given its number.

        It may be asked of others before, of which none has them.

        Args:
            person: Who.
            ask: Asks a slice. One that has not the person raises ``NotHere``, or there is no harm in it.
            raises: Whether it raises ``NotHere`` in any case: then whoever answers is believed.

        Raises:
            HubDown: They go faster than they are found.
        """
        first = number = await self._look_first(person)
        for _ in range(FOLLOWED):
            is_here, answer = True, None
            try:
                answer = await ask(number)
            except NotHere:
                is_here = False
            way = None if raises and is_here else await self._slices[number].where_gone(person)
            if way is not None:
                number = await self._follow(person, number, way)
            elif is_here:
                if number != first:
                    await self.note(person, number)
                return answer  # type: ignore[return-value]
        raise HubDown

    async def _follow(self, person: PersonId, here: int, way: Way) -> int:
        """Return the number of the slice somebody went to, once they arrived: brought on if that takes too long."""
        now: Way | None = way
        for _ in range(PATIENT):
            if now is None or now.luggage is None:
                break
            await asyncio.sleep(LOOK_EVERY_S)
            now = await self._slices[here].where_gone(person)
        if now is None:
            # They came back meanwhile.
            return here
        if now.luggage is not None:
            await self._bring(now.luggage, here, now.number, None)
        return now.number

    async def _look_first(self, person: PersonId) -> int:
        phone, home = self._phones.of(person), home_of(person, len(self._slices))
        if phone is not None:
            return self._torn.get((person, phone.connection), phone.number)
        noted = await self._slices[home].where_is(person)
        return home if noted is None else noted

    async def go(self, phone: Phone, now_ms: int) -> Standing | None:
        """Move somebody whose phone's lock is held; return where they stand then.

        None: There is nowhere to go, or it is put off.

        Raises:
            HubDown: They are where they were or on the way, and a sweep sees to it that they arrive.
        """
        return await self._go(phone.person, phone, phone.number, now_ms)

    async def go_alone(self, person: PersonId, here: int, now_ms: int) -> Standing | None:
        """Move somebody without a connection from a slice; return where they stand then.

        None: There is nowhere to go, somebody else moves them, or it is put off. One who is connected on another
        gateway is called across there.

        Raises:
            HubDown: As ``go``.
        """
        standing = await self._go(person, None, here, now_ms)
        if standing is None:
            await self._slices[here].call_across(person, now_ms)
        return standing

    async def finish(self, now_ms: int) -> None:
        """Bring moves to an end that were cut short; what cannot be is left to the next call."""
        self.now_ms = max(self.now_ms, now_ms)
        for (person, connection), here in list(self._torn.items()):
            phone = None if connection is None else self._phones.get(connection)
            async with nullcontext() if phone is None else phone.lock:
                try:
                    await self._go_on(person, connection, here)
                except HubDown:
                    log.warning("a move between slices cannot be brought to its end yet")
                    continue
                self._torn.pop((person, connection), None)

    async def _go_on(self, person: PersonId, connection: ConnectionId | None, here: int) -> None:
        way = await self._slices[here].where_gone(person)
        if way is None:
            # They were not let go.
            return
        # It may have hung up meanwhile.
        phone = None if connection is None else self._phones.get(connection)
        if way.luggage is not None:
            await self._bring(way.luggage, here, way.number, phone)
        elif phone is not None:
            await self._check(phone, way.number)
        if connection is not None:
            # What this gateway knows of that slice may have it still.
            await self._slices[here].detach(person, connection, self.now_ms)
        await self.note(person, way.number)

    async def _go(self, person: PersonId, phone: Phone | None, here: int, now_ms: int) -> Standing | None:
        self.now_ms = max(self.now_ms, now_ms)
        connection = None if phone is None else phone.connection
        luggage = await self._slices[here].pack(person, connection, now_ms)
        there = here if luggage is None else slice_of(luggage.presence.ladder.res5, len(self._slices))
        if luggage is None or there == here:
            return None
        is_edge = now_ms % self._windows.width_ms >= self._windows.width_ms - self._windows.width_ms // EDGE
        if is_edge or not await self._slices[there].expects(luggage, now_ms):
            self._put_it_off(person)
            return None
        try:
            if not await self._slices[here].release(luggage, there, now_ms):
                self._put_it_off(person)
                return None
            standing = await self._bring(luggage, here, there, phone)
            await self.note(person, there)
        except BaseException:
            self._torn[person, connection] = here
            self.moves["cut_short"] += 1
            raise
        self.moves["done"] += 1
        return standing

    def _put_it_off(self, person: PersonId) -> None:
        self._put_off(person)
        self.moves["put_off"] += 1

    async def _bring(self, luggage: Luggage, here: int, there: int, phone: Phone | None) -> Standing | None:
        """Let somebody arrive who was let go, on a phone if it is theirs still; the old slice forgets their luggage."""
        connection = None
        if phone is not None and phone.connection == luggage.connection:
            # First, since it hears from there of what happens as soon as they arrived.
            phone.number, connection = there, phone.connection
        standing = await self._slices[there].arrive(luggage, connection, self.now_ms)
        await self._slices[here].unburden(luggage.person, luggage.hop)
        if standing is None and phone is not None:
            await self._check(phone, there)
        return standing

    async def _check(self, phone: Phone, number: int) -> None:
        """Have a phone come back if its person is not on it: they arrived without it, as somebody looked for them."""
        is_on = await self._slices[number].pack(phone.person, phone.connection, self.now_ms) is not None
        if not is_on and self._phones.lose(phone):
            self._send_back(phone.connection)
