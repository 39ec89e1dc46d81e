"""The port's face on a live state that several gateways share."""

from collections.abc import Callable, Sequence

from nearby.core import wire
from nearby.core.brakes import Stopped
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.venue import CatchmentId
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import HubDown
from nearby.hub.base import Caller, HubStatistics, Met, Nearby, Offer, RoomSize, Standing
from nearby.hub.memory.placing import Again
from nearby.hub.seating import Placement
from nearby.hub.speech import Weighed
from nearby.hub.valkey.attempt import Attempt, NotAGateway
from nearby.hub.valkey.operations import SharedOperations

RACES_LOST = 8
"""After this many times that all rooms with a seat were full before one could be taken, a new room is opened."""

REPLACED_WITHIN_S = 1.0
"""How long a welcome waits for another gateway to end the person's older connection."""


class ValkeyHub(SharedOperations):
    """One gateway's handle on a shared live state. See ``nearby.hub.valkey`` for how it works."""

    holds_back = False
    """Whether nobody is offered a seat, since it is not sure that the state knows who is kept apart."""

    async def attach(self, caller: Caller, connection: ConnectionId, resume: wire.Resume | None, now_ms: int) -> None:
        """See ``Hub.attach``."""
        self._connections.add(connection, caller.person)
        try:
            try:
                await self._attach(caller, connection, resume, now_ms)
            except NotAGateway:
                # Its lease was lost: all connections but this one are forgotten, and it goes on as another gateway.
                self._connections.remove(connection)
                await self._sweeper.renew_lease_at_once()
                self._connections.add(connection, caller.person)
                await self._attach(caller, connection, resume, now_ms)
        except BaseException as error:
            self._connections.remove(connection)
            if isinstance(error, NotAGateway):
                raise HubDown from None
            raise

    async def _attach(self, caller: Caller, connection: ConnectionId, resume: wire.Resume | None, now_ms: int) -> None:
        elsewhere = await self._do(lambda state: state.take_over(caller.person, self.gateway, now_ms), now_ms)
        if elsewhere is not None:
            await self._sweeper.until_heard(elsewhere, REPLACED_WITHIN_S)
        await self._do(
            lambda state: state.attach(caller, state.attached(connection, self.gateway), resume, now_ms),
            now_ms,
        )

    async def detach(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.detach``."""
        self._connections.remove(connection)
        await self._do(lambda state: state.detach(person, connection, now_ms), now_ms)

    async def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.renew``."""
        doing = self._do(lambda state: state.renew(caller, connection, now_ms), now_ms)
        await self._mine(connection, doing)

    async def check_in(self, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing:
        """See ``Hub.check_in``."""
        if wishes is NO_WISHES and self._reader.is_near:
            self._now_ms = max(self._now_ms, now_ms)
            standing = self._runner.check_in_alone(caller.person, ladder, now_ms)
            if standing is not None:
                return standing
        elsewhere: str | None = None

        def act(state: Attempt) -> Standing:
            nonlocal elsewhere
            elsewhere = state.gateway_of(caller.person)
            return state.check_in(caller, ladder, now_ms, wishes)

        standing = await self._do(act, now_ms)
        if elsewhere is not None:
            await self._until_known(elsewhere)
        return standing

    async def clear(self, person: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str = "left") -> bool:
        """See ``Hub.clear``."""
        elsewhere: str | None = None

        def act(state: Attempt) -> bool:
            nonlocal elsewhere
            elsewhere = state.gateway_of(person)
            return state.clear(person, connection, now_ms, why=why)

        doing = self._do(act, now_ms)
        had_seat = await (doing if connection is None else self._mine(connection, doing))
        if elsewhere is not None:
            await self._until_known(elsewhere)
        return had_seat

    def on_loss(self, call: Callable[[], None]) -> None:
        """Call this whenever the state was lost or may have lost something, before anything else is done with it."""
        self._link.on_generation(lambda _: call())

    def _check_whole(self) -> None:
        if self.holds_back:
            raise HubDown

    async def place(self, person: PersonId, why: str, now_ms: int) -> Placement | None:
        """See ``Hub.place``."""
        self._check_whole()
        for _ in range(RACES_LOST):
            placement = await self._do(lambda state: state.placing.place(person, why, now_ms, may_open=False), now_ms)
            if placement is Again.OPEN:
                break
            if placement is not Again.LOOK:
                return placement
        # One after the other, each seeing the room that the one before opened: or each would open one.
        async with self._opening:
            placement = await self._do(lambda state: state.placing.place(person, why, now_ms), now_ms)
        assert not isinstance(placement, Again)
        return placement

    async def offer(self, person: PersonId, now_ms: int) -> Offer | None:
        """See ``Hub.offer``."""
        self._check_whole()
        return await self._do(lambda state: state.placing.offer(person, now_ms), now_ms)

    async def has_company(self, person: PersonId, now_ms: int) -> bool | None:
        """See ``Hub.has_company``."""
        return await self._do(lambda state: state.company.awaits(person, now_ms), now_ms)

    async def seat(self, person: PersonId, room: RoomId, why: str, now_ms: int) -> bool:
        """See ``Hub.seat``."""
        return await self._do(lambda state: state.placing.seat(person, room, why, now_ms), now_ms)

    async def open_room(self, person: PersonId, catchment: CatchmentId, why: str, now_ms: int) -> bool:
        """See ``Hub.open_room``."""
        return await self._do(lambda state: state.placing.open_room(person, catchment, why, now_ms), now_ms)

    async def separate(self, author: PersonId, other: PersonId, now_ms: int, *, is_mutual: bool) -> None:
        """See ``Hub.separate``."""
        await self._do(lambda state: state.separate(author, other, now_ms, is_mutual=is_mutual), now_ms)

    async def reconcile(self, author: PersonId, other: PersonId) -> None:
        """See ``Hub.reconcile``."""
        await self._do(lambda state: state.reconcile(author, other))

    async def ask_next(self, person: PersonId, connection: ConnectionId, room: RoomId | None, now_ms: int) -> None:
        """See ``Hub.ask_next``."""
        doing = self._do(lambda state: state.ask_next(person, connection, room, now_ms), now_ms)
        await self._mine(connection, doing)

    async def shake(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.shake``."""
        doing = self._do(lambda state: state.shake(person, connection, now_ms), now_ms)
        await self._mine(connection, doing)

    async def meet(self, now_ms: int) -> bool:
        """See ``Hub.meet``."""
        self._check_whole()
        return await self._do(lambda state: state.meet(now_ms), now_ms)

    async def next_meeting_ms(self) -> int | None:
        """Return None: who shook through other gateways is found when their wait is over."""
        return None

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

        def act(state: Attempt) -> tuple[int, int]:
            speaker = state.mine(person, connection)
            return state.words.say(speaker, text, now_ms, room_id=room, message_id=message_id, is_unfit=is_unfit)

        return await self._mine(connection, self._do(act, now_ms))

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

        def act(state: Attempt) -> Weighed:
            speaker = state.mine(person, connection)
            return state.words.weigh(speaker, text, now_ms, room_id=room, message_id=message_id)

        return await self._mine(connection, self._do(act, now_ms))

    async def screen(self, place: str, text: str, now_ms: int, *, author: PersonId | None = None) -> None:
        """See ``Speech.screen``."""
        await self._do(lambda state: state.words.screen(place, text, now_ms, author), now_ms)

    async def member(self, person: PersonId, room: RoomId | None, member: MemberId) -> PersonId | None:
        """See ``Hub.member``."""
        return await self._do(lambda state: state.members.who_is(person, room, member))

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
        doing = self._do(
            lambda state: state.members.mute(person, connection, room, member, now_ms, is_on=is_on), now_ms
        )
        await self._mine(connection, doing)

    async def mute_person(self, owner: PersonId, other: PersonId, *, is_on: bool) -> None:
        """See ``Hub.mute_person``."""
        await self._do(lambda state: state.members.mute_person(owner, other, is_on=is_on))

    async def greet(
        self, person: PersonId, connection: ConnectionId, room: RoomId | None, member: MemberId, now_ms: int
    ) -> Met | None:
        """See ``Hub.greet``."""
        doing = self._do(lambda state: state.members.greet(person, connection, room, member, now_ms), now_ms)
        return await self._mine(connection, doing)

    async def part(self, one: PersonId, other: PersonId) -> None:
        """See ``Hub.part``."""
        await self._do(lambda state: state.members.part(one, other))

    async def tell(self, person: PersonId, message: wire.ServerMessage) -> None:
        """See ``Hub.tell``."""
        await self._do(lambda state: state.members.tell(person, message))

    async def ask_block(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.ask_block``."""
        await self._do(lambda state: state.ask_block(person, now_ms), now_ms)

    async def move_away(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.move_away``."""
        await self._do(lambda state: state.move_away(person, now_ms), now_ms)

    async def remove(self, person: PersonId, room: RoomId, now_ms: int) -> None:
        """See ``Hub.remove``."""
        await self._do(lambda state: state.seats.remove(person, room, now_ms), now_ms)

    async def room_of(self, person: PersonId) -> RoomSize | None:
        """See ``Hub.room_of``."""
        return await self._do(lambda state: state.room_of(person))

    async def cell_of(self, person: PersonId) -> Cell | None:
        """See ``Hub.cell_of``."""
        return await self._do(lambda state: state.cell_of(person))

    async def set_listed(self, person: PersonId, now_ms: int, *, is_listed: bool) -> None:
        """See ``Hub.set_listed``."""
        await self._do(lambda state: state.lists.choose(person, is_listed=is_listed), now_ms)

    async def nearby(self, person: PersonId, now_ms: int) -> Nearby:
        """See ``Hub.nearby``."""

        def act(state: Attempt) -> Nearby:
            state.catch_up(now_ms)
            return state.lists.show(person, state.window)

        return await self._do(act, now_ms)

    async def who_is_nearby(self, person: PersonId, handle: str) -> PersonId | None:
        """See ``Hub.who_is_nearby``."""
        return await self._do(lambda state: state.lists.find(person, handle))

    async def brake(self, stopped: Stopped, now_ms: int) -> None:
        """See ``Hub.brake``."""
        await self._do(lambda state: state.stops.put(stopped), now_ms)

    async def close_room(self, room: RoomId, now_ms: int) -> bool:
        """See ``Hub.close_room``."""
        return await self._do(lambda state: state.seats.close(room, now_ms), now_ms)

    async def sweep(self, now_ms: int) -> Sequence[PersonId]:
        """See ``Hub.sweep``."""
        self._now_ms = max(self._now_ms, now_ms)
        people, entries = await self._sweeper.sweep(self._now_ms)
        await self._hear(entries)
        return people

    async def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """See ``Hub.spend``."""
        return await self._do(
            lambda state: state.shared.networks.spend(purpose, network, limit=limit, span_ms=span_ms, now_ms=now_ms),
            now_ms,
        )

    async def connect_network(self, network: str, limit: int) -> bool:
        """See ``Hub.connect_network``."""

        def act(state: Attempt) -> bool:
            state.check_gateway(self.gateway)
            return state.shared.networks.connect_from(network, limit, self.gateway)

        try:
            return await self._do(act)
        except NotAGateway:
            raise HubDown from None

    async def disconnect_network(self, network: str) -> None:
        """See ``Hub.disconnect_network``."""
        await self._do(lambda state: state.shared.networks.disconnect_from(network, self.gateway))

    async def statistics(self) -> HubStatistics:
        """See ``Hub.statistics``."""
        return await self._sweeper.statistics()

    async def settle(self) -> None:
        """Return when this gateway has heard all that was done so far, on whichever gateway."""
        await self._reader.until_last()

    async def close(self) -> None:
        """End the gateway's part: it hears nothing any more, and its lease is over."""
        await self._sweeper.close()
        await self._reader.stop()
        await self._link.close()
