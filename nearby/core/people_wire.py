"""What the calls about people carry: more of ``nearby.core.wire``, over HTTP alone."""

from msgspec import Struct


class KnownPerson(Struct, kw_only=True, frozen=True):
    """Somebody I know. ``person`` is my handle of them; ``name`` is null if they gave none."""

    person: str
    name: str | None
    verified: bool
    followed: bool
    muted: bool
    blocked: bool


class PeopleAnswer(Struct, kw_only=True, frozen=True):
    """The people I know, the newest first."""

    people: list[KnownPerson]


class BlockAnswer(Struct, kw_only=True, frozen=True):
    """One of my blocks, by the id to withdraw it by."""

    block: str


class BlocksAnswer(Struct, kw_only=True, frozen=True):
    """My blocks in force, in no order that means anything."""

    blocks: list[BlockAnswer]
