"""Everything that can go wrong, as data.

The tree of exceptions (a test holds this drawing against the classes)::

    NearbyError
    ├── ConfigError        a setting is wrong; the process stops with exit code 2
    ├── Refused            theirs: one message or request is refused, nothing else happens
    ├── Disconnect         theirs or ours: one connection ends with a close code
    ├── Superseded         a call came from a connection that is no longer the person's newest
    ├── Elsewhere          a slice was asked for a seat that is another slice's to give
    ├── NotHere            a slice was asked for somebody who is in another one
    ├── HubDown            ours: the live state cannot be reached; the caller may try again
    ├── StoreDown          ours: the database cannot be reached, or did not answer in time
    ├── BadArea            theirs: an operator's area cannot be used
    ├── IllegalTransition  our bug: a state machine got an input its state does not take
    ├── GapInLog           our bug, or a lost event: a room's seq did not continue
    ├── NotAcknowledged    the connection dropped before the answer to a call that cannot be repeated
    ├── PhoneClosed        the SDK's phone was closed, or the server closed it for good
    ├── EventsNotRead      an app let its phone's events pile up
    └── ServerFailed       the server a tool started did not come up or go down as it should

Codes are stable: clients branch on them. ``PROBLEMS`` says for each what a person should do.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why a message or request was refused; the ``code`` of ``error`` and of HTTP problems."""

    BAD_MESSAGE = "bad_message"
    UNKNOWN_TYPE = "unknown_type"
    BAD_POSITION = "bad_position"
    BAD_TEXT = "bad_text"
    RATE_LIMITED = "rate_limited"
    NOT_IN_ROOM = "not_in_room"
    MOVED = "moved"
    ID_REUSED = "id_reused"
    HELD = "held"
    STORE_DOWN = "store_down"
    HUB_DOWN = "hub_down"
    DRAINING = "draining"
    BUSY = "busy"
    BAD_TOKEN = "bad_token"
    GUESTS_OFF = "guests_off"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    BAD_PROFILE = "bad_profile"
    BAD_NAME = "bad_name"
    NAME_TAKEN = "name_taken"
    BAD_QUERY = "bad_query"
    BAD_AREA = "bad_area"
    OPERATORS_ONLY = "operators_only"
    ERASING = "erasing"
    OFF = "off"
    GONE = "gone"
    NOT_PRESENT = "not_present"
    BANNED = "banned"
    ALREADY_DECIDED = "already_decided"
    GUEST = "guest"
    BAD_SUBPROTOCOL = "bad_subprotocol"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Problem:
    """What HTTP says of a code: its status, and one sentence that says what to do."""

    status: int
    advice: str


