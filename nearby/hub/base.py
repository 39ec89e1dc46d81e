"""The hub's port: few operations, each atomic, and what callers may rely on.

A ``Hub`` is one gateway's handle on the live state; any number of gateways may share that state.
Guarantees, kept by every adapter and tested by ``nearby.testing.hub_suite``:

* **Atomic.** Each operation happens wholly or not at all. One that raises ``Refused`` changed nothing, but that
  ``held`` counts by the rate of ``say``.
* **One order.** What a connection hears comes through its gateway's ``Listener`` in one order: first
  ``welcomed``; after ``seated`` at seq n exactly the room's events n+1, n+2, ... without a gap or a
  repeat, until the next ``seated`` or ``unseated``; after ``replaced`` nothing. Listener calls return at once.
* **Nobody in two rooms.** A person has at most one seat. Taking another gives up the old one in
  the same step: those left behind hear ``left``, the others ``joined``.
* **Newest connection wins.** From ``attach`` on, calls by an older connection of the same person raise ``Superseded``.
* **Capacity.** A room never holds more seats than its capacity, held ones included.
* **A log position is forever.** Within an epoch a seq is used once. ``say`` returns after the event is in the log.
* **Crash.** What survives is the adapter's to say. State that did not survive is gone for everybody alike.

Any operation may raise ``HubDown``: it may or may not have happened, and may be tried again;
``say`` with an id is carried out once however often it is tried.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from nearby.core import wire
from nearby.core.brakes import Stopped
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, MemberId, PersonId, RoomId
from nearby.core.nearby_list import Listed
from nearby.core.venue import CatchmentId
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.networks import Networks
from nearby.hub.seating import Offer as Offer
from nearby.hub.seating import Seating
from nearby.hub.servers import Colleague, Servers
from nearby.hub.speech import Speech
from nearby.hub.statistics import HubStatistics as HubStatistics


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as their token says. ``name`` is shown only if ``verified``; the server made up who ``is_guest``."""

    person: PersonId
    name: str | None = None
    verified: bool = False
    established: bool = False
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a check-in came to.

    ``window`` is the number of the one in which it counted: that which was under way, whenever it was sent. ``area`` is
    the person's finest open catchment, by the cell in force or the venue they named. ``wish`` tells the caller to place
    the person, and why: "new" if they are connected and have no seat, "venue" if they have one and now name an open
    venue that they did not name before. None: nothing is to be done.
    """

    area: CatchmentId
    window: int
    wish: str | None = None

    @property
    def seat_wanted(self) -> bool:
        """Return whether the person is to be placed."""
        return self.wish is not None


@dataclass(frozen=True, slots=True)
class RoomSize:
    """A person's room as HTTP shows it."""

    id: RoomId
    size: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """The nearby list as one person sees it. ``area`` is their finest open catchment, None without a presence."""

    area: CatchmentId | None
    people: Sequence[Listed]


@dataclass(frozen=True, slots=True)
class Met:
    """Two of a room greeted each other: who the other is, as which ``member``, and as whom they see me (``you``)."""

    other: PersonId
    room: RoomId
    member: MemberId
    you: MemberId


class Listener(Colleague, Protocol):
    """One gateway's ear. Calls must return at once and must not raise."""

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """The connection is the person's newest, and ``then`` follows the welcome.

        With ``resumed``, the room it sits in, that is exactly the missed events; else one ``placed`` or ``unplaced``.
        """

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """The connection's person sits in this room now; it replaces any other."""

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """The connection's person has no seat any more."""

    def taken_out(self, connection: ConnectionId) -> None:
        """The connection's person had to give up the seat: nothing is heard until ``seated`` or ``unseated``."""

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """The connection is to be told this, which is no event of a room's log."""

    def replaced(self, connection: ConnectionId) -> None:
        """A newer connection took over."""

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """The live state was lost, or lost these connections: end each, paced, so that its phone comes back.

        None of them hears anything any more.
        """

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """A room's log grew; a listener ignores rooms none of its connections sits in.

        ``unheard_by`` is the connection whose own seat ended by this event: it hears nothing of the room any more.
        ``skipped_by`` are those who muted its author: they hear ``skipped`` in its place.
        """


