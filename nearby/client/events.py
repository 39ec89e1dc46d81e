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
    """The connection is gone, or an attempt at one failed.

    Args:
        code: The server's close code, None if it sent none.
        back_in_s: When the phone tries again, None if it does not.
        error: What broke the connection or the attempt, None if the server closed it: the
            network's error, an HTTP answer to the upgrade, or what the token function raised.
    """

    code: int | None
    back_in_s: float | None
    error: Exception | None = None


PhoneEvent = (
    Connected
    | Disconnected
    | wire.HeardEvent
    | wire.Greeted
    | wire.Known
    | wire.Shaken
    | wire.Placed
    | wire.Unplaced
    | wire.Expiring
    | wire.Bye
)
