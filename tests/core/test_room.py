from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.ids import Cell, MemberId, PersonId, RoomId
from nearby.core.outbox import MAX_BYTES, MAX_MESSAGES
from nearby.core.past import REMEMBERED_IDS
from nearby.core.room import Repeat, Room, Seat
from nearby.core.rules import Rate, Rules
from nearby.core.shelves import Shelf
from nearby.core.view import RoomView
from nearby.errors import ErrorCode, Refused

RULES = Rules(say=Rate(1, 0))
RES7, RES5 = Cell(0x871F8ECA4FFFFFF), Cell(0x851F8ECBFFFFFFF)
ANA = PersonId("p0")
SPAN_MS = 1_000


def new_room(catchment: Cell = RES7) -> Room:
    return Room(id=RoomId("room"), catchment=catchment, opened_ms=0, capacity=RULES.capacity)


def seat(number: int) -> Seat:
    return Seat(MemberId(f"m{number}"), PersonId(f"p{number}"), f"Name {number}", False, joined_seq=0, why="new")


def room_of(people: int, catchment: Cell = RES7) -> Room:
    room = new_room(catchment)
    for number in range(people):
        room.join(seat(number), 0, RULES)
    return room


class Script:
    """Carries random steps out on a room; every event goes to whoever listens."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.events: list[wire.RoomEvent] = []
        self.now_ms = 0
        self._joined = len(room.seats)

    def step(self, kind: str, pick: int) -> None:
        room, members = self.room, sorted(self.room.seats)
        self.now_ms += SPAN_MS
        if kind == "join" and len(members) < room.capacity:
            self.events.append(room.join(seat(self._joined), self.now_ms, RULES))
            self._joined += 1
        elif members:
            member = members[pick % len(members)]
            actions: dict[str, Callable[[], wire.RoomEvent]] = {
                "say": lambda: room.say(member, f"text {pick}", None, self.now_ms, RULES),
                "leave": lambda: room.leave(member, self.now_ms, RULES),
                "change": lambda: room.change(member, name=f"N{pick}", verified=True, now_ms=self.now_ms, rules=RULES),
            }
            if kind in actions and not (kind == "leave" and member == "m0"):
                self.events.append(actions[kind]())


step = st.tuples(st.sampled_from(["join", "leave", "say", "change"]), st.integers(0, 99))
steps = st.lists(step, max_size=10) | st.lists(step, min_size=40, max_size=120)


@given(steps, st.data())
def test_a_snapshot_and_the_events_after_it_equal_a_later_snapshot(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    script = Script(room_of(1))
    cut = data.draw(st.integers(0, len(steps)))
    for kind, pick in steps[:cut]:
        script.step(kind, pick)
    view = RoomView(script.room.snapshot(MemberId("m0"), "new", RULES))
    script.events.clear()
    for kind, pick in steps[cut:]:
        script.step(kind, pick)
    for event in script.events:
        assert view.apply(event)
    later = script.room.snapshot(MemberId("m0"), "new", RULES)
    assert view.seq == later.seq
    assert list(view.members.values()) == later.members
    assert view.messages == later.messages


@given(steps)
def test_seq_goes_up_by_one_with_every_event_and_is_never_reused(steps: list[tuple[str, int]]) -> None:
    script = Script(room_of(1))
    for kind, pick in steps:
        script.step(kind, pick)
    assert [event.seq for event in script.events] == list(range(2, 2 + len(script.events)))


@given(steps, st.integers(0, 90))
def test_the_events_after_a_position_are_exactly_those_that_followed(
    steps: list[tuple[str, int]], position: int
) -> None:
    script = Script(room_of(1))
    for kind, pick in steps:
        script.step(kind, pick)
    missed = script.room.after(1, position, script.now_ms, RULES)
    if position > script.room.seq or (position == 0 and script.room.seq > RULES.resume_events):
        assert missed is None
    elif position >= 1:
        assert missed == [event for event in script.events if event.seq > position]


def test_a_snapshot_is_due_for_another_epoch_or_a_position_ahead() -> None:
    room = room_of(2)
    assert room.after(2, 1, 0, RULES) is None
    assert room.after(1, 3, 0, RULES) is None
    assert room.after(1, 2, 0, RULES) == []


def test_a_snapshot_is_due_for_more_missed_events_than_are_resumed() -> None:
    room = room_of(1)
    for _ in range(RULES.resume_events + 1):
        room.say(MemberId("m0"), "hello", None, 0, RULES)
    assert room.after(1, 1, 0, RULES) is None
    missed = room.after(1, 2, 0, RULES)
    assert missed is not None
    assert len(missed) == RULES.resume_events


@pytest.mark.parametrize("text", ["x", "\N{OTTER}" * 1_000, "\n" * 1_000])
def test_a_snapshot_is_due_for_more_bytes_of_missed_events_than_are_resumed(text: str) -> None:
    room = room_of(1)
    lengths = [len(wire.encode(room.say(MemberId("m0"), text, None, 0, RULES))) for _ in range(20)]
    rules = replace(RULES, resume_bytes=sum(lengths[1:]))
    missed = room.after(1, 2, 0, rules)
    assert missed is not None
    assert [event.seq for event in missed] == list(range(3, 22))
    assert room.after(1, 1, 0, rules) is None


def test_a_full_snapshot_of_the_longest_names_and_messages_fits_into_an_outbox() -> None:
    room = Room(id=RoomId("r" * 64), catchment=RES7, opened_ms=2**41, capacity=RULES.capacity, seq=10**9)
    members = [MemberId(str(number) * 64) for number in range(RULES.capacity)]
    for member in members:
        room.join(Seat(member, PersonId(member), "\N{OTTER}" * 64, True, joined_seq=0, why="new"), 0, RULES)
    for _ in range(RULES.snapshot_messages):
        room.say(members[0], "\N{OTTER}" * wire.MAX_TEXT_CHARACTERS, None, 2**41, RULES)
    snapshot = room.snapshot(members[0], "resynced", RULES)
    assert len(snapshot.messages) == RULES.snapshot_messages
    # 50 messages of 4,000 bytes of text make most of it.
    assert 200_000 < len(wire.encode(snapshot)) < MAX_BYTES


def test_missed_events_fill_at_most_half_an_outbox() -> None:
    assert 2 * RULES.resume_bytes <= MAX_BYTES
    assert RULES.resume_events < MAX_MESSAGES


def test_a_snapshot_is_due_when_the_log_no_longer_reaches_back() -> None:
    room = room_of(2)
    room.say(MemberId("m0"), "late", None, RULES.log_ms, RULES)
    assert room.after(1, 2, RULES.log_ms, RULES) is not None
    assert room.after(1, 1, RULES.log_ms, RULES) is None


def test_the_log_keeps_its_newest_events_only() -> None:
    rules = Rules(say=Rate(1, 0), log_events=5)
    room = room_of(1)
    for _ in range(9):
        room.say(MemberId("m0"), "hello", None, 0, rules)
    assert room.after(1, 5, 0, rules) is not None
    assert room.after(1, 4, 0, rules) is None


def test_a_snapshot_shows_only_what_was_said_since_its_member_joined_and_at_most_fifty() -> None:
    room = room_of(1)
    room.say(MemberId("m0"), "before", None, 0, RULES)
    room.join(seat(1), 0, RULES)
    for number in range(RULES.snapshot_messages + 3):
        room.say(MemberId("m0"), str(number), None, 0, RULES)
    texts = [said.text for said in room.snapshot(MemberId("m1"), "new", RULES).messages]
    assert texts == [str(number) for number in range(3, RULES.snapshot_messages + 3)]
    assert "before" not in texts


def test_a_full_room_takes_nobody_held_seats_included() -> None:
    room = room_of(RULES.capacity)
    room.hold(room.seats[MemberId("m0")], 0)
    with pytest.raises(ValueError, match="taken"):
        room.join(seat(99), 0, RULES)
    assert (len(room.seats), room.size, room.seq) == (8, 7, 8)


def test_quiet_means_alone_on_the_last_rung() -> None:
    assert room_of(1, RES5).snapshot(MemberId("m0"), "new", RULES).quiet
    assert not room_of(1, RES7).snapshot(MemberId("m0"), "new", RULES).quiet
    assert not room_of(2, RES5).snapshot(MemberId("m0"), "new", RULES).quiet


def test_the_first_snapshots_of_a_room_are_those_of_its_members() -> None:
    room = room_of(3)
    assert room.first_snapshots("shaken") == [room.snapshot(MemberId(f"m{one}"), "shaken", RULES) for one in range(3)]


def test_a_repeat_finds_the_place_of_the_first_for_two_minutes() -> None:
    room = room_of(1)
    said = room.say(MemberId("m0"), "hello", "id", 1_000, RULES)
    found = room.repeat_of(ANA, "id", "hello", 1_000 + RULES.repeat_ms - 1, RULES)
    assert found == Repeat(said.seq, 1_000)
    assert room.repeat_of(ANA, "id", "hello", 1_000 + RULES.repeat_ms, RULES) is None


def test_the_same_id_with_another_text_is_refused_and_ids_are_each_persons_own() -> None:
    room = room_of(2)
    room.say(MemberId("m0"), "hello", 1, 0, RULES)
    with pytest.raises(Refused) as refused:
        room.repeat_of(ANA, 1, "other", 1, RULES)
    assert refused.value.code is ErrorCode.ID_REUSED
    assert room.repeat_of(PersonId("p1"), 1, "other", 1, RULES) is None
    assert room.repeat_of(ANA, "1", "other", 1, RULES) is None


def test_the_number_of_remembered_ids_is_bounded_and_the_oldest_go_first() -> None:
    room = room_of(1)
    for number in range(REMEMBERED_IDS + 1):
        room.say(MemberId("m0"), "x", number, 0, RULES)
    assert room.repeat_of(ANA, 0, "x", 0, RULES) is None
    assert room.repeat_of(ANA, 1, "x", 0, RULES) is not None


def test_an_id_may_be_used_again_after_its_time_and_is_remembered_anew() -> None:
    room = room_of(1)
    room.say(MemberId("m0"), "first", 1, 0, RULES)
    later_ms = RULES.repeat_ms
    again = room.say(MemberId("m0"), "second", 1, later_ms, RULES)
    assert room.repeat_of(ANA, 1, "second", later_ms, RULES) == Repeat(again.seq, later_ms)


def test_a_room_knows_until_when_repeats_may_be_asked_for() -> None:
    room = room_of(1)
    assert room.remembers_until_ms(RULES) == 0
    room.say(MemberId("m0"), "without an id", None, 5, RULES)
    assert room.remembers_until_ms(RULES) == 0
    for at_ms in (7, 9):
        room.say(MemberId("m0"), "with one", at_ms, at_ms, RULES)
    assert room.remembers_until_ms(RULES) == 9 + RULES.repeat_ms


def test_what_the_limit_was_asked_about_already_is_not_asked_about_again() -> None:
    room, rules = room_of(1), Rules()
    tat_ms = 10 * rules.say.period_ms * rules.say.burst
    room.say(MemberId("m0"), "x", None, 0, rules, say_tat_ms=tat_ms)
    assert room.seats[MemberId("m0")].say_tat_ms == tat_ms
    with pytest.raises(Refused):
        room.say(MemberId("m0"), "x", None, 0, rules)


def test_the_audience_is_one_object_until_somebody_comes_or_goes() -> None:
    room = room_of(2)
    audience = room.audience()
    assert audience == ("p0", "p1")
    room.say(MemberId("m0"), "x", None, 0, RULES)
    room.hold(room.seats[MemberId("m1")], 0)
    assert room.audience() is audience
    room.leave(MemberId("m1"), 0, RULES)
    assert room.audience() == ("p0",)
    room.join(seat(2), 0, RULES)
    assert room.audience() == ("p0", "p2")
    room.take_back(seat(3))
    assert room.audience() == ("p0", "p2", "p3")


def test_saying_more_than_the_rate_allows_is_refused_and_leaves_no_trace() -> None:
    room, rules = room_of(1), Rules()
    for _ in range(rules.say.burst):
        room.say(MemberId("m0"), "x", None, 0, rules)
    seq = room.seq
    with pytest.raises(Refused) as refused:
        room.say(MemberId("m0"), "x", "id", 0, rules)
    assert (refused.value.code, refused.value.retry_ms) == (ErrorCode.RATE_LIMITED, 2_000)
    assert room.seq == seq
    assert room.repeat_of(ANA, "id", "x", 0, rules) is None
    room.say(MemberId("m0"), "x", "id", 2_000, rules)


@pytest.mark.parametrize(
    ("taken", "held", "is_thin"),
    [
        (0, 0, None),
        (1, 0, True),
        (2, 0, True),
        (3, 0, False),
        (3, 3, False),
        (5, 0, False),
        (6, 0, False),
        (5, 4, True),
        (6, 4, True),
        (7, 5, True),
        (7, 7, False),
        (8, 0, None),
        (8, 7, None),
    ],
)
def test_a_room_stands_on_the_shelf_of_its_company(taken: int, held: int, is_thin: bool | None) -> None:
    room = room_of(taken)
    for number in range(held):
        room.hold(room.seats[MemberId(f"m{number}")], 0)
    assert room.shelf(RULES) == (None if is_thin is None else Shelf(is_thin, taken))


def test_an_empty_room_knows_since_when() -> None:
    room = room_of(1)
    assert room.empty_since_ms is None
    room.leave(MemberId("m0"), 7, RULES)
    assert room.empty_since_ms == 7
    room.join(seat(1), 8, RULES)
    assert room.empty_since_ms is None
    assert set(room.names()) == {"Name 1"}


def test_a_snapshot_shows_the_room_as_it_is() -> None:
    room = Room(id=RoomId("room"), catchment=RES7, opened_ms=77, capacity=5, epoch=4)
    room.join(seat(0), 80, RULES)
    room.change(MemberId("m0"), name="Ana", verified=True, now_ms=81, rules=RULES)
    assert room.snapshot(MemberId("m0"), "next", RULES) == wire.Placed(
        room=wire.RoomInfo(id="room", epoch=4, capacity=5, opened_ms=77),
        area=wire.Area(cell="871f8eca4ffffff", resolution=7),
        you="m0",
        quiet=False,
        members=[wire.Member(member="m0", name="Ana", verified=True)],
        messages=[],
        seq=2,
        why="next",
    )


def test_what_was_said_before_somebody_joined_is_not_shown_to_them() -> None:
    room = room_of(1)
    room.say(MemberId("m0"), "before", None, 0, RULES)
    joined = room.join(seat(1), 0, RULES)
    after = room.say(MemberId("m1"), "after", None, 9, RULES)
    assert room.snapshot(MemberId("m1"), "new", RULES).messages == [after]
    assert [said.text for said in room.snapshot(MemberId("m0"), "new", RULES).messages] == ["before", "after"]
    assert room.seats[MemberId("m1")].joined_seq == joined.seq
    assert (room.seats[MemberId("m0")].spoke_ms, room.seats[MemberId("m1")].spoke_ms) == (0, 9)


def test_an_id_used_again_is_the_newest_when_the_oldest_go() -> None:
    room = room_of(1)
    room.say(MemberId("m0"), "x", 0, 0, RULES)
    room.say(MemberId("m0"), "x", 1, 1, RULES)
    room.say(MemberId("m0"), "x", 0, 2, RULES)
    for number in range(2, REMEMBERED_IDS + 1):
        room.say(MemberId("m0"), "x", number, 2, RULES)
    assert room.repeat_of(ANA, 0, "x", 2, RULES) == Repeat(4, 2)
    assert room.repeat_of(ANA, 1, "x", 2, RULES) is None


def test_a_seat_that_survived_is_held_or_not_as_it_was() -> None:
    room = room_of(1)
    seat_1, seat_2 = seat(1), seat(2)
    seat_2.held_since_ms = 5
    room.take_back(seat_1)
    room.take_back(seat_2)
    assert (len(room.seats), room.size, room.seq) == (3, 2, 1)
    room.leave(seat_2.member, 6, RULES)
    assert room.size == 2
    room.hold(seat_1, 7)
    room.hold(seat_1, None)
    assert room.size == 2
    assert (seat_1.came_from, seat_1.was) == (None, None)
    seat_1.came = RoomId("before"), MemberId("m9")
    assert (seat_1.came_from, seat_1.was) == ("before", "m9")
