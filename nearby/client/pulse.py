"""Telling a dead connection from a quiet one.

A network that vanishes closes nothing: a phone in a tunnel would wait for ever. The server pings
every ``ping_s``, so listening is enough: pings of our own would double the traffic of an idle phone
and wake its radio once more. Somebody who says something finds out sooner than by the next ping.
"""


class Pulse:
    """When was the last sign of life, and until when is silence normal? No clock is read here.

    Args:
        now_s: When the server welcomed the phone.
        ping_s: How often the server pings.
        silent_s: How much later than that, or than a question, a sign of life may come.
    """

    def __init__(self, now_s: float, *, ping_s: float, silent_s: float) -> None:
        self._heard_s = now_s
        self._asked_s: float | None = None
        self._ping_s = ping_s
        self._silent_s = silent_s

    def heard(self, now_s: float) -> None:
        """Something came: bytes of a message, a ping, whatever."""
        self._heard_s = now_s
        self._asked_s = None

    def asked(self, now_s: float) -> None:
        """Something was sent that the server answers."""
        if self._asked_s is None:
            self._asked_s = now_s

    def dead_at_s(self) -> float:
        """Return when the connection counts as dead, unless something comes before."""
        due_s = self._heard_s + self._ping_s
        if self._asked_s is not None:
            due_s = min(due_s, self._asked_s)
        return due_s + self._silent_s