class Hub(Seating, Speech, Networks, Servers, Protocol):
    """One gateway's handle on the live state. See the module for what every operation guarantees."""

    async def attach(self, caller: Caller, connection: ConnectionId, resume: wire.Resume | None, now_ms: int) -> None:
        """Make ``connection`` the person's newest; the older one hears ``replaced``, this one ``welcomed``.

        A seat passes over without a ``joined`` or ``left``. With ``resume``, the events missed since that
        position follow if the seat is still there, the epoch is the same, the log reaches back and they
        are not too many, by number or in bytes; else a snapshot of the seat's room; without a seat, that
        room again if it was lost within the return time and has a free seat; else ``unplaced``. None of
        this counts as a join.

        Claims that the seat's room does not see yet are shown as by ``renew``.
        """

    async def detach(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """The connection is gone: its seat is held. One that is not the newest is no error."""

    async def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """Take over a fresh token's claims; a room that sees another name or badge hears ``changed``.

        It hears so at once, or, if it saw too many changes, as soon as the rate ``Rules.change`` allows; only
        the newest claims are shown then. The rate is the person's and goes along from room to room. What
        nobody sees is not counted.
        """

    async def check_in(self, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing:
        """Refresh the person's presence. A new cell comes into force at their moment, the first at once.

        While a connection is attached, the claims of its token stay in force: this acts as its check-in. What it
        names, ``wishes``, is in force at once and until the next check-in.

        Cells come into force for a person at a bounded rate. Over it a first check-in is refused, and a change at the
        moment waits for the next one, which nobody can tell from a check-in that came later.

        Raises:
            Refused: ``rate_limited``, by the check-in rate, because it would need one join too many or, for the first
                check-in after none, one cell too many.
        """

    async def clear(self, person: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str = "left") -> bool:
        """End the person's presence and seat; return whether there was a seat, or one was to come.

        ``connection`` None asks from outside any connection.

        The person's connection hears ``unseated`` with ``why`` unless it is ``connection``, the one that asked. With
        "left" it hears so if it had a seat. "quiet_area" is a check-in that acts as a clearing: the connection hears
        so in any case, and it counts by the check-in rate. Nothing else of it is kept.

        Raises:
            Refused: ``rate_limited``, by the check-in rate, for "quiet_area" alone. Nothing changed.
        """

    async def separate(self, author: PersonId, other: PersonId, now_ms: int, *, is_mutual: bool) -> None:
        """Let nobody of the two be seated where the other sits, from now on: a hard conflict.

        If ``is_mutual`` is False it bars the author only, and the author gives way where the other takes a seat.
        If they share a room, the author's seat ends in the same step, the others hear ``left``, and the next ``sweep``
        returns the author, to be placed anew with why "moved". What the two are told by is the caller's to choose.
        An offer to the other shows rooms as they would be once whoever gives way had gone, and one to the author, if
        there is a choice, neither the room in which the other would sit next nor a last seat. In a shake the author
        does without, the first one if both are authors: the other meets whom they would meet if the author were away.
        The newest ``Rules.conflicts`` of an author are kept.
        """

    async def reconcile(self, author: PersonId, other: PersonId) -> None:
        """End the conflict that ``author`` has with ``other``; none is no error. One the other authored stays."""

    async def ask_next(self, person: PersonId, connection: ConnectionId, room: RoomId | None, now_ms: int) -> None:
        """Check that the person may have another room.

        Raises:
            Refused: ``not_in_room``, ``moved`` if ``room`` is another one, ``rate_limited``.
        """

    async def shake(self, person: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """Count that the person shakes their phone now, in their area; ``meet`` says who met.

        While they wait for what comes of it, another shake in the same area changes nothing and is counted by no limit.
        ``clear`` takes a shake back. A restart forgets who waits, and the limit on shakes.

        Raises:
            Refused: ``not_present``; ``rate_limited``, by the limit on shakes or because no join is left.
        """

    async def meet(self, now_ms: int) -> bool:
        """Seat some of those together whose shakes have waited long enough, in rooms of their own.

        Repeat it while it returns True: a step is bounded, so that others have their turn. Not calling it only
        makes them wait; no other operation seats them.

        Who meets is decided by ``nearby.core.shake``. Those who meet hear ``seated`` with why "shaken" once all of them
        sit in the new room; it counts as a join. Their old rooms, none of which is barred by that, hear ``left``.
        Whoever met nobody, or is not connected, not in that catchment any more or has no join left, hears nothing.
        The room is of the catchment they shook in; of a coarser rung if that has closed, or if one of them was lifted.
        """

    async def next_meeting_ms(self) -> int | None:
        """Return from when on ``meet`` has somebody to seat; None if nobody waits, or the hub cannot say at once."""

    async def member(self, person: PersonId, room: RoomId | None, member: MemberId) -> PersonId | None:
        """Return who sits as ``member`` of the person's room, which must be ``room`` if that is given, or None.

        Nobody else's room is looked at, and the person themselves is nobody.
        """

    async def mute(
        self,
        person: PersonId,
        connection: ConnectionId,
        room: RoomId | None,
        member: MemberId,
        now_ms: int,
        *,
        is_on: bool,
    ) -> None:
        """Let the person hear ``skipped`` for what the member says in a room from now on, or with False no longer.

        It holds in that room, ``room`` or the present one, on every connection, in what is resumed and in snapshots,
        and follows a member who is moved along by a merge. Nobody else hears of it. A member who is nobody there is no
        error. At most 512 mutes of a room are kept, those on the member muted first dropped first.
        """

    async def mute_person(self, owner: PersonId, other: PersonId, *, is_on: bool) -> None:
        """Let ``owner`` never hear what ``other`` says, in whichever room, or with False hear it again."""

    async def greet(
        self, person: PersonId, connection: ConnectionId, room: RoomId | None, member: MemberId, now_ms: int
    ) -> Met | None:
        """Greet a member of the person's room; return who met if by now both greeted each other, else None.

        The other is ``told`` a ``greeted``, once, unless they muted the person or are in conflict with them: then it
        is as if nobody had been greeted. So it is of a member who is nobody there. A greeting of the same member
        again is counted by no limit. A restart forgets the limit on greetings, and no greeting.

        Raises:
            Refused: ``moved``, ``not_in_room``, ``rate_limited``.
        """

    async def part(self, one: PersonId, other: PersonId) -> None:
        """Let two who knew each other do so no more: lasting mutes between them end, and greetings count no more."""

    async def tell(self, person: PersonId, message: wire.ServerMessage) -> None:
        """Have the person's newest connection ``told`` something; without one nobody is."""

    async def ask_block(self, person: PersonId, now_ms: int) -> None:
        """Count one more block by the person. A restart forgets the limit.

        Raises:
            Refused: ``rate_limited``. Nothing was counted.
        """

    async def move_away(self, person: PersonId, now_ms: int) -> None:
        """Take the person out of their room, which hears ``left``; the next ``sweep`` returns them, to be ``moved``.

        They do not get back into that room for the shun time. Counted by no limit. Without a seat nothing happens.
        """

    async def remove(self, person: PersonId, room: RoomId, now_ms: int) -> None:
        """End the person's seat if it is in ``room``, "removed"; for ``Rules.removed_ms`` they do not get back there.

        Their presence stays: the next check-in gives them a seat in another room.
        """

    async def room_of(self, person: PersonId) -> RoomSize | None:
        """Return the room of a connected person, or None."""

    async def has_company(self, person: PersonId, now_ms: int) -> bool | None:
        """Return whether somebody without a connection would sit with somebody connected if they came now.

        False with a connection; None without a presence. It is so if their held seat's room, or one they may be
        offered while they have no seat, has a connected member.
        """

    async def cell_of(self, person: PersonId) -> Cell | None:
        """Return the cell of resolution 7 that is in force for a person, or None if they have no presence."""

    async def set_listed(self, person: PersonId, now_ms: int, *, is_listed: bool) -> None:
        """Note whether somebody wants to be on nearby lists: from the next window on, and if not, not from now on."""

    async def nearby(self, person: PersonId, now_ms: int) -> Nearby:
        """Return people of the person's area who want to be listed, by ``nearby.core.nearby_list``.

        They are those who had the area's cell in force, or named the venue, when the window began. Whoever cleared
        their location since, lapsed, is not listed any more or is in conflict with the person is left out, and nobody
        else: who is in conflict looks gone. Asked again within the window, the answer changes by who is left out, and
        with the area. After a restart lists are empty until the next window begins.
        """

    async def who_is_nearby(self, person: PersonId, handle: str) -> PersonId | None:
        """Return whom ``handle`` meant in an answer of ``nearby`` to the person, in this window or the last one."""

    async def brake(self, stopped: Stopped, now_ms: int) -> None:
        """Let this be stopped, and nothing else. Idempotent; every gateway may call it.

        Whoever is in an area where placement is stopped takes no new seat: a wish for a first one, or to have another
        for one that was lost or given up, ends with ``unseated`` and "paused" for who has none; ``next`` and shakes
        are refused, and so are shakes where they are stopped. Seats stay; merges and lifts go on, and moves wait.
        Whoever was held off and no longer is, is returned by the next ``sweep``. Guests and bottles are the caller's.
        A restart begins with nothing stopped.
        """

    async def close_room(self, room: RoomId, now_ms: int) -> bool:
        """End a room at once and return whether there was one: its people hear ``unseated`` with "removed"."""

    async def sweep(self, now_ms: int) -> Sequence[PersonId]:
        """Do what time has brought: window ends, moments, lapses, held seats, empty rooms, logs, merges and lifts.

        Thin rooms are mended by ``nearby.core.mending``: those who are moved, and those whose room was lifted, hear
        ``seated``. A merged room ends; seats held in it are held in the other one.

        Return the people to be placed anew: their room's area is no longer theirs, they had to give up their seat, or
        placement was stopped where they are and goes on.
        Safe on any gateway at any time. On a shared state a sweep leaves to the next one what would take too long.
        """

    async def statistics(self) -> HubStatistics:
        """Return what is live now."""
