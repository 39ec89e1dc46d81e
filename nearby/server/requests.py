"""What the HTTP calls share: reading a request, and answering it in JSON."""

import asyncio
from typing import Any, TypeVar

import msgspec
from aiohttp import hdrs, web

from nearby.core.ids import is_id
from nearby.core.session import explain
from nearby.errors import ErrorCode, Refused

T = TypeVar("T")

LARGE_BODY_WITHIN_S = 30.0
"""How long a body of some megabytes may take to come: 2 Mbit/s."""


async def body_of(request: web.Request, kind: type[T]) -> T:
    """Return the request's JSON body.

    Raises:
        Refused: ``bad_message`` or ``bad_position``.
    """
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as unreadable:
        raise Refused(*explain(unreadable)) from None


async def large_body_of(request: web.Request, at_most: int) -> bytes:
    """Return the body of a request that may send more than others, which nobody has read yet.

    Raises:
        Refused: ``too_large``.
        TimeoutError: It did not come in time.
    """
    body = bytearray()
    async with asyncio.timeout(LARGE_BODY_WITHIN_S):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > at_most:
                raise Refused(ErrorCode.TOO_LARGE, f"Send at most {at_most >> 20} MiB.")
    return bytes(body)


def id_in(request: web.Request, name: str) -> str:
    """Return the id that stands as ``name`` in the address; what is none is nothing that could be there.

    Raises:
        Refused: ``not_found``.
    """
    found = request.match_info[name]
    if not is_id(found):
        raise Refused(ErrorCode.NOT_FOUND)
    return found


def bearer_of(request: web.Request) -> str:
    """Return the token of the request's ``Authorization``.

    Raises:
        Refused: ``bad_token``, if there is none.
    """
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(ErrorCode.BAD_TOKEN, "send the header Authorization: Bearer followed by a token")
    return token.strip()


def json_answer(answer: Any, *, status: int = 200) -> web.Response:
    """Return an answer as JSON."""
    return web.Response(status=status, body=msgspec.json.encode(answer), content_type="application/json")


def private(answer: web.Response) -> web.Response:
    """Return the answer, marked as nothing that a browser or proxy may keep."""
    answer.headers[hdrs.CACHE_CONTROL] = "no-store"
    return answer
