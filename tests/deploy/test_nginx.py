"""What stands before the gateways passes upgrades on, says whose they are, and passes over a gateway that is away."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nearby.errors import CloseCode
from nearby.testing.faults import Faults
from nearby.testing.ports import free_port
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, http_call, live_server
from tests.deploy.nginx import configured, running_nginx, start

LOOPBACK = "127.0.0.0/8"


def port_of(server: LiveServer) -> int:
    return urlsplit(server.url).port or 0


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path / "up", trusted_proxies=(LOOPBACK,), max_connections=2, guests="on") as server:
        yield server


async def test_our_file_is_one_that_nginx_takes(tmp_path: Path) -> None:
    process = await start(configured(tmp_path, (1, 2), 3), "-t")
    _, printed = await process.communicate()
    assert process.returncode == 0, printed.decode()
    assert "warn" not in printed.decode()


async def test_phones_talk_through_it_and_count_by_their_own_address_whatever_they_say_of_themselves(
    tmp_path: Path, server: LiveServer
) -> None:
    async with running_nginx(tmp_path, free_port(), port_of(server)) as url:
        phones: list[RawPhone] = []
        for person in ("ana", "ben"):
            phone = await RawPhone.connect(url, headers={"X-Forwarded-For": f"2001:db8:{len(phones)}::1"})
            await phone.send({"type": "hello", "token": server.token(person)})
            await phone.until("welcome")
            await phone.send({"type": "checkin", "lat": 47.37, "lon": 8.54})
            await phone.until("placed")
            phones.append(phone)
        await phones[0].send({"type": "say", "id": "1", "text": "hello there"})
        assert (await phones[1].until("said"))["text"] == "hello there"
        third = await RawPhone.connect(url, headers={"X-Forwarded-For": "2001:db8:9::1"})
        assert await third.close_code() == CloseCode.TOO_MANY_CONNECTIONS
        for phone in phones:
            await phone.cut()


async def test_a_gateway_that_is_not_ready_is_passed_over(tmp_path: Path, server: LiveServer) -> None:
    faults = Faults()
    async with live_server(tmp_path / "down", faults=faults) as down:
        faults.is_down = True
        await down.until_metric("nearby_ready", lambda ready: ready == 0)
        async with running_nginx(tmp_path, port_of(down), port_of(server)) as url:
            assert [(await http_call(f"{url}/readyz")).status for _ in range(4)] == [200] * 4
