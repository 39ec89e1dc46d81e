"""What a gateway is told, as it travels: the calls of ``Listener`` as values."""

from collections.abc import Callable, Collection, Sequence
from typing import cast

import msgspec
from msgspec import Struct

from nearby.core import wire
from nearby.core.ids import ConnectionId, RoomId
from nearby.hub.base import Listener
from nearby.hub.slices import SliceListener


class Welcomed(Struct, array_like=True, tag="w"):
    """See ``Listener.welcomed``."""

    connection: str
    resumed: str | None
    then: list[wire.ServerMessage]


class Seated(Struct, array_like=True, tag="s"):
    """See ``Listener.seated``."""

    connection: str
    placed: wire.Placed


class Unseated(Struct, array_like=True, tag="u"):
    """See ``Listener.unseated``."""

    connection: str
    why: str


class TakenOut(Struct, array_like=True, tag="o"):
    """See ``Listener.taken_out``."""

    connection: str


class CalledAcross(Struct, array_like=True, tag="c"):
    """See ``SliceListener.called_across``."""

    connection: str


class Told(Struct, array_like=True, tag="t"):
    """See ``Listener.told``."""

    connection: str
    message: wire.ServerMessage


class Replaced(Struct, array_like=True, tag="r"):
    """See ``Listener.replaced``."""

    connection: str


class Happened(Struct, array_like=True, tag="e"):
    """See ``Listener.room_event``."""

    event: wire.RoomEvent
    unheard_by: str | None = None
    skipped_by: list[str] = []


class Announced(Struct, array_like=True, tag="a"):
    """See ``Colleague.announced``; ``name`` is what it is answered by."""

    name: str
    notice: str


class Learned(Struct, array_like=True, tag="l"):
    """What a value is now that had the version ``before``: whoever has that need not ask.

    It is for the gateway and not for its listener: a room's row goes along with what happened there.
    """

    key: str
    before: bytes
    value: bytes


Call = Welcomed | Seated | Unseated | TakenOut | CalledAcross | Told | Replaced | Happened | Announced | Learned


def announcement_of(name: str) -> str:
    """Return the key of the gateways that have not seen to an announcement."""
    return f"nt:{name}"


read_calls = msgspec.msgpack.Decoder(list[Call]).decode


def carry_out(call: Call, listener: Listener, answer: Callable[[str], None]) -> None:
    """Have a listener hear a call; ``answer`` tells that it saw to the announcement of a name."""
    match call:
        case Happened(event, unheard_by, skipped_by):
            listener.room_event(
                event,
                unheard_by=None if unheard_by is None else ConnectionId(unheard_by),
                skipped_by=[ConnectionId(one) for one in skipped_by],
            )
        case Welcomed(connection, resumed, then):
            room = None if resumed is None else RoomId(resumed)
            listener.welcomed(ConnectionId(connection), resumed=room, then=then)
        case Seated(connection, placed):
            listener.seated(ConnectionId(connection), placed)
        case Unseated(connection, why):
            listener.unseated(ConnectionId(connection), why)
        case TakenOut(connection):
            listener.taken_out(ConnectionId(connection))
        case CalledAcross(connection):
            cast(SliceListener, listener).called_across(ConnectionId(connection))
        case Told(connection, message):
            listener.told(ConnectionId(connection), message)
        case Replaced(connection):
            listener.replaced(ConnectionId(connection))
        case Announced(name, notice):
            listener.announced(notice, lambda: answer(name))


class Outbox:
    """What an attempt would tell which gateway, in order."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Call]] = {}

    def tell(self, gateway: str, call: Call) -> None:
        """Have a gateway told something."""
        self.calls.setdefault(gateway, []).append(call)


class Ear:
    """The listener of one gateway, which may be far away: what it is told is written down.

    Args:
        gateway: Whose ear it is.
        outbox: Where it is written down.
    """

    def __init__(self, gateway: str, outbox: Outbox) -> None:
        self.gateway = gateway
        self._outbox = outbox

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Welcomed(connection, resumed, list(then)))

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Seated(connection, placed))

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Unseated(connection, why))

    def taken_out(self, connection: ConnectionId) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, TakenOut(connection))

    def called_across(self, connection: ConnectionId) -> None:
        """See ``SliceListener``."""
        self._outbox.tell(self.gateway, CalledAcross(connection))

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Told(connection, message))

    def replaced(self, connection: ConnectionId) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Replaced(connection))

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """Fail: who forgets a connection cannot tell it so. Its gateway finds out."""
        raise TypeError("a live state tells nobody what it does not know")

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """Fail: no operation announces anything."""
        raise TypeError("a live state announces nothing by itself")

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """See ``Listener``."""
        self._outbox.tell(self.gateway, Happened(event, unheard_by, list(skipped_by)))
