import asyncio

import pytest

from nearby.client.calls import TRY_AGAIN_S, Call, Calls
from nearby.core import wire
from nearby.core.ids import RoomId
from nearby.errors import ErrorCode, NotAcknowledged, PhoneClosed, Refused

NOW_S = 1_000.0


def calls(*, most: int = 100) -> Calls:
    return Calls(most=most, repeat_within_s=100)


def say(number: int) -> wire.Say:
    return wire.Say(id=f"say-{number}", room=RoomId("room"), text=str(number))


def here(number: int) -> wire.CheckIn:
    return wire.CheckIn(id=f"here-{number}", lat=float(number), lon=0.0)


def sent(waiting: Calls, now_s: float = NOW_S) -> list[int | str | None]:
    ids = []
    while (message := waiting.to_send(now_s)) is not None:
        ids.append(message.id)
    return ids


def answers(*some: Call) -> list[object]:
    return [call.answer.exception() or call.answer.result() if call.answer.done() else None for call in some]


def ack(message_id: str) -> wire.Ack:
    return wire.Ack(id=message_id, seq=7)


async def test_calls_are_sent_once_oldest_first_and_again_after_a_drop() -> None:
    waiting = calls()
    waiting.add(say(1), may_repeat=True)
    waiting.add(wire.Leave(id="leave"), may_repeat=True)
    assert (sent(waiting), sent(waiting)) == (["say-1", "leave"], [])
    waiting.dropped()
    waiting.add(say(2), may_repeat=True)
    assert sent(waiting) == ["say-1", "leave", "say-2"]


async def test_each_answer_goes_to_its_own_call_once() -> None:
    waiting = calls()
    one, two = (waiting.add(say(number), may_repeat=True) for number in (1, 2))
    sent(waiting)
    waiting.acknowledge(ack("say-2"))
    waiting.acknowledge(ack("say-2"))
    waiting.acknowledge(ack("nobody's"))
    waiting.refuse(wire.Error(code="moved", detail=""), NOW_S)
    assert answers(one, two) == [None, ack("say-2")]


async def test_an_answered_or_forgotten_call_is_not_sent_again() -> None:
    waiting = calls()
    one, two = (waiting.add(say(number), may_repeat=True) for number in (1, 2))
    sent(waiting)
    waiting.acknowledge(ack("say-1"))
    waiting.dropped()
    waiting.discard(two)
    waiting.discard(two)
    assert (sent(waiting), answers(one)) == ([], [ack("say-1")])


async def test_a_refusal_carries_code_detail_and_wait() -> None:
    waiting = calls()
    call = waiting.add(say(1), may_repeat=True)
    waiting.refuse(wire.Error(id="say-1", code="rate_limited", detail="wait", retry_ms=70), NOW_S)
    with pytest.raises(Refused) as refused:
        await call.answer
    assert (refused.value.code, refused.value.detail, refused.value.retry_ms) == (ErrorCode.RATE_LIMITED, "wait", 70)
    assert call.again_s is None


async def test_a_code_of_a_newer_server_keeps_its_name_in_the_detail() -> None:
    waiting = calls()
    call = waiting.add(say(1), may_repeat=True)
    waiting.refuse(wire.Error(id="say-1", code="too_loud", detail="whisper"), NOW_S)
    with pytest.raises(Refused, match="too_loud: whisper") as refused:
        await call.answer
    assert refused.value.code is ErrorCode.BAD_MESSAGE


@pytest.mark.parametrize(("retry_ms", "again_s"), [(250, 0.25), (None, TRY_AGAIN_S)])
async def test_a_refusal_that_passes_lets_the_same_message_go_again(retry_ms: int | None, again_s: float) -> None:
    waiting = calls()
    call = waiting.add(say(1), may_repeat=True)
    assert sent(waiting) == ["say-1"]
    given = {} if retry_ms is None else {"retry_ms": retry_ms}
    waiting.refuse(wire.Error(id="say-1", code="hub_down", detail="", **given), NOW_S)
    assert isinstance(call.answer.exception(), Refused)
    assert call.again_s == again_s
    assert waiting.again(call)
    assert (sent(waiting), answers(call)) == (["say-1"], [None])


async def test_what_must_not_be_repeated_or_is_too_old_does_not_go_again() -> None:
    waiting = calls()
    once = waiting.add(wire.Next(id="next", room="room"), may_repeat=False)
    old = waiting.add(say(1), may_repeat=True)
    sent(waiting)
    waiting.refuse(wire.Error(id="next", code="hub_down", detail=""), NOW_S)
    waiting.refuse(wire.Error(id="say-1", code="hub_down", detail=""), NOW_S + 99.5)
    assert [once.again_s, old.again_s] == [None, None]
    assert [type(answer) for answer in answers(once, old)] == [Refused, Refused]


