"""The messages of the wire, version 1: one definition for checking, encoding and the documents.

Every message is one JSON object with a ``type``. Unknown fields are ignored; fields that are absent
on the wire are ``None`` in requests and left out of answers. Both ends use these types.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from nearby.core.ids import RoomId, is_id

SUBPROTOCOL = "nearby.v1"
MAX_FRAME_BYTES = 16 * 1024
MAX_TEXT_CHARACTERS = 1_000

# The end of a text and nothing before it: Python's "$" alone also matches before a last newline, and its "\Z" is not
# of JSON Schema's dialect, in which the documents show these patterns.
_END = r"$(?!\n)"

_ID_PATTERN = f"^[A-Za-z0-9_-]{{1,64}}{_END}"
Id = Annotated[str, Meta(pattern=_ID_PATTERN)]
MessageId = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, Meta(max_length=64)]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84 degrees")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84 degrees")]
Accuracy = Annotated[float, Meta(ge=0, le=10_000, description="metres; has no effect on placement")]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=32)]], Meta(max_length=3)]
Language = Annotated[str, Meta(pattern=f"^[A-Za-z0-9-]{{2,35}}{_END}", description="a BCP 47 tag")]
Companions = Annotated[list[Id], Meta(max_length=7)]
ProfileName = Annotated[str, Meta(min_length=1, max_length=64)]
TokenText = Annotated[str, Meta(max_length=8_192)]
Reason = Annotated[str, Meta(min_length=1, max_length=64)]
Sequence = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Position(Struct, kw_only=True, frozen=True):
    """The body of a check-in: I am here, now."""

    lat: Latitude
    lon: Longitude
    accuracy_m: Accuracy | None = None
    tags: Tags | None = None
    lang: Language | None = None
    venue: Id | None = None
    with_: Companions | None = msgspec.field(default=None, name="with")


class Resume(Struct, kw_only=True, frozen=True):
    """The last position in a room's log that the client has seen."""

    room: Id
    epoch: Sequence
    after: Sequence


class Hello(Struct, kw_only=True, frozen=True, tag="hello", omit_defaults=True):
    """The first message of a connection."""

    token: TokenText | None = None
    resume: Resume | None = None


class CheckIn(Position, kw_only=True, frozen=True, tag="checkin", omit_defaults=True):
    """I am here, now; takes or keeps a seat."""

    id: MessageId | None = None


class Say(Struct, kw_only=True, frozen=True, tag="say", omit_defaults=True):
    """Say ``text`` in my room: 1 to 1,000 characters after NFC, no control characters but newline."""

    text: str
    id: MessageId | None = None
    room: Annotated[RoomId, Meta(extra_json_schema={"pattern": _ID_PATTERN})] | None = None
    """An ``Id``, which ``decode_from_client`` sees to."""


class Next(Struct, kw_only=True, frozen=True, tag="next", omit_defaults=True):
    """Another room, please."""

    id: MessageId | None = None
    room: Id | None = None


class Leave(Struct, kw_only=True, frozen=True, tag="leave", omit_defaults=True):
    """Leave the room and clear my location."""

    id: MessageId | None = None


class Shake(Struct, kw_only=True, frozen=True, tag="shake", omit_defaults=True):
    """I am shaking my phone now."""

    id: MessageId | None = None


