"""How long a phone waited for a room, and what else is written down about it, on a clock of the test's own."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from nearby.client import Connected, Disconnected, Phone
from nearby.core import wire
from nearby.errors import ErrorCode, PhoneClosed, Refused
from nearby.sim.player import MAX_LATENCY_US, PLACED_WITHIN_S, Books, Player
from tests.sim.world import as_member

ACK = wire.Ack(id="1")


class ScriptedPhone(Phone):
    """A phone whose calls are answered by the test, which may let things happen before it answers."""

    def __init__(self, answer: Callable[[], wire.Ack]) -> None:
        super().__init__("ws://127.0.0.1:1", "")
        self._answer = answer

    async def check_in(
        self, lat_deg: float, lon_deg: float, *, accuracy_m: float | None = None, came_with: Sequence[str] = ()
    ) -> wire.Ack:
        return self._answer()

    async def say(self, text: str) -> wire.Ack:
        return self._answer()

    async def leave(self) -> None:
        self._answer()


class Scene:
    """A player, its books, and a clock that goes when told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.books = Books()
        self.lapsed: list[Player] = []
        self.player = Player(
            "ws://127.0.0.1:1",
            "",
            self.books,
            person="ana",
            random=Random(1),
            on_lapse=self.lapsed.append,
            clock=lambda: self.now_s,
        )

    def passes(self, seconds: float) -> None:
        self.now_s += seconds

    async def check_in(self, answer: Callable[[], wire.Ack] = lambda: ACK) -> None:
        self.player.phone = ScriptedPhone(answer)
        await self.player.check_in(47.37, 8.54)

    async def say(self, text: str, answer: Callable[[], wire.Ack]) -> None:
        self.player.phone = ScriptedPhone(answer)
        await self.player.say(text)

    def placed(self, room: str = "r1", *, why: str = "new", members: int = 1, resolution: int = 7) -> None:
        people = [as_member(f"m{number}") for number in range(members)]
        self.player.hear(
            wire.Placed(
                room=wire.RoomInfo(id=room, epoch=1, capacity=8, opened_ms=0),
                area=wire.Area(cell="87", resolution=resolution),
                you="m0",
                quiet=False,
                members=people,
                messages=[],
                seq=1,
                why=why,
            )
        )

    def unplaced(self, why: str) -> None:
        self.player.hear(wire.Unplaced(why=why))

    def welcomed(self, *, resumed: bool) -> None:
        welcome = wire.Welcome(user="u", ping_s=25, window_s=600, server_ms=0, resumed=resumed)
        self.player.hear(welcome)
        self.player.notice(Connected(welcome))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def raises(error: Exception) -> Callable[[], wire.Ack]:
    def answer() -> wire.Ack:
        raise error

    return answer


async def test_a_wait_lasts_from_the_check_in_to_the_room(scene: Scene) -> None:
    await scene.check_in()
    scene.passes(0.2)
    scene.placed()
    scene.passes(9)
    assert scene.books.tally.slowest_place_s == pytest.approx(0.2)
    assert (scene.books.tally.phones_placed, scene.books.tally.late_places) == (1, 0)


async def test_asking_again_does_not_start_the_wait_anew(scene: Scene) -> None:
    await scene.check_in()
    scene.passes(4)
    await scene.check_in()
    scene.passes(4)
    scene.placed()
    assert (scene.books.tally.slowest_place_s, scene.books.tally.late_places) == (8, 1)


@pytest.mark.parametrize(("waits_s", "late"), [(PLACED_WITHIN_S, 0), (PLACED_WITHIN_S + 0.1, 1)])
async def test_a_room_after_more_than_five_seconds_is_late(scene: Scene, waits_s: float, late: int) -> None:
    await scene.check_in()
    scene.passes(waits_s)
    scene.placed()
    assert scene.books.tally.late_places == late


async def test_a_check_in_that_keeps_a_seat_waits_for_nothing(scene: Scene) -> None:
    await scene.check_in()
    scene.placed()
    await scene.check_in()
    scene.passes(60)
    scene.placed("r2", why="moved")
    scene.player.give_up()
    assert (scene.books.tally.slowest_place_s, scene.books.tally.waiting_at_end) == (0, 0)
    assert scene.books.tally.placements == {"new": 1, "moved": 1}
    assert scene.books.tally.phones_placed == 1


async def test_who_lapsed_waits_from_its_next_check_in_on(scene: Scene) -> None:
    await scene.check_in()
    scene.placed()
    scene.unplaced("expired")
    scene.passes(600)
    await scene.check_in()
    scene.passes(7)
    scene.placed()
    assert (scene.books.tally.slowest_place_s, scene.books.tally.late_places) == (7, 1)


async def test_a_seat_that_ends_between_question_and_answer_is_waited_for_from_the_question_on(scene: Scene) -> None:
    await scene.check_in()
    scene.placed()

    def lapse_first() -> wire.Ack:
        scene.passes(1)
        scene.unplaced("expired")
        scene.passes(1)
        return ACK

    await scene.check_in(lapse_first)
    scene.passes(4)
    scene.placed()
    assert scene.books.tally.slowest_place_s == 6


async def test_a_wait_goes_on_across_a_reconnect(scene: Scene) -> None:
    await scene.check_in()
    scene.passes(2)
    scene.player.notice(Disconnected(None, 0.1))
    scene.passes(2)
    scene.welcomed(resumed=False)
    scene.unplaced("none")
    scene.passes(2)
    scene.placed()
    assert (scene.books.tally.slowest_place_s, scene.books.tally.reconnects) == (6, 1)


