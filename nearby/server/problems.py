"""Errors over HTTP, told as RFC 9457 problems."""

import aiohttp
import msgspec
from aiohttp import hdrs, web

from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.errors import PROBLEMS, CloseCode, ErrorCode, HubDown, Refused, StoreDown

CONTENT_TYPE = "application/problem+json"
HUB_RETRY_MS = 1_000

_CODE_OF_STATUS = {
    400: ErrorCode.BAD_MESSAGE,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.TOO_LARGE,
    500: ErrorCode.INTERNAL,
}


def problem(refused: Refused) -> web.Response:
    """Return a refusal as ``application/problem+json``."""
    known = PROBLEMS[refused.code]
    body = wire.ProblemAnswer(
        type=f"/docs#{refused.code.value}",
        title=refused.code.value.replace("_", " "),
        status=known.status,
        code=refused.code.value,
        detail=refused.detail,
        retry_ms=refused.retry_ms,
    )
    headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE}
    if refused.retry_ms is not None:
        headers[hdrs.RETRY_AFTER] = str(-(-refused.retry_ms // SECOND_MS))
    if refused.code is ErrorCode.BAD_TOKEN:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return web.Response(status=known.status, body=msgspec.json.encode(body), headers=headers)


def refusal_of(error: Exception) -> Refused | None:
    """Return how an exception is told over HTTP, or None if it is our bug."""
    match error:
        case Refused():
            return error
        case HubDown():
            return Refused(ErrorCode.HUB_DOWN, retry_ms=HUB_RETRY_MS)
        case StoreDown():
            return store_down(error)
        case TimeoutError():
            return Refused(ErrorCode.BAD_MESSAGE, "the body did not come in time")
        case aiohttp.ClientPayloadError() | web.RequestPayloadError():
            return Refused(ErrorCode.BAD_MESSAGE, "the body is not what its headers say")
        case web.HTTPException():
            return refusal_of_status(error.status)
        case _:
            return None


def store_down(down: StoreDown) -> Refused:
    """Return how a store that cannot keep what was asked is told."""
    return Refused(ErrorCode.STORE_DOWN, retry_ms=down.retry_ms)


def close_code_of(refused: Refused) -> CloseCode:
    """Return with what a connection ends whose token is refused."""
    return CloseCode.BANNED if refused.code is ErrorCode.BANNED else CloseCode.BAD_TOKEN


def refusal_of_status(status: int) -> Refused:
    """Return how an error status that aiohttp chose is told; one we have no code for is a bad message."""
    return Refused(_CODE_OF_STATUS.get(status, ErrorCode.BAD_MESSAGE))
