"""The judge is judged: a true run has no fault, and each fault alone is noticed, by its own name."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from nearby.core import wire
from nearby.sim.ledger import Faults, Ledger
from nearby.sim.phone_book import PhoneBook
from tests.sim.world import (
    NAMES,
    NONE,
    Step,
    World,
    as_member,
    changed,
    company,
    faults,
    heard,
    index_of,
    told,
    without,
)


def test_a_true_run_has_no_fault_and_every_delivery_is_counted() -> None:
    world = company()
    world.say("ana")
    world.say("ben")
    ledger = told(world.steps)
    assert ledger.faults() == NONE
    assert not ledger.faults().any()
    assert (ledger.acks(), ledger.expected(), ledger.received) == (2, 6, 6)


@pytest.mark.parametrize("name", Faults.__slots__)
def test_one_fault_of_any_kind_is_a_fault(name: str) -> None:
    assert replace(NONE, **{name: 1}).any()


@pytest.mark.parametrize("phone", ["ana", "ben", "cyn"])
def test_a_saying_that_one_of_several_never_heard_is_lost(phone: str) -> None:
    world = company()
    world.say("ana", "first")
    world.say("ben", "second")
    steps = without(world, heard(phone, wire.Said, text="first"))
    assert faults(steps) == replace(NONE, lost=1)
    assert (told(steps).expected(), told(steps).received) == (6, 5)


def test_the_last_saying_of_all_that_one_never_heard_is_lost() -> None:
    world = company()
    world.say("ana", "last")
    assert faults(without(world, heard("cyn", wire.Said, text="last"))) == replace(NONE, lost=1)


def test_a_joined_that_one_never_heard_is_lost() -> None:
    world = company("ana", "ben", "cyn", "dan")
    assert faults(without(world, heard("ana", wire.Joined))) == replace(NONE, lost=1)


def test_a_left_that_one_never_heard_is_lost() -> None:
    world = company()
    world.leave("cyn")
    world.say("ben")
    assert faults(without(world, heard("ana", wire.Left))) == replace(NONE, lost=1)


def test_a_position_that_nobody_received_is_lost_to_everybody() -> None:
    world = company()
    world.say("ana", "unheard")
    world.say("ben", "heard")
    steps = [step for step in world.steps if getattr(step.message, "text", "") != "unheard"]
    assert faults(steps) == replace(NONE, lost=3, acks_wrong=1)
    assert (told(steps).expected(), told(steps).received) == (6, 3)


def test_the_last_saying_acknowledged_and_heard_by_nobody_is_lost_to_everybody() -> None:
    world = company()
    world.say("ana", "unheard")
    steps = [step for step in world.steps if getattr(step.message, "text", "") != "unheard"]
    assert faults(steps) == replace(NONE, lost=3, acks_wrong=1)
    assert (told(steps).expected(), told(steps).received) == (3, 0)


def test_an_acknowledged_saying_that_nobody_was_there_to_hear_is_counted_apart() -> None:
    world = company("ana", "ben")
    world.drop("ben")
    world.say("ana", "unheard")
    steps = [*without(world, heard("ana", wire.Said, text="unheard")), Step("ana", do=PhoneBook.dropped)]
    assert faults(steps) == NONE
    assert told(steps).said_to_nobody() == 1
    assert told(world.steps).said_to_nobody() == 0


def test_it_is_lost_if_somebody_was_there() -> None:
    world = company()
    world.say("ana", "unheard")
    steps = [step for step in world.steps if getattr(step.message, "text", "") != "unheard"]
    steps += [Step(name, do=PhoneBook.dropped) for name in ("ana", "ben")]
    assert faults(steps) == replace(NONE, lost=1, acks_wrong=1)
    assert told(steps).said_to_nobody() == 0


def test_a_saying_received_twice_is_duplicated() -> None:
    world = company()
    world.say("ana", "twice")
    index = index_of(world.steps, heard("ben", wire.Said, text="twice"))
    steps = [*world.steps[: index + 1], *world.steps[index:]]
    assert faults(steps) == replace(NONE, duplicated=1)
    assert (told(steps).expected(), told(steps).received) == (3, 3)


def test_a_joined_received_twice_is_duplicated() -> None:
    world = company()
    index = index_of(world.steps, heard("ana", wire.Joined))
    assert faults([*world.steps, world.steps[index]]) == replace(NONE, duplicated=1)


def test_two_sayings_in_the_wrong_order_are_out_of_order() -> None:
    world = company()
    world.say("ana", "first")
    world.say("ana", "second")
    steps = list(world.steps)
    first, second = (index_of(steps, heard("ben", wire.Said, text=text)) for text in ("first", "second"))
    steps[first], steps[second] = steps[second], steps[first]
    assert faults(steps) == replace(NONE, out_of_order=1)


def test_the_same_text_at_two_positions_was_said_twice() -> None:
    world = company()
    world.say("ana", "once")
    seq = world.rooms["r1"].seq
    again = [Step(name, wire.Said(room="r1", seq=seq + 1, from_="ana1", text="once", at_ms=2)) for name in NAMES[:3]]
    assert faults([*world.steps, *again]) == replace(NONE, duplicated=1)


def test_what_strangers_say_twice_is_no_fault() -> None:
    world = company()
    seq = world.rooms["r1"].seq
    hello = [
        Step(name, wire.Said(room="r1", seq=seq + number, from_="ben2", text="hello", at_ms=number))
        for number in (1, 2)
        for name in NAMES[:3]
    ]
    assert faults([*world.steps, *hello]) == NONE


@pytest.mark.parametrize("fields", [{"text": "other"}, {"from_": "ben2"}, {"at_ms": 99}])
def test_two_phones_that_see_different_sayings_at_one_position_are_a_contradiction(fields: dict[str, Any]) -> None:
    world = company()
    world.say("ana", "same")
    assert faults(changed(world, heard("cyn", wire.Said, text="same"), **fields)).contradictions == 1


def test_two_phones_that_see_different_people_join_are_a_contradiction() -> None:
    world = company("ana", "ben")
    assert faults(changed(world, heard("ana", wire.Joined), member=as_member("eve"))) == replace(NONE, contradictions=1)
    world = company("ana", "ben", "cyn", "dan")
    assert faults(changed(world, heard("ana", wire.Joined), member=as_member("eve"))).contradictions


def test_an_answer_that_never_came_is_an_ack_missing() -> None:
    world = company()
    steps = [*world.steps, Step("ana", do=lambda book: book.asked("silence"))]
    assert faults(steps) == replace(NONE, acks_missing=1)


def test_what_a_phone_no_longer_waits_for_was_not_promised() -> None:
    world = company()
    asked = Step("ana", do=lambda book: book.asked("silence"))
    for last in (lambda book: book.gave_up("silence"), lambda book: book.refused("silence")):
        assert faults([*world.steps, asked, Step("ana", do=last)]) == NONE


def test_what_was_refused_and_heard_all_the_same_is_a_contradiction() -> None:
    world = company()
    world.say("ana", "no")
    steps = [*world.steps[:-1], Step("ana", do=lambda book: book.refused("no"))]
    assert faults(steps) == replace(NONE, contradictions=1)


def test_a_phone_without_a_room_asks_in_vain_and_nothing_is_promised() -> None:
    ledger = Ledger()
    assert not PhoneBook(ledger).asked("alone")
    assert ledger.faults() == NONE


@pytest.mark.parametrize("seq", [1, 3, 5, 2**62])
def test_an_ack_that_names_another_position_is_wrong(seq: int) -> None:
    world = company()
    world.say("ana", "here")
    steps = [*world.steps[:-1], Step("ana", do=lambda book: book.acknowledged("here", seq))]
    assert faults(steps) == replace(NONE, acks_wrong=1)


def test_an_ack_for_what_was_said_in_anothers_name_is_wrong() -> None:
    world = company()
    world.say("ana", "mine")
    steps = [
        replace(step, message=msgspec.structs.replace(step.message, from_="ben2"))
        if isinstance(step.message, wire.Said)
        else step
        for step in world.steps
    ]
    assert faults(steps) == replace(NONE, acks_wrong=1)


def test_two_answers_to_one_message_are_one_too_many() -> None:
    world = company()
    answers = [Step("ana", wire.Ack(id="a-1")), Step("ana", wire.Error(id="a-1", code="moved", detail=""))]
    assert faults([*world.steps, *answers]) == replace(NONE, duplicated=1)
    again = [Step("ana", wire.Ack(id="a-1")), Step("ana", do=PhoneBook.dropped), Step("ana", wire.Ack(id="a-1"))]
    assert faults([*world.steps, *again]) == NONE


@pytest.mark.parametrize("announced", [8, 20])
def test_a_ninth_member_is_over_capacity_whatever_the_server_announces(announced: int) -> None:
    names = [f"p{number}" for number in range(8)]
    world = World(capacity=announced)
    for name in names:
        world.join(name)
    assert faults(world.steps) == NONE
    ninth = [Step(name, wire.Joined(room="r1", seq=9, member=as_member("p8"))) for name in names]
    assert faults([*world.steps, *ninth]) == replace(NONE, over_capacity=1)


def test_a_ninth_member_in_a_snapshot_is_over_capacity() -> None:
    world = World(capacity=9)
    for number in range(9):
        world.join(f"p{number}")
    only_the_ninth = [step for step in world.steps if step.phone == "p8"]
    assert faults(only_the_ninth) == replace(NONE, over_capacity=1)


def test_a_room_of_less_than_eight_holds_no_more_than_it_announces() -> None:
    world = World(capacity=2)
    world.join("ana")
    world.join("ben")
    steps = [*world.steps, Step("ana", wire.Joined(room="r1", seq=3, member=as_member("cyn")))]
    assert faults(steps).over_capacity == 1
