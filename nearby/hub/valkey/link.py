"""The way to the server: commands in one pipeline per turn of the loop, and what becomes of them when it is gone."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from nearby.errors import HubDown
from nearby.hub.valkey.finding import ENDING, Finder, replicas_to_wait_for

ANSWER_WITHIN_S = 2.0
"""A server that is silent for longer is taken to be gone."""

REPLICATED_WITHIN_MS = 1_000
"""How long replicas have to acknowledge a write, if the URL asks for that."""

ELSEWHERE = ("MOVED", "ASK", "READONLY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN", "UNBLOCKED")
"""What a server says that is not, or not yet, the one to ask."""

UNABLE = ("NOREPLICAS", "OOM", "MISCONF")
"""What the right server says while it takes no writes."""

UNLOADED = "Function not found"

Turn = list[tuple[tuple[Any, ...], asyncio.Future[Any]]]


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
        self._turn: Turn = []
        self._flushes: set[asyncio.Task[None]] = set()
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
        return await self.call("FCALL", f"{name}_{ENDING}", len(tagged), *tagged, *arguments)

    async def lose(self, client: Redis) -> None:
        """Ask for the address anew before the next command; ``client`` is the one that failed."""
        if self._client is client:
            self._client = None
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await client.aclose()

    async def close(self) -> None:
        """End all connections."""
        while self._flushes:
            await asyncio.wait(list(self._flushes))
        if self._finding is not None:
            await asyncio.wait([self._finding])
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

    def _flush(self) -> None:
        turn, self._turn = self._turn, []
        task = asyncio.get_running_loop().create_task(self._send(turn))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _send(self, turn: Turn) -> None:
        """Send one turn's commands. Whatever happens, each is answered."""
        try:
            client = await self.client()
            try:
                answers = await self._ask(client, turn)
            except (RedisError, OSError, TimeoutError) as error:
                await self.lose(client)
                raise HubDown from error
        except BaseException as error:
            for _, future in turn:
                if not future.done():
                    future.set_exception(HubDown() if isinstance(error, HubDown) else error)
            return
        for (_, future), answer in zip(turn, answers, strict=True):
            if future.done():
                continue
            if not isinstance(answer, Exception):
                future.set_result(answer)
            elif isinstance(answer, ResponseError) and not _is_passing(answer):
                future.set_exception(answer)
            else:
                if not isinstance(answer, HubDown) and not str(answer).startswith(UNABLE):
                    await self.lose(client)
                future.set_exception(HubDown())

    async def _ask(self, client: Redis, turn: Turn) -> list[Any]:
        is_to_wait = self._wait > 0 and any(command[0] == "FCALL" for command, _ in turn)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            pipe = client.pipeline(transaction=False)
            for command, _ in turn:
                pipe.execute_command(*command)
            if is_to_wait:
                pipe.execute_command("WAIT", self._wait, REPLICATED_WITHIN_MS)
            answers = await pipe.execute(raise_on_error=False)
        if is_to_wait:
            replicas = answers.pop()
            if isinstance(replicas, Exception) or int(replicas) < self._wait:
                # It is done, but a failover may undo it: whoever asked is to ask again.
                pairs = zip(turn, answers, strict=True)
                return [HubDown() if command[0] == "FCALL" else answer for (command, _), answer in pairs]
        return list(answers)


def _is_passing(answer: ResponseError) -> bool:
    text = str(answer)
    return text.startswith(ELSEWHERE + UNABLE) or UNLOADED in text
