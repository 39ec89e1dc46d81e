"""Reading what a server sends, also one that is newer than this SDK."""

from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from nearby.core import wire

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What ``read`` raises for a frame that makes no sense."""

_KNOWN_TYPES = frozenset(kind.__struct_config__.tag for kind in get_args(wire.ServerMessage))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that came into the protocol later.

    ``room`` and ``seq`` are set together if it looks like an event of a room's log: it has its place there.
    """

    room: str | None
    seq: int | None


class _Envelope(msgspec.Struct):
    type: str
    room: Any = None
    seq: Any = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


def read(frame: bytes) -> wire.ServerMessage | Unknown:
    """Return the message in a frame. Unknown fields are ignored.

    Raises:
        msgspec.DecodeError: It is no message, or one of a known type with a field missing or of
            another type; ``UnicodeDecodeError`` and ``RecursionError`` mean the same.
    """
    try:
        message: wire.ServerMessage = wire.decode_from_server(frame)
    except msgspec.ValidationError:
        envelope = _decode_envelope(frame)
        if envelope.type in _KNOWN_TYPES:
            raise
        if isinstance(envelope.room, str) and isinstance(envelope.seq, int):
            return Unknown(envelope.room, envelope.seq)
        return Unknown(None, None)
    return message