PROBLEMS: dict[ErrorCode, Problem] = {
    ErrorCode.BAD_MESSAGE: Problem(400, "Send one JSON object of the documented shape."),
    ErrorCode.UNKNOWN_TYPE: Problem(400, "Use one of the documented message types."),
    ErrorCode.BAD_POSITION: Problem(
        422, "Send lat in [-90, 90], lon in [-180, 180] and accuracy_m in [0, 10000], as finite numbers."
    ),
    ErrorCode.BAD_TEXT: Problem(422, "Send 1 to 1000 characters without control characters other than newline."),
    ErrorCode.RATE_LIMITED: Problem(429, "Wait for the given time and try again."),
    ErrorCode.NOT_IN_ROOM: Problem(409, "Check in first; a room follows."),
    ErrorCode.MOVED: Problem(409, "You have left the room you named; look at your last placed message."),
    ErrorCode.ID_REUSED: Problem(409, "Use a new id for a new text."),
    ErrorCode.HELD: Problem(
        422, "Use words of your own, without links, addresses, numbers to call, wallets or names on other services."
    ),
    ErrorCode.STORE_DOWN: Problem(
        503, "Send the same message with the same id again a little later; it may have been heard already."
    ),
    ErrorCode.HUB_DOWN: Problem(503, "Send the same message with the same id again a little later."),
    ErrorCode.DRAINING: Problem(503, "This server is going down; connect again after the given delay."),
    ErrorCode.BUSY: Problem(503, "Too many connect just now; connect again after the given time."),
    ErrorCode.BAD_TOKEN: Problem(401, "Send a valid, unexpired bearer token."),
    ErrorCode.GUESTS_OFF: Problem(403, "This server takes no guests; ask its operator for a token."),
    ErrorCode.NOT_FOUND: Problem(404, "There is nothing at this address; see /docs."),
    ErrorCode.METHOD_NOT_ALLOWED: Problem(405, "Use one of the methods in the Allow header."),
    ErrorCode.TOO_LARGE: Problem(413, "Send at most 16 KiB."),
    ErrorCode.BAD_PROFILE: Problem(422, "Send name, lang and tags of the documented form, or null to clear one."),
    ErrorCode.BAD_NAME: Problem(422, "Send a name in one script, of letters, spaces, apostrophes, hyphens and dots."),
    ErrorCode.NAME_TAKEN: Problem(409, "Choose a name that nobody can take for somebody else's or for staff."),
    ErrorCode.BAD_QUERY: Problem(422, "Send the documented query parameters, in their ranges."),
    ErrorCode.BAD_AREA: Problem(422, "Send areas as documented: GeoJSON to import, a cell to pull a brake in."),
    ErrorCode.OPERATORS_ONLY: Problem(403, "Use a token with the scope operator."),
    ErrorCode.ERASING: Problem(409, "All that is kept of this person is being erased; call again in a moment."),
    ErrorCode.OFF: Problem(403, "The operator of this server has switched this off."),
    ErrorCode.GONE: Problem(410, "It is not yours, or not any more; go on without it."),
    ErrorCode.NOT_PRESENT: Problem(409, "Check in first: a bottle is thrown from where you are."),
    ErrorCode.BANNED: Problem(403, "You are banned; the answer says until when, and how to appeal."),
    ErrorCode.ALREADY_DECIDED: Problem(409, "Look at the report again: it is not as it was."),
    ErrorCode.GUEST: Problem(409, "Guests cannot be verified: verify an account of the app's own issuer."),
    ErrorCode.BAD_SUBPROTOCOL: Problem(400, "Offer the subprotocol nearby.v1, or none."),
    ErrorCode.INTERNAL: Problem(500, "This is our fault; try again, and tell the operator if it stays."),
}


class CloseCode(IntEnum):
    """Why a connection ended. 3000-3499: reconnect with full jitter; 3500-3999: not by yourself."""

    SHUTTING_DOWN = 3001
    TOO_SLOW = 3008
    NO_PONG = 3012
    TOO_MANY_CONNECTIONS = 3013
    BAD_TOKEN = 3500
    BANNED = 3501
    BROKE_PROTOCOL = 3502
    HELLO_TOO_LATE = 3503
    REPLACED = 3504
    ERASED = 3505

    @property
    def reason(self) -> str:
        """One short sentence for the close frame, at most 123 bytes (RFC 6455 section 5.5)."""
        return _REASONS[self]

    @property
    def may_reconnect(self) -> bool:
        """Whether a client may come back by itself, with full jitter."""
        return self < FIRST_FINAL_CODE


FIRST_FINAL_CODE = 3500

_REASONS: dict[CloseCode, str] = {
    CloseCode.SHUTTING_DOWN: "the server is going down; reconnect after the delay in bye",
    CloseCode.TOO_SLOW: "too much was waiting to be read; reconnect and resume",
    CloseCode.NO_PONG: "no pong came in time; reconnect and resume",
    CloseCode.TOO_MANY_CONNECTIONS: "too many connections from this network; try again later",
    CloseCode.BAD_TOKEN: "the token is bad or expired; get a new one",
    CloseCode.BANNED: "banned; any call over HTTP says until when, and how to appeal",
    CloseCode.BROKE_PROTOCOL: "a frame or message was not of the documented form",
    CloseCode.HELLO_TOO_LATE: "no hello came in time",
    CloseCode.REPLACED: "a newer connection of the same person took over",
    CloseCode.ERASED: "all that was kept of this person was erased, as they asked",
}


