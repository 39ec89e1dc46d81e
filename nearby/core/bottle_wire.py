"""What the calls about bottles and threads carry: more of ``nearby.core.wire``, over HTTP alone."""

from typing import Annotated

from msgspec import Meta, Struct

from nearby.core.wire import Id

BottleText = Annotated[str, Meta(description="1 to 1,000 characters after NFC, no control characters but newline")]


class BottleRequest(Struct, kw_only=True, frozen=True):
    """A bottle to throw."""

    text: BottleText


class BottleAnswer(Struct, kw_only=True, frozen=True):
    """A bottle that is afloat."""

    bottle: str


class CatchAnswer(Struct, kw_only=True, frozen=True):
    """A bottle that is mine for ``lease_ms`` from now; ``token`` says so when I answer it or give it back."""

    bottle: str
    text: str
    lease_ms: int
    token: str


class ReplyRequest(Struct, kw_only=True, frozen=True):
    """An answer to a bottle that is mine."""

    text: BottleText
    token: Id


class ReleaseRequest(Struct, kw_only=True, frozen=True):
    """A bottle that is mine, given back."""

    token: Id


class ReportRequest(Struct, kw_only=True, frozen=True):
    """What is wrong: a word for it and, if need be, a text."""

    reason: Annotated[str, Meta(min_length=1, max_length=64)]
    text: BottleText | None = None


class ThreadAnswer(Struct, kw_only=True, frozen=True):
    """A two-person thread. ``origin`` is the res-4 cell its bottle came from; ``thrown``: it was my bottle."""

    thread: str
    bottle: str
    origin: str
    created_ms: int
    thrown: bool


class ThreadsAnswer(Struct, kw_only=True, frozen=True):
    """My threads, newest first, at most 200."""

    threads: list[ThreadAnswer]


class ThreadMessageRequest(Struct, kw_only=True, frozen=True):
    """A text for a thread."""

    text: BottleText


class ThreadMessage(Struct, kw_only=True, frozen=True):
    """One text of a thread, numbered from 1 without gaps; 1 is the bottle's own."""

    seq: int
    mine: bool
    text: str
    at_ms: int


class ThreadMessagesAnswer(Struct, kw_only=True, frozen=True):
    """Texts of a thread in order, at most 200: ask again with the last ``seq`` as ``after``."""

    messages: list[ThreadMessage]
