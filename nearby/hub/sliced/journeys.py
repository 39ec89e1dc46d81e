"""Where people are, and their moves from slice to slice.

A move is taken in steps: the new slice takes the person in, without a seat and heard by nobody; it is noted where they
are; the old one lets them go, if nothing about them changed meanwhile, and with that their seat ends. Only then are
they placed: nobody who has a seat takes another one. A move that was cut short is brought to its end by a sweep; if its
gateway died, by the end of its lease: a seat that is left behind is held, and ends.

A move begins and ends within one window, in which the person then counts in the new slice and not in the old one: none
begins as a window is about to end.

Only the gateway that has somebody's connection moves them, one thing at a time; of others it is asked to. Who has no
connection is moved by whoever sees that they are astray: of two who do that at once one is let go and the other not.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec import structs

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.window import Windows
from nearby.errors import HubDown
from nearby.hub.base import Standing
from nearby.hub.sliced.borders import home_of, slice_of
from nearby.hub.sliced.phones import Phone, Phones
from nearby.hub.slices import Luggage, Slice

T = TypeVar("T")

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
        self._torn: dict[PersonId, tuple[ConnectionId, int, int]] = {}
        """Whose move was cut short: by which connection, from where, and to where. Of people of this gateway."""
        self._underway: dict[PersonId, Luggage] = {}
        """Who is in no slice just now: people without a connection."""

    async def where(self, person: PersonId) -> int:
        """Return the number of the slice that somebody is in, or would be looked for first."""
        phone = self._phones.of(person)
        return await self.where_noted(person) if phone is None else phone.number

    async def where_noted(self, person: PersonId) -> int:
        """Return the number of the slice that is noted for somebody; without a note where a phone here says, or home.

        After a move that was cut short it is the one that has their record, whatever the phone here took.
        """
        home = home_of(person, len(self._slices))
        found, phone = await self._slices[home].where_is(person), self._phones.of(person)
        if found is not None:
            return found
        return home if phone is None else phone.number

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
            HubDown: They are in one of the two, and a sweep sees to it that they are not in the other.
        """
        for _ in range(0 if self._is_at_edge(now_ms) else TRIES):
            with contextlib.suppress(_Changed):
                return await self._go(phone, now_ms)
        self._put_off(phone.person)
        return None

    async def go_alone(self, person: PersonId, now_ms: int) -> Standing | None:
        """Move somebody without a connection, who has no seat to lose: here first, so that one of several movers does.

        None: There is nowhere to go, somebody else moves them, or it is put off. One who is connected on another
        gateway is called across there.

        Raises:
            HubDown: Where they were, they may be or not; if not, a sweep brings them where they go.
        """
        if self._is_at_edge(now_ms):
            self._put_off(person)
            return None
        here = await self.where(person)
        luggage = await self._slices[here].pack(person, None, now_ms)
        if luggage is None:
            await self._slices[here].call_across(person, now_ms)
            return None
        there = self._slice_of(luggage)
        if there == here or not await self._slices[here].release(luggage, now_ms):
            return None
        self._underway[person] = luggage
        return await self._bring(luggage, now_ms)

    async def finish(self, now_ms: int) -> None:
        """Bring moves to an end that were cut short.

        Raises:
            HubDown: Some are left to the next call.
        """
        for person, (connection, here, there) in list(self._torn.items()):
            phone = self._phones.of(person)
            async with contextlib.nullcontext() if phone is None else phone.lock:
                # They are where it was noted, and nowhere else.
                noted = await self.where_noted(person)
                for number in {here, there} - {noted}:
                    await self._slices[number].evict(person, connection, now_ms)
                if phone is not None:
                    phone.number = noted
                self._torn.pop(person, None)
        for luggage in list(self._underway.values()):
            await self._bring(structs.replace(luggage, window=self._windows.at(now_ms)), now_ms)

    async def _go(self, phone: Phone, now_ms: int) -> Standing | None:
        """Take one try at moving somebody with a connection; ``_Changed`` if something about them did meanwhile."""
        person, connection, here = phone.person, phone.connection, phone.number
        luggage = await self._slices[here].pack(person, connection, now_ms)
        if luggage is None or (there := self._slice_of(luggage)) == here:
            return None
        try:
            standing = await self._slices[there].take_in(luggage, connection, now_ms)
            if standing is None:
                raise _Changed
            await self.note(person, there)
            if await self._slices[here].release(luggage, now_ms):
                phone.number = there
                return standing
            await self._slices[there].evict(person, connection, now_ms)
            await self.note(person, here)
        except _Changed:
            raise
        except BaseException:
            self._torn[person] = connection, here, there
            raise
        raise _Changed

    async def _bring(self, luggage: Luggage, now_ms: int) -> Standing | None:
        """Let somebody without a connection, who is in no slice, be where they go; a sweep tries again."""
        there = self._slice_of(luggage)
        standing = await self._slices[there].take_in(luggage, None, now_ms)
        if standing is not None:
            await self.note(luggage.person, there)
            self._underway.pop(luggage.person, None)
        return standing

    def _slice_of(self, luggage: Luggage) -> int:
        return slice_of(luggage.presence.ladder.res5, len(self._slices))

    def _is_at_edge(self, now_ms: int) -> bool:
        width_ms = self._windows.width_ms
        return now_ms % width_ms >= width_ms - width_ms // EDGE


class _Changed(Exception):
    """Something about the person changed, or a slice is in another window: begin anew. They are where they were."""
