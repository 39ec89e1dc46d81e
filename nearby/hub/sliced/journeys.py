"""Where people are, and their moves from slice to slice.

A move is taken in steps: the new slice takes in a record of the person, without a seat and heard by nobody; the old
one lets them go, if nothing about them changed meanwhile, and with that their seat ends; the new one has them. Only
then are they placed: nobody who has a seat takes another one. In between, and for a while after, each of the two knows
that the other one has them or is about to. So whoever looks for them, on whichever gateway and by a note however old,
finds the one slice that has them, and brings to its end a move whose gateway died after they were let go.

A move begins and ends within one window, in which the person then counts in the new slice and not in the old one: none
begins as a window is about to end.

Only the gateway that has somebody's connection moves them, one thing at a time; of others it is asked to. Who has no
connection is moved by whoever sees that they are astray: of several who do that at once, one has them let go.
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
from nearby.hub.slices import Luggage, NotHere, Origin, Slice
from nearby.hub.statistics import MOVE_OUTCOMES

T = TypeVar("T")

TRIES = 8
"""So often a move begins anew because something about the person changed, before it is put off."""

FOLLOWED = 16
"""So often somebody is looked for in the slice that another one names, before the hub is said to be down for them."""

EDGE = 100
"""None begins in the last of so many parts of a window: more time than the steps of one take."""


class Changed(Exception):
    """Something about the person changed, or a slice is in another window: they are where they were, begin anew."""


class Journeys:
    """Finds and moves people for one gateway.

    Args:
        slices: All, by number.
        phones: The connections of this gateway.
        windows: The common windows.
        put_off: Is given who is to be moved later: a sweep returns them.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        slices: Sequence[Slice],
        phones: Phones,
        windows: Windows,
        *,
        put_off: Callable[[PersonId], None],
        draw_id: Callable[[], str],
    ) -> None:
        self._draw_id = draw_id
        self._slices = slices
        self._phones = phones
        self._windows = windows
        self._put_off = put_off
        self._torn: dict[PersonId, tuple[Luggage, Origin, int]] = {}
        """Whose move was cut short here: with what, from where, and to where."""
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
        phone, home = self._phones.of(person), home_of(person, len(self._slices))
        noted = phone.number if phone is not None else await self._slices[home].where_is(person)
        number = home if noted is None else noted
        for _ in range(FOLLOWED):
            is_here, answer = True, None
            try:
                answer = await ask(number)
                if raises:
                    return answer
            except NotHere:
                is_here = False
            there = await self._slices[number].where_gone(person)
            if there is not None:
                if await self._slices[there].where_gone(person) == number:
                    await self._settle(person, number, there)
                number = there
            elif is_here:
                return answer  # type: ignore[return-value]
        raise HubDown

    async def go(self, phone: Phone, now_ms: int) -> Standing | None:
        """Move somebody whose phone's lock is held; return where they stand then.

        None: There is nowhere to go, or it is put off.

        Raises:
            HubDown: They are in one of the two, and a sweep finds out in which.
        """

        def arrive(number: int) -> None:
            phone.number = number

        return await self._try_to_go(phone.person, phone.connection, phone.number, now_ms, arrive)

    async def go_alone(self, person: PersonId, here: int, now_ms: int) -> Standing | None:
        """Move somebody without a connection from a slice; return where they stand then.

        None: There is nowhere to go, somebody else moves them, or it is put off. One who is connected on another
        gateway is called across there.

        Raises:
            HubDown: They are in one of the two.
        """
        standing = await self._try_to_go(person, None, here, now_ms, lambda number: None)
        if standing is None:
            await self._slices[here].call_across(person, now_ms)
        return standing

    async def finish(self, now_ms: int) -> None:
        """Bring moves to an end that were cut short.

        Raises:
            HubDown: Some are left to the next call.
        """
        for person, (luggage, origin, there) in list(self._torn.items()):
            phone = self._phones.of(person)
            async with contextlib.nullcontext() if phone is None else phone.lock:
                if await self._slices[origin.number].where_gone(person) == there:
                    await self._let_in(luggage, origin, there, now_ms)
                    if luggage.connection is not None:
                        # What this gateway knows of that slice has it still.
                        await self._slices[origin.number].detach(person, luggage.connection, now_ms)
                    if phone is not None and phone.number == origin.number:
                        phone.number = there
                else:
                    await self._slices[there].dismiss(person, origin.ticket, now_ms)
                self._torn.pop(person, None)

    async def _settle(self, person: PersonId, here: int, there: int) -> None:
        """Let a slice have somebody whom the other one has let go: else they are on the way, and are let go later."""
        if await self._slices[here].where_gone(person) == there:
            await self._slices[there].confirm(person, None)
            await self.note(person, there)

    async def _try_to_go(
        self,
        person: PersonId,
        connection: ConnectionId | None,
        here: int,
        now_ms: int,
        arrive: Callable[[int], None],
    ) -> Standing | None:
        width_ms = self._windows.width_ms
        for _ in range(0 if now_ms % width_ms >= width_ms - width_ms // EDGE else TRIES):
            with contextlib.suppress(Changed):
                return await self._go(person, connection, here, now_ms, arrive)
        self._put_off(person)
        self.moves["put_off"] += 1
        return None

    async def _go(
        self,
        person: PersonId,
        connection: ConnectionId | None,
        here: int,
        now_ms: int,
        arrive: Callable[[int], None],
    ) -> Standing | None:
        luggage = await self._slices[here].pack(person, connection, now_ms)
        if luggage is None or (there := slice_of(luggage.presence.ladder.res5, len(self._slices))) == here:
            return None
        origin = Origin(here, self._draw_id())
        try:
            standing = await self._slices[there].take_in(luggage, origin, connection, now_ms)
            if standing is None:
                raise Changed
            if not await self._slices[here].release(luggage, there, now_ms):
                if await self._slices[here].where_gone(person) == there:
                    # Somebody else moves them there.
                    return None
                await self._slices[there].dismiss(person, origin.ticket, now_ms)
                raise Changed
            arrive(there)
            await self._let_in(luggage, origin, there, now_ms)
        except Changed:
            raise
        except BaseException:
            self._torn[person] = luggage, origin, there
            self.moves["cut_short"] += 1
            raise
        self.moves["done"] += 1
        return standing

    async def _let_in(self, luggage: Luggage, origin: Origin, there: int, now_ms: int) -> None:
        """Let a slice have somebody whom the other one has let go."""
        slice_ = self._slices[there]
        for _ in range(TRIES):
            if await slice_.confirm(luggage.person, origin.ticket):
                await self.note(luggage.person, there)
                return
            # Another move, which came too late, took the place of this one; or a window ended since.
            now_here = structs.replace(luggage, window=self._windows.at(now_ms))
            await slice_.take_in(now_here, origin, luggage.connection, now_ms)
        raise HubDown
