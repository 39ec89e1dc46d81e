import pytest

from nearby.core import wire
from nearby.core.view import RoomView
from nearby.errors import GapInLog

ANA = wire.Member(member="a", name="Calm Otter", verified=False)
BEN = wire.Member(member="b", name="Ben", verified=True)


def placed(seq: int = 5) -> wire.Placed:
    return wire.Placed(
        room=wire.RoomInfo(id="room", epoch=3, capacity=8, opened_ms=0),
        area=wire.Area(cell="871f8eca4ffffff", resolution=7),
        you="a",
        quiet=False,
        members=[ANA],
        messages=[],
        seq=seq,
        why="new",
    )


def said(seq: int, room: str = "room") -> wire.Said:
    return wire.Said(room=room, seq=seq, from_="a", text=str(seq), at_ms=0)


def test_what_a_muted_member_says_takes_its_place_and_nothing_else() -> None:
    view = RoomView(placed())
    before = dict(view.members), list(view.messages)
    assert view.apply(wire.Skipped(room="room", seq=view.seq + 1))
    assert (view.members, view.messages) == before


def test_members_and_messages_follow_the_events() -> None:
    view = RoomView(placed())
    assert view.apply(wire.Joined(room="room", seq=6, member=BEN))
    assert view.apply(said(7))
    assert view.apply(wire.Changed(room="room", seq=8, member=wire.Member(member="b", name="B", verified=False)))
    assert view.apply(wire.Left(room="room", seq=9, member="a"))
    assert view.members == {"b": wire.Member(member="b", name="B", verified=False)}
    assert [message.text for message in view.messages] == ["7"]
    assert view.position() == wire.Resume(room="room", epoch=3, after=9)


def test_what_is_not_news_changes_nothing() -> None:
    view = RoomView(placed())
    assert not view.apply(said(5))
    assert not view.apply(said(6, room="another"))
    assert (view.seq, view.messages) == (5, [])


def test_a_gap_is_raised_and_the_view_stays_as_it_was() -> None:
    view = RoomView(placed())
    with pytest.raises(GapInLog) as gap:
        view.apply(said(7))
    assert (gap.value.expected, gap.value.got) == (6, 7)
    assert view.apply(said(6))


def test_only_the_newest_messages_are_kept() -> None:
    view = RoomView(placed(seq=0), keep_messages=3)
    for seq in range(1, 6):
        view.apply(said(seq))
    assert [message.seq for message in view.messages] == [3, 4, 5]
