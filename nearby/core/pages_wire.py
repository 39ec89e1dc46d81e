"""What the pages are told before anything else: more of ``nearby.core.wire``, over HTTP alone."""

from msgspec import Struct


class PageConfig(Struct, kw_only=True, frozen=True):
    """What this server offers. ``tile_url`` is a template of map tiles with {z}, {x} and {y}, null without one.

    ``tile_attribution`` says whose tiles they are, as plain text that every map with them shows.
    """

    version: str
    tile_url: str | None
    tile_attribution: str | None
    guests: bool
    shake: bool
    bottle: bool
    notify: bool
    window_s: float
    tags: list[str]
