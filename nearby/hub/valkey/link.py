"""The way to the server: its functions, commands in one pipeline per turn of the loop, and its address."""

import asyncio
import contextlib
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError, ResponseError

from nearby.errors import HubDown

CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}

FUNCTIONS = Path(__file__).parent / "functions"

ANSWER_WITHIN_S = 2.0
"""A server that is silent for longer is taken to be gone."""

ELSEWHERE = ("MOVED", "ASK", "READONLY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN")
"""What a server says that is not, or not yet, the one to ask."""


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


_CODE, _ENDING = library()


class Link:
    """One gateway's way to the server that has a live state.

    Args:
        url: ``redis://``, ``rediss://``, or with ``+cluster`` any node of a cluster.
        tag: What all keys of the live state begin with; in a cluster it decides which primary has them.
    """

    def __init__(self, url: str, tag: str) -> None:
        self._url = url
        self._tag = tag
        self._client: Redis | None = None
        self._finding = asyncio.Lock()
        self._turn: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._flushes: set[asyncio.Task[None]] = set()

    def key(self, name: str) -> str:
        """Return a key with its tag."""
        return f"{self._tag}{name}"

    async def client(self) -> Redis:
        """Return the client of the server to ask, with the functions loaded.

        Raises:
            HubDown: There is none now.
        """
        if self._client is not None:
            return self._client
        async with self._finding:
            if self._client is None:
                try:
                    async with asyncio.timeout(ANSWER_WITHIN_S):
                        self._client = await self._find()
                except (RedisError, OSError, TimeoutError) as error:
                    raise HubDown from error
        return self._client

    async def call(self, *command: Any) -> Any:
        """Return what a command returns. Those of one turn of the loop go out together.

        Raises:
            HubDown: The server cannot be reached; it may or may not have been carried out.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._turn:
            loop.call_soon(self._flush)
        self._turn.append((command, future))
        return await future

    async def function(self, name: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Return what one of our functions returns; ``keys`` without their tag."""
        tagged = [self.key(key) for key in keys]
        return await self.call("FCALL", f"{name}_{_ENDING}", len(tagged), *tagged, *arguments)

    async def lose(self, client: Redis) -> None:
        """Ask for the address anew before the next command; ``client`` is the one that failed."""
        if self._client is client:
            self._client = None
        with contextlib.suppress(RedisError, OSError):
            await client.aclose()

    async def close(self) -> None:
        """End all connections."""
        for task in list(self._flushes):
            await asyncio.wait([task])
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _flush(self) -> None:
        turn, self._turn = self._turn, []
        task = asyncio.get_running_loop().create_task(self._send(turn))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _send(self, turn: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]) -> None:
        try:
            client = await self.client()
        except HubDown:
            _fail(turn)
            return
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                pipe = client.pipeline(transaction=False)
                for command, _ in turn:
                    pipe.execute_command(*command)
                answers = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError):
            await self.lose(client)
            _fail(turn)
            return
        for (_, future), answer in zip(turn, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, ResponseError) and not str(answer).startswith(ELSEWHERE):
                future.set_exception(answer)
            elif isinstance(answer, Exception):
                await self.lose(client)
                future.set_exception(HubDown())
            else:
                future.set_result(answer)

    async def _find(self) -> Redis:
        parts = urlsplit(self._url)
        url = self._url
        if parts.scheme in CLUSTER_SCHEMES:
            url = urlunsplit(parts._replace(scheme=CLUSTER_SCHEMES[parts.scheme]))
            cluster = RedisCluster.from_url(url, socket_timeout=ANSWER_WITHIN_S)
            try:
                await cluster.initialize()
                node = cluster.nodes_manager.get_node_from_slot(key_slot(self._tag.encode()))
                place = f"{node.host}:{node.port}"
            finally:
                await cluster.aclose()
            login, _, _ = parts.netloc.rpartition("@")
            url = urlunsplit(urlsplit(url)._replace(netloc=f"{login}@{place}" if login else place, path=""))
        client = Redis.from_url(
            url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S, driver_info=None
        )
        await client.execute_command(  # type: ignore[no-untyped-call]
            "FUNCTION", "LOAD", "REPLACE", _CODE
        )
        return client


def _fail(turn: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]) -> None:
    for _, future in turn:
        if not future.done():
            future.set_exception(HubDown())