async def test_a_resume_that_finds_its_seat_waits_for_nothing(scene: Scene) -> None:
    await scene.check_in()
    scene.placed()
    scene.player.notice(Disconnected(None, 0.1))
    assert scene.player.is_cut_off
    scene.passes(50)
    scene.welcomed(resumed=True)
    scene.player.give_up()
    assert not scene.player.is_cut_off
    assert (scene.books.tally.slowest_place_s, scene.books.tally.resumed, scene.books.tally.waiting_at_end) == (0, 1, 0)


async def test_a_refused_phone_without_a_room_is_turned_away_and_no_longer_waits(scene: Scene) -> None:
    await scene.check_in(raises(Refused(ErrorCode.RATE_LIMITED, retry_ms=1_000)))
    scene.passes(100)
    scene.player.give_up()
    tally = scene.books.tally
    assert (tally.turned_away, tally.refused, tally.phones_placed) == (1, {"rate_limited": 1}, 0)
    assert (tally.slowest_place_s, tally.waiting_at_end) == (0, 0)


async def test_a_refused_phone_with_a_room_is_not_turned_away(scene: Scene) -> None:
    await scene.check_in()
    scene.placed()
    await scene.check_in(raises(Refused(ErrorCode.RATE_LIMITED, retry_ms=1_000)))
    assert (scene.books.tally.turned_away, scene.books.tally.refused) == (0, {"rate_limited": 1})


async def test_a_phone_that_waits_until_the_end_is_counted_and_so_is_how_long(scene: Scene) -> None:
    await scene.check_in()
    scene.passes(30)
    scene.player.give_up()
    tally = scene.books.tally
    assert (tally.waiting_at_end, tally.slowest_place_s, tally.late_places) == (1, 30, 1)


async def test_a_phone_that_the_server_closes_still_waits(scene: Scene) -> None:
    def close() -> wire.Ack:
        scene.player.notice(Disconnected(3504, None))
        raise PhoneClosed(3504)

    await scene.check_in(close)
    scene.player.give_up()
    assert (scene.books.tally.waiting_at_end, scene.books.tally.closed) == (1, {3504: 1})
    assert not scene.player.is_cut_off


async def test_who_hangs_up_before_it_has_a_room_leaves_its_wait_in_the_books(scene: Scene) -> None:
    await scene.check_in()
    scene.passes(8)
    await scene.player.leave()
    scene.player.give_up()
    tally = scene.books.tally
    assert (tally.slowest_place_s, tally.late_places, tally.waiting_at_end, tally.phones_placed) == (8, 1, 0, 0)


async def test_only_a_lapse_after_the_last_check_in_lets_a_phone_hang_up(scene: Scene) -> None:
    scene.unplaced("expired")
    scene.player.may_hang_up = True
    scene.unplaced("none")
    assert scene.lapsed == []
    scene.unplaced("expired")
    assert scene.lapsed == [scene.player]


def test_time_counts_by_the_size_seen_and_the_rung_and_not_without_a_room(scene: Scene) -> None:
    scene.passes(5)
    scene.placed(members=1)
    scene.passes(10)
    scene.player.hear(wire.Joined(room="r1", seq=2, member=as_member("m9")))
    scene.passes(30)
    scene.unplaced("expired")
    scene.passes(100)
    scene.placed("r2", members=3, resolution=6)
    scene.passes(60)
    scene.player.settle()
    assert dict(scene.books.time.by_size_s) == {1: 10, 2: 30, 3: 60}
    assert dict(scene.books.time.by_resolution_s) == {7: 40, 6: 60}
    assert scene.books.time.share_in_company() == 0.9


@pytest.mark.parametrize(("took_s", "most_us"), [(0.5, 500_000), (100, MAX_LATENCY_US)])
async def test_a_delivery_takes_from_saying_to_hearing_and_none_is_too_slow_to_count(
    scene: Scene, took_s: float, most_us: int
) -> None:
    scene.placed()
    await scene.say("slow", lambda: wire.Ack(id=1, seq=2))
    scene.passes(took_s)
    scene.player.hear(wire.Said(room="r1", seq=2, from_="m0", text="slow", at_ms=1))
    assert scene.books.latency.get_total_count() == 1
    assert scene.books.latency.get_max_value() == pytest.approx(most_us, rel=0.002)
    assert not scene.books.ledger.faults().any()


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (raises(Refused(ErrorCode.RATE_LIMITED)), 0),
        (raises(Refused(ErrorCode.HUB_DOWN)), 0),
        (raises(PhoneClosed(None)), 0),
        (raises(PhoneClosed(3504)), 1),
        (lambda: wire.Ack(id=1), 1),
    ],
    ids=["refused", "hub down", "hung up", "closed by the server", "ack without a place"],
)
async def test_what_was_not_answered_as_it_should_is_missing(
    scene: Scene, answer: Callable[[], wire.Ack], missing: int
) -> None:
    scene.placed()
    await scene.say("hello", answer)
    assert scene.books.ledger.faults().acks_missing == missing


async def test_only_what_was_refused_outright_may_not_be_heard(scene: Scene) -> None:
    scene.placed()
    await scene.say("perhaps", raises(Refused(ErrorCode.HUB_DOWN)))
    scene.player.hear(wire.Said(room="r1", seq=2, from_="m0", text="perhaps", at_ms=1))
    assert not scene.books.ledger.faults().any()
    await scene.say("never", raises(Refused(ErrorCode.RATE_LIMITED)))
    scene.player.hear(wire.Said(room="r1", seq=3, from_="m0", text="never", at_ms=1))
    assert scene.books.ledger.faults().contradictions == 1


async def test_without_a_room_nothing_is_said(scene: Scene) -> None:
    await scene.say("alone", raises(AssertionError("was asked")))
    assert scene.books.ledger.acks() == 0
