"""What a warm start finds of the live state: the rows of ``nearby.core.changes`` that survived."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nearby.core.changes import CatchmentRow, LogRow, MarkRow, PresenceRow, RecentRow, RoomRow, SeatRow
from nearby.core.ids import PersonId


@dataclass(frozen=True, slots=True)
class KeptRoom:
    """A room that had not ended, in its new epoch. ``room.seq`` is the last seq that survived.

    ``log`` is contiguous and ends at ``room.seq``; ``said`` are the last 50 messages, of which a snapshot shows
    what was said since its member joined. A text of None is of somebody erased. ``authors`` names the person
    behind every member of both who is still known.
    """

    room: RoomRow
    seats: tuple[SeatRow, ...]
    log: tuple[LogRow, ...]
    said: tuple[LogRow, ...]
    authors: Mapping[str, PersonId]


class KeptConflict(NamedTuple):
    """Two who never meet; not mutual if neither of the author's reasons is."""

    author: PersonId
    other: PersonId
    is_mutual: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a warm start finds. ``window`` is the last that ended before, None if none ever did.

    ``listed`` are all who chose to be on nearby lists, present or not.

    ``conflicts`` are in force before anybody is welcomed, the oldest of an author first. ``mutes`` are the lasting
    ones: who, and whom.
    """

    presences: Sequence[PresenceRow]
    recents: Sequence[RecentRow]
    rooms: Sequence[KeptRoom]
    window: int | None
    catchments: Sequence[CatchmentRow]
    listed: Collection[PersonId] = ()
    marks: Sequence[MarkRow] = ()
    conflicts: Sequence[KeptConflict] = ()
    mutes: Sequence[tuple[PersonId, PersonId]] = ()
    refused_texts: Sequence[tuple[bytes, int]] = ()
    """Keyed hashes of texts, and until when they are refused."""
