"""Whatever the network does to two phones, what was acknowledged is heard once, in order, by both."""

import asyncio
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from nearby.client import Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.core.view import RoomView
from nearby.testing.serving import LiveServer
from nearby.testing.waiting import eventually

if TYPE_CHECKING:
    from tests.client.conftest import Network

T = TypeVar("T")

on_one_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

QUICK = PhoneSettings(base_s=0.005, cap_s=0.02, silent_s=0.3, open_within_s=0.3)

Step = tuple[str, int]
steps = st.lists(
    st.tuples(st.just("say"), st.integers(0, 1))
    | st.tuples(st.just("drop"), st.integers(0, 1))
    | st.tuples(st.sampled_from(["cut", "freeze", "come back", "come back"]), st.just(0))
    | st.tuples(st.just("cut after"), st.integers(0, 2_000))
    | st.tuples(st.just("go on"), st.integers(1, 60)),
    min_size=3,
    max_size=25,
)
examples = count()


class Person:
    """A phone, all it heard, and all it was promised."""

    def __init__(self, name: str, network: "Network", server: LiveServer) -> None:
        self.name = name
        self.heard: list[tuple[int, str]] = []
        self.acked: list[tuple[int, str]] = []
        self.phone = Phone(network.url, server.token(name), settings=QUICK, on_event=self._on_event)

    @property
    def view(self) -> RoomView:
        """The room as the phone sees it."""
        assert self.phone.view is not None
        return self.phone.view

    async def say(self, text: str) -> None:
        """Say something and write the promise down."""
        ack = await self.phone.say(text)
        assert isinstance(ack.seq, int)
        self.acked.append((ack.seq, text))

    def _on_event(self, event: PhoneEvent) -> None:
        if isinstance(event, wire.Said):
            self.heard.append((event.seq, event.text))


async def now(value: T) -> T:
    return value


async def seat(people: list[Person], number: int) -> None:
    """Seat everybody in a room of their own, somewhere nobody was before."""
    for person in people:
        await person.phone.check_in((number * 3) % 160 - 80, (number * 7) % 360 - 180)
    await eventually(
        lambda: now([person.phone.view and len(person.phone.view.members) for person in people]),
        lambda sizes: sizes == [len(people)] * len(people),
        what="members seen",
    )


async def play(story: list[Step], people: list[Person], network: "Network") -> list[asyncio.Task[None]]:
    """Let it happen; return what was asked to be said."""
    asked = []
    for number, (step, amount) in enumerate(story):
        match step:
            case "say":
                asked.append(asyncio.create_task(people[amount].say(f"{people[amount].name} {number}")))
            case "drop":
                people[amount].phone.drop_connection()
            case "cut":
                network.thaw()
            case "cut after":
                network.cut_after(amount)
            case "freeze":
                network.freeze()
            case "come back":
                network.thaw(cut=False)
                for _ in range(10):
                    await asyncio.sleep(0)
                for person in people:
                    await person.phone.wait_connected()
            case "go on":
                for _ in range(amount):
                    await asyncio.sleep(0)
    await asyncio.sleep(0)
    network.thaw()
    return asked


@on_one_server
@given(steps)
@example([("say", 0), ("go on", 3), ("drop", 0), ("say", 1), ("go on", 9), ("cut", 0), ("say", 0)])
@example([("say", 0), ("cut after", 300), ("say", 1), ("go on", 40), ("freeze", 0), ("say", 1), ("go on", 40)])
async def test_what_was_acknowledged_is_heard_once_in_order_by_both_and_a_fresh_snapshot_agrees(
    server: LiveServer, network: "Network", story: list[Step]
) -> None:
    number = next(examples)
    people = [Person(f"{name}-{number}", network, server) for name in ("ana", "ben")]
    async with people[0].phone, people[1].phone:
        await seat(people, number)
        asked = await play(story, people, network)
        await asyncio.gather(*asked)
        acked = sorted(people[0].acked + people[1].acked)
        assert len(acked) == len(asked)
        await eventually(
            lambda: now([len(person.heard) for person in people]),
            lambda counts: min(counts) >= len(acked),
            what="words heard",
        )
        assert people[0].heard == people[1].heard == acked
        event(f"drops: {min(9, sum(person.phone.statistics().drops for person in people))}")
        for person in people:
            assert (person.phone.statistics().gaps, person.phone.statistics().repeats) == (0, 0)
            await agrees_with_a_fresh_snapshot(person, server)


async def agrees_with_a_fresh_snapshot(person: Person, server: LiveServer) -> None:
    """Take the person's seat over with a phone that knows nothing, and compare what it is told."""
    view = person.view
    fresh = await (await server.phone(person.name)).until("placed")
    assert (fresh["room"]["id"], fresh["seq"], fresh["you"]) == (view.room.id, view.seq, view.you)
    assert sorted(member["member"] for member in fresh["members"]) == sorted(view.members)
    words = [(said["seq"], said["text"]) for said in fresh["messages"]]
    assert words == [(said.seq, said.text) for said in view.messages]
