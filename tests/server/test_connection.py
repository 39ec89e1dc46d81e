"""What a connection writes when, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

from nearby.core.ids import ConnectionId
from nearby.core.session import Patience, Session
from nearby.server.connection import Connection, Outgoing

Read = Callable[[int], Awaitable[bytes]]


@asynccontextmanager
async def connected(outgoing: Outgoing) -> AsyncIterator[tuple[Connection, Read]]:
    """Give a connection and what reads at its other end."""
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: accepted.set_result(writer), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    ours = await accepted
    session = Session(0, Patience())
    transport = cast(asyncio.Transport, ours.transport)
    phone = Connection(ConnectionId("c"), transport, session, token=None, outgoing=outgoing, on_end=lambda code: None)
    try:
        yield phone, reader.readexactly
    finally:
        writer.close()
        phone.cut()
        server.close()
        await server.wait_closed()


async def test_what_may_wait_goes_along_with_what_is_written_next_and_before_it() -> None:
    outgoing = Outgoing()
    async with connected(outgoing) as (phone, read):
        assert phone.write_later(b"one ")
        assert phone.write_later(b"two ")
        assert phone.write(b"three")
        assert await read(13) == b"one two three"
        assert not outgoing.flush_later(9)


async def test_what_nothing_follows_is_sent_when_it_is_its_turn() -> None:
    outgoing = Outgoing()
    async with connected(outgoing) as (one, read_one), connected(outgoing) as (two, read_two):
        one.write_later(b"first")
        two.write_later(b"second")
        assert outgoing.flush_later(1)
        assert await read_one(5) == b"first"
        assert not outgoing.flush_later(1)
        assert await read_two(6) == b"second"


async def test_nothing_waits_for_a_connection_that_is_ending() -> None:
    outgoing = Outgoing()
    async with connected(outgoing) as (phone, _):
        phone.cut()
        assert not phone.write_later(b"late")
        assert not outgoing.flush_later(9)
