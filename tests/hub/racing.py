"""Operations that race each other: a crowd on several gateways of one live state, many things done at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from random import Random

from nearby.core.ids import PersonId, RoomId
from nearby.errors import HubDown, Refused, Superseded
from nearby.hub.base import Caller
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.recorder import Forgotten, Replaced

LADDERS = (HERE, HERE, HERE, BESIDE, AWAY)


class Racers:
    """People who each do one thing after another, several of them at once, also on several phones.

    Args:
        world: Where.
        people: How many.
        random: Decides who does what.
    """

    def __init__(self, world: World, people: int, random: Random) -> None:
        self.world = world
        self.said: list[tuple[RoomId, int, int]] = []
        """Room, epoch and seq of all that was acknowledged."""
        self.failures: list[str] = []
        self._random = random
        self._people = [Caller(PersonId(f"p{number}"), established=bool(number % 2)) for number in range(people)]
        self.phones: dict[PersonId, Phone] = {}
        self._texts = 0

    async def race(self, at_once: int) -> None:
        """Have so many things done at once."""
        await asyncio.gather(*(self._do_something() for _ in range(at_once)))

    async def race_on(self, rounds: int, steps_ms: Sequence[int], wrong: Callable[[], Awaitable[list[str]]]) -> None:
        """Race for some rounds with some of ``steps_ms`` between them; ``wrong`` is to say nothing after any of them.

        Nor is any call to fail, and no position in a log to be used twice.
        """
        for _ in range(rounds):
            await self.race(8)
            await self.world.live.settle()
            assert not self.world.violations()
            assert not await wrong()
            self.world.clock.advance(self._random.choice(steps_ms))
        assert not self.failures
        assert len(set(self.said)) == len(self.said)

    def hang_up_what_is_over(self) -> None:
        """Forget the phones that were sent away or replaced: their people come back on others."""
        for person, phone in list(self.phones.items()):
            if not phone.heard or isinstance(phone.heard[-1], Forgotten | Replaced):
                del self.phones[person]

    async def _do_something(self) -> None:
        caller = self._random.choice(self._people)
        phone = self.phones.get(caller.person)
        acts: Sequence[Callable[[Phone], Awaitable[object]]] = (
            *[self._say] * 6,
            *[self._place] * 4,
            *[self._check_in] * 3,
            *[self._next] * 2,
            self._leave,
            self._drop,
            self._connect_again,
            self._sweep,
            self._sweep,
            self._shake,
            self._meet,
            self._separate,
        )
        act = self._random.choice(acts)
        try:
            if phone is None:
                await self._connect(caller)
            else:
                await act(phone)
        except (Refused, Superseded, HubDown) as error:
            if isinstance(error, HubDown):
                self.failures.append("the hub was said to be down")

    async def _connect(self, caller: Caller) -> None:
        before = self.phones.get(caller.person)
        knows = deepcopy(before.view) if before is not None and before.sits else None
        phone = await self.world.connect(caller, knows=knows)
        if self.phones.get(caller.person) is before:
            self.phones[caller.person] = phone
        await phone.check_in(self._random.choice(LADDERS))
        await phone.place()

    async def _connect_again(self, phone: Phone) -> None:
        await self._connect(phone.caller)

    async def _check_in(self, phone: Phone) -> None:
        await phone.check_in(self._random.choice(LADDERS))

    async def _place(self, phone: Phone) -> None:
        await phone.place(self._random.choice(("new", "moved")))

    async def _next(self, phone: Phone) -> None:
        await phone.ask_next()
        await phone.place("next")

    async def _say(self, phone: Phone) -> None:
        self._texts += 1
        if phone.sits:
            epoch, room = phone.view.room.epoch, phone.room
            seq, _ = await phone.say(f"text {self._texts}", self._texts, room)
            self.said.append((room, epoch, seq))

    async def _leave(self, phone: Phone) -> None:
        await phone.leave()

    async def _drop(self, phone: Phone) -> None:
        if self.phones.get(phone.person) is phone:
            del self.phones[phone.person]
            await phone.drop()

    async def _sweep(self, phone: Phone) -> None:
        for person in await phone.hub.sweep(self.world.now_ms):
            if person in self.phones:
                await self.phones[person].place("moved")

    async def _shake(self, phone: Phone) -> None:
        await phone.shake()

    async def _meet(self, phone: Phone) -> None:
        while await phone.hub.meet(self.world.now_ms):
            pass

    async def _separate(self, phone: Phone) -> None:
        other = self._random.choice(self._people)
        if other.person != phone.person:
            is_mutual = self._random.random() < 0.5
            await phone.hub.separate(phone.person, other.person, self.world.now_ms, is_mutual=is_mutual)
            await phone.hub.reconcile(phone.person, other.person)
