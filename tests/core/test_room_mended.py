"""What a room is to merges and lifts, and what its people have in common."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.ids import MemberId, RoomId
from nearby.core.mending import Party
from nearby.core.room import Repeat
from nearby.core.venue import shown_area
from nearby.core.wishes import NO_WISHES, Wishes
from tests.core.test_room import ANA, RES5, RULES, Script, room_of, seat, steps


@pytest.mark.parametrize(
    ("connected", "held", "is_thin"),
    [(0, 2, False), (0, 1, False), (1, 0, True), (1, 1, True), (2, 6, True), (3, 0, False)],
)
def test_a_room_is_thin_with_one_or_two_who_are_there(connected: int, held: int, is_thin: bool) -> None:
    room = room_of(connected + held)
    for number in range(held):
        room.hold(room.seats[MemberId(f"m{number}")], 0)
    assert room.is_thin(RULES) == is_thin
    is_alone = (connected, held) == (1, 0)
    expected = Party(opened_ms=0, is_thin=is_thin, spoke_ms=0, forced_ms=5, room=room.id, is_alone=is_alone)
    assert room.party(5, RULES) == expected


def test_a_party_spoke_when_the_last_of_its_members_did() -> None:
    room = room_of(3)
    for at_ms, member in ((5, "m0"), (9, "m1"), (7, "m0")):
        room.say(MemberId(member), "hello", None, at_ms, RULES)
    assert room.party(0, RULES).spoke_ms == 9
    room.leave(MemberId("m1"), 10, RULES)
    assert room.party(0, RULES).spoke_ms == 7


def test_a_lift_keeps_all_of_a_room_but_its_area_and_why_its_members_are_there() -> None:
    room = room_of(2)
    room.say(MemberId("m0"), "hello", "id", 0, RULES)
    room.lonely_since_ms = 7
    before = room.snapshot(MemberId("m0"), "new", RULES)
    room.lift(RES5, "lifted")
    assert room.snapshot(MemberId("m0"), "new", RULES) == msgspec.structs.replace(before, area=shown_area(RES5))
    assert {seat.why for seat in room.seats.values()} == {"lifted"}
    assert room.lonely_since_ms is None
    assert room.repeat_of(ANA, "id", "hello", 0, RULES) == Repeat(3, 0)


@given(steps, st.integers(0, 200), st.data())
def test_nothing_is_resumed_across_a_lift(steps: list[tuple[str, int]], position: int, data: st.DataObject) -> None:
    script, twin = Script(room_of(1)), Script(room_of(1))
    cut = data.draw(st.integers(0, len(steps)))
    for kind, pick in steps[:cut]:
        script.step(kind, pick)
    lifted_seq = script.room.seq
    script.room.lift(RES5, "lifted")
    for kind, pick in steps[cut:]:
        script.step(kind, pick)
    for kind, pick in steps:
        twin.step(kind, pick)
    missed = script.room.after(1, position, script.now_ms, RULES)
    assert missed == (None if position <= lifted_seq else twin.room.after(1, position, twin.now_ms, RULES))
    assert script.events == twin.events


def test_who_came_along_sees_who_the_others_were_and_nobody_else_does() -> None:
    room = room_of(1)
    for number, came_from in ((1, "old"), (2, "old"), (3, "other")):
        room.join(msgspec.structs.replace(seat(number), came=(RoomId(came_from), MemberId(f"was{number}"))), 0, RULES)

    def seen_by(number: int) -> dict[str, object]:
        members = room.snapshot(MemberId(f"m{number}"), "merged", RULES).members
        return {member.member: member.was for member in members if member.was is not msgspec.UNSET}

    assert [seen_by(number) for number in range(4)] == [
        {},
        {"m1": "was1", "m2": "was2"},
        {"m1": "was1", "m2": "was2"},
        {"m3": "was3"},
    ]
    room.change(MemberId("m1"), name="Ana", verified=True, now_ms=0, rules=RULES)
    assert room.snapshot(MemberId("m2"), "merged", RULES).members[1] == wire.Member(
        member="m1", name="Ana", verified=True, was="was1"
    )


@given(
    st.lists(
        st.builds(Wishes, tags=st.frozensets(st.sampled_from("abc")), lang=st.sampled_from([None, "de", "en", "pt"]))
        | st.just(NO_WISHES),
        max_size=8,
    )
)
def test_what_a_room_has_in_common_agrees_with_a_count(wishes: list[Wishes]) -> None:
    room = room_of(len(wishes))
    for each, wish in zip(room.seats.values(), wishes, strict=True):
        each.wishes = wish
    room.note_wishes()
    named = [wish.lang for wish in wishes if wish.lang is not None]
    by_most = [lang for lang in set(named) if named.count(lang) > len(named) / 2]
    assert room.tags == {tag for wish in wishes for tag in wish.tags}
    assert room.lang == (by_most[0] if by_most else None)
