"""What the store draws by itself: true randomness enters here, and nowhere else below the server."""

import secrets
from random import Random, SystemRandom

ID_BYTES = 9
"""72 bits: nobody guesses one, and no two of a thousand million are likely to be alike."""

KEY_BYTES = 32


def new_id() -> str:
    """Return a new opaque id of 12 characters, of a row that no caller has named."""
    return secrets.token_urlsafe(ID_BYTES)


def new_key() -> bytes:
    """Return a new key of 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def new_random() -> Random:
    """Return what draws from the system's randomness."""
    return SystemRandom()
