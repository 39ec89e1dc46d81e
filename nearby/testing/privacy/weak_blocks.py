"""Servers that give a block away: by an answer, by the time it takes, by a gap where somebody would be."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from nearby.core import wire
from nearby.core.conflicts import Conflicts
from nearby.core.ids import PersonId
from nearby.core.nearby_list import Eye, Listed
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, Offer
from nearby.hub.memory.avoiding import Avoiding
from nearby.hub.memory.person import Person
from nearby.server.connection import Connection
from nearby.server.members import Members
from nearby.server.separation import Separation
from nearby.testing.privacy.seams import Weakness, replaced

IsBlocked = Callable[[Connection, wire.AboutMember], bool]
"""Whether the member that a phone's message names has blocked the phone's person."""


@contextlib.contextmanager
def _seeing_blocks() -> Iterator[IsBlocked]:
    """Know who blocked whom, and who sat as which member, while the block runs."""
    pairs, who = set[tuple[PersonId, PersonId]](), dict[str, PersonId]()
    blocks, joins = Separation.block, Room.join

    async def block(this: Separation, caller: Caller, other: PersonId | None, *args: Any, **more: Any) -> str:
        if other is not None:
            pairs.add((caller.person, other))
        return await blocks(this, caller, other, *args, **more)

    # Of the room itself: the hub seats one at a time, and those who shook at once.
    def join(this: Room, seat: Seat, now_ms: int, rules: Rules) -> wire.Joined:
        who[seat.member] = seat.person
        return joins(this, seat, now_ms, rules)

    with replaced(Separation, "block", block), replaced(Room, "join", join):
        yield lambda phone, message: (who.get(message.member, ""), phone.person) in pairs


@contextlib.contextmanager
def told_to_the_blocked() -> Iterator[None]:
    """Refuse a greeting to whoever blocked the one that greets."""
    greets = Members.greet
    with _seeing_blocks() as is_blocked:

        async def greet(this: Members, phone: Connection, message: wire.Greet, now_ms: int) -> None:
            if is_blocked(phone, message):
                raise Refused(ErrorCode.OFF, "This person has blocked you.")
            await greets(this, phone, message, now_ms)

        with replaced(Members, "greet", greet):
            yield


@contextlib.contextmanager
def no_work_for_the_blocked() -> Iterator[None]:
    """Acknowledge what somebody blocked asks for at once, since nothing comes of it."""
    mutes = Members.mute
    with _seeing_blocks() as is_blocked:

        async def mute(this: Members, phone: Connection, message: wire.Mute | wire.Unmute, now_ms: int) -> None:
            if is_blocked(phone, message) and message.id is not None:
                phone.send(wire.Ack(id=message.id))
                return
            await mutes(this, phone, message, now_ms)

        with replaced(Members, "mute", mute):
            yield


@contextlib.contextmanager
def a_gap_in_the_list() -> Iterator[None]:
    """Leave an empty entry for whoever must not be seen."""
    looks = Eye.look

    def look(this: Eye, ordered: Iterator[PersonId], *, is_shown: Callable[[PersonId], bool], **more: Any) -> Any:
        hidden = 0

        def counted(person: PersonId) -> bool:
            nonlocal hidden
            shown = is_shown(person)
            hidden += not shown
            return shown

        return [*looks(this, ordered, is_shown=counted, **more), *[Listed("", "", False)] * hidden]

    with replaced(Eye, "look", look):
        yield


@contextlib.contextmanager
def an_empty_list() -> Iterator[None]:
    """Show nobody to whoever somebody on the list blocked."""
    looks = Eye.look

    def look(this: Eye, ordered: Iterator[PersonId], *, is_shown: Callable[[PersonId], bool], **more: Any) -> Any:
        people = list(ordered)
        # Of those who are there only whoever is in conflict with the viewer is not shown.
        hides = any(not is_shown(person) for person in people)
        return [] if hides else looks(this, iter(people), is_shown=is_shown, **more)

    with replaced(Eye, "look", look):
        yield


@contextlib.contextmanager
def the_blocked_do_without() -> Iterator[None]:
    """Make groups of those who shook without whoever one of them blocked."""
    yields = Conflicts.yields

    def yields_to_authors(this: Conflicts, person: PersonId, others: Iterable[PersonId]) -> bool:
        return any(yields(this, other, (person,)) for other in others)

    with replaced(Conflicts, "yields", yields_to_authors):
        yield


@contextlib.contextmanager
def a_room_of_their_own() -> Iterator[None]:
    """Offer no room with anybody in it to whoever somebody blocked."""
    blocked = set[PersonId]()
    adds, offers = Conflicts.add, Avoiding.offer

    def add(this: Conflicts, author: PersonId, other: PersonId, **more: Any) -> None:
        blocked.add(other)
        adds(this, author, other, **more)

    def offer(this: Avoiding, person: Person, now_ms: int) -> Offer:
        made = offers(this, person, now_ms)
        return msgspec.structs.replace(made, candidates=()) if person.id in blocked else made

    with replaced(Conflicts, "add", add), replaced(Avoiding, "offer", offer):
        yield


WEAK_BLOCKS: dict[str, Weakness] = {
    "the blocked are told": told_to_the_blocked,
    "no work for the blocked": no_work_for_the_blocked,
    "a gap for the blocked": a_gap_in_the_list,
    "an empty list for the blocked": an_empty_list,
    "the blocked do without": the_blocked_do_without,
    "a room of their own for the blocked": a_room_of_their_own,
}
"""By what a table calls them."""
