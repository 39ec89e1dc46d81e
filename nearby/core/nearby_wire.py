"""What the call about people nearby carries: more of ``nearby.core.wire``, over HTTP alone."""

from msgspec import Struct

from nearby.core.wire import Area


class NearbyPerson(Struct, kw_only=True, frozen=True):
    """Somebody of my area who chose to be listed. ``person`` means something to me alone, in this window."""

    person: str
    name: str
    verified: bool


class NearbyAnswer(Struct, kw_only=True, frozen=True):
    """My area, null without a presence, and at most 50 of the people there, in an order that is mine."""

    area: Area | None
    people: list[NearbyPerson]
