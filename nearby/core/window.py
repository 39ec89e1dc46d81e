"""Windows, and the draws that are the same whoever asks and whenever they ask.

Window ``n`` is the half-open span ``[n * width_ms, (n + 1) * width_ms)`` of milliseconds since the
Unix epoch: no overlap, no gap. All chance in placement is a keyed draw, a number that only the
holder of the secret can compute: asking again gives the same answer, so probing does not average
it away (fresh noise does: Wu and Hu, PoPETs 2016).
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import copysign, log1p
from struct import Struct

from nearby.core.ids import Cell, PersonId

_SCALE = 2.0**-52
_TOKEN_BYTES = 12

WORDS = 16
_read_words = Struct(f">{WORDS}I").unpack
_WORDS_BYTES = 4 * WORDS
"""The most that one BLAKE2b gives."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The common windows of a service and its keyed draws.

    Args:
        width_ms: Width of a window, at least 1.
        secret: At least 16 and at most 64 bytes, the same in every process of the service.
    """

    width_ms: int
    secret: bytes

    def __post_init__(self) -> None:
        """Refuse an empty window or a secret that could be guessed or not be used whole."""
        if self.width_ms < 1 or not 16 <= len(self.secret) <= 64:
            raise ValueError("a window is at least 1 ms wide and its secret has 16 to 64 bytes")

    def at(self, now_ms: int) -> int:
        """Return the number of the window that contains ``now_ms``."""
        return now_ms // self.width_ms

    def start_ms(self, window: int) -> int:
        """Return the first millisecond of ``window``."""
        return window * self.width_ms

    def moment_ms(self, window: int, person: PersonId) -> int:
        """Return when in ``window`` the person's cell may change: uniform, new every window.

        Everybody has a moment of their own, so that a change seen by others tells when the
        moment was and not when the border was crossed.
        """
        return self.start_ms(window) + int(self.draw(window, "moment", person) * self.width_ms)

    def noise(self, window: int, cell: Cell, scale: float) -> float:
        """Return the Laplace noise of a cell's count in ``window``, with the given scale."""
        centred = self.draw(window, "noise", str(cell)) - 0.5
        return -scale * copysign(log1p(-2 * abs(centred)), centred)

    def draw(self, window: int, purpose: str, *about: str) -> float:
        """Return a number in (0, 1), both ends excluded, keyed by the secret, the window and what it is about."""
        return ((self.draw_bits(window, purpose, *about) >> 12) + 0.5) * _SCALE

    def draw_bits(self, window: int, purpose: str, *about: str) -> int:
        """Return 64 such bits. BLAKE2b with a key is the HMAC here: half the cost of HMAC-SHA-256."""
        return int.from_bytes(self._digest(8, window, purpose, about), "big")

    def draw_words(self, window: int, purpose: str, *about: str) -> tuple[int, ...]:
        """Return ``WORDS`` numbers of 32 such bits, for the cost of one draw."""
        return _read_words(self._digest(_WORDS_BYTES, window, purpose, about))

    def draw_token(self, window: int, purpose: str, *about: str) -> str:
        """Return 16 characters of ``A-Z a-z 0-9 _ -``: 96 such bits."""
        return urlsafe_b64encode(self._digest(_TOKEN_BYTES, window, purpose, about)).decode()

    def _digest(self, size: int, window: int, purpose: str, about: tuple[str, ...]) -> bytes:
        keyed = _keyed(self.secret, window, size, purpose).copy()
        keyed.update("\0".join(about).encode())
        return keyed.digest()


@lru_cache(maxsize=256)
def _keyed(secret: bytes, window: int, size: int, purpose: str) -> blake2b:
    """Return a BLAKE2b that has all but what a draw is about: a copy of it draws at half the cost of a new one."""
    keyed = blake2b(digest_size=size, key=secret, salt=window.to_bytes(8, "big", signed=True))
    keyed.update(purpose.encode() + b"\0")
    return keyed
