"""Drives real phones, one socket a person, against a server and writes down what they get."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine
from random import Random
from time import monotonic
from typing import Any, TypeVar

from nearby.core.rules import SECOND_MS
from nearby.errors import PhoneClosed
from nearby.sim.player import Books, Player

CONNECTING_AT_ONCE = 64
LOOK_EVERY_S = 0.25
QUIET_S = 1.0
FINISH_WITHIN_S = 20.0

_SMALL_TALK = "well yes no maybe here there rain music coffee later bus park bridge corner nice hello look what a day"
WORDS = _SMALL_TALK.split()

T = TypeVar("T")

Mint = Callable[[str, bool], str]
"""Returns a token for a person; the flag says whether they are established."""


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def in_letters(number: str) -> str:
    """Return a hexadecimal number in letters: a text with digits may be taken for a number to call."""
    return number.translate(_LETTERS)


class Players:
    """All phones of a run.

    Args:
        url: The server.
        mint: Makes tokens.
        established: Share of people who are established.
        random: The source of chance.
        speed: How many times as fast the server's world runs.
        talk: Makes what is said. Without it no text is ever said twice, as the books need it.
    """

    def __init__(
        self,
        url: str,
        mint: Mint,
        *,
        established: float,
        random: Random,
        speed: float = 1.0,
        talk: Callable[[], str] | None = None,
    ) -> None:
        self.url = url
        self.books = Books()
        self.random = random
        self._speed = speed
        self._talk = talk
        self.met = 0
        self.established_met = 0
        self._share_established = established
        # Another run against the same server has other people and other texts.
        self._run_id = secrets.token_hex(4)
        self._mint = mint
        self._players: dict[str, Player] = {}
        self._connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._tasks: set[asyncio.Task[object]] = set()
        self._keeping: set[asyncio.Task[object]] = set()
        self._failed: BaseException | None = None
        self._says = 0
        self._turn: list[Player] = []

    def __len__(self) -> int:
        """Return how many phones there are now."""
        return len(self._players)

    def everybody(self) -> list[Player]:
        """Return all phones."""
        return list(self._players.values())

    def cut_off(self) -> int:
        """Return how many phones have no connection now and are trying to have one."""
        return sum(player.is_cut_off for player in self._players.values())

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Run ``work`` beside the rest, as the task that is returned; ``finish`` waits for it."""
        return self._run(work, self._tasks)

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Return ``work`` as a task; if it fails, so does ``finish``."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    async def check_in(self, name: str, lat_deg: float, lon_deg: float, *, is_last: bool = False) -> Player:
        """Check a phone in, connecting it first if it is new; return it.

        After its last check-in a phone hangs up when its presence lapses. A phone that the server closed
        for good checks in no more; that is in the books.
        """
        player = self._players.get(name)
        if player is None:
            player = self._players[name] = self._newcomer(name)
            async with self._connecting:
                await player.phone.__aenter__()
                try:
                    await player.phone.wait_connected()
                except PhoneClosed:
                    return player
        player.may_hang_up = is_last
        await player.check_in(lat_deg, lon_deg)
        return player

    async def leave(self, name: str) -> None:
        """Let a phone leave its room and hang up."""
        player = self._players.get(name)
        if player is not None:
            await player.leave()
            self._players.pop(name, None)

    def say_something(self) -> bool:
        """Let the next phone in turn that has company say something; False if nobody has company."""
        for _ in range(len(self._players) + 1):
            if not self._turn:
                self._turn = self.everybody()
                self.random.shuffle(self._turn)
            if not self._turn:
                return False
            player = self._turn.pop()
            if player.room_size > 1 and player.position is not None:
                self.spawn(player.say(self.new_text()))
                return True
        return False

    def new_text(self) -> str:
        """Return something to say, by default what nobody else says."""
        if self._talk is not None:
            return self._talk()
        self._says += 1
        words = " ".join(self.random.choices(WORDS, k=self.random.randint(1, 12)))
        return f"{words} {in_letters(f'{self._run_id}{self._says:x}')}"

    def keep_present(self, player: Player) -> None:
        """Check a phone in again every 0.5 to 0.8 windows until it leaves or the run ends."""
        self._run(self._refresh(player), self._keeping)

    async def finish(self, *, within_s: float = FINISH_WITHIN_S) -> None:
        """Wait until every answer came and everybody heard what was for them, but not for ever.

        Raises:
            BaseException: Our own code failed in between; the books are not to be trusted.
        """
        await _cancelled(self._keeping)
        deadline_s = monotonic() + within_s
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        while self.cut_off() and monotonic() < deadline_s:
            await asyncio.sleep(LOOK_EVERY_S)
        self.books.ledger.close()
        while self.books.ledger.behind() and monotonic() < deadline_s:
            await asyncio.sleep(LOOK_EVERY_S)
        await asyncio.sleep(min(QUIET_S, within_s))
        for player in self._players.values():
            player.give_up()
        if self._failed is not None:
            raise self._failed

    async def close(self) -> None:
        """Hang all phones up."""
        await _cancelled(self._keeping)
        await _cancelled(self._tasks)
        await asyncio.gather(*(player.phone.__aexit__(None, None, None) for player in self._players.values()))

    def latency_ms(self, percentile: float) -> float:
        """Return a percentile of delivery times, from the call of ``say`` to each receipt."""
        return float(self.books.latency.get_value_at_percentile(percentile)) / SECOND_MS

    def _newcomer(self, name: str) -> Player:
        """Return the phone of somebody new, under a person's id that says nothing about who it is."""
        self.met += 1
        is_established = self.random.random() < self._share_established
        self.established_met += is_established

        person = f"{self._run_id}-{self.met}"

        async def hang_up(player: Player) -> None:
            await player.hang_up()
            self._players.pop(name, None)

        return Player(
            self.url,
            self._mint(person, is_established),
            self.books,
            person=person,
            random=self.random,
            speed=self._speed,
            on_lapse=self._spawner(hang_up),
        )

    def _spawner(self, work: Callable[[Player], Coroutine[Any, Any, None]]) -> Callable[[Player], None]:
        def spawn(player: Player) -> None:
            self.spawn(work(player))

        return spawn

    def _run(self, work: Coroutine[Any, Any, object], tasks: set[asyncio.Task[object]]) -> asyncio.Task[object]:
        task = self.start(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            self._failed = self._failed or task.exception()

    async def _refresh(self, player: Player) -> None:
        with contextlib.suppress(PhoneClosed):
            while player.position is not None:
                await player.phone.wait_check_in_due()
                if player.position is not None:
                    await player.check_in(*player.position)


async def _cancelled(tasks: set[asyncio.Task[object]]) -> None:
    """Return when these tasks were told to end, and have."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
