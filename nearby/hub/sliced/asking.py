"""Asks the slice that has somebody, and takes them to another one if that is where they are to be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from typing import TypeVar

from nearby.core.ids import ConnectionId, PersonId
from nearby.errors import Elsewhere, HubDown, NotHere, Superseded
from nearby.hub.base import Standing
from nearby.hub.sliced.borders import home_of
from nearby.hub.sliced.journeys import Journeys
from nearby.hub.sliced.phones import Phone, Phones
from nearby.hub.slices import Astray, Slice

T = TypeVar("T")

log = logging.getLogger(__name__)

Ask = Callable[[Slice], Awaitable[T]]


class Asking:
    """One gateway's way to the right slice.

    Of its own people it knows which one has them, and holds the phone's lock while that answers. Others it looks for.

    Args:
        slices: All, by number.
        phones: The connections of this gateway.
        journeys: Find and move people.
    """

    def __init__(self, slices: Sequence[Slice], phones: Phones, journeys: Journeys) -> None:
        self._slices = slices
        self._phones = phones
        self._journeys = journeys

    async def by(self, connection: ConnectionId, ask: Ask[T]) -> T:
        """Return what the slice says that has the person of a connection."""
        phone = self._phones.get(connection)
        if phone is None:
            raise Superseded
        async with phone.lock:
            return await ask(self._slices[phone.number])

    async def of(self, person: PersonId, ask: Ask[T]) -> T:
        """Return what the slice says that has a person, wherever their connection is."""
        phone = self._phones.of(person)
        # Of one that is here too it is asked whether they are there: a newer one elsewhere may have moved them.
        async with nullcontext() if phone is None else phone.lock:
            return await self._journeys.find(person, lambda number: ask(self._slices[number]))

    def of_name(self, name: str) -> Slice:
        """Return the slice that counts what has no place, by a name."""
        return self._slices[home_of(name, len(self._slices))]

    async def all(self, ask: Ask[T]) -> list[T]:
        """Return what each slice says, by number."""
        return await asyncio.gather(*map(ask, self._slices))

    async def reached(self, ask: Ask[T]) -> list[T]:
        """Return what the slices say that can be reached, in order.

        Raises:
            HubDown: None can.
        """
        answers = await asyncio.gather(*map(ask, self._slices), return_exceptions=True)
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        if failed and (len(failed) == len(answers) or not all(isinstance(one, HubDown) for one in failed)):
            raise failed[0]
        if failed:
            log.warning("%d of %d slices cannot be reached", len(failed), len(answers))
        return [answer for answer in answers if not isinstance(answer, BaseException)]

    async def check_in(self, person: PersonId, ask: Ask[Standing], now_ms: int) -> Standing:
        """Return what a check-in comes to. Whoever is astray by it goes at once."""
        phone = self._phones.of(person)
        if phone is not None:
            async with phone.lock:
                # It may have been replaced or hung up meanwhile, or a move was cut short.
                with suppress(NotHere):
                    if self._phones.of(person) is phone:
                        standing = await ask(self._slices[phone.number])
                        if isinstance(standing, Astray):
                            standing = await self._journeys.go(phone, now_ms) or standing
                        return standing
        here, standing = await self._look_for(person, ask)
        if isinstance(standing, Astray):
            standing = await self._journeys.go_alone(person, here, now_ms) or standing
        return standing

    async def going(self, person: PersonId, ask: Ask[T], now_ms: int, *, there: Ask[T] | None, else_: T) -> T:
        """Return what a slice says that may raise ``Elsewhere``: then the person goes where they are to be.

        Args:
            person: Who. Each slice that has not them raises ``NotHere``.
            ask: Asks the slice that has them.
            now_ms: The time.
            there: Asks the one they went to; None if that is not to be asked.
            else_: Is returned if they are on their way, or another gateway is to move them.
        """
        phone = self._phones.of(person)
        if phone is not None:
            async with phone.lock:
                with suppress(NotHere):
                    if self._phones.of(person) is phone:
                        return await self._going_here(phone, ask, now_ms, there=there, else_=else_)
        try:
            return (await self._look_for(person, ask))[1]
        except _GoesFrom as goes:
            await self._journeys.go_alone(person, goes.here, now_ms)
            return else_

    async def _going_here(self, phone: Phone, ask: Ask[T], now_ms: int, *, there: Ask[T] | None, else_: T) -> T:
        try:
            return await ask(self._slices[phone.number])
        except Elsewhere:
            pass
        if await self._journeys.go(phone, now_ms) is None or there is None:
            return else_
        return await there(self._slices[phone.number])

    async def _look_for(self, person: PersonId, ask: Ask[T]) -> tuple[int, T]:
        """Return the number of the slice that has somebody, and what it says."""

        async def ask_in(number: int) -> tuple[int, T]:
            try:
                return number, await ask(self._slices[number])
            except Elsewhere:
                raise _GoesFrom(number) from None

        return await self._journeys.find(person, ask_in, raises=True)


class _GoesFrom(Exception):
    """Somebody is to go to another slice from ``here``."""

    def __init__(self, here: int) -> None:
        self.here = here
