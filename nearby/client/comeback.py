"""Whether a phone comes back after a connection ended, and when."""

from dataclasses import dataclass
from random import Random

from nearby.client.backoff import Backoff
from nearby.client.settings import PhoneSettings
from nearby.core.rules import SECOND_MS
from nearby.errors import FIRST_FINAL_CODE, CloseCode

LAST_FINAL_CODE = 3999
"""Codes from 4000 on are nobody's in this protocol; some proxy made them up."""


@dataclass(frozen=True, slots=True)
class Drop:
    """How a connection, or the attempt at one, ended.

    Args:
        code: The server's close code, None without one.
        error: What broke it, None if the server closed it.
        wait_s: How long the server asked to wait, None if it did not.
    """

    code: int | None = None
    error: Exception | None = None
    wait_s: float | None = None


class Comeback:
    """The policy of one phone.

    Args:
        settings: Its delays.
        can_ask: Whether there is a token function to ask when a token is refused.
        random: The source of jitter.
    """

    def __init__(self, settings: PhoneSettings, *, can_ask: bool, random: Random) -> None:
        self._longest_wait_s = settings.longest_wait_s
        self._backoff = Backoff(base_s=settings.base_s, cap_s=settings.cap_s, random=random)
        self._can_ask = can_ask
        self._has_asked = False
        self._bye_s: float | None = None

    def welcomed(self) -> None:
        """The token was good: the next one that is refused may be replaced again."""
        self._has_asked = False

    def bye(self, reconnect_ms: int) -> None:
        """The server goes down and named the delay, jittered by itself, after which to come back."""
        self._bye_s = self._bounded_s(reconnect_ms / SECOND_MS)

    def after(self, drop: Drop, *, connected_s: float) -> float | None:
        """Return the delay after which to try again, None for never.

        Codes 3500 to 3999 are final; only a refused token (3500) is replaced, once until the next welcome.

        Args:
            drop: How the connection ended.
            connected_s: How long it lasted from its welcome on, 0 if there was none.
        """
        bye_s, self._bye_s = self._bye_s, None
        self._backoff.lasted(connected_s)
        if drop.code == CloseCode.BAD_TOKEN and self._can_ask and not self._has_asked:
            self._has_asked = True
        elif drop.code is not None and FIRST_FINAL_CODE <= drop.code <= LAST_FINAL_CODE:
            return None
        elif bye_s is not None:
            return bye_s
        wait_s = 0.0 if drop.wait_s is None else self._bounded_s(drop.wait_s)
        return wait_s + self._backoff.next_s()

    def _bounded_s(self, wait_s: float) -> float:
        return min(max(0.0, wait_s), self._longest_wait_s)
