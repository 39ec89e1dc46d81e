"""The port's face on a process's live state."""

from collections.abc import Collection, Mapping, Sequence

from nearby.core import wire
from nearby.core.brakes import Stopped
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.venue import CatchmentId
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.base import Caller, HubStatistics, Listener, Met, Nearby, Offer, RoomSize, Standing
from nearby.hub.memory.person import Attached
from nearby.hub.memory.placing import Again
from nearby.hub.memory.state import LiveState
from nearby.hub.seating import Placement
from nearby.hub.speech import Weighed


class MemoryHub:
    """One gateway's handle on a ``LiveState``. No call suspends but ``announce``, which alone raises ``HubDown``."""

    def __init__(self, state: LiveState, listener: Listener) -> None:
        self._state = state
        self._listener = listener
        state.listen(listener)

    async def close(self) -> None:
        """Hear nothing any more."""
        self._state.unlisten(self._listener)

    async def attach(self, caller: Caller, connection: ConnectionId, resume: wire.Resume | None, now_ms: int) -> None:
        """See ``Hub.attach``."""
        self._state.attach(caller, Attached(connection, self._listener), resume, now_ms)

    async def detach(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.detach``."""
        self._state.detach(person, connection, now_ms)

    async def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.renew``."""
        self._state.renew(caller, connection, now_ms)

    async def check_in(self, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing:
        """See ``Hub.check_in``."""
        return self._state.check_in(caller, ladder, now_ms, wishes)

    async def clear(self, person: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str = "left") -> bool:
        """See ``Hub.clear``."""
        return self._state.clear(person, connection, now_ms, why=why)

    async def place(self, person: PersonId, why: str, now_ms: int) -> Placement | None:
        """See ``Hub.place``."""
        placement = self._state.placing.place(person, why, now_ms)
        assert not isinstance(placement, Again)
        return placement

    async def offer(self, person: PersonId, now_ms: int) -> Offer | None:
        """See ``Hub.offer``."""
        return self._state.placing.offer(person, now_ms)

    async def seat(self, person: PersonId, room: RoomId, why: str, now_ms: int) -> bool:
        """See ``Hub.seat``."""
        return self._state.placing.seat(person, room, why, now_ms)

    async def open_room(self, person: PersonId, catchment: CatchmentId, why: str, now_ms: int) -> bool:
        """See ``Hub.open_room``."""
        return self._state.placing.open_room(person, catchment, why, now_ms)

    async def separate(self, author: PersonId, other: PersonId, now_ms: int, *, is_mutual: bool) -> None:
        """See ``Hub.separate``."""
        self._state.separate(author, other, now_ms, is_mutual=is_mutual)

    async def reconcile(self, author: PersonId, other: PersonId) -> None:
        """See ``Hub.reconcile``."""
        self._state.reconcile(author, other)

    async def ask_next(self, person: PersonId, connection: ConnectionId, room: RoomId | None, now_ms: int) -> None:
        """See ``Hub.ask_next``."""
        self._state.ask_next(person, connection, room, now_ms)

    async def shake(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.shake``."""
        self._state.shake(person, connection, now_ms)

    async def meet(self, now_ms: int) -> bool:
        """See ``Hub.meet``."""
        return self._state.meet(now_ms, settles=False)

    async def next_meeting_ms(self) -> int | None:
        """See ``Hub.next_meeting_ms``."""
        return self._state.shakes.next_ms()

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
        speaker, words = self._state.mine(person, connection), self._state.words
        return words.say(speaker, text, now_ms, room_id=room, message_id=message_id, is_unfit=is_unfit)

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
        speaker = self._state.mine(person, connection)
        return self._state.words.weigh(speaker, text, now_ms, room_id=room, message_id=message_id)

    async def screen(self, place: str, text: str, now_ms: int, *, author: PersonId | None = None) -> None:
        """See ``Speech.screen``."""
        self._state.words.screen(place, text, now_ms, author)

    async def member(self, person: PersonId, room: RoomId | None, member: MemberId) -> PersonId | None:
        """See ``Hub.member``."""
        return self._state.members.who_is(person, room, member)

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
        self._state.members.mute(person, connection, room, member, now_ms, is_on=is_on)

    async def mute_person(self, owner: PersonId, other: PersonId, *, is_on: bool) -> None:
        """See ``Hub.mute_person``."""
        self._state.members.mute_person(owner, other, is_on=is_on)

    async def greet(
        self, person: PersonId, connection: ConnectionId, room: RoomId | None, member: MemberId, now_ms: int
    ) -> Met | None:
        """See ``Hub.greet``."""
        return self._state.members.greet(person, connection, room, member, now_ms)

    async def part(self, one: PersonId, other: PersonId) -> None:
        """See ``Hub.part``."""
        self._state.members.part(one, other)

    async def tell(self, person: PersonId, message: wire.ServerMessage) -> None:
        """See ``Hub.tell``."""
        self._state.members.tell(person, message)

    async def ask_block(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.ask_block``."""
        self._state.ask_block(person, now_ms)

    async def move_away(self, person: PersonId, now_ms: int) -> None:
        """See ``Hub.move_away``."""
        self._state.move_away(person, now_ms)

    async def remove(self, person: PersonId, room: RoomId, now_ms: int) -> None:
        """See ``Hub.remove``."""
        self._state.catch_up(now_ms)
        self._state.seats.remove(person, room, now_ms)

    async def room_of(self, person: PersonId) -> RoomSize | None:
        """See ``Hub.room_of``."""
        return self._state.room_of(person)

    async def has_company(self, person: PersonId, now_ms: int) -> bool | None:
        """See ``Hub.has_company``."""
        self._state.catch_up(now_ms)
        return self._state.company.awaits(person, now_ms)

    async def cell_of(self, person: PersonId) -> Cell | None:
        """See ``Hub.cell_of``."""
        return self._state.cell_of(person)

    async def set_listed(self, person: PersonId, now_ms: int, *, is_listed: bool) -> None:
        """See ``Hub.set_listed``."""
        self._state.catch_up(now_ms)
        self._state.lists.choose(person, is_listed=is_listed)

    async def nearby(self, person: PersonId, now_ms: int) -> Nearby:
        """See ``Hub.nearby``."""
        self._state.catch_up(now_ms)
        return self._state.lists.show(person, self._state.window)

    async def who_is_nearby(self, person: PersonId, handle: str) -> PersonId | None:
        """See ``Hub.who_is_nearby``."""
        return self._state.lists.find(person, handle)

    async def brake(self, stopped: Stopped, now_ms: int) -> None:
        """See ``Hub.brake``."""
        self._state.catch_up(now_ms)
        self._state.stops.put(stopped)

    async def close_room(self, room: RoomId, now_ms: int) -> bool:
        """See ``Hub.close_room``."""
        self._state.catch_up(now_ms)
        return self._state.seats.close(room, now_ms)

    async def sweep(self, now_ms: int) -> Sequence[PersonId]:
        """See ``Hub.sweep``."""
        return self._state.sweep(now_ms)

    async def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """See ``Hub.spend``."""
        return self._state.networks.spend(purpose, network, limit=limit, span_ms=span_ms, now_ms=now_ms)

    async def connect_network(self, network: str, limit: int) -> bool:
        """See ``Hub.connect_network``."""
        return self._state.networks.connect(network, limit)

    async def disconnect_network(self, network: str) -> None:
        """See ``Hub.disconnect_network``."""
        self._state.networks.disconnect(network)

    async def statistics(self) -> HubStatistics:
        """See ``Hub.statistics``."""
        return self._state.statistics()

    async def announce(self, notice: str) -> None:
        """See ``Servers.announce``."""
        await self._state.servers.announce(notice)

    async def add_figures(self, step: int, figures: Mapping[str, int], now_ms: int) -> None:
        """See ``Servers.add_figures``."""
        self._state.servers.add_figures(step, figures, now_ms)

    async def figures(self, steps: Collection[int], now_ms: int) -> Sequence[Mapping[str, int]]:
        """See ``Servers.figures``."""
        return self._state.servers.figures(steps, now_ms)