class NearbyError(Exception):
    """The root of the tree: catch this to catch everything that is ours."""


class ConfigError(NearbyError):
    """A setting is wrong. Nothing was opened yet.

    Args:
        setting: The setting's name, as in the file.
        sentence: One sentence that says what to do.
    """

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting


class Refused(NearbyError):
    """One message or request is refused. The connection stays and nothing else happened.

    Args:
        code: The stable code.
        detail: One sentence for a developer; never echoes a position or a secret.
        retry_ms: How long to wait before trying again, or None if waiting does not help.
        limit: Which limit was hit, for the metric; "" for other codes than ``rate_limited``.
        answers: The id of the refused message where only its sender could be asked, else None.
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        *,
        retry_ms: int | None = None,
        limit: str = "",
        answers: int | str | None = None,
    ) -> None:
        self.code = code
        self.detail = detail or PROBLEMS[code].advice
        self.retry_ms = retry_ms
        self.limit = limit
        self.answers = answers
        super().__init__(f"{code}: {self.detail}")


class Disconnect(NearbyError):
    """One connection ends with ``code``; nobody else notices."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(f"{code.value} {code.reason}")
        self.code = code


class Superseded(NearbyError):
    """The calling connection was replaced by a newer one of the same person. Nothing happened."""


class Elsewhere(NearbyError):
    """Where the person is to be seated is another slice's. Nothing changed but that a join may have been counted."""


class NotHere(NearbyError):
    """The person is in another slice, which ``Slice.where_gone`` tells. Nothing happened."""


class HubDown(NearbyError):
    """The live state cannot be reached. The call may or may not have taken effect."""


class StoreDown(NearbyError):
    """The database cannot be reached, or did not answer in time. A write may or may not have happened.

    Args:
        sentence: What happened, without an address, a secret or anything of a person.
        retry_ms: After how long it is worth trying again.
    """

    def __init__(self, sentence: str = "the database cannot be reached", *, retry_ms: int = 1_000) -> None:
        super().__init__(sentence)
        self.retry_ms = retry_ms


class BadArea(NearbyError):
    """An operator's area cannot be used. Nothing was imported.

    Args:
        which: Which of the file's areas, by name or number.
        sentence: One sentence that says what to do.
    """

    def __init__(self, which: str, sentence: str) -> None:
        super().__init__(f"{which}: {sentence}")
        self.which = which


class IllegalTransition(NearbyError):
    """A state machine was given an input its state does not take. Its state is unchanged."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state = state
        self.event = event


class GapInLog(NearbyError):
    """An event did not continue the room's log. The view is unchanged; resume to mend it."""

    def __init__(self, *, expected: int, got: int) -> None:
        super().__init__(f"expected seq {expected}, got {got}")
        self.expected = expected
        self.got = got


class NotAcknowledged(NearbyError):
    """The connection dropped before the answer came. The call may or may not have been carried out."""


class PhoneClosed(NearbyError):
    """The phone is closed and does not come back. ``code`` is the server's close code, None if we closed it."""

    def __init__(self, code: int | None) -> None:
        super().__init__("the phone was closed" if code is None else f"the server closed for good: {code}")
        self.code = code


class EventsNotRead(NearbyError):
    """The app did not read its phone's events; none was dropped silently. The phone is closed."""


class ServerFailed(NearbyError):
    """A server process did not start, or did not stop in time; it is gone.

    Args:
        sentence: What happened.
        code: Its exit code, None if it had to be killed.
    """

    def __init__(self, sentence: str, code: int | None) -> None:
        super().__init__(sentence)
        self.code = code
