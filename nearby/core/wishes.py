"""What a check-in asks for beside a place: company that suits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nearby.core import wire
from nearby.core.area_index import AreaId, Inside
from nearby.core.ids import PersonId
from nearby.core.venue import Venue


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the last check-in named; one that names nothing wishes for nothing.

    ``companions`` are the people one came with; it counts where each names the other. ``venue`` is one that the
    check-in stood in. ``lang`` is a lower-case primary language.
    """

    tags: frozenset[str] = frozenset()
    lang: str | None = None
    companions: frozenset[PersonId] = frozenset()
    venue: Venue | None = None


NO_WISHES = Wishes()
"""Shared by all who ask for nothing: most people, and no memory."""


def read_wishes(
    position: wire.Position,
    inside: Inside,
    venues: Mapping[AreaId, Venue],
    tags: Collection[str],
    companions: frozenset[PersonId] = frozenset(),
) -> Wishes:
    """Return what a check-in wishes for; ``NO_WISHES`` itself if that is nothing.

    What cannot be had is left out: a tag that is not one of the operator's, a venue that one does not stand in.

    Args:
        position: The check-in.
        inside: The areas that it stands in.
        venues: All venues in force.
        tags: The operator's.
        companions: The people whom it names.
    """
    if position.tags is None and position.lang is None and position.venue is None and not companions:
        return NO_WISHES
    venue = AreaId(position.venue) if position.venue is not None else None
    wishes = Wishes(
        tags=frozenset(position.tags or ()).intersection(tags),
        # "pt-BR" and "pt" understand each other (BCP 47: the first subtag is the language).
        lang=position.lang.split("-")[0].lower() if position.lang is not None else None,
        companions=companions,
        venue=venues.get(venue) if venue is not None and venue in inside.areas else None,
    )
    return NO_WISHES if wishes == NO_WISHES else wishes
