"""What a room remembers, through the room that it belongs to, and for how long."""

from nearby.core.ids import Cell, MemberId, PersonId, RoomId
from nearby.core.room import Room, Seat
from nearby.core.rules import Rate, Rules

RULES = Rules(say=Rate(1, 0))
ANA = PersonId("p0")


def room_of_one() -> Room:
    room = Room(id=RoomId("room"), catchment=Cell(0x871F8ECA4FFFFFF), opened_ms=0, capacity=RULES.capacity)
    room.join(Seat(MemberId("m0"), ANA, "Name", False, joined_seq=0, why="new"), 0, RULES)
    return room


def test_a_log_is_looked_at_again_when_an_event_is_due_and_not_for_each_of_a_busy_time() -> None:
    room = room_of_one()
    room.say(MemberId("m0"), "later", 1, 5, RULES)
    room.say(MemberId("m0"), "at the end of 10 s", 2, 10_000, RULES)
    room.say(MemberId("m0"), "much later", 3, 60_000, RULES)
    assert room.trim(0, RULES) == RULES.log_ms
    # Once in 10 s, however often somebody spoke.
    assert room.trim(RULES.log_ms, RULES) == RULES.log_ms + 10_000
    assert room.trim(RULES.log_ms + 10_000, RULES) == RULES.log_ms + 60_000
    assert room.trim(RULES.log_ms + 60_000, RULES) is None


def test_an_event_past_its_time_is_given_to_nobody_though_it_is_dropped_later() -> None:
    room = room_of_one()
    for at_ms in (5, 6):
        room.say(MemberId("m0"), "hello", None, at_ms, RULES)
    room.trim(RULES.log_ms, RULES)
    assert room.after(1, 1, RULES.log_ms + 4, RULES) is not None
    assert room.after(1, 1, RULES.log_ms + 5, RULES) is None
    assert room.after(1, 2, RULES.log_ms + 5, RULES) is not None


def test_a_silent_room_remembers_nothing_and_can_be_asked_all_the_same() -> None:
    room = room_of_one()
    assert room.trim(0, RULES) == RULES.log_ms
    assert room.past is not None
    assert room.trim(RULES.log_ms, RULES) is None
    assert room.past is None
    assert room.trim(RULES.log_ms, RULES) is None
    assert room.repeat_of(ANA, 1, "hello", RULES.log_ms, RULES) is None
    assert room.after(1, 1, RULES.log_ms, RULES) == []
    assert room.after(1, 0, RULES.log_ms, RULES) is None
    assert room.snapshot(MemberId("m0"), "new", RULES).messages == []
    assert room.remembers_until_ms(RULES) == 0


def test_a_log_stays_in_order_when_the_clock_goes_back() -> None:
    room = room_of_one()
    for at_ms in (1_000, 500):
        room.say(MemberId("m0"), "hello", None, at_ms, RULES)
    assert room.after(1, 2, RULES.log_ms + 999, RULES) is not None
    assert room.after(1, 2, RULES.log_ms + 1_000, RULES) is None
