"""The way to the server: commands in one pipeline per turn of the loop, and what becomes of them when it is gone."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.exceptions import RedisError

from nearby.errors import HubDown
from nearby.hub.valkey.finding import ENDING, Finder, replicas_to_wait_for
from nearby.hub.valkey.pipe import CommandRefused, Pipe, open_pipe

ANSWER_WITHIN_S = 2.0
"""A server that is silent for longer is taken to be gone."""

REPLICATED_WITHIN_MS = 1_000
"""How long replicas have to acknowledge a write, if the URL asks for that."""

ELSEWHERE = ("MOVED", "ASK", "READONLY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN", "UNBLOCKED")
"""What a server says that is not, or not yet, the one to ask."""

UNABLE = ("NOREPLICAS", "OOM", "MISCONF")
"""What the right server says while it takes no writes."""

UNLOADED = "Function not found"


class Link:
    """One gateway's way to the server that has a live state.

    Args:
        url: ``redis://``, ``rediss://``, or with ``+cluster`` any node of a cluster. With ``?wait=N`` a write counts
            only once N replicas have it; what was written and is not acknowledged so raises ``HubDown``.
        tag: What all keys of the live state begin with; in a cluster it decides which primary has them.
    """

    def __init__(self, url: str, tag: str) -> None:
        url, self._wait = replicas_to_wait_for(url)
        self._finder = Finder(url, tag, ANSWER_WITHIN_S)
        self._tag = tag
        self._client: Redis | None = None
        self._finding: asyncio.Task[Redis] | None = None
        self._pipe: Pipe | None = None
        self._other_pipe: Pipe | None = None
        self._piping: asyncio.Task[Pipe] | None = None
        self._on_generation: list[Callable[[int], None]] = []
        self.generation = 0
        """How often another run of a server, or another server, was found to have the live state; 0 before the first.
        No two are the same."""

    def on_generation(self, call: Callable[[int], None]) -> None:
        """Call this with every new generation, before anything is asked in it."""
        self._on_generation.append(call)

    def note_generation(self, generation: int) -> None:
        """Take notice of a generation that was read."""
        if generation > self.generation:
            self.generation = generation
            for call in self._on_generation:
                call(generation)

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
        if self._finding is None:
            self._finding = asyncio.get_running_loop().create_task(self._find())
            self._finding.add_done_callback(self._found)
        # All who wait share one look: else each would wait for those before.
        return await asyncio.shield(self._finding)

    async def call(self, *command: Any) -> Any:
        """Return what a command returns. Those of one turn of the loop go out together.

        Raises:
            HubDown: The server cannot be reached; it may or may not have been carried out.
            CommandRefused: The server refuses it, and would again.
        """
        pipe = self._pipe
        if pipe is None or not pipe.is_open:
            pipe = await self._piped()
        try:
            if self._wait and command[0] == "FCALL":
                answer, replicas = await asyncio.gather(
                    pipe.ask(*command), pipe.ask("WAIT", self._wait, REPLICATED_WITHIN_MS)
                )
                if replicas < self._wait:
                    # It is done, but a failover may undo it: whoever asked is to ask again.
                    raise HubDown
                return answer
            return await pipe.ask(*command)
        except CommandRefused as refused:
            if not _is_passing(refused):
                raise
            if not str(refused).startswith(UNABLE):
                await self._drop(pipe)
            raise HubDown from refused
        except HubDown:
            if not pipe.is_open:
                await self._drop(pipe)
            raise

    async def function(self, name: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Return what one of our functions returns; ``keys`` without their tag."""
        tagged = [self.key(key) for key in keys]
        return await self.call("FCALL", f"{name}_{ENDING}", len(tagged), *tagged, *arguments)

    async def another_pipe(self, client: Redis) -> Pipe:
        """Return another connection to the server of a client, for the one who asks what blocks.

        Raises:
            HubDown: It cannot be had; ask for the client anew.
        """
        if self._other_pipe is None or not self._other_pipe.is_open:
            pipe = await self._open(client)
            if client is not self._client:
                pipe.close()
                raise HubDown
            self._other_pipe = pipe
        return self._other_pipe

    async def lose(self, client: Redis) -> None:
        """Ask for the address anew before the next command; ``client`` is the one that failed."""
        if self._client is client:
            self._client = None
            for pipe in (self._pipe, self._other_pipe):
                if pipe is not None:
                    pipe.close()
            self._pipe = self._other_pipe = None
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await client.aclose()

    async def close(self) -> None:
        """End all connections."""
        for task in (self._finding, self._piping):
            if task is not None:
                await asyncio.wait([task])
        if self._client is not None:
            await self.lose(self._client)

    async def _find(self) -> Redis:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                client, generation = await self._finder.find()
        except (RedisError, OSError, TimeoutError) as error:
            raise HubDown from error
        self._client = client
        self.note_generation(generation)
        return client

    def _found(self, finding: asyncio.Task[Redis]) -> None:
        self._finding = None
        if not finding.cancelled():
            finding.exception()  # Those who waited for it have it.

    async def _piped(self) -> Pipe:
        """Return the connection for commands, a new one if need be."""
        if self._pipe is not None and not self._pipe.is_open:
            # What answers at that address now may be another run of the server, and have lost something.
            await self._drop(self._pipe)
        client = await self.client()
        if self._pipe is not None and self._pipe.is_open:
            return self._pipe
        if self._piping is None:
            self._piping = asyncio.get_running_loop().create_task(self._open_pipe(client))
            self._piping.add_done_callback(self._opened)
        return await asyncio.shield(self._piping)

    async def _open(self, client: Redis) -> Pipe:
        pool = client.connection_pool
        is_encrypted = issubclass(pool.connection_class, SSLConnection)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await open_pipe(pool.connection_kwargs, ANSWER_WITHIN_S, is_encrypted=is_encrypted)
        except (OSError, TimeoutError, CommandRefused, HubDown) as error:
            await self.lose(client)
            raise HubDown from error

    async def _open_pipe(self, client: Redis) -> Pipe:
        pipe = await self._open(client)
        if client is not self._client:
            # It was lost meanwhile: this is the way to a server that may have nothing to say any more.
            pipe.close()
            raise HubDown
        self._pipe = pipe
        return pipe

    def _opened(self, piping: asyncio.Task[Pipe]) -> None:
        self._piping = None
        if not piping.cancelled():
            piping.exception()  # Those who waited for it have it.

    async def _drop(self, pipe: Pipe) -> None:
        """Ask for the address anew; ``pipe`` is the connection that failed."""
        pipe.close()
        if self._pipe is pipe:
            self._pipe = None
            if self._client is not None:
                await self.lose(self._client)


def _is_passing(answer: CommandRefused) -> bool:
    text = str(answer)
    return text.startswith(ELSEWHERE + UNABLE) or UNLOADED in text
