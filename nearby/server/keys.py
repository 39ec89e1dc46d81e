"""The issuer's public keys: read from a file or fetched from an address, and kept fresh."""

import asyncio
import json
import logging
from pathlib import Path

import aiohttp

from nearby.errors import ConfigError
from nearby.server.auth import PublicKey, Verifier, read_key_set
from nearby.server.metrics import Metrics

log = logging.getLogger(__name__)

REFRESH_S = 300.0
FETCH_TIMEOUT_S = 10.0
MAX_DOCUMENT_BYTES = 256 * 1024


async def load_keys(source: str) -> list[PublicKey]:
    """Return the keys of the JWKS document at ``source``, a path or an http(s) address.

    Raises:
        ConfigError: It cannot be read or holds no usable key.
    """
    try:
        if source.startswith(("http://", "https://")):
            data = await _fetch(source)
        else:
            data = await asyncio.to_thread(Path(source).read_bytes)
        return read_key_set(json.loads(data))
    except aiohttp.ClientResponseError as error:
        # Its text holds the address, which may hold a password or a key.
        raise ConfigError("jwks", f"its address answers with status {error.status}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ConfigError("jwks", f"its address cannot be read ({type(error).__name__})") from None
    except OSError as error:
        raise ConfigError("jwks", f"the file cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError("jwks", f"the key set cannot be used: {error}") from None


async def keep_fresh(source: str, verifier: Verifier, metrics: Metrics) -> None:
    """Read the keys again every five minutes until cancelled; on failure the old ones stay in force."""
    while True:
        await asyncio.sleep(REFRESH_S)
        try:
            verifier.replace_keys(await load_keys(source))
        except ConfigError as error:
            metrics.jwks_failures.inc()
            log.warning("keeping the old keys: %s", error)


async def _fetch(address: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as response:
        response.raise_for_status()
        document = bytearray()
        async for chunk in response.content.iter_any():
            document += chunk
            if len(document) > MAX_DOCUMENT_BYTES:
                raise ValueError(f"it is larger than {MAX_DOCUMENT_BYTES // 1024} KiB")
        return bytes(document)
