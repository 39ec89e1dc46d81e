"""The secrets in force: what signs tokens, and what keys draws and the database's hashes."""

import hashlib
from dataclasses import dataclass

from nearby.server.config import Settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """``signing`` keys for tokens, the one that signs first; ``draws`` keys windows and draws, ``store`` its hashes."""

    signing: tuple[bytes, ...]
    draws: bytes
    store: bytes

    @classmethod
    def of(cls, settings: Settings) -> "Secrets":
        """Return the secrets in force. Reads and may write the data directory."""
        signing = settings.secrets()
        # From the signing secret, so that restarts keep it; or from what servers that share a hub have in common.
        shared = settings.store_secret.encode() if settings.hub_url else None
        draws = _derived(shared or (signing[0] if signing else settings.own_secret()), b"nearby draws")
        # Not from it: what is in force against erased people outlives a change of keys.
        store = _derived(settings.store_secret.encode() or settings.own_secret(), b"nearby store")
        return cls(signing, draws, store)


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32, person=purpose).digest()
