"""The SDK's shake: two phones meet, and one that is away does not shake later on."""

import asyncio
from dataclasses import replace

import pytest

from nearby.client import Phone, PhoneSettings
from nearby.core import wire
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, NotAcknowledged, Refused
from nearby.testing.serving import LiveServer
from tests.client.conftest import Network
from tests.client.test_phone import ZURICH, until


async def test_two_phones_that_shake_meet(server: LiveServer, quick: PhoneSettings) -> None:
    async with (
        Phone(server.url, server.token("ana"), settings=quick) as ana,
        Phone(server.url, server.token("ben"), settings=quick) as ben,
    ):
        for phone in (ana, ben):
            await phone.check_in(*ZURICH)
            await phone.shake()
        server.time.pass_time(Rules().shake_wait_ms)
        for phone in (ana, ben):
            shaken = await until(phone, wire.Shaken)
            placed = await until(phone, wire.Placed)
            assert (placed.room.id, placed.why) == (shaken.room, "shaken")
        assert ana.view is not None
        assert ben.view is not None
        assert ana.view.members == ben.view.members


async def test_a_shake_that_a_broken_connection_swallowed_is_sent_again(
    server: LiveServer, network: Network, quick: PhoneSettings
) -> None:
    async with Phone(network.url, server.token("ana"), settings=quick) as ana:
        await ana.check_in(*ZURICH)
        await until(ana, wire.Placed)
        network.freeze()
        shaking = asyncio.create_task(ana.shake())
        await asyncio.sleep(0)
        network.thaw()
        await shaking
        assert await server.metric("nearby_shaking") == 1


async def test_a_shake_is_given_up_when_nothing_answers_in_time(
    server: LiveServer, network: Network, quick: PhoneSettings
) -> None:
    async with Phone(network.url, server.token("ana"), settings=replace(quick, shake_within_s=0.05)) as ana:
        await ana.check_in(*ZURICH)
        network.is_up = False
        network.cut()
        with pytest.raises(NotAcknowledged):
            await ana.shake()
        network.is_up = True
        await ana.check_in(*ZURICH)
        assert await server.metric("nearby_messages_total", type="shake") == 0


async def test_a_refused_shake_raises_its_code(server: LiveServer, quick: PhoneSettings) -> None:
    async with Phone(server.url, server.token("ana"), settings=quick) as ana:
        with pytest.raises(Refused) as refused:
            await ana.shake()
        assert refused.value.code is ErrorCode.NOT_PRESENT
