"""WebSocket frames a server sends (RFC 6455 section 5): unmasked, so equal for every member of a room."""

from nearby.errors import CloseCode

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_SHORT, _MEDIUM = 126, 1 << 16


def text_frame(payload: bytes) -> bytes:
    """Return one whole text frame."""
    return _frame(_TEXT, payload)


def close_frame(code: CloseCode | int) -> bytes:
    """Return a close frame, with the catalogue's reason for our own codes."""
    reason = code.reason.encode() if isinstance(code, CloseCode) else b""
    return _frame(_CLOSE, int(code).to_bytes(2) + reason)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping with that payload, of at most 125 bytes."""
    return _frame(_PONG, payload)


PING_FRAME = bytes((_PING, 0))


def _frame(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return bytes((first_byte, length)) + payload
    if length < _MEDIUM:
        return bytes((first_byte, _SHORT)) + length.to_bytes(2) + payload
    return bytes((first_byte, 127)) + length.to_bytes(8) + payload
