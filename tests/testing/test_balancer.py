"""The balancer of the test kit: whom it gives a connection to."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from nearby.testing.ports import free_port
from nearby.testing.proxy import Balancer, running_balancer


@contextlib.asynccontextmanager
async def naming(name: bytes) -> AsyncIterator[int]:
    """Yield the port of a server that says its name to everybody, and keeps the connection."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def names_of(balancer: Balancer, connections: int) -> list[bytes]:
    """Return who answers so many connections that are made at once, and kept until all have an answer."""
    made = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", balancer.port) for _ in range(connections)))
    try:
        return await asyncio.gather(*(reader.readexactly(1) for reader, _ in made))
    finally:
        for _, writer in made:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in made), return_exceptions=True)


async def test_whoever_has_the_fewest_is_next_also_of_many_who_come_at_once() -> None:
    async with naming(b"a") as one, naming(b"b") as other, running_balancer("127.0.0.1", [one, other]) as balancer:
        assert Counter(await names_of(balancer, 20)) == {b"a": 10, b"b": 10}


async def test_a_server_that_is_gone_is_passed_over() -> None:
    async with naming(b"a") as port, running_balancer("127.0.0.1", [free_port(), port]) as balancer:
        assert set(await names_of(balancer, 4)) == {b"a"}


async def test_without_any_server_a_connection_ends() -> None:
    async with running_balancer("127.0.0.1", [free_port()]) as balancer:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await names_of(balancer, 1)
