import pytest

from nearby.client import Bottles, Phone, PhoneSettings
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.testing.serving import LiveServer


def bottles(server: LiveServer, person: str) -> Bottles:
    return Bottles(server.url, server.token(person, established=True))


async def thrown(server: LiveServer, person: str, text: str, quick: PhoneSettings) -> str:
    async with Phone(server.url, server.token(person), settings=quick) as phone:
        await phone.check_in(47.37, 8.54)
    return await bottles(server, person).throw(text)


async def test_two_who_never_met_end_up_talking(server: LiveServer, quick: PhoneSettings) -> None:
    ana, ben = bottles(server, "ana"), bottles(server, "ben")
    bottle = await thrown(server, "ana", "anybody there?", quick)
    caught = await ben.catch()
    assert caught is not None
    assert (caught.bottle, caught.text, caught.lease_ms) == (bottle, "anybody there?", Rules().lease_ms)
    thread = await ben.reply(caught, "me")
    # As after an answer that was lost.
    assert await ben.reply(caught, "me") == thread
    (mine,) = await ana.threads()
    assert (mine.thread, mine.origin, mine.thrown) == (thread.thread, thread.origin, True)
    line = await ana.write(thread.thread, "who is me?")
    assert (line.seq, line.mine) == (3, True)
    assert [(one.mine, one.text) for one in await ben.messages(thread.thread)] == [
        (False, "anybody there?"),
        (True, "me"),
        (False, "who is me?"),
    ]
    assert await ben.messages(thread.thread, after=3) == []


async def test_a_bottle_given_back_is_somebody_elses_and_none_is_none(server: LiveServer, quick: PhoneSettings) -> None:
    await thrown(server, "ana", "x", quick)
    ben = bottles(server, "ben")
    caught = await ben.catch()
    assert caught is not None
    await ben.release(caught)
    assert await ben.catch() is None
    with pytest.raises(Refused) as refused:
        await ben.reply(caught, "too late")
    assert refused.value.code is ErrorCode.GONE
    assert await bottles(server, "eve").catch() is not None


async def test_a_reported_bottle_is_nobodys_and_a_reported_thread_is_gone(
    server: LiveServer, quick: PhoneSettings
) -> None:
    bottle = await thrown(server, "ana", "x", quick)
    ben = bottles(server, "ben")
    assert await ben.catch()
    await ben.report(bottle, "spam", "it sells something")
    assert await bottles(server, "eve").catch() is None
    await thrown(server, "zoe", "y", quick)
    caught = await ben.catch()
    assert caught is not None
    thread = await ben.reply(caught, "hi")
    await bottles(server, "zoe").report(caught.bottle, "rude")
    assert await ben.threads() == []
    with pytest.raises(Refused) as refused:
        await ben.write(thread.thread, "why?")
    assert refused.value.code is ErrorCode.GONE


async def test_what_the_server_refuses_raises(server: LiveServer) -> None:
    with pytest.raises(Refused) as refused:
        await bottles(server, "ana").throw("from nowhere")
    assert refused.value.code is ErrorCode.NOT_PRESENT
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await bottles(server, "ana").throw("")
    assert refused.value.code is ErrorCode.BAD_TEXT


def test_what_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="address"):
        Bottles("host:80", "t")
