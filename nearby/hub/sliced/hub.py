"""The port's face on slices: asks the one that has the person, or all of them."""

import asyncio
import logging
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from nearby.core import wire
from nearby.core.brakes import Stopped
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.rules import HOUR_MS
from nearby.core.venue import CatchmentId
from nearby.core.window import Windows
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import HubDown
from nearby.hub.base import Caller, HubStatistics, Listener, Met, Nearby, Offer, RoomSize, Standing
from nearby.hub.seating import Placement
from nearby.hub.sliced.asking import Asking
from nearby.hub.sliced.figures import total
from nearby.hub.sliced.journeys import Journeys
from nearby.hub.sliced.phones import Phone, Phones
from nearby.hub.slices import Slice
from nearby.hub.speech import Weighed

T = TypeVar("T")

log = logging.getLogger(__name__)

NOTED_EVERY_MS = 6 * HOUR_MS
"""How often it is noted anew where connected people are: a note is kept for a day after it was last asked for."""

NOTED_AT_ONCE = 64


class SlicedHub:
    """One gateway's handle on a live state of slices.

    Each slice keeps the guarantees of ``nearby.hub.base``; between two of them these are weaker: who goes to another
    slice leaves their room before they are offered one there, and ``offer`` is what takes them there. Companions,
    shakes and merges find nobody of another slice.

    Args:
        slices: All, by number.
        listener: The gateway's: is told which connections are to come back.
        windows: The common windows.
        phones: The connections of this gateway, which the ears of the slices know too.
        called: Who is to go to another slice, as these ears were told.
    """

    def __init__(
        self,
        slices: Sequence[Slice],
        listener: Listener,
        *,
        windows: Windows,
        phones: Phones,
        called: dict[PersonId, None],
    ) -> None:
        self._slices = slices
        self._phones = phones
        self._called = called
        self._journeys = Journeys(
            slices,
            phones,
            windows,
            put_off=called.setdefault,
            send_back=lambda connection: listener.forgotten([connection]),
        )
        self._ask = Asking(slices, phones, self._journeys)
        self._noted_ms: int | None = None

    def note_again(self) -> None:
        """Let all notes of where this gateway's people are be written once more: some may be lost."""
        self._noted_ms = None

    async def attach(self, caller: Caller, connection: ConnectionId, resume: wire.Resume | None, now_ms: int) -> None:
        """See ``Hub.attach``."""
        phone = Phone(connection, caller.person, self._phones.lock_of(caller.person))

        async def attach_in(number: int) -> None:
            phone.number = number
            self._phones.add(phone)
            await self._slices[number].attach(caller, connection, resume, now_ms)

        async with phone.lock:
            older = self._phones.of(caller.person)
            try:
                await self._journeys.find(caller.person, attach_in, raises=True)
            except BaseException:
                # It may be attached all the same, until it is detached.
                self._phones.fail(phone, older)
                raise

    async def detach(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.detach``."""
        phone = self._phones.get(connection)
        if phone is not None:
            async with phone.lock:
                self._phones.remove(connection)
                await self._slices[phone.number].detach(person, connection, now_ms)

    async def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.renew``."""
        await self._ask.by(connection, lambda one: one.renew(caller, connection, now_ms))

    async def check_in(self, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing:
        """See ``Hub.check_in``. Who has no seat goes to the slice of the cell in force at once."""
        return await self._ask.check_in(caller.person, lambda one: one.check_in(caller, ladder, now_ms, wishes), now_ms)

    async def clear(self, person: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str = "left") -> bool:
        """See ``Hub.clear``."""
        if connection is not None:
            return await self._ask.by(connection, lambda one: one.clear(person, connection, now_ms, why=why))
        had_seat = False

        async def ask(one: Slice) -> bool:
            nonlocal had_seat
            had_seat |= await one.clear(person, None, now_ms, why=why)
            return had_seat

        return await self._ask.of(person, ask)

    async def place(self, person: PersonId, why: str, now_ms: int) -> Placement | None:
        """See ``Hub.place``. Whoever is to be seated in another slice goes there first, and has no seat then."""

        def ask(one: Slice) -> Awaitable[Placement | None]:
            return one.place(person, why, now_ms)

        return await self._ask.going(person, ask, now_ms, there=ask, else_=None)

    async def offer(self, person: PersonId, now_ms: int) -> Offer | None:
        """See ``Hub.offer``. As by ``place``."""

        def ask(one: Slice) -> Awaitable[Offer | None]:
            return one.offer(person, now_ms)

        return await self._ask.going(person, ask, now_ms, there=ask, else_=None)

    async def seat(self, person: PersonId, room: RoomId, why: str, now_ms: int) -> bool:
        """See ``Hub.seat``."""
        return await self._ask.going(
            person, lambda one: one.seat(person, room, why, now_ms), now_ms, there=None, else_=False
        )

    async def open_room(self, person: PersonId, catchment: CatchmentId, why: str, now_ms: int) -> bool:
        """See ``Hub.open_room``. In another slice only if there is no room to join: else a sweep returns the person."""

        async def there(one: Slice) -> bool:
            offer = await one.offer(person, now_ms)
            if offer is None or offer.candidates:
                return False
            return await one.open_room(person, offer.catchment, why, now_ms)

        return await self._ask.going(
            person, lambda one: one.open_room(person, catchment, why, now_ms), now_ms, there=there, else_=False
        )

    async def separate(self, author: PersonId, other: PersonId, now_ms: int, *, is_mutual: bool) -> None:
        """See ``Hub.separate``. Every slice knows it: they may meet in any."""
        await self._ask.all(lambda one: one.separate(author, other, now_ms, is_mutual=is_mutual))

    async def reconcile(self, author: PersonId, other: PersonId) -> None:
        """See ``Hub.reconcile``."""
        await self._ask.all(lambda one: one.reconcile(author, other))

    async def ask_next(self, person: PersonId, connection: ConnectionId, room: RoomId | None, now_ms: int) -> None:
        """See ``Hub.ask_next``."""
        await self._ask.by(connection, lambda one: one.ask_next(person, connection, room, now_ms))

    async def shake(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.shake``."""
        await self._ask.by(connection, lambda one: one.shake(person, connection, now_ms))

    async def meet(self, now_ms: int) -> bool:
        """See ``Hub.meet``. Slices that cannot be reached are left out, as by ``sweep``."""
        return any(await self._ask.reached(lambda one: one.meet(now_ms)))

    async def next_meeting_ms(self) -> int | None:
        """See ``Hub.next_meeting_ms``."""
        return min(
            (at for at in await self._ask.all(lambda one: one.next_meeting_ms()) if at is not None), default=None
        )

    async def say(
        self,
        person: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room: RoomId | None = None,
        message_id: int | str | None = None,
        is_unfit: bool = False,
    ) -> tuple[int, int]:
        """See ``Speech.say``."""
        return await self._ask.by(
            connection,
            lambda one: one.say(person, connection, text, now_ms, room=room, message_id=message_id, is_unfit=is_unfit),
        )

    async def weigh(
        self,
        person: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room: RoomId | None = None,
        message_id: int | str | None = None,
    ) -> Weighed:
        """See ``Speech.weigh``."""
        return await self._ask.by(
            connection, lambda one: one.weigh(person, connection, text, now_ms, room=room, message_id=message_id)
        )

    async def screen(self, place: str, text: str, now_ms: int, *, author: PersonId | None = None) -> None:
        """See ``Speech.screen``. One slice sees all of it: what is repeated is found wherever it was written."""
        await self._slices[0].screen(place, text, now_ms, author=author)

    async def member(self, person: PersonId, room: RoomId | None, member: MemberId) -> PersonId | None:
        """See ``Hub.member``."""
        return await self._ask.of(person, lambda one: one.member(person, room, member))

    async def mute(
        self,
        person: PersonId,
        connection: ConnectionId,
        room: RoomId | None,
        member: MemberId,
        now_ms: int,
        *,
        is_on: bool,
    ) -> None:
        """See ``Hub.mute``."""
        await self._ask.by(connection, lambda one: one.mute(person, connection, room, member, now_ms, is_on=is_on))

    async def mute_person(self, owner: PersonId, other: PersonId, *, is_on: bool) -> None:
        """See ``Hub.mute_person``."""
        await self._ask.all(lambda one: one.mute_person(owner, other, is_on=is_on))

    async def greet(
        self, person: PersonId, connection: ConnectionId, room: RoomId | None, member: MemberId, now_ms: int
    ) -> Met | None:
        """See ``Hub.greet``."""
        return await self._ask.by(connection, lambda one: one.greet(person, connection, room, member, now_ms))

    async def part(self, one: PersonId, other: PersonId) -> None:
        """See ``Hub.part``."""
        await self._ask.all(lambda each: each.part(one, other))

    async def tell(self, person: PersonId, message: wire.ServerMessage) -> None:
        """See ``Hub.tell``. Who is connected elsewhere and goes to another slice meanwhile may be told twice."""
        await self._ask.of(person, lambda one: one.tell(person, message))

    async def ask_block(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.ask_block``."""
        await self._ask.of(person, lambda one: one.ask_block(person, now_ms))

    async def move_away(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.move_away``."""
        await self._ask.of(person, lambda one: one.move_away(person, now_ms))

    async def remove(self, person: PersonId, room: RoomId, now_ms: int) -> None:
        """See ``Hub.remove``."""
        await self._ask.of(person, lambda one: one.remove(person, room, now_ms))

    async def room_of(self, person: PersonId) -> RoomSize | None:
        """See ``Hub.room_of``."""
        return await self._ask.of(person, lambda one: one.room_of(person))

    async def has_company(self, person: PersonId, now_ms: int) -> bool | None:
        """See ``Hub.has_company``."""
        return await self._ask.of(person, lambda one: one.has_company(person, now_ms))

    async def cell_of(self, person: PersonId) -> Cell | None:
        """See ``Hub.cell_of``."""
        return await self._ask.of(person, lambda one: one.cell_of(person))

    async def set_listed(self, person: PersonId, now_ms: int, *, is_listed: bool) -> None:
        """See ``Hub.set_listed``."""
        await self._ask.all(lambda one: one.set_listed(person, now_ms, is_listed=is_listed))

    async def nearby(self, person: PersonId, now_ms: int) -> Nearby:
        """See ``Hub.nearby``."""
        return await self._ask.of(person, lambda one: one.nearby(person, now_ms))

    async def who_is_nearby(self, person: PersonId, handle: str) -> PersonId | None:
        """See ``Hub.who_is_nearby``. All are asked, wherever the list was seen, and as much whoever it is."""
        found = await self._ask.all(lambda one: one.who_is_nearby(person, handle))
        return next((one for one in found if one is not None), None)

    async def brake(self, stopped: Stopped, now_ms: int) -> None:
        """See ``Hub.brake``."""
        await self._ask.all(lambda one: one.brake(stopped, now_ms))

    async def close_room(self, room: RoomId, now_ms: int) -> bool:
        """See ``Hub.close_room``."""
        return any(await self._ask.all(lambda one: one.close_room(room, now_ms)))

    async def sweep(self, now_ms: int) -> Sequence[PersonId]:
        """See ``Hub.sweep``. While some slices cannot be reached the others go on; ``HubDown`` if none can."""
        for people in await self._ask.reached(lambda one: one.sweep(now_ms)):
            # Noted at once, since no slice returns any of them again.
            self._called.update(dict.fromkeys(people))
        await self._journeys.finish(now_ms)
        await self._note(now_ms)
        found = list(self._called)
        self._called.clear()
        return found

    async def _note(self, now_ms: int) -> None:
        """Note where this gateway's people are, if that was not done for long."""
        if self._noted_ms is not None and now_ms < self._noted_ms + NOTED_EVERY_MS:
            return
        phones = list(self._phones)
        try:
            for start in range(0, len(phones), NOTED_AT_ONCE):
                some: Iterable[Phone] = phones[start : start + NOTED_AT_ONCE]
                await asyncio.gather(*(self._journeys.note(one.person, one.number) for one in some))
        except HubDown:
            log.warning("it cannot be noted yet in which slices people are")
            return
        self._noted_ms = now_ms

    async def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """See ``Networks.spend``."""
        slice_ = self._ask.of_name(network)
        return await slice_.spend(purpose, network, limit=limit, span_ms=span_ms, now_ms=now_ms)

    async def connect_network(self, network: str, limit: int) -> bool:
        """See ``Networks.connect_network``."""
        return await self._ask.of_name(network).connect_network(network, limit)

    async def disconnect_network(self, network: str) -> None:
        """See ``Networks.disconnect_network``."""
        await self._ask.of_name(network).disconnect_network(network)

    async def statistics(self) -> HubStatistics:
        """See ``Hub.statistics``."""
        return total(await self._ask.all(lambda one: one.statistics()), self._journeys.moves)

    async def announce(self, notice: str) -> None:
        """See ``Servers.announce``."""
        await self._slices[0].announce(notice)

    async def add_figures(self, step: int, figures: Mapping[str, int], now_ms: int) -> None:
        """See ``Servers.add_figures``."""
        await self._slices[0].add_figures(step, figures, now_ms)

    async def figures(self, steps: Collection[int], now_ms: int) -> Sequence[Mapping[str, int]]:
        """See ``Servers.figures``."""
        return await self._slices[0].figures(steps, now_ms)
