"""What the proxy does to a connection, each way, while the other way goes on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from nearby.testing.proxy import Proxy, Way, running_proxy


@dataclass
class End:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, text: bytes) -> None:
        self.writer.write(text)

    async def hear(self, text: bytes) -> None:
        assert await self.reader.readexactly(len(text)) == text

    async def hear_the_end(self) -> bytes:
        """Return what comes before the connection is over, in order or by a reset."""
        heard = b""
        try:
            while data := await self.reader.read(1_000):
                heard += data
        except ConnectionError:
            pass
        return heard


class Route:
    """A server behind the proxy, and the way of a test's faults: from ``speaker`` to ``hearer`` of a connection."""

    def __init__(self, proxy: Proxy, accepted: "asyncio.Queue[End]", to: str) -> None:
        self.proxy = proxy
        self.way: Way = getattr(proxy, to)
        self._accepted = accepted
        self._to = to
        self._ends: list[End] = []

    async def connect(self) -> tuple[End, End]:
        client = End(*await asyncio.open_connection("127.0.0.1", self.proxy.port))
        server = await self._accepted.get()
        self._ends += (client, server)
        return (client, server) if self._to == "to_server" else (server, client)

    def close(self) -> None:
        for end in self._ends:
            end.writer.transport.abort()


@pytest.fixture(params=["to_server", "to_client"])
async def route(request: pytest.FixtureRequest) -> AsyncIterator[Route]:
    accepted: asyncio.Queue[End] = asyncio.Queue(10)
    server = await asyncio.start_server(lambda *streams: accepted.put_nowait(End(*streams)), "127.0.0.1", 0)
    async with running_proxy("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        route = Route(proxy, accepted, request.param)
        yield route
        route.close()
    server.close()
    await server.wait_closed()


async def test_what_is_held_arrives_when_it_is_healed_and_meanwhile_the_other_way_goes_on(route: Route) -> None:
    speaker, hearer = await route.connect()
    route.way.hold()
    speaker.say(b"one")
    for _ in range(3):
        hearer.say(b"other way")
        await speaker.hear(b"other way")
    speaker.say(b"two")
    speaker.writer.write_eof()
    hearing = asyncio.create_task(hearer.hear_the_end())
    others = await route.connect()
    others[1].say(b"new")
    await others[0].hear(b"new")
    assert not hearing.done()
    route.proxy.heal()
    assert await hearing == b"onetwo"


async def test_a_piece_is_kept_for_the_delay_and_the_other_way_is_not(route: Route) -> None:
    loop = asyncio.get_running_loop()
    speaker, hearer = await route.connect()
    route.way.delay_s = 0.2
    began_s = loop.time()
    speaker.say(b"late")
    hearer.say(b"other way")
    await speaker.hear(b"other way")
    await hearer.hear(b"late")
    # A loop's timers may be early by as much as its clock is coarse.
    assert loop.time() - began_s >= 0.19


async def test_a_narrow_way_takes_as_long_as_its_width_says(route: Route) -> None:
    loop = asyncio.get_running_loop()
    speaker, hearer = await route.connect()
    route.way.bytes_per_s = 10_000
    began_s = loop.time()
    speaker.say(b"x" * 3_000)
    await hearer.hear(b"x" * 3_000)
    assert loop.time() - began_s >= 0.25


async def test_half_of_a_message_arrives_and_then_the_connection_is_over_for_both(route: Route) -> None:
    speaker, hearer = await route.connect()
    bystanders = await route.connect()
    route.way.halve()
    speaker.say(b"wholesome")
    assert b"whole".startswith(await hearer.hear_the_end())
    await speaker.hear_the_end()
    bystanders[0].say(b"still here")
    await bystanders[1].hear(b"still here")


async def test_what_is_dropped_never_arrives_and_its_connection_is_reset_when_it_is_healed(route: Route) -> None:
    speaker, hearer = await route.connect()
    bystanders = await route.connect()
    route.way.is_dropping = True
    speaker.say(b"lost")
    hearer.say(b"other way")
    await speaker.hear(b"other way")
    route.proxy.heal()
    assert await hearer.hear_the_end() == b""
    bystanders[0].say(b"still here")
    await bystanders[1].hear(b"still here")


async def test_a_cut_resets_connections_also_held_ones_and_refuses_others_until_it_is_healed(route: Route) -> None:
    speaker, hearer = await route.connect()
    route.proxy.hold()
    speaker.say(b"lost")
    route.proxy.cut()
    assert await hearer.hear_the_end() == b""
    refused = End(*await asyncio.open_connection("127.0.0.1", route.proxy.port))
    assert await refused.hear_the_end() == b""
    refused.writer.close()
    route.proxy.heal()
    speaker, hearer = await route.connect()
    speaker.say(b"again")
    await hearer.hear(b"again")
