"""Finds the server that has a live state, and tells it from the one that had it before."""

from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import RedisError

from nearby.hub.valkey.batch import Batch
from nearby.hub.valkey.keys import BACKSTOP_MS
from nearby.hub.valkey.versions import new_version
from nearby.hub.valkey.working import VERSION_BYTES

CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}

FUNCTIONS = Path(__file__).parent / "functions"

RUN = "run"
"""The key of which run of a server has the live state, and how often that changed: its generation."""

Address = tuple[str, int]


def library() -> tuple[str, str]:
    """Return the server's functions as one library, and what each name in it ends with.

    The ending is drawn from the code: gateways of two versions may share a server.
    """
    code = "\n".join(path.read_text() for path in sorted(FUNCTIONS.glob("*.lua")))
    ending = blake2b(code.encode(), digest_size=4).hexdigest()
    head = f"""#!lua name=nearby_{ending}
local function register(name, callback, is_reading)
  redis.register_function{{function_name = name .. '_{ending}', callback = callback,
    flags = is_reading and {{'no-writes'}} or {{}}}}
end
"""
    return head + code, ending


CODE, ENDING = library()


def replicas_to_wait_for(url: str) -> tuple[str, int]:
    """Return a URL without its ``wait``, and how many replicas that says must have what is written; 0 without it."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    wait = int(query.pop("wait", 0))
    return urlunsplit(parts._replace(query=urlencode(query))), wait


class Finder:
    """Finds the server that has a live state.

    Args:
        url: As for ``Link``.
        tag: Begins every key.
        within_s: How long one answer may take.
    """

    def __init__(self, url: str, tag: str, within_s: float) -> None:
        parts = urlsplit(url)
        self._is_cluster = parts.scheme in CLUSTER_SCHEMES
        self._url = urlunsplit(parts._replace(scheme=CLUSTER_SCHEMES.get(parts.scheme, parts.scheme)))
        self._tag = tag
        self._within_s = within_s
        self._nodes: list[Address] = [(parts.hostname or "127.0.0.1", parts.port or 6379)]

    async def find(self) -> tuple[Redis, int]:
        """Return a client of it, with the functions loaded, and its generation.

        Raises:
            RedisError: There is none now. Ask again: other nodes of a cluster are asked then.
            OSError: The same.
        """
        url = self._at(await self._owner()) if self._is_cluster else self._url
        client = self._client(url)
        try:
            await _execute(client, "FUNCTION", "LOAD", "REPLACE", CODE)
            return client, await self._generation(client)
        except BaseException:
            await client.aclose()
            raise

    async def _owner(self) -> Address:
        """Return the primary that has the tag's slot."""
        asked = self._nodes[0]
        # Whoever does not answer in time is asked last.
        self._nodes = [*self._nodes[1:], asked]
        slot = key_slot(self._tag.encode())
        async with self._client(self._at(asked)) as client:
            ranges = await _execute(client, "CLUSTER", "SLOTS")
        nodes = {_address(node, asked): None for _, _, *serving in ranges for node in serving}
        self._nodes = [asked, *(node for node in nodes if node != asked)]
        for first, last, primary, *_ in ranges:
            if first <= slot <= last:
                return _address(primary, asked)
        raise RedisError("no node has the slot")

    async def _generation(self, client: Redis) -> int:
        """Return which generation of the live state this run of the server has: a new one if it has it newly."""
        run_id = str((await _execute(client, "INFO", "server"))["run_id"])
        key = f"{self._tag}{RUN}"
        while True:
            stored = await _execute(client, "GET", key) or b""
            known, generation = run_in(stored)
            if known == run_id:
                return generation
            # By the server's clock, so that no generation comes twice, not even after everything was flushed.
            seconds, micros = await _execute(client, "TIME")
            there_ms = int(seconds) * 1_000 + int(micros) // 1_000
            value = msgspec.msgpack.encode((run_id, max(generation + 1, there_ms)))
            batch = Batch()
            batch.add(new_version(), {key: stored}, [(key, value, BACKSTOP_MS)], ())
            await _execute(client, "FCALL", f"commit_{ENDING}", 1, key, *batch.arguments(BACKSTOP_MS))

    def _client(self, url: str) -> Redis:
        # Without driver_info=None each connection looks up the package's version on disk, which blocks.
        # Nothing is sent twice behind our back: what was carried out and not answered would be done again.
        return Redis.from_url(
            url,
            socket_timeout=self._within_s,
            socket_connect_timeout=self._within_s,
            driver_info=None,
            retry=Retry(NoBackoff(), 0),
        )

    def _at(self, node: Address) -> str:
        """Return the URL with another address in it."""
        parts = urlsplit(self._url)
        login, _, _ = parts.netloc.rpartition("@")
        host, port = node
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return urlunsplit(parts._replace(netloc=f"{login}@{place}" if login else place, path=""))


def run_in(stored: bytes) -> tuple[str, int]:
    """Return the run id and the generation of a stored run, those of none if there is none."""
    if not stored:
        return "", 0
    run_id, generation = msgspec.msgpack.decode(stored[VERSION_BYTES:])
    return run_id, generation


async def _execute(client: Redis, *command: Any) -> Any:
    return await client.execute_command(*command)  # type: ignore[no-untyped-call]


def _address(node: Any, asked: Address) -> Address:
    host, port = node[0], node[1]
    name = host.decode() if isinstance(host, bytes) else host
    return name or asked[0], int(port)
