import msgspec
import pytest

from nearby.client.incoming import Unknown
from nearby.client.mirror import Mirror
from nearby.core import wire
from nearby.errors import GapInLog
from nearby.testing import scripted_server as script


def placed(room: str = "room", *, seq: int = 1) -> wire.Placed:
    return msgspec.convert(script.placed(room, seq=seq), wire.Placed)


def said(seq: int, room: str = "room") -> wire.Said:
    return msgspec.convert(script.said(seq, room=room), wire.Said)


def seated() -> Mirror:
    mirror = Mirror()
    assert mirror.take(placed()) == placed()
    return mirror


def test_events_are_news_once_and_in_order() -> None:
    mirror = seated()
    assert [mirror.take(said(seq)) for seq in (2, 3, 3, 2)] == [said(2), said(3), None, None]
    assert (mirror.statistics.repeats, mirror.position()) == (2, wire.Resume(room="room", epoch=1, after=3))


def test_an_event_of_a_room_i_am_not_in_is_no_news() -> None:
    mirror = seated()
    assert mirror.take(said(2, room="other")) is None
    assert Mirror().take(said(2)) is None


def test_a_gap_raises_and_leaves_the_view_as_it_was() -> None:
    mirror = seated()
    with pytest.raises(GapInLog):
        mirror.take(said(3))
    assert (mirror.statistics.gaps, mirror.take(said(2))) == (1, said(2))


def test_an_event_of_an_unknown_kind_takes_its_place_in_the_log() -> None:
    mirror = seated()
    assert mirror.take(Unknown("room", 2)) is None
    assert mirror.take(said(3)) == said(3)
    assert (mirror.statistics.unknown, mirror.statistics.gaps) == (1, 0)


def test_a_gap_before_an_event_of_an_unknown_kind_is_a_gap() -> None:
    mirror = seated()
    with pytest.raises(GapInLog):
        mirror.take(Unknown("room", 3))
    assert mirror.position() == wire.Resume(room="room", epoch=1, after=1)


@pytest.mark.parametrize("unknown", [Unknown("other", 2), Unknown("room", 1), Unknown(None, None)])
def test_an_unknown_message_that_is_not_the_next_of_my_log_moves_nothing(unknown: Unknown) -> None:
    mirror = seated()
    assert mirror.take(unknown) is None
    assert mirror.take(said(2)) == said(2)


def test_unplaced_ends_the_view() -> None:
    mirror = seated()
    unplaced = wire.Unplaced(why="left")
    assert (mirror.take(unplaced), mirror.view, mirror.position()) == (unplaced, None, None)


def test_refusals_and_answers_are_no_events() -> None:
    mirror = seated()
    assert mirror.take(wire.Error(code="moved", detail="", id=1)) is None
    assert mirror.take(wire.Ack(id=1)) is None
    assert mirror.take(wire.Pong()) is None
    assert mirror.statistics.refusals == 1
