import pytest

from nearby.core import wire
from nearby.core.changes import LogRow
from nearby.core.ids import MemberId, RoomId
from nearby.core.log import event_of, message_id_of, row_of

ADA = wire.Member(member="m1", name="Ada", verified=True)


@pytest.mark.parametrize(
    "event",
    [
        wire.Joined(room="room", seq=1, member=ADA),
        wire.Changed(room="room", seq=2, member=ADA),
        wire.Said(room="room", seq=3, from_="m1", text="hello", at_ms=77),
        wire.Left(room="room", seq=4, member="m1"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_comes_back_from_its_row_as_it_was(event: wire.RoomEvent) -> None:
    row = row_of(event, epoch=3, at_ms=77)
    assert (row.room, row.seq, row.epoch, row.at_ms, row.member) == ("room", event.seq, 3, 77, "m1")
    assert event_of(row) == event


@pytest.mark.parametrize("message_id", [None, 1, "1", "naïve", -(2**40)])
def test_the_id_of_a_message_comes_back_as_it_was(message_id: int | str | None) -> None:
    said = wire.Said(room="room", seq=1, from_="m1", text="hello", at_ms=77)
    found = message_id_of(row_of(said, 1, 77, message_id))
    assert (found, type(found)) == (message_id, type(message_id))


def test_what_somebody_erased_said_is_no_event_any_more() -> None:
    assert event_of(LogRow(RoomId("room"), 1, 1, 77, "said", MemberId("m1"))) is None
