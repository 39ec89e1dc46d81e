"""Sends what attempts would write: those of one turn of the loop together, in order, over the gateway's connection."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nearby.hub.valkey.batch import Batch, Set, Written
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.keys import BACKSTOP_MS
from nearby.hub.valkey.link import Link

MOST_AT_ONCE = 64
"""Attempts in one call: the server does nothing else meanwhile, for some milliseconds."""


class Heard(NamedTuple):
    """Up to where a gateway has read its stream: the key of that, and the id of an entry."""

    stream: str
    entry: bytes


Refused = Callable[[Mapping[str, bytes]], None]
"""Takes the values that are others than an attempt was decided by."""

Asked = tuple[asyncio.Future[Written], Refused]


def _ignore(stale: Mapping[str, bytes]) -> None:
    """Leave it to whoever waits."""


class Committer:
    """Carries the writes of one gateway's attempts to the server.

    Args:
        link: The way to the server.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._batch = Batch()
        self._answers: list[Asked] = []
        self._sending: set[asyncio.Task[Any]] = set()
        self._unsent = 0
        """How many of these have not begun."""
        self.heard: Callable[[], Heard | None] = lambda: None
        """Returns up to where the gateway has read, None if it does not read in the present generation."""
        self.hear: Callable[[str, Sequence[tuple[bytes, Any]]], None] = lambda stream, entries: None
        """Takes what follows in a stream, before anybody is told that it was written."""

    def add(
        self,
        version: bytes,
        read: Mapping[str, bytes],
        sets: Sequence[Set],
        commands: Iterable[Command],
        refused: Refused = _ignore,
    ) -> asyncio.Future[Written]:
        """Return what will have become of an attempt's writes; see ``Batch.add``.

        If it was refused, ``refused`` is told why. All attempts of one call are, in order, before any goes on: else the
        first of them would be tried again, and what it wrote this time be undone as the next one is taken back.

        The future ends with ``HubDown`` or ``CommandRefused`` if that is not known: they may or may not have been
        made. Attempts take effect in the order in which they were added.
        """
        loop = asyncio.get_running_loop()
        if not self._answers:
            loop.call_soon(self._send)
        answer: asyncio.Future[Written] = loop.create_future()
        self._batch.add(version, read, sets, commands)
        self._answers.append((answer, refused))
        if len(self._answers) >= MOST_AT_ONCE:
            self._send()
        return answer

    async def on_their_way(self) -> None:
        """Return once all that was added is sent: what is asked next is answered after it was carried out.

        Else an attempt could join what another is about to write with an answer of before that.
        """
        self._send()
        if self._unsent:
            # They were to begin before this one goes on.
            await asyncio.sleep(0)

    def _send(self) -> None:
        if not self._answers:
            return
        batch, self._batch = self._batch, Batch()
        answers, self._answers = self._answers, []
        sending = asyncio.get_running_loop().create_task(self._commit(batch, answers))
        self._unsent += 1
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _commit(self, batch: Batch, asked: list[Asked]) -> None:
        self._unsent -= 1
        heard = self.heard()
        arguments = batch.arguments(BACKSTOP_MS, heard)
        try:
            done, added, entries = await self._link.function("commit", batch.keys, *arguments)
            if heard is not None and entries:
                self.hear(heard.stream, entries)
            outcomes = batch.read(done, added)
            for (_, refused), written in zip(asked, outcomes, strict=True):
                if written.stale is not None:
                    refused(written.stale)
            for (answer, _), written in zip(asked, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(written)
        except Exception as error:
            for answer, _ in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            # Nobody waits for ever for what was cancelled as the loop ends.
            for answer, _ in asked:
                answer.cancel()
