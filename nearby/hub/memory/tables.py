"""What the live state is kept in: plain collections for one process, others for one that is shared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field

from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.catchment import Catchments
from nearby.core.census import Census
from nearby.core.gate import Trail
from nearby.core.ids import PersonId, RoomId
from nearby.core.marks import Marks
from nearby.core.nearby_list import Rosters
from nearby.core.repeats import Repeats, TextHash
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.core.shake import Gatherings
from nearby.core.shelves import Shelves
from nearby.core.venue import CatchmentId, Venues
from nearby.core.window import Windows
from nearby.hub.memory.agenda import Agenda
from nearby.hub.memory.person import Person


@dataclass(slots=True)
class Looks:
    """What one viewer asked for in a window."""

    window: int
    rosters: dict[CatchmentId, tuple[PersonId, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """Every collection of the live state, each changed by its owner in ``nearby.hub.memory`` alone.

    Keys are looked up one by one, and nothing depends on seeing all of them: so that a collection may be one of
    which only what was asked for is there.
    """

    agenda: Agenda
    catchments: Catchments
    census: Census
    venues: Venues
    rosters: Rosters
    repeats: Repeats
    gatherings: Gatherings
    people: MutableMapping[PersonId, Person] = field(default_factory=dict)
    rooms: MutableMapping[RoomId, Room] = field(default_factory=dict)
    shelves: MutableMapping[CatchmentId, Shelves[Room]] = field(default_factory=dict)
    by_size: MutableMapping[int, int] = field(default_factory=Counter)
    """Rooms by the number of their connected members."""
    by_author: MutableMapping[PersonId, dict[PersonId, bool]] = field(default_factory=lambda: defaultdict(dict))
    """Conflicts; see ``nearby.core.conflicts``."""
    by_other: MutableMapping[PersonId, dict[PersonId, bool]] = field(default_factory=lambda: defaultdict(dict))
    muted: MutableMapping[RoomId, Marks] = field(default_factory=dict)
    greeted: MutableMapping[RoomId, Marks] = field(default_factory=dict)
    deaf_to: MutableMapping[PersonId, set[PersonId]] = field(default_factory=dict)
    """Lasting mutes; see ``nearby.core.marks``."""
    heard_by: MutableMapping[PersonId, set[PersonId]] = field(default_factory=dict)
    trails: MutableMapping[tuple[PersonId, str], Trail] = field(default_factory=dict)
    """Of texts outside rooms, by author and place."""
    held_off: dict[PersonId, None] = field(default_factory=dict)
    """Who asked for a seat where placement is stopped."""
    let_go: dict[PersonId, None] = field(default_factory=dict)
    """Who was held off and no longer is."""
    to_move: list[PersonId] = field(default_factory=list)
    """Who must have another seat."""
    looks: MutableMapping[PersonId, Looks] = field(default_factory=dict)
    """Of each viewer in this window."""
    looks_before: MutableMapping[PersonId, Looks] = field(default_factory=dict)
    stopped: Stopped = NOTHING_STOPPED


def in_memory(rules: Rules, windows: Windows, *, secret: bytes, refused: Iterable[tuple[TextHash, int]] = ()) -> Tables:
    """Return empty tables of one process; ``secret`` keys the hashes of texts, some of them ``refused`` before."""
    return Tables(
        agenda=Agenda(),
        catchments=Catchments(rules, windows),
        census=Census(),
        venues=Venues(rules),
        rosters=Rosters(),
        repeats=Repeats(rules, secret, refused),
        gatherings=Gatherings(rules),
    )
