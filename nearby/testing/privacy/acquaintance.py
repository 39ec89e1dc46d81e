"""One account that is blocked, or whose other is not there, and all it can see of that: a trial of P15/16.

A and B meet by a shake. Then B blocks A and stays, or is gone: leaves, or, if the two have a thread, erases
themselves, which is what the end of a thread must look like. A asks everything there is to ask. B, if there, goes on
living: takes rooms, speaks, shakes at the same time, throws a bottle, is listed.
"""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import perf_counter_ns
from typing import Any, Literal, cast

import msgspec

from nearby.testing.privacy.neighbours import Neighbours
from nearby.testing.privacy.stage import TICK_MS, WINDOW_MS, Stage
from nearby.testing.privacy.towns import Town
from nearby.testing.privacy.wires import StagePhone, Wire

TOGETHER_MS = 10_200
"""A shake's wait, and a tick."""
LISTENS_MS = 60_000
"""For so long A watches who comes and goes: long enough to be merged."""
SHAKERS = 4
"""Others who shake when A does."""

NS_PER_MS = 1_000_000
Seen = dict[str, float]
Tie = Literal["strangers", "known", "a thread"]
"""What A and B are to each other before: A has a handle of B for good, or they have a thread, or neither."""
Asks = Literal["all", "who is there", "in the room"]
"""How much of what there is to ask A asks; see ``Plot``."""


@dataclass(slots=True)
class Notes:
    """What A saw in one trial, as numbers by what they are of.

    Attributes:
        answers: What kind of answer each question got, and how long it was.
        seats: How many people A sat with, and what A heard of who comes and goes.
        listed: How many people A saw nearby.
        met: Whom A met by a shake, when a few others and B shook too.
        waits: How long A waited for each answer, in ms; for a seat with the wait for the tick.
        works: The same as somebody inside the machine would see it: for a seat from the tick on.
    """

    answers: Seen = field(default_factory=dict)
    seats: Seen = field(default_factory=dict)
    listed: Seen = field(default_factory=dict)
    met: Seen = field(default_factory=dict)
    waits: Seen = field(default_factory=dict)
    works: Seen = field(default_factory=dict)

    def forget(self, surface: str) -> None:
        """Note nothing of one question."""
        for notes in (self.answers, self.waits, self.works):
            for name in [one for one in notes if one.partition(": ")[0] == surface]:
                del notes[name]

    @property
    def told(self) -> Seen:
        """Return all that A got as answers: what they were, and when they came."""
        return self.answers | self.waits


