"""Frames are carried out in order, one at a time, and a phone that sends faster than that is made to wait."""

import asyncio
from collections.abc import Awaitable, Callable

from websockets.frames import Frame
from websockets.frames import Opcode as Theirs

from nearby.core.frames import Opcode
from nearby.errors import CloseCode
from nearby.server.inbox import FAIR_SHARE, MAX_UNREAD_BYTES, Inbox

CarryOut = Callable[[Opcode, bytes], Awaitable[None]]


class Reading(asyncio.Transport):
    """The reading side of a transport."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False


def text(words: str) -> bytes:
    return Frame(Theirs.TEXT, words.encode()).serialize(mask=True)


CLOSE = Frame(Theirs.CLOSE, b"\x03\xe8").serialize(mask=True)


def inbox(carry_out: CarryOut, broken: Callable[[CloseCode], None] = lambda code: None) -> tuple[Inbox, Reading]:
    transport = Reading()
    return Inbox(transport, carry_out=carry_out, broken=broken), transport


async def test_a_frame_that_waits_for_nothing_is_carried_out_where_it_arrives() -> None:
    taken: list[bytes] = []

    async def carry_out(opcode: Opcode, payload: bytes) -> None:
        taken.append(payload)

    box, _ = inbox(carry_out)
    second = text("b")
    assert box.feed_data(text("a") + second[:3]) == (False, b"")
    assert taken == [b"a"]
    box.feed_data(second[3:])
    assert taken == [b"a", b"b"]


async def test_what_comes_while_a_frame_waits_is_carried_out_after_it() -> None:
    taken: list[bytes] = []
    goes_on = asyncio.Event()

    async def carry_out(opcode: Opcode, payload: bytes) -> None:
        if payload == b"slow":
            await goes_on.wait()
        taken.append(payload)

    box, _ = inbox(carry_out)
    box.feed_data(text("slow"))
    box.feed_data(text("next") + CLOSE + text("never"))
    assert taken == []
    goes_on.set()
    await box.wait_ended()
    assert taken == [b"slow", b"next", b"\x03\xe8"]
    assert box.feed_data(text("too late")) == (False, b"")


async def test_a_phone_that_sends_faster_than_it_is_served_is_not_read_on_until_it_was_served() -> None:
    taken = sent = 0
    goes_on = asyncio.Event()

    async def carry_out(opcode: Opcode, payload: bytes) -> None:
        nonlocal taken
        await goes_on.wait()
        taken += 1

    box, transport = inbox(carry_out)
    while not transport.is_paused:
        box.feed_data(text("x" * 1_000))
        sent += 1
    assert MAX_UNREAD_BYTES < sent * 1_008 < MAX_UNREAD_BYTES + 3_000
    goes_on.set()
    while transport.is_paused or taken < sent:
        await asyncio.sleep(0)


async def test_others_get_their_turn_between_the_frames_of_a_burst() -> None:
    taken = 0

    async def carry_out(opcode: Opcode, payload: bytes) -> None:
        nonlocal taken
        taken += 1

    box, _ = inbox(carry_out)
    box.feed_data(text("x") * (2 * FAIR_SHARE))
    assert taken == FAIR_SHARE
    while taken < 2 * FAIR_SHARE:
        await asyncio.sleep(0)


async def test_bytes_that_are_no_frames_are_told_once_and_the_rest_is_thrown_away() -> None:
    taken: list[bytes] = []
    told: list[CloseCode] = []

    async def carry_out(opcode: Opcode, payload: bytes) -> None:
        taken.append(payload)

    box, _ = inbox(carry_out, told.append)
    box.feed_data(text("good") + b"\x81\x05unmasked" + text("lost"))
    box.feed_data(text("lost too"))
    assert (taken, told) == ([b"good"], [CloseCode.BROKE_PROTOCOL])
    box.feed_eof()
    await box.wait_ended()
