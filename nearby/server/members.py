"""What a phone's messages about members of its room do: mute, greet, block."""

from collections.abc import Callable

from nearby.core import wire
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Hub, Met
from nearby.server.connection import Connection
from nearby.server.metrics import Metrics
from nearby.server.separation import Separation
from nearby.server.steps import in_steps
from nearby.store.base import Journal, Store


class Members:
    """Carries the messages out and answers them. Of a member who is nobody the answer is the same, after as long.

    Args:
        hub: The live state.
        store: Knows who sat where in the last hour; None if nothing is kept of people.
        separation: Puts blocks in force.
        journal: Says when what was done is on disk.
        metrics: Count what is done.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store | None,
        separation: Separation,
        *,
        journal: Journal,
        metrics: Metrics,
        draw_id: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._store = store
        self._separation = separation
        self._journal = journal
        self._metrics = metrics
        self._draw_id = draw_id

    async def who_is(self, person: PersonId, room: str | None, member: str, now_ms: int) -> PersonId | None:
        """Return who sits as that member of the person's room, or sat so in a room of theirs within the last hour."""
        named = None if room is None else RoomId(room)
        found = await self._hub.member(person, named, MemberId(member))
        if found is not None or self._store is None:
            return found
        await self._journal.durable()
        return await self._store.relations.member_of(person, named, MemberId(member), now_ms)

    async def mute(self, phone: Connection, message: wire.Mute | wire.Unmute, now_ms: int) -> None:
        """Mute a member for this phone's person, or no longer."""
        room = None if message.room is None else RoomId(message.room)
        is_on = isinstance(message, wire.Mute)
        async with in_steps():
            await self._hub.mute(phone.person, phone.id, room, MemberId(message.member), now_ms, is_on=is_on)
            await self._journal.durable()
        self._metrics.relations.labels("muted" if is_on else "unmuted").inc()
        _ack(phone, message)

    async def block(self, phone: Connection, message: wire.Block, now_ms: int) -> None:
        """Block a member."""
        async with in_steps():
            other = await self.who_is(phone.person, message.room, message.member, now_ms)
            block = await self._separation.block(phone.caller, other, message.member, now_ms)
        self._metrics.relations.labels("blocked").inc()
        if message.id is not None:
            phone.send(wire.Ack(id=message.id, block=block))

    async def greet(self, phone: Connection, message: wire.Greet, now_ms: int) -> None:
        """Greet a member; two who greeted each other know each other from now on."""
        if self._store is None:
            raise Refused(ErrorCode.OFF, "this server keeps nothing of people")
        room = None if message.room is None else RoomId(message.room)
        async with in_steps():
            met = await self._hub.greet(phone.person, phone.id, room, MemberId(message.member), now_ms)
            await self._journal.durable()
        self._metrics.relations.labels("greeted").inc()
        _ack(phone, message)
        if met is not None:
            await self._introduce(self._store, phone.person, met, now_ms)

    async def _introduce(self, store: Store, person: PersonId, met: Met, now_ms: int) -> None:
        handles = (self._draw_id(), self._draw_id())
        both = await store.relations.make_known(person, met.other, handles, now_ms)
        if both is None:
            return
        self._metrics.relations.labels("known").inc()
        mine, theirs = both
        for who, member, shown in ((person, met.member, mine), (met.other, met.you, theirs)):
            await self._hub.tell(who, wire.Known(room=met.room, member=member, person=shown.person, name=shown.name))


def _ack(phone: Connection, message: wire.AboutMember) -> None:
    if message.id is not None:
        phone.send(wire.Ack(id=message.id))
