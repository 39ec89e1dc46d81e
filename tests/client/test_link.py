import asyncio

import pytest

from nearby.client.link import open_link, socket_url
from nearby.client.pulse import Pulse
from nearby.core import wire
from nearby.testing.scripted_server import Visit, scripted_server


class Recorded(Pulse):
    """A pulse that writes down what it is told."""

    def __init__(self, now_s: float) -> None:
        super().__init__(now_s, ping_s=25, silent_s=10)
        self.told: list[str] = []

    def heard(self, now_s: float) -> None:
        self.told.append("heard")
        super().heard(now_s)

    def asked(self, now_s: float) -> None:
        self.told.append("asked")
        super().asked(now_s)


async def test_every_sign_of_life_counts_pings_included_and_every_question() -> None:
    async def pings(visit: Visit) -> None:
        await visit.next()
        await (await visit.socket.ping())
        await visit.send({"type": "pong"})
        await visit.next()

    async with scripted_server(pings) as server:
        link = await open_link(server.url + "/v1/ws", within_s=10)
        link.pulse = pulse = Recorded(asyncio.get_running_loop().time())
        await link.tell(wire.Ping())
        await link.recv()
        assert pulse.told == ["asked", "heard", "heard"]
        await link.tell(wire.Ping())
        await link.wait_closed()
        assert pulse.told[3] == "asked"


async def test_a_dead_connection_is_cut_and_a_question_to_it_is_no_error() -> None:
    async def silent(visit: Visit) -> None:
        await visit.stay()

    async with scripted_server(silent) as server:
        link = await open_link(server.url, within_s=10)
        long_ago = Pulse(asyncio.get_running_loop().time() - 36, ping_s=25, silent_s=10)
        await link.cut_when_dead(long_ago, look_every_s=10)
        await link.tell(wire.Ping())
        await link.wait_closed()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"),
        ("https://example.org/", "wss://example.org/v1/ws"),
        ("wss://example.org/behind/a/proxy", "wss://example.org/behind/a/proxy"),
        ("ws://[::1]:8080", "ws://[::1]:8080/v1/ws"),
    ],
)
def test_the_socket_is_found_at_the_servers_address(given: str, found: str) -> None:
    assert socket_url(given) == found