class Account:
    """One person with a phone, who notes what comes of what they ask.

    Args:
        stage: Where.
        phone: Welcomed.
        claims: Of the token.
    """

    def __init__(self, stage: Stage, phone: StagePhone, **claims: Any) -> None:
        self.stage = stage
        self.phone = phone
        self.notes = Notes()
        self._claims = claims
        self._heard: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    @property
    def token(self) -> str:
        """Return a token of theirs."""
        return self.stage.token(self.phone.person, **self._claims)

    @property
    def room(self) -> dict[str, Any]:
        """Return the room they sit in, as it was shown."""
        assert self.phone.placed is not None
        return self.phone.placed

    def heard(self) -> list[dict[str, Any]]:
        """Return what came since the last time."""
        self._heard += self.phone.take()
        heard, self._heard = self._heard, []
        return heard

    async def ask(self, surface: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and note its answer and how long that took."""
        self._heard += self.phone.take()
        number, answers = next(self._numbers), list[dict[str, Any]]()
        began_ns = perf_counter_ns()
        self.phone.send(message | {"id": number})

        def is_answered() -> bool:
            came = self.phone.take()
            self._heard += came
            answers.extend(one for one in came if one.get("id") == number)
            return bool(answers)

        await self.stage.until(is_answered)
        (answer,) = answers
        outcome = f"{answer['type']} {answer.get('code', '')}".strip()
        self._note(surface, outcome, len(msgspec.json.encode(answer)), self._wrote_ns() - began_ns)
        return answer

    async def call(self, surface: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Make a call and note its answer and how long that took; return what its body says."""
        answer = await self.stage.call(method, path, token=self.token, body=body)
        head, _, text = answer.partition(b"\r\n\r\n")
        self._note(surface, head.split(b" ", 2)[1].decode(), len(text), self.stage.took_ns)
        try:
            return msgspec.json.decode(text) if text else None
        except msgspec.DecodeError:
            return None

    async def take_seat(self, surface: str, message: dict[str, Any], random: Random) -> None:
        """Ask for a seat, at some time before the tick that gives it, and note with whom."""
        await self.ask(surface, message)
        began_ns = perf_counter_ns()
        await self.stage.tick()
        work_ms = (self._wrote_ns() - began_ns) / NS_PER_MS
        self.notes.works[f"{surface}: seat"] = work_ms
        self.notes.waits[f"{surface}: seat"] = random.uniform(0, TICK_MS) + work_ms
        self.look(surface)

    def look(self, surface: str, notes: Seen | None = None) -> None:
        """Note who sits here, and what kinds of messages came since the last time, among the seats unless told."""
        notes = self.notes.seats if notes is None else notes
        for kind, count in Counter(f"{one['type']} {one.get('why', '')}".strip() for one in self.heard()).items():
            notes[f"{surface}: {kind}"] = count
        placed = self.phone.placed
        notes[f"{surface}: members"] = 0 if placed is None else len(placed["members"])

    def _note(self, surface: str, outcome: str, length: int, took_ns: int) -> None:
        self.notes.answers[f"{surface}: {outcome}"] = 1
        self.notes.answers[f"{surface}: bytes"] = length
        self.notes.waits[surface] = self.notes.works[surface] = took_ns / NS_PER_MS

    def _wrote_ns(self) -> int:
        return cast(Wire, self.phone.wire).written_ns


@dataclass(frozen=True, slots=True)
class Plot:
    """One trial.

    Attributes:
        number: Which; names A and B.
        is_there: Whether B is there and has blocked A, or is gone.
        tie: What the two are to each other.
        is_established: Whether B is, so that the block binds both alike.
        asks: What A asks: all there is to ask; what shows who is there, so seats, lists and shakes; or in the room
            where they met, about the member that B was.
    """

    number: int
    is_there: bool
    tie: Tie
    is_established: bool
    asks: Asks = "all"


class Trial:
    """A trial as it goes on.

    Args:
        stage: Where.
        town: Where in it.
        neighbours: Others who are about.
        plot: What happens.
        random: The source of chance.
    """

    def __init__(self, stage: Stage, town: Town, neighbours: Neighbours, plot: Plot, random: Random) -> None:
        self._stage = stage
        self._neighbours = neighbours
        self._plot = plot
        self._random = random
        self._at = town.region.position(town.region.centre(town.cell))
        self._handle: str | None = None
        self._thread: str | None = None
        self._bottle = "none"

    async def live(self) -> Notes:
        """Return what A saw."""
        number, is_established = self._plot.number, self._plot.is_established
        (phone,) = await self._stage.phones([f"a{number}"])
        (other,) = await self._stage.phones([f"b{number}"], established=is_established)
        self._a, self._b = Account(self._stage, phone), Account(self._stage, other, established=is_established)
        await self._meet()
        self._met = self._a.room["room"]["id"]
        self._a.notes, self._b.notes = Notes(), Notes()
        await self._part()
        asks = self._plot.asks
        if asks != "who is there":
            await self._ask_in_the_room()
        if asks != "in the room":
            await self._go_about(is_all=asks == "all")
        await self._go()
        return self._a.notes

    async def _go_about(self, *, is_all: bool) -> None:
        await self._come_again()
        if is_all:
            await self._over_http()
        await self._drop_and_go_on()
        await self._shake()
        if is_all:
            await self._last_words()

    async def _meet(self) -> None:
        for one in (self._a, self._b):
            one.phone.check_in(self._at)
        await self._stage.tick()
        for one in (self._a, self._b):
            one.phone.send({"type": "shake"})
        await self._stage.pass_time(TOGETHER_MS, step_ms=TOGETHER_MS // 4)
        self._a.heard(), self._b.heard()
        self._of_a, self._of_b = self._a.room["you"], self._b.room["you"]
        assert [one["member"] for one in self._a.room["members"]] in (
            [self._of_a, self._of_b],
            [self._of_b, self._of_a],
        )
        match self._plot.tie:
            case "known":
                await self._get_to_know()
            case "a thread":
                await self._begin_a_thread()
            case "strangers" if self._random.random() < 0.5:
                await self._b.ask("greet", {"type": "greet", "member": self._of_a})
        self._a.heard()

    async def _get_to_know(self) -> None:
        for one, member in ((self._b, self._of_a), (self._a, self._of_b)):
            await one.ask("greet", {"type": "greet", "member": member})
        heard: list[dict[str, Any]] = []

        def is_known() -> bool:
            heard.extend(one for one in self._a.heard() if one["type"] == "known")
            return bool(heard)

        await self._stage.until(is_known)
        self._handle = heard[0]["person"]

    async def _begin_a_thread(self) -> None:
        """Throw a bottle, catch it and answer it; there is no other afloat."""
        await self._b.call("throw", "POST", "/v1/bottles", {"text": "is anybody there"})
        caught = await self._a.call("catch", "POST", "/v1/bottles/catch")
        reply = {"text": "I am", "token": caught["token"]}
        self._bottle = caught["bottle"]
        answered = await self._a.call("reply", "POST", f"/v1/bottles/{self._bottle}/reply", reply)
        self._thread = answered["thread"]

    async def _part(self) -> None:
        if self._plot.is_there:
            await self._b.ask("block", {"type": "block", "member": self._of_a})
            await self._b.call("throw", "POST", "/v1/bottles", {"text": "is anybody there"})
            await self._b.call("listed", "PATCH", "/v1/me", {"listed": True})
        elif self._plot.tie == "a thread":
            await self._b.call("erase", "DELETE", "/v1/me")
        else:
            await self._b.ask("leave", {"type": "leave"})
        await self._stage.tick()
        self._a.look("parting")

    async def _ask_in_the_room(self) -> None:
        """Ask about the member that B was."""
        about = {"room": self._met, "member": self._of_b}
        # What B just did is still on its way to the disk, and whoever asks meanwhile waits with it, whoever it is.
        await self._a.ask("settling", {"type": "unmute", **about})
        self._a.notes.forget("settling")
        await self._a.ask("mute", {"type": "mute", **about})
        await self._a.ask("unmute", {"type": "unmute", **about})
        await self._a.ask("greet", {"type": "greet", **about})
        await self._stage.tick()
        self._a.look("greeting")

    async def _come_again(self) -> None:
        """Leave and take another seat, while B comes and goes, until the next window has begun."""
        stage = self._stage
        await self._a.ask("leave", {"type": "leave"})
        await stage.tick()
        self._a.heard()
        await self._a.take_seat("check-in", {"type": "checkin", "lat": self._at[0], "lon": self._at[1]}, self._random)
        if self._plot.is_there:
            self._b.phone.send({"type": "next"})
            await stage.tick()
            self._b.phone.send({"type": "say", "text": "I live here"})
        await self._neighbours.live(stage, LISTENS_MS)
        self._a.look("listening")
        await self._neighbours.live(stage, WINDOW_MS - stage.now_ms % WINDOW_MS + 1_000)
        for one in (self._a, *self._others()):
            one.phone.check_in(self._at)
        await stage.tick()
        self._a.look("next window")
        nearby = await self._a.call("nearby", "GET", "/v1/nearby")
        # How long the answer is says who is there, and not how it is answered.
        self._a.notes.listed["nearby: bytes"] = self._a.notes.answers.pop("nearby: bytes")
        if isinstance(nearby, dict) and "people" in nearby:
            self._a.notes.listed["nearby: people"] = len(nearby["people"])
            self._a.notes.listed["nearby: nameless"] = sum(not one["name"] for one in nearby["people"])

    async def _shake(self) -> None:
        """Shake, and others with A."""
        await self._a.ask("shake", {"type": "shake"})
        # As many others whether B is there or not.
        others = [one.phone for one in self._neighbours][:SHAKERS]
        for phone in (*(one.phone for one in self._others()), *others):
            phone.send({"type": "shake"})
        await self._stage.pass_time(TOGETHER_MS, step_ms=TOGETHER_MS // 4)
        self._a.look("shake", self._a.notes.met)

    async def _over_http(self) -> None:
        """Catch a bottle; ask about the person whom A knows, and in the thread of the two."""
        await self._a.call("catch", "POST", "/v1/bottles/catch")
        await self._a.call("people", "GET", "/v1/people")
        handle, thread = self._handle or "nobody", self._thread or "none"
        await self._a.call("mute by handle", "PUT", f"/v1/people/{handle}/mute")
        await self._a.call("unmute by handle", "DELETE", f"/v1/people/{handle}/mute")
        await self._a.call("follow", "PUT", f"/v1/people/{handle}/follow")
        await self._a.call("threads", "GET", "/v1/threads")
        await self._a.call("thread", "GET", f"/v1/threads/{thread}/messages")
        await self._a.call("write", "POST", f"/v1/threads/{thread}/messages", {"text": "are you there"})

    async def _drop_and_go_on(self) -> None:
        """Drop and resume, and ask for another room."""
        a = self._a
        room = a.phone.placed
        a.phone.hang_up()
        await self._stage.settle()
        resume = {"room": room["room"]["id"], "epoch": room["room"]["epoch"], "after": room["seq"]} if room else None
        (phone,) = await self._stage.connections([a.phone.person])
        began_ns = perf_counter_ns()
        self._stage.greet(phone, resume=resume)
        await self._stage.until(lambda: phone.is_answered)
        a.notes.waits["resume"] = (cast(Wire, phone.wire).written_ns - began_ns) / NS_PER_MS
        phone.placed, a.phone = room, phone
        a.look("resume")
        if a.phone.placed is not None:
            await a.take_seat("next", {"type": "next"}, self._random)

    async def _last_words(self) -> None:
        """Block and report."""
        a = self._a
        about = {"room": self._met, "member": self._of_b}
        await a.call("block by handle", "PUT", f"/v1/people/{self._handle or 'nobody'}/block")
        await a.ask("block", {"type": "block", **about})
        await a.call("people then", "GET", "/v1/people")
        handle = self._handle or "nobody"
        await a.call("report by handle", "POST", f"/v1/people/{handle}/reports", {"reason": "rude"})
        await a.ask("report", {"type": "report", "reason": "rude", **about})
        await a.call("report of a bottle", "POST", f"/v1/bottles/{self._bottle}/reports", {"reason": "rude"})

    async def _go(self) -> None:
        """Leave nothing behind that the next trial could see."""
        for one in (self._a, self._b):
            await self._stage.call("DELETE", "/v1/me", token=one.token)
            one.phone.hang_up()
        await self._stage.settle()

    def _others(self) -> list[Account]:
        return [self._b] if self._plot.is_there else []
