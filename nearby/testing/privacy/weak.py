"""Servers made worse on purpose: what others built and was broken, so that each attack shows that it bites.

Each weakness replaces something at a seam while a block runs; the product has none of it. A weak server knows where
everybody is, which ours does not: ``_Sight`` listens to check-ins and seats.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, cast
from zlib import crc32

import msgspec
from msgspec.structs import replace

from nearby.core import wire
from nearby.core.area_index import AreaId, AreaIndex, Inside
from nearby.core.cell import Ladder, place_of
from nearby.core.frames import text_frame
from nearby.core.ids import Cell, MemberId, PersonId
from nearby.core.names import draw_name as draw_a_name
from nearby.core.nearby_list import Listed
from nearby.core.placement import Candidate
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.base import Caller, Nearby, Offer
from nearby.hub.memory import lists as hub_lists
from nearby.hub.memory import rooms as hub_rooms
from nearby.hub.memory.avoiding import Avoiding
from nearby.hub.memory.person import Person
from nearby.server import dispatch
from nearby.server.auth import Claims, Verifier
from nearby.server.connection import Connection
from nearby.testing.privacy.ground import LatLon, Point, direct_cell_at, distance_m, regions_at
from nearby.testing.privacy.seams import Weakness, replaced
from nearby.testing.privacy.weak_blocks import WEAK_BLOCKS

RADIUS_M = 1_000.0


class _Sight:
    """What a weak server knows: where people are, who sits as which member, and in which room."""

    def __init__(self) -> None:
        self.at: dict[PersonId, LatLon] = {}
        self.who: dict[str, PersonId] = {}
        self.sitting: dict[str, dict[str, PersonId]] = {}

    def distance_m(self, one: PersonId, other: PersonId) -> float:
        """Return how far two people are from each other; 0 for whoever never checked in."""
        if one not in self.at or other not in self.at:
            return 0.0
        return distance_m(self.at[one], self.at[other])

    @contextlib.contextmanager
    def open(self) -> Iterator["_Sight"]:
        """See while the block runs."""
        checks_in, joins, leaves = dispatch.Dispatcher.check_in, Room.join, Room.leave

        async def check_in(
            this: dispatch.Dispatcher, caller: Caller, position: wire.Position, *args: Any, **more: Any
        ) -> Any:
            self.at[caller.person] = (position.lat, position.lon)
            return await checks_in(this, caller, position, *args, **more)

        # Of the room itself: the hub seats one at a time, and those who shook at once.
        def join(this: Room, seat: Seat, now_ms: int, rules: Rules) -> wire.Joined:
            self.who[seat.member] = seat.person
            self.sitting.setdefault(this.id, {})[seat.member] = seat.person
            return joins(this, seat, now_ms, rules)

        def leave(this: Room, member: MemberId, now_ms: int, rules: Rules) -> wire.Left:
            self.sitting[this.id].pop(member, None)
            return leaves(this, member, now_ms, rules)

        with (
            replaced(dispatch.Dispatcher, "check_in", check_in),
            replaced(Room, "join", join),
            replaced(Room, "leave", leave),
        ):
            yield self


def _shows(tell: Callable[[float], Any], *, nearest_first: bool = False) -> Weakness:
    """Return a server that tells each phone, of each member of its room, something of the distance."""

    @contextlib.contextmanager
    def weak() -> Iterator[None]:
        with _Sight().open() as sight:
            sends, encodes = Connection.send, wire.encode

            def shown(message: wire.Placed | wire.Ack, viewer: PersonId, room: str) -> bytes:
                away = {
                    member: sight.distance_m(viewer, person) for member, person in sight.sitting.get(room, {}).items()
                }
                told = cast(dict[str, Any], msgspec.to_builtins(message))
                if nearest_first and "members" in told:
                    told["members"].sort(key=lambda member: away.get(member["member"], 0.0))
                elif not nearest_first:
                    others = {member: metres for member, metres in away.items() if sight.who[member] != viewer}
                    told["others"] = {member: tell(metres) for member, metres in others.items()}
                return msgspec.json.encode(told)

            # Whatever way a snapshot takes to its phone, it says itself whose it is; an ack does not.
            def encode(message: object) -> bytes:
                if not isinstance(message, wire.Placed):
                    return encodes(message)
                return shown(message, sight.who[message.you], message.room.id)

            def send(phone: Connection, message: wire.ServerMessage) -> None:
                if phone.claims is None or not isinstance(message, wire.Ack):
                    sends(phone, message)
                else:
                    phone.write(text_frame(shown(message, phone.person, phone.room or "")))

            with replaced(wire, "encode", encode), replaced(Connection, "send", send):
                yield

    return weak


@contextlib.contextmanager
def nearest_first_rooms() -> Iterator[None]:
    """Seat everybody in the room with the nearest member."""
    with _Sight().open() as sight:
        offers = Avoiding.offer

        def offer(this: Avoiding, person: Person, now_ms: int) -> Offer:
            def nearest_m(candidate: Candidate) -> float:
                sitting = sight.sitting.get(candidate.room, {}).values()
                return min((sight.distance_m(person.id, other) for other in sitting), default=0.0)

            offered = offers(this, person, now_ms)
            return replace(offered, candidates=sorted(offered.candidates, key=nearest_m)[:1])

        with replaced(Avoiding, "offer", offer):
            yield


@contextlib.contextmanager
def nearest_first_list() -> Iterator[None]:
    """Show people nearby by how near they are."""
    with _Sight().open() as sight:
        shows = hub_lists.Lists.show

        def show(this: hub_lists.Lists, viewer: PersonId, now_ms: int) -> Nearby:
            def away_m(one: Listed) -> float:
                person = this.find(viewer, one.handle)
                return sight.distance_m(viewer, person) if person is not None else 0.0

            shown = shows(this, viewer, now_ms)
            return Nearby(shown.area, sorted(shown.people, key=away_m))

        with replaced(hub_lists.Lists, "show", show):
            yield


@contextlib.contextmanager
def direct_rungs() -> Iterator[None]:
    """Look every rung up at its own resolution."""

    def weak_place_of(lat_deg: float, lon_deg: float, areas: AreaIndex) -> tuple[Ladder, Inside]:
        at = (lat_deg, lon_deg)
        rungs = [Cell(direct_cell_at(at, resolution)) for resolution in (7, 6, 5)]
        return Ladder(*rungs), place_of(lat_deg, lon_deg, areas)[1]

    with replaced(dispatch, "place_of", weak_place_of):
        yield


@contextlib.contextmanager
def polygon_asked() -> Iterator[None]:
    """Have one quiet area, ``drawn_polygon``, and ask the polygon itself of every position."""
    polygon = drawn_polygon()

    def weak_place_of(lat_deg: float, lon_deg: float, areas: AreaIndex) -> tuple[Ladder, Inside]:
        ladder, _ = place_of(lat_deg, lon_deg, areas)
        within = _contains(polygon, (lat_deg, lon_deg))
        return ladder, Inside((AreaId("drawn"),), True) if within else Inside((), False)

    with replaced(dispatch, "place_of", weak_place_of):
        yield


@contextlib.contextmanager
def one_moment_for_all() -> Iterator[None]:
    """Let everybody's cell change at the same moment of a window."""
    with replaced(Windows, "moment_ms", lambda this, window, person: this.start_ms(window) + this.width_ms // 2):
        yield


@contextlib.contextmanager
def one_moment_for_ever() -> Iterator[None]:
    """Let each person's cell change at a moment of their own that is the same in every window."""

    def moment_ms(this: Windows, window: int, person: PersonId) -> int:
        return this.start_ms(window) + int(this.draw(0, "moment", person) * this.width_ms)

    with replaced(Windows, "moment_ms", moment_ms):
        yield


@contextlib.contextmanager
def lasting_pseudonyms() -> Iterator[None]:
    """Draw a name for a person once and for all."""
    joins = hub_rooms.Rooms.join
    sitting_down = ""

    def join(this: hub_rooms.Rooms, room: Room, person: PersonId, *args: Any, **more: Any) -> Seat:
        nonlocal sitting_down
        sitting_down = person
        return joins(this, room, person, *args, **more)

    def draw_name(bits: int, taken: Collection[str]) -> str:
        return draw_a_name(crc32(sitting_down.encode()), taken)

    with replaced(hub_rooms.Rooms, "join", join), replaced(hub_rooms, "draw_name", draw_name):
        yield


@contextlib.contextmanager
def counts_without_noise() -> Iterator[None]:
    """Count people as they are."""
    with replaced(Windows, "noise", lambda this, window, cell, scale: 0.0):
        yield


@contextlib.contextmanager
def everybody_counts() -> Iterator[None]:
    """Count guests too."""
    verifies = Verifier.verify

    def verify(this: Verifier, *args: Any, **more: Any) -> Claims:
        claims = verifies(this, *args, **more)
        return _established(claims)

    with counts_without_noise(), replaced(Verifier, "verify", verify):
        yield


def _established(claims: Claims) -> Claims:
    caller = claims.caller
    counted = Caller(caller.person, caller.name, verified=caller.verified, established=True, is_guest=caller.is_guest)
    return Claims(counted, claims.said, claims.expires_ms, claims.is_guest, claims.scope)


WEAKNESSES: dict[str, Weakness] = {
    "exact distance": _shows(lambda metres: metres),
    "distance rounded to 1 km": _shows(lambda metres: round(metres / 1_000)),
    "in or out of a radius": _shows(lambda metres: metres < RADIUS_M),
    "nearest members first": _shows(lambda metres: None, nearest_first=True),
    "nearest rooms first": nearest_first_rooms,
    "nearest people first on the list": nearest_first_list,
    "each rung looked up by itself": direct_rungs,
    "a polygon asked": polygon_asked,
    "one moment for all": one_moment_for_all,
    "one moment for ever": one_moment_for_ever,
    "lasting pseudonyms": lasting_pseudonyms,
    "counts without noise": counts_without_noise,
    "guests count": everybody_counts,
    **WEAK_BLOCKS,
}
"""By what a table calls them."""

POLYGON_AT = "latitude 45"


def drawn_polygon() -> list[LatLon]:
    """Return the corners of the weak server's quiet area: 4 km across, in the first region at ``POLYGON_AT``."""
    region = regions_at(POLYGON_AT, 1)[0]
    corners = ((-2_100.0, -1_700.0), (1_900.0, -2_300.0), (2_300.0, 1_600.0), (-1_700.0, 2_200.0))
    return [region.position(Point(*corner)) for corner in corners]


def against(name: str) -> contextlib.AbstractContextManager[None]:
    """Return what makes servers as weak as the name says while it is open; for any other name they are ours."""
    return WEAKNESSES[name]() if name in WEAKNESSES else contextlib.nullcontext()


def _contains(polygon: Sequence[LatLon], at: LatLon) -> bool:
    """Return whether a position is in a polygon, by even and odd; good for small ones off the antimeridian."""
    is_in = False
    for one, (lat, lon) in enumerate(polygon):
        before_lat, before_lon = polygon[one - 1]
        if (lat > at[0]) != (before_lat > at[0]):
            is_in ^= at[1] < lon + (at[0] - lat) * (before_lon - lon) / (before_lat - lat)
    return is_in
