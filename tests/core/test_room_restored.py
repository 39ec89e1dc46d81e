"""How a room goes on from the rows of its log."""

from hypothesis import given
from msgspec.structs import replace

from nearby.core import wire
from nearby.core.changes import LogRow, RoomRow
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.kept import KeptRoom
from nearby.core.log import row_of
from nearby.core.room import Repeat, Room
from tests.core.test_room import ANA, RES7, RULES, Script, new_room, room_of, seat, steps


def restored(room: Room, log: list[LogRow], said: list[LogRow], authors: dict[str, PersonId]) -> Room:
    again = replace(new_room(), seq=room.seq, seats=room.seats)
    row = RoomRow(room.id, RES7, room.opened_ms, room.capacity, room.epoch, room.seq, None)
    again.restore(KeptRoom(row, (), tuple(log), tuple(said), authors), RULES)
    return again


def talk_of(*said: tuple[str | None, str | None]) -> list[LogRow]:
    """Return the rows of messages from seq 2 on, given as text and id."""
    return [
        LogRow(RoomId("room"), seq, 1, 0, "said", MemberId("m0"), text=text, message_id=message_id)
        for seq, (text, message_id) in enumerate(said, 2)
    ]


@given(steps)
def test_a_room_goes_on_from_the_rows_of_its_log(steps: list[tuple[str, int]]) -> None:
    script = Script(room_of(1))
    rows = [row_of(wire.Joined(room="room", seq=1, member=seat(0).shown()), 1, 0)]
    for kind, pick in steps:
        script.step(kind, pick)
        rows.extend(row_of(event, 1, script.now_ms) for event in script.events[len(rows) - 1 :])
    room, said = script.room, [row for row in rows if row.kind == "said"]
    again = restored(room, rows, said[-RULES.snapshot_messages :], {})
    for one in (again, room):
        one.say(MemberId("m0"), "and on", None, script.now_ms, RULES)
    assert again.snapshot(MemberId("m0"), "new", RULES) == room.snapshot(MemberId("m0"), "new", RULES)
    for position in range(room.seq + 1):
        expected = room.after(1, position, script.now_ms, RULES)
        assert again.after(1, position, script.now_ms, RULES) == expected


def test_messages_older_than_a_restored_log_are_in_snapshots_and_their_ids_remembered() -> None:
    room = replace(room_of(1), seq=4, past=None)
    rows = talk_of(("one", "7"), ("two", '"7"'), ("three", None))
    again = restored(room, rows[-1:], rows, {"m0": ANA})
    assert [said.text for said in again.snapshot(MemberId("m0"), "new", RULES).messages] == ["one", "two", "three"]
    assert again.repeat_of(ANA, 7, "one", 0, RULES) == Repeat(2, 0)
    assert again.repeat_of(ANA, "7", "two", 0, RULES) == Repeat(3, 0)
    assert again.after(1, 2, 0, RULES) is None
    missed = again.after(1, 3, 0, RULES)
    assert missed is not None
    assert [event.seq for event in missed] == [4]


def test_ids_of_somebody_erased_are_not_remembered() -> None:
    room = replace(room_of(1), seq=2, past=None)
    rows = talk_of(("one", "7"))
    assert restored(room, rows, rows, {}).repeat_of(ANA, 7, "one", 0, RULES) is None


def test_nothing_is_resumed_across_what_somebody_erased_said() -> None:
    room = replace(room_of(1), seq=4, past=None)
    rows = talk_of(("one", None), (None, None), ("three", None))
    again = restored(room, rows, rows, {})
    assert [said.text for said in again.snapshot(MemberId("m0"), "new", RULES).messages] == ["one", "three"]
    assert again.after(1, 2, 0, RULES) is None
    missed = again.after(1, 3, 0, RULES)
    assert missed is not None
    assert [event.seq for event in missed] == [4]


def test_a_restored_room_keeps_no_more_messages_than_a_snapshot_shows() -> None:
    said = talk_of(*((f"text {number}", None) for number in range(RULES.snapshot_messages + 9)))
    room = replace(room_of(1), seq=said[-1].seq, past=None)
    messages = restored(room, said, said, {}).snapshot(MemberId("m0"), "new", RULES).messages
    assert [one.seq for one in messages] == [row.seq for row in said[-RULES.snapshot_messages :]]
