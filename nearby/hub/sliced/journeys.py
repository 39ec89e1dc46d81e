"""Where people are, and their moves from slice to slice.

A move is taken in steps: the new slice takes the person in, without a seat and heard by nobody; it is noted where they
are; the old one lets them go, if nothing about them changed meanwhile, and with that their seat ends. Only then are
they placed: at no time does anybody have a seat in two rooms. Cut short anywhere, what is left behind ends by itself:
a presence lapses, a seat of a connection that nobody has is held and ends, and the next move leaves nothing of it.

A move begins and ends within one window, in which the person then counts in the new slice and not in the old one: none
begins as a window is about to end.

Only the gateway that has somebody's connection moves them, one thing at a time; of others it is asked to. Who has no
connection is moved by whoever sees that they are astray: of two who do that at once one is let go and the other not.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.window import Windows
from nearby.errors import HubDown
from nearby.hub.base import Standing
from nearby.hub.sliced.borders import home_of, slice_of
from nearby.hub.sliced.phones import Phone, Phones
from nearby.hub.slices import Luggage, Slice

T = TypeVar("T")

log = logging.getLogger(__name__)

TRIES = 8
"""So often a move begins anew because something about the person changed, before it is put off."""

EDGE = 100
"""None begins in the last of so many parts of a window: more time than the steps of one take."""

FOLLOWED = 4
"""So often somebody is asked for in another slice because they went there meanwhile."""


class Journeys:
    """Finds and moves people for one gateway.

    Args:
        slices: All, by number.
        phones: The connections of this gateway.
        windows: The common windows.
        put_off: Is given who is to be moved later: a sweep returns them.
    """

    def __init__(
        self, slices: Sequence[Slice], phones: Phones, windows: Windows, *, put_off: Callable[[PersonId], None]
    ) -> None:
        self._slices = slices
        self._phones = phones
        self._windows = windows
        self._put_off = put_off

    async def where(self, person: PersonId) -> int:
        """Return the number of the slice that somebody is in, or would be looked for first."""
        phone = self._phones.of(person)
        return await self.where_noted(person) if phone is None else phone.number

    async def where_noted(self, person: PersonId) -> int:
        """Return the number of the slice that is noted for somebody: their home if none is."""
        home = home_of(person, len(self._slices))
        found = await self._slices[home].where_is(person)
        return home if found is None else found

    async def note(self, person: PersonId, number: int) -> None:
        """Note which slice has somebody."""
        await self._slices[home_of(person, len(self._slices))].note_where(person, number)

    async def follow(self, person: PersonId, ask: Callable[[Slice], Awaitable[T]]) -> T:
        """Return what the slice says that has somebody, and asks another one if they went there meanwhile."""
        number = await self.where(person)
        for _ in range(FOLLOWED):
            answer = await ask(self._slices[number])
            before, number = number, await self.where(person)
            if before == number:
                return answer
        raise HubDown

    async def go(self, phone: Phone, now_ms: int) -> Standing | None:
        """Move somebody whose phone's lock is held; return where they stand then.

        None: There is nowhere to go, or it is put off.

        Raises:
            HubDown: They are where they were. If nobody knows that, the connection finds out when it asks.
        """

        def arrive(number: int) -> None:
            phone.number = number

        return await self._go(phone.person, phone.connection, phone.number, now_ms, arrive)

    async def go_alone(self, person: PersonId, now_ms: int) -> Standing | None:
        """Move somebody without a connection; one with a connection elsewhere is called across there, and it is None.

        Raises:
            HubDown: They are where they were.
        """
        number = await self.where(person)
        standing = await self._go(person, None, number, now_ms, lambda _: None)
        if standing is None:
            # Without a connection nobody is.
            await self._slices[number].call_across(person, now_ms)
        return standing

    async def _go(
        self,
        person: PersonId,
        connection: ConnectionId | None,
        here: int,
        now_ms: int,
        arrive: Callable[[int], None],
    ) -> Standing | None:
        width_ms = self._windows.width_ms
        for _ in range(0 if now_ms % width_ms >= width_ms - width_ms // EDGE else TRIES):
            luggage = await self._slices[here].pack(person, connection, now_ms)
            there = here if luggage is None else slice_of(luggage.ladder.res5, len(self._slices))
            if luggage is None or there == here:
                return None
            standing = await self._slices[there].take_in(luggage, connection, now_ms)
            if standing is None:
                # One of them ended a window by a clock that is ahead of ours: soon both have.
                break
            try:
                await self.note(person, there)
                is_gone = await self._slices[here].release(luggage, now_ms)
            except HubDown:
                log.warning("a move between slices was cut short")
                raise
            if is_gone:
                arrive(there)
                return standing
            await self._undo(luggage, here, there, now_ms)
        self._put_off(person)
        return None

    async def _undo(self, luggage: Luggage, here: int, there: int, now_ms: int) -> None:
        """Take back what a move did so far: the person stays, or left otherwise."""
        with contextlib.suppress(HubDown):
            again = await self._slices[there].pack(luggage.person, luggage.connection, now_ms)
            if again is not None:
                await self._slices[there].release(again, now_ms)
            if await self.where_noted(luggage.person) == there:
                await self.note(luggage.person, here)