@pytest.mark.parametrize("newer", [here(2), wire.Leave(id="leave")])
async def test_a_position_that_was_refused_does_not_go_again_after_a_newer_word(newer: wire.Command) -> None:
    waiting = calls()
    old = waiting.add(here(1), may_repeat=True)
    sent(waiting)
    waiting.refuse(wire.Error(id="here-1", code="hub_down", detail=""), NOW_S)
    waiting.add(newer, may_repeat=True)
    assert isinstance(old.answer.exception(), Refused)
    assert not waiting.again(old)
    assert sent(waiting) == [newer.id]


async def test_a_drop_fails_what_was_sent_and_must_not_be_sent_twice() -> None:
    waiting = calls()
    was_sent = waiting.add(wire.Next(id="sent", room="room"), may_repeat=False)
    sent(waiting)
    unsent = waiting.add(wire.Next(id="unsent", room="room"), may_repeat=False)
    waiting.dropped()
    assert isinstance(was_sent.answer.exception(), NotAcknowledged)
    assert (sent(waiting), answers(unsent)) == (["unsent"], [None])


async def test_of_several_check_ins_only_the_newest_is_sent_and_answers_all() -> None:
    waiting = calls()
    old, new = (waiting.add(here(number), may_repeat=True) for number in (1, 2))
    between = waiting.add(say(1), may_repeat=True)
    assert sent(waiting) == ["here-2", "say-1"]
    waiting.acknowledge(ack("here-2"))
    assert answers(old, new, between) == [ack("here-2"), ack("here-2"), None]


async def test_a_newer_check_in_takes_the_place_of_one_that_was_lost_on_the_way() -> None:
    waiting = calls()
    old = waiting.add(here(1), may_repeat=True)
    sent(waiting)
    new = waiting.add(here(2), may_repeat=True)
    sent(waiting)
    waiting.dropped()
    assert sent(waiting) == ["here-2"]
    waiting.refuse(wire.Error(id="here-2", code="rate_limited", detail=""), NOW_S)
    assert [type(answer) for answer in answers(old, new)] == [Refused, Refused]


async def test_check_ins_on_one_connection_get_their_own_answers() -> None:
    waiting = calls()
    old = waiting.add(here(1), may_repeat=True)
    assert sent(waiting) == ["here-1"]
    new = waiting.add(here(2), may_repeat=True)
    assert sent(waiting) == ["here-2"]
    waiting.acknowledge(ack("here-2"))
    assert answers(old, new) == [None, ack("here-2")]


async def test_a_position_is_not_sent_once_the_app_asked_to_clear_it() -> None:
    waiting = calls()
    position = waiting.add(here(1), may_repeat=True)
    waiting.add(wire.Leave(id="leave"), may_repeat=True)
    waiting.add(here(2), may_repeat=True)
    assert sent(waiting) == ["leave", "here-2"]
    assert isinstance(position.answer.exception(), NotAcknowledged)


async def test_words_are_repeated_only_while_the_server_knows_their_id() -> None:
    waiting = calls()
    call = waiting.add(say(1), may_repeat=True)
    sent(waiting)
    waiting.dropped()
    assert sent(waiting, NOW_S + 100) == ["say-1"]
    waiting.dropped()
    assert sent(waiting, NOW_S + 100.1) == []
    assert isinstance(call.answer.exception(), NotAcknowledged)


async def test_words_that_were_never_sent_do_not_grow_old() -> None:
    waiting = calls()
    waiting.add(say(1), may_repeat=True)
    waiting.dropped()
    assert sent(waiting, NOW_S + 10_000) == ["say-1"]


async def test_one_call_too_many_is_refused_and_the_others_stay() -> None:
    waiting = calls(most=2)
    first, _ = (waiting.add(say(number), may_repeat=True) for number in (1, 2))
    with pytest.raises(Refused) as refused:
        waiting.add(say(3), may_repeat=True)
    assert refused.value.code is ErrorCode.RATE_LIMITED
    assert sent(waiting) == ["say-1", "say-2"]
    waiting.discard(first)
    waiting.add(say(3), may_repeat=True)
    assert sent(waiting) == ["say-3"]


async def test_the_end_fails_every_waiting_call_with_an_exception_of_its_own() -> None:
    waiting = calls()
    done, one, two = (waiting.add(say(number), may_repeat=True) for number in range(3))
    waiting.acknowledge(ack("say-0"))
    waiting.fail(lambda: PhoneClosed(3504))
    failures = await asyncio.gather(one.answer, two.answer, return_exceptions=True)
    assert [getattr(failure, "code", None) for failure in failures] == [3504, 3504]
    assert failures[0] is not failures[1]
    assert answers(done) == [ack("say-0")]
