import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest

from nearby.client import Account, Phone, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, PhoneClosed, Refused
from nearby.testing.serving import LiveServer, live_server


def account(server: LiveServer, person: str = "ana") -> Account:
    return Account(server.url, server.token(person))


@contextlib.asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that gives the same bytes to everybody, and what it was sent."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", heard


async def test_people_nearby_are_those_who_chose_to_be_listed(server: LiveServer) -> None:
    mine, other = account(server), account(server, "ben")
    assert (await mine.nearby()).area is None
    for person in ("ana", "ben"):
        await server.call("POST", "/v1/checkins", body=b'{"lat":47.37,"lon":8.54}', token=server.token(person))
    await other.change(listed=True)
    assert (await mine.nearby()).people == []
    server.time.pass_time(600_000)
    (ben,) = (await mine.nearby()).people
    assert not ben.verified
    assert (await other.nearby()).people == []


async def test_what_is_changed_is_shown_and_what_is_not_given_stays(server: LiveServer) -> None:
    mine = account(server)
    assert (await mine.show()).created_ms is None
    changed = await mine.change(name="Ana", listed=True, lang="de", tags=["go"])
    assert (changed.name, changed.listed, changed.lang, changed.tags) == ("Ana", True, "de", ["go"])
    assert await mine.change() == changed == await mine.show()
    cleared = await mine.change(name=None, tags=[], listed=False)
    assert (cleared.name, cleared.listed, cleared.lang, cleared.tags) == (None, False, "de", [])


async def test_what_the_server_refuses_raises_and_changes_nothing(server: LiveServer) -> None:
    mine = account(server)
    with pytest.raises(Refused) as refused:
        await mine.change(name="x" * 65)
    assert (refused.value.code, "64" in refused.value.detail) == (ErrorCode.BAD_NAME, True)
    assert (await mine.show()).name is None


async def test_an_export_holds_what_was_said_of_oneself(server: LiveServer) -> None:
    mine = account(server)
    await mine.change(name="Ana")
    export = await mine.export()
    assert (export.user, [row["name"] for row in export.data["people"]]) == ("ana", ["Ana"])


async def test_erasing_ends_the_phone_for_good(server: LiveServer, quick: PhoneSettings) -> None:
    async with Phone(server.url, server.token("ana"), settings=quick) as phone:
        await phone.check_in(47.37, 8.54)
        await account(server).erase()
        with pytest.raises(PhoneClosed) as closed:
            await phone.wait_closed()
        assert closed.value.code == 3505
        assert phone.statistics().connects == 1
    assert (await account(server).show()).created_ms is None


async def test_a_fresh_token_is_asked_for_once_when_the_server_refuses_one(server: LiveServer) -> None:
    given = ["bad", server.token("ana"), "never asked for"]

    async def source() -> str:
        return given.pop(0)

    mine = Account(server.url.replace("http", "ws"), source)
    assert ((await mine.show()).user, (await mine.show()).user, len(given)) == ("ana", "ana", 1)
    with pytest.raises(Refused) as refused:
        await Account(server.url, "bad").show()
    assert refused.value.code is ErrorCode.BAD_TOKEN


async def test_a_refusal_says_when_to_ask_again(tmp_path: Path) -> None:
    body = wire.encode(
        wire.ProblemAnswer(type="", title="", status=503, code="store_down", detail="later", retry_ms=1_500)
    )
    head = f"HTTP/1.1 503 x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with answering(head + body) as (url, _):
        with pytest.raises(Refused) as refused:
            await Account(url, "t").erase()
    assert (refused.value.code, refused.value.retry_ms) == (ErrorCode.STORE_DOWN, 1_500)


async def test_a_token_follows_no_redirection(server: LiveServer) -> None:
    for status in (HTTPStatus.FOUND, HTTPStatus.PERMANENT_REDIRECT):
        there = f"HTTP/1.1 {status} x\r\nLocation: {server.url}/v1/me\r\nContent-Length: 0\r\n\r\n".encode()
        async with answering(there) as (url, heard):
            with pytest.raises(ConnectionError, match=str(status.value)):
                await Account(url, server.token("ana")).show()
            assert len(heard) == 1
    assert await server.metric("nearby_http_requests_total", route="/v1/me", status="200") == 0


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"nonsense\r\n\r\n", b"HTTP/1.1 502 x\r\n\r\n<html>"],
)
async def test_what_is_no_answer_of_a_server_is_a_connection_error(answer: bytes) -> None:
    async with answering(answer) as (url, _):
        with pytest.raises(ConnectionError):
            await Account(url, "t").show()


async def test_a_server_that_is_not_there_or_says_nothing_is_a_connection_error() -> None:
    async with answering(b"") as (url, _):
        pass
    with pytest.raises(ConnectionError):
        await Account(url, "t").show()
    with socket.socket() as silent:
        # The kernel takes the connection, and nobody ever reads it.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ConnectionError):
            await Account(f"http://127.0.0.1:{silent.getsockname()[1]}", "t", within_s=0.05).show()


@pytest.mark.parametrize("url", ["", "host:80", "ftp://host", "http://"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Account(url, "t")


async def test_a_path_in_the_address_is_left_out(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        assert (await Account(f"{server.url}/v1/ws", server.token("ana")).show()).user == "ana"
