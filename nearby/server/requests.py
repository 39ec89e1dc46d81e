"""What the HTTP calls share: reading a request, and answering it in JSON."""

from typing import Any, TypeVar

import msgspec
from aiohttp import hdrs, web

from nearby.core.session import explain
from nearby.errors import ErrorCode, Refused

T = TypeVar("T")


async def body_of(request: web.Request, kind: type[T]) -> T:
    """Return the request's JSON body.

    Raises:
        Refused: ``bad_message`` or ``bad_position``.
    """
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as unreadable:
        raise Refused(*explain(unreadable)) from None


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
