"""One gateway's handle on a slice whose live state stands on a server."""

from nearby.core.ids import ConnectionId, PersonId
from nearby.errors import HubDown
from nearby.hub.base import Standing
from nearby.hub.slices import Luggage, Way
from nearby.hub.valkey.attempt import Attempt, NotAGateway
from nearby.hub.valkey.hub import ValkeyHub
from nearby.hub.valkey.keys import PERSON_MS


def where_of(person: PersonId) -> str:
    """Return the key of which slice has a person: it stands in the slice that is their home, wherever they are."""
    return f"at:{person}"


class ValkeySlice(ValkeyHub):
    """See ``nearby.hub.slices.Slice``."""

    async def pack(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> Luggage | None:
        """See ``Slice.pack``."""

        def act(state: Attempt) -> Luggage | None:
            state.catch_up(now_ms, person)
            return state.crossing.pack(person, connection, state.window)

        return await self._do(act, now_ms)

    async def expects(self, luggage: Luggage, now_ms: int) -> bool:
        """See ``Slice.expects``."""

        def act(state: Attempt) -> bool:
            state.catch_up(now_ms)
            return state.crossing.expects(luggage, state.window)

        return await self._do(act, now_ms)

    async def release(self, luggage: Luggage, number: int, now_ms: int) -> bool:
        """See ``Slice.release``."""

        def act(state: Attempt) -> bool:
            state.catch_up(now_ms, luggage.person)
            return state.crossing.release(luggage, number, now_ms, state.window)

        is_gone = await self._do(act, now_ms)
        if is_gone:
            self._forget(luggage.connection)
        return is_gone

    async def arrive(self, luggage: Luggage, connection: ConnectionId | None, now_ms: int) -> Standing | None:
        """See ``Slice.arrive``. HubDown too if this gateway is none here just now."""

        def act(state: Attempt) -> Standing | None:
            state.catch_up(now_ms, luggage.person)
            attached = None if connection is None else state.attached(connection, self.gateway)
            return state.crossing.arrive(luggage, attached, now_ms, state.window)

        if connection is not None:
            self._connections.add(connection, luggage.person)
        try:
            standing = await self._do(act, now_ms)
        except NotAGateway:
            self._forget(connection)
            raise HubDown from None
        if standing is None:
            self._forget(connection)
        return standing

    async def unburden(self, person: PersonId, hop: int) -> None:
        """See ``Slice.unburden``."""
        await self._do(lambda state: state.crossing.unburden(person, hop))

    async def where_gone(self, person: PersonId) -> Way | None:
        """See ``Slice.where_gone``."""
        return await self._do(lambda state: state.crossing.where_gone(person))

    async def call_across(self, person: PersonId, now_ms: int) -> None:
        """See ``Slice.call_across``."""
        await self._do(lambda state: state.crossing.call_across(person), now_ms)

    async def where_is(self, person: PersonId) -> int | None:
        """See ``Slice.where_is``."""
        found = await self._link.call("GETEX", self._link.key(where_of(person)), "PX", PERSON_MS)
        return None if found is None else int(found)

    async def note_where(self, person: PersonId, number: int) -> None:
        """See ``Slice.note_where``."""
        await self._link.call("SET", self._link.key(where_of(person)), number, "PX", PERSON_MS)

    def _forget(self, connection: ConnectionId | None) -> None:
        if connection is not None:
            self._connections.remove(connection)
