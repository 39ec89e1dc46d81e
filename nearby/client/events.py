"""What a phone tells its app, beside the messages of the wire."""

from dataclasses import dataclass

from nearby.core import wire


@dataclass(frozen=True, slots=True)
class Connected:
    """The server welcomed the phone; ``resumed`` means exactly the missed events follow."""

    welcome: wire.Welcome

    @property
    def resumed(self) -> bool:
        """Return whether the room's log simply goes on."""
        return self.welcome.resumed


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone.

    ``code`` is the close code, None if the connection broke. ``back_in_s`` is when the
    phone tries again, None if it does not.
    """

    code: int | None
    back_in_s: float | None


PhoneEvent = Connected | Disconnected | wire.RoomEvent | wire.Placed | wire.Unplaced | wire.Expiring | wire.Bye
