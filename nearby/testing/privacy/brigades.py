"""Brigades: accounts that agree to report one innocent person until they are out, and what they achieve.

The whole server runs, with its limits and its database; only the clock is in our hand. The victim bears a verified
name and so is known in any room, speaks twice a minute, and comes back as soon as they may. Others come and go, for a
quarter of an hour on average. The brigade's accounts do not know each other as far as the server can tell. Each asks
for one room after another, as often as joins allow in the long run; whoever finds the victim stays and calls the
others, and two who are there and heard the victim speak report. Then they never meet the victim again, so each account
serves once; for the rest of the time it sits down where no other of them does, so as to keep the victim out of as many
rooms as they can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from nearby.testing.privacy.neighbours import CHECKS_IN_EVERY_MS, STEP_MS, Neighbours
from nearby.testing.privacy.stage import Stage, on_stage
from nearby.testing.privacy.towns import Somebody, Town, found
from nearby.testing.privacy.wires import StagePhone

SPEAKS_EVERY_MS = 30_000
COMES_BACK_AFTER_MS = 20_000
SETTLES_MS = 900_000
"""So long there is no brigade: for rooms to be as they are where people come and go."""
ASKS_EVERY_MS = 600_000
"""Six joins an hour."""
AWAY_PER_PRESENT = 2
"""For each neighbour who is there so many are not: they take turns."""
LOOKS_IN_EVERY_MS = 600_000
"""How often somebody suspended tries again."""
SUSPENDED_STEP_MS = 60_000
SUSPENDED_AT_MOST_H = 30
BANNED = 3501
HOUR_MS = 3_600_000
TOGETHER = 2
"""So many report the victim in one room: as many as it takes."""


@dataclass(frozen=True, slots=True)
class Brigade:
    """Who attacks: so many accounts, established or guests."""

    count: int
    are_established: bool

    def __str__(self) -> str:
        """Return it in words."""
        if not self.count:
            return "nobody"
        return f"{self.count} {'established' if self.are_established else 'guests'}"


@dataclass(slots=True)
class Outcome:
    """What became of one victim.

    Attributes:
        removed_ms: When the victim was taken out of a room, from the beginning.
        suspended_ms: How long the victim could not come in; 0 if they always could.
        reports: Reports the brigade made.
        spent: Accounts that made one and never meet the victim again.
        joins: Seats the brigade asked for.
        looked: Times the victim's room was looked at.
        alone: Times nobody else was in it, or there was none.
    """

    removed_ms: list[int] = field(default_factory=list)
    suspended_ms: int = 0
    reports: int = 0
    spent: int = 0
    joins: int = 0
    looked: int = 0
    alone: int = 0


@dataclass(slots=True)
class _Account:
    """One of a brigade: ``heard`` is the room in which it heard the victim speak."""

    somebody: Somebody
    heard: str | None = None
    is_spent: bool = False
    may_ask_ms: int = 0

    @property
    def room(self) -> str | None:
        """Return where it sits."""
        placed = self.somebody.phone.placed
        return None if placed is None else str(placed["room"]["id"])


class Siege:
    """One victim, their neighbours and a brigade.

    Args:
        stage: Where.
        town: Who lives there; the victim is known by a verified name.
        accounts: The brigade's.
        claims: Of the victim's token.
        random: The source of chance.
    """

    def __init__(
        self, stage: Stage, town: Town, accounts: Sequence[Somebody], claims: dict[str, Any], random: Random
    ) -> None:
        self.outcome = Outcome()
        there = (len(town.people) - 1) // (1 + AWAY_PER_PRESENT)
        self._neighbours = Neighbours(town, town.people[1:], there, random)
        self._stage = stage
        self._town = town
        self._claims = claims
        self._accounts = [
            _Account(one, may_ask_ms=stage.now_ms + SETTLES_MS + place * ASKS_EVERY_MS // len(accounts))
            for place, one in enumerate(accounts)
        ]
        self._began_ms = stage.now_ms + SETTLES_MS
        self._next_word_ms = self._next_check_in_ms = stage.now_ms
        self._comes_back_ms = stage.now_ms + COMES_BACK_AFTER_MS
        self._company = set[str]()
        self._asked: list[tuple[StagePhone, bytes]] = []
        self._is_out = False

    @property
    def is_suspended(self) -> bool:
        """Return whether the victim cannot come in now."""
        return self._is_out

    def step(self) -> None:
        """Let everybody act on what they heard."""
        now_ms = self._stage.now_ms
        victim = self._town.victim
        self._hear_the_victim(now_ms)
        if not self._is_out and victim.phone.placed is None and now_ms >= self._comes_back_ms:
            self._town.check_in(victim)
            self._comes_back_ms = now_ms + COMES_BACK_AFTER_MS
        for account in self._accounts:
            self._listen(account)
        if now_ms >= self._next_check_in_ms:
            self._next_check_in_ms = now_ms + CHECKS_IN_EVERY_MS
            for somebody in [victim, *(one.somebody for one in self._accounts if one.room is not None)]:
                self._town.check_in(somebody)
        self._neighbours.step(now_ms)
        self._search(now_ms)
        self._report()
        if now_ms >= self._next_word_ms and victim.phone.placed is not None:
            self._next_word_ms = now_ms + SPEAKS_EVERY_MS
            self._send(victim, {"type": "say", "text": f"good evening, it is {now_ms}"})

    @property
    def is_answered(self) -> bool:
        """Return whether what was said and reported in this step is on disk, or was refused."""
        self._asked = [(phone, part) for phone, part in self._asked if not phone.has_heard(part)]
        return not self._asked

    def _send(self, somebody: Somebody, message: dict[str, Any]) -> None:
        """Send what must be on disk before time goes on."""
        number = f"asked-{self._stage.now_ms}"
        somebody.phone.send(message | {"id": number})
        self._asked.append((somebody.phone, f'"id":"{number}"'.encode()))

    async def look_in(self) -> None:
        """Let a suspended victim try to come in again."""
        victim = self._town.victim
        victim.phone.hang_up()
        (victim.phone,) = await self._stage.phones([victim.phone.person], **self._claims)
        victim.phone.take()
        self._is_out = victim.phone.close_code is not None
        if not self._is_out:
            self._comes_back_ms = self._stage.now_ms

    def note_suspension(self, since_ms: int) -> None:
        """Note how long the victim was out."""
        self.outcome.suspended_ms += self._stage.now_ms - since_ms

    def _hear_the_victim(self, now_ms: int) -> None:
        victim = self._town.victim
        for message in victim.phone.take():
            self._note_company(message)
            if message == {"type": "unplaced", "why": "removed"}:
                self.outcome.removed_ms.append(now_ms - self._began_ms)
                self._comes_back_ms = now_ms + COMES_BACK_AFTER_MS
        if victim.phone.close_code == BANNED:
            self._is_out = True
        if not self._is_out and now_ms >= self._began_ms:
            self.outcome.looked += 1
            self.outcome.alone += victim.phone.placed is None or not self._company

    def _note_company(self, message: dict[str, Any]) -> None:
        """Note who sits with the victim, as the victim hears it."""
        match message["type"]:
            case "placed":
                self._company = {one["member"] for one in message["members"]} - {message["you"]}
            case "joined":
                self._company.add(message["member"]["member"])
            case "left":
                self._company.discard(message["member"])

    def _listen(self, account: _Account) -> None:
        """Note whether an account heard the victim speak in the room it sits in."""
        for message in account.somebody.phone.take():
            if message["type"] == "said" and message["text"].startswith("good evening"):
                account.heard = message["room"]
            elif message["type"] == "error" and "retry_ms" in message:
                account.may_ask_ms = self._stage.now_ms + message["retry_ms"]

    def _search(self, now_ms: int) -> None:
        """Let those who are not where they want to be ask for another room."""
        victims = self._victims_room()
        taken = set[str]()
        for account in self._accounts:
            room = account.room
            if now_ms < account.may_ask_ms:
                continue
            if room is None:
                account.may_ask_ms = now_ms + COMES_BACK_AFTER_MS
                self._town.check_in(account.somebody)
                self.outcome.joins += 1
                continue
            is_content = room not in taken if account.is_spent else room == victims
            taken.add(room)
            if not is_content:
                account.may_ask_ms = now_ms + ASKS_EVERY_MS
                account.somebody.phone.send({"type": "next", "id": "next"})
                self.outcome.joins += 1

    def _report(self) -> None:
        """Let two who heard the victim in one room report, or the last one there is."""
        room = self._victims_room()
        ready = [
            one for one in self._accounts if not one.is_spent and room is not None and one.room == room == one.heard
        ]
        left = sum(not one.is_spent for one in self._accounts)
        if len(ready) < min(TOGETHER, left):
            return
        for account in ready[:TOGETHER]:
            member = self._town.victim.phone.placed
            assert member is not None
            about = {"room": room, "member": member["you"], "reason": "rude"}
            self._send(account.somebody, {"type": "report", **about})
            account.is_spent = True
            self.outcome.reports += 1
            self.outcome.spent += 1

    def _victims_room(self) -> str | None:
        placed = self._town.victim.phone.placed
        return None if placed is None or self._is_out else str(placed["room"]["id"])


async def besiege(brigade: Brigade, *, people: int, runs: int, hours: float, seed: int) -> list[Outcome]:
    """Return what became of as many victims, each in a catchment of its own with so many people, themselves counted."""
    random = Random(f"brigade {brigade} {people} {seed}")
    async with on_stage(keep="on", limits="on") as stage:
        pool = 1 + (people - 1) * (1 + AWAY_PER_PRESENT)
        towns = await found(stage, runs, random, people=(pool,), knows_victim=True)
        sieges = []
        for number, town in enumerate(towns):
            names = [f"m{number}-{one}" for one in range(brigade.count)]
            phones = await stage.phones(names, established=brigade.are_established)
            accounts = [Somebody(phone, town.region.somewhere(random)) for phone in phones]
            claims = {"name": f"Victim {number}", "verified": True}
            sieges.append(Siege(stage, town, accounts, claims, random))
        end_ms = stage.now_ms + SETTLES_MS + round(hours * HOUR_MS)
        out_since_ms: dict[int, int] = {}
        while stage.now_ms < end_ms:
            for number, siege in enumerate(sieges):
                siege.step()
                if siege.is_suspended:
                    out_since_ms.setdefault(number, stage.now_ms)
            # The database's time is the machine's: without this the story would run away from it.
            await stage.until(lambda: all(siege.is_answered for siege in sieges))
            await stage.pass_time(STEP_MS, step_ms=STEP_MS)
        await _wait_for_the_suspended(stage, sieges, out_since_ms)
        return [siege.outcome for siege in sieges]


async def _wait_for_the_suspended(stage: Stage, sieges: Sequence[Siege], out_since_ms: dict[int, int]) -> None:
    """Let whoever is suspended look in from time to time until they may come in again."""
    while out_since_ms and stage.now_ms - min(out_since_ms.values()) < SUSPENDED_AT_MOST_H * HOUR_MS:
        await stage.pass_time(LOOKS_IN_EVERY_MS, step_ms=SUSPENDED_STEP_MS)
        for number in list(out_since_ms):
            await sieges[number].look_in()
            if not sieges[number].is_suspended:
                sieges[number].note_suspension(out_since_ms.pop(number))
    for number, since_ms in out_since_ms.items():
        sieges[number].note_suspension(since_ms)
