"""The WebSocket handshake (RFC 6455 section 4.2): from an HTTP request to a connection that carries frames."""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha1

from aiohttp import hdrs, web

from nearby.core import wire
from nearby.errors import ErrorCode, Refused
from nearby.server.edge import SERVER_NAME
from nearby.server.inbox import Inbox

_KEY_BYTES = 16
_VERSION = "13"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def upgrade(request: web.Request) -> web.StreamResponse:
    """Answer with 101 and return the response, for aiohttp to finish with.

    What arrives from now on waits until ``hand_over`` says to whom.

    Raises:
        Refused: ``bad_message`` if this is not a WebSocket handshake, ``bad_subprotocol`` if it offers
            only others than ours. Nothing was answered.
    """
    headers = {
        hdrs.SERVER: SERVER_NAME,
        hdrs.UPGRADE: "websocket",
        hdrs.CONNECTION: "Upgrade",
        hdrs.SEC_WEBSOCKET_ACCEPT: _accept(_key(request)),
    }
    offered = _words(request, hdrs.SEC_WEBSOCKET_PROTOCOL)
    if offered:
        if wire.SUBPROTOCOL not in offered:
            raise Refused(ErrorCode.BAD_SUBPROTOCOL)
        headers[hdrs.SEC_WEBSOCKET_PROTOCOL] = wire.SUBPROTOCOL
    response = web.StreamResponse(status=101, headers=headers)
    await response.prepare(request)
    request.protocol.keep_alive(False)
    return response


def hand_over(request: web.Request, inbox: Inbox) -> None:
    """Give ``inbox`` everything that arrives on an upgraded connection, from the first byte on."""
    # Typed for aiohttp's own reader, of which it calls feed_data and feed_eof and nothing else.
    request.protocol.set_parser(inbox)  # type: ignore[arg-type]


def _key(request: web.Request) -> str:
    """Return the client's key of a good handshake, else raise ``bad_message``."""
    if request.headers.get(hdrs.UPGRADE, "").strip().lower() != "websocket":
        raise Refused(ErrorCode.BAD_MESSAGE, "this address takes WebSocket connections only")
    if "upgrade" not in (word.lower() for word in _words(request, hdrs.CONNECTION)):
        raise Refused(ErrorCode.BAD_MESSAGE, "the header Connection must name Upgrade")
    if request.headers.get(hdrs.SEC_WEBSOCKET_VERSION, "").strip() != _VERSION:
        raise Refused(ErrorCode.BAD_MESSAGE, f"the header Sec-WebSocket-Version must be {_VERSION}")
    key = request.headers.get(hdrs.SEC_WEBSOCKET_KEY, "").strip()
    try:
        is_good = len(b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        is_good = False
    if not is_good:
        raise Refused(ErrorCode.BAD_MESSAGE, f"the header Sec-WebSocket-Key must be {_KEY_BYTES} bytes in base64")
    return key


def _accept(key: str) -> str:
    return b64encode(sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()


def _words(request: web.Request, header: str) -> list[str]:
    """Return the words of a header that lists some by commas, over all its lines; empty without it."""
    return [word for line in request.headers.getall(header, ()) for word in map(str.strip, line.split(",")) if word]
