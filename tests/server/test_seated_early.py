"""Who is seated before the tick hears nothing of it until they are told, over a real socket."""

from nearby.core import wire
from nearby.core.frames import text_frame
from nearby.core.ids import ConnectionId
from nearby.core.rules import Rules
from nearby.core.session import Patience
from nearby.server.clock import SteadyClock
from nearby.server.gateway import Gateway
from nearby.server.metrics import Metrics
from tests.server.test_connection import connected

ROOM = wire.RoomInfo(id="met", epoch=1, capacity=8, opened_ms=1)
AREA = wire.Area(cell="871fb4662ffffff", resolution=7)
PLACED = wire.Placed(room=ROOM, area=AREA, you="me", quiet=False, members=[], messages=[], seq=1, why="shaken")
TOLD = text_frame(wire.encode(wire.Shaken(room="met"))) + text_frame(wire.encode(PLACED))


def gateway() -> Gateway:
    return Gateway(Rules(), Patience(), SteadyClock(wall_ms=lambda: 0, monotonic_ms=lambda: 0), Metrics())


async def test_whoever_is_seated_early_is_told_when_it_is_time_and_in_bounded_steps() -> None:
    ours = gateway()
    async with connected(ours.outgoing) as (one, read_one), connected(ours.outgoing) as (two, read_two):
        for phone, name in ((one, "one"), (two, "two")):
            phone.id = ConnectionId(name)
            ours.add(phone)
        with ours.holding_back(is_early=True):
            for phone in (one, two):
                ours.seated(phone.id, PLACED)
        assert [(phone.is_going, b"".join(phone.unwritten)) for phone in (one, two)] == [(False, TOLD)] * 2
        assert ours.tell_early(1)
        assert await read_one(len(TOLD)) == TOLD
        assert two.unwritten
        assert not ours.tell_early(1)
        assert await read_two(len(TOLD)) == TOLD


async def test_whoever_is_seated_in_time_is_told_at_once() -> None:
    ours = gateway()
    async with connected(ours.outgoing) as (phone, read):
        ours.add(phone)
        with ours.holding_back():
            ours.seated(phone.id, PLACED)
        assert await read(len(TOLD)) == TOLD
        assert not ours.tell_early(1)


async def test_whoever_hung_up_meanwhile_is_nobody_to_tell() -> None:
    ours = gateway()
    async with connected(ours.outgoing) as (phone, _):
        ours.add(phone)
        phone.cut()
        with ours.holding_back(is_early=True):
            ours.seated(phone.id, PLACED)
        assert not ours.tell_early(1)
