"""What the calls about oneself carry: more of ``nearby.core.wire``, over HTTP alone."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType


class MeAnswer(Struct, kw_only=True, frozen=True):
    """What the server knows of the caller. ``created_ms`` is null while nothing is kept of them."""

    user: str
    is_guest: bool
    verified: bool
    established: bool
    name: str | None
    listed: bool
    lang: str | None
    tags: list[str]
    created_ms: int | None


class MeChange(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What to change of my profile: null clears a field, one that is absent stays."""

    name: Annotated[str, Meta(description="1 to 64 characters after NFC")] | UnsetType | None = UNSET
    listed: bool | UnsetType | None = UNSET
    lang: Annotated[str, Meta(description="a BCP 47 tag")] | UnsetType | None = UNSET
    tags: Annotated[list[str], Meta(description="at most 3 of 1 to 32 characters")] | UnsetType | None = UNSET


class NotifyAnswer(Struct, kw_only=True, frozen=True):
    """Whether I wait to be told when company comes."""

    waiting: bool


class ExportAnswer(Struct, kw_only=True, frozen=True):
    """All that is kept of the caller's own doing: rows by what they are about, at a moment."""

    user: str
    at_ms: int
    data: dict[str, list[dict[str, Any]]]