class AboutMember(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is common to messages about a member: of ``room``, or of my present one."""

    member: Id
    id: MessageId | None = None
    room: Id | None = None


class Mute(AboutMember, kw_only=True, frozen=True, tag="mute", omit_defaults=True):
    """Let me hear nothing any more that this member says in this room."""


class Unmute(AboutMember, kw_only=True, frozen=True, tag="unmute", omit_defaults=True):
    """Let me hear this member again."""


class Block(AboutMember, kw_only=True, frozen=True, tag="block", omit_defaults=True):
    """Let this member and me never meet again, and give me another room."""


class Report(AboutMember, kw_only=True, frozen=True, tag="report", omit_defaults=True):
    """Tell operators about this member, never meet them again, and give me another room."""

    reason: Reason | None = None


class Greet(AboutMember, kw_only=True, frozen=True, tag="greet", omit_defaults=True):
    """Greet this member: once both did, each knows the other for good."""


class Renew(Struct, kw_only=True, frozen=True, tag="renew", omit_defaults=True):
    """A fresh token for the same person."""

    token: TokenText
    id: MessageId | None = None


class Ping(Struct, kw_only=True, frozen=True, tag="ping", omit_defaults=True):
    """Answered by ``pong``."""

    id: MessageId | None = None


Command = CheckIn | Say | Next | Leave | Shake | Mute | Unmute | Block | Report | Greet | Renew | Ping
ClientMessage = Hello | Command


class Area(Struct, kw_only=True, frozen=True):
    """The caller's finest open catchment: an H3 cell of resolution 7 or coarser; in a venue one of its cells."""

    cell: str
    resolution: int
    venue: str | UnsetType = UNSET


class Window(Struct, kw_only=True, frozen=True):
    """The common tumbling window: from ``start_ms``, up to but not including ``end_ms``."""

    start_ms: int
    end_ms: int


class RoomInfo(Struct, kw_only=True, frozen=True):
    """A room as a snapshot names it."""

    id: str
    epoch: int
    capacity: int
    opened_ms: int


class Member(Struct, kw_only=True, frozen=True, gc=False):
    """Somebody in my room, by the pseudonym that holds for this room.

    ``was`` is the pseudonym of somebody who came along from the room I was in before.
    """

    member: str
    name: str
    verified: bool
    was: str | UnsetType = UNSET


class Welcome(Struct, kw_only=True, frozen=True, tag="welcome"):
    """The token was good. ``resumed``: exactly the missed events follow."""

    user: str
    ping_s: float
    window_s: float
    server_ms: int
    resumed: bool


class Ack(Struct, kw_only=True, frozen=True, tag="ack"):
    """One message was carried out."""

    id: MessageId
    seq: int | UnsetType = UNSET
    at_ms: int | UnsetType = UNSET
    area: Area | UnsetType | None = UNSET
    window: Window | UnsetType = UNSET
    block: str | UnsetType = UNSET


class Error(Struct, kw_only=True, frozen=True, tag="error"):
    """One message was refused; the connection stays."""

    code: str
    detail: str
    id: MessageId | UnsetType = UNSET
    retry_ms: int | UnsetType = UNSET


class Said(Struct, kw_only=True, frozen=True, gc=False, tag="said"):
    """Somebody of my room said something."""

    room: str
    seq: int
    from_: str = msgspec.field(name="from")
    text: str
    at_ms: int


class Joined(Struct, kw_only=True, frozen=True, gc=False, tag="joined"):
    """Somebody took a seat."""

    room: str
    seq: int
    member: Member


class Left(Struct, kw_only=True, frozen=True, gc=False, tag="left"):
    """Somebody's seat ended."""

    room: str
    seq: int
    member: str


class Changed(Struct, kw_only=True, frozen=True, gc=False, tag="changed"):
    """Somebody's name or badge is another one now."""

    room: str
    seq: int
    member: Member


class Skipped(Struct, kw_only=True, frozen=True, gc=False, tag="skipped"):
    """Somebody whom I muted said something."""

    room: str
    seq: int


RoomEvent = Said | Joined | Left | Changed
HeardEvent = RoomEvent | Skipped
"""What a member hears of the log."""


class Placed(Struct, kw_only=True, frozen=True, tag="placed"):
    """A snapshot of my room at ``seq``; replaces everything about the former room."""

    room: RoomInfo
    area: Area
    you: str
    quiet: bool
    members: list[Member]
    messages: list[Said]
    seq: int
    why: str


class Shaken(Struct, kw_only=True, frozen=True, tag="shaken"):
    """My shake met others; ``placed`` in this room follows."""

    room: str


class Greeted(Struct, kw_only=True, frozen=True, tag="greeted"):
    """A member of my room greets me."""

    room: str
    member: str


class Known(Struct, kw_only=True, frozen=True, tag="known"):
    """A member of my room and I greeted each other: ``person`` is my handle of them, for good."""

    room: str
    member: str
    person: str
    name: str | None


class Unplaced(Struct, kw_only=True, frozen=True, tag="unplaced"):
    """I have no room now."""

    why: str


class Expiring(Struct, kw_only=True, frozen=True, tag="expiring"):
    """The token ends soon: send ``renew``."""

    in_ms: int


class Bye(Struct, kw_only=True, frozen=True, tag="bye"):
    """The server is going down; come back after this delay."""

    reconnect_ms: int


class GuestRequest(Struct, kw_only=True, frozen=True):
    """The body of a request for a guest token; it may be left out."""

    name: ProfileName | None = None


class GuestAnswer(Struct, kw_only=True, frozen=True):
    """A guest's token."""

    user: str
    token: str
    expires_at_ms: int


class RoomAnswer(Struct, kw_only=True, frozen=True):
    """The room of the caller's open socket."""

    id: str
    size: int
    capacity: int


class CheckInAnswer(Struct, kw_only=True, frozen=True):
    """Where a check-in over HTTP counts. ``room`` is null without an open socket."""

    area: Area | None
    window: Window
    room: RoomAnswer | None


class ProblemAnswer(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """An error over HTTP (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    retry_ms: int | None = None


class Pong(Struct, kw_only=True, frozen=True, tag="pong"):
    """The answer to ``ping``."""

    id: MessageId | UnsetType = UNSET


class _Room(Struct):
    """Refuses what is no id as a ``room``, in the same words as for other messages."""

    room: Id | None


ServerMessage = (
    Welcome | Ack | Error | HeardEvent | Greeted | Known | Shaken | Placed | Unplaced | Expiring | Bye | Pong
)

encode = msgspec.json.Encoder().encode
"""Return the UTF-8 JSON of a message."""

_decode_from_client = msgspec.json.Decoder(ClientMessage).decode
_decode_room = msgspec.json.Decoder(_Room).decode


def decode_from_client(data: bytes | str) -> ClientMessage:
    """Return the client's message in some UTF-8 JSON; raises ``msgspec.DecodeError`` or ``RecursionError``."""
    message: ClientMessage = _decode_from_client(data)
    # A pattern makes msgspec call Python, which took longer than all else about reading what somebody says.
    if type(message) is Say and message.room is not None and not is_id(message.room):
        _decode_room(data)
    return message


decode_from_server = msgspec.json.Decoder(ServerMessage).decode
"""Return the server's message in some UTF-8 JSON; raises as ``decode_from_client``."""
