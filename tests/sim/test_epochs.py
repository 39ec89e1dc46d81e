"""What was acknowledged and went with an epoch is found, and no other saying is taken for it."""

import pytest

from nearby.core import wire
from nearby.sim.ledger import Ledger
from nearby.sim.phone_book import PhoneBook
from nearby.sim.room_log import SHOWN_MESSAGES
from tests.sim.world import World, company, faults, told


def lost(world: World) -> set[str]:
    return told(world.steps).lost_with_epochs()


def fail_over(world: World, *, without: int, room_id: str = "r1") -> None:
    """The room goes on in a new epoch without the newest so many events."""
    room = world.rooms[room_id]
    if without:
        del room.log[-without:]
        room.seq -= without
    world.restart(room_id)


def test_what_every_epoch_has_is_not_lost() -> None:
    world = company()
    world.say("ana")
    fail_over(world, without=0)
    world.say("ben")
    fail_over(world, without=0)
    assert lost(world) == set()
    assert not faults(world.steps).any()


def test_what_the_next_epoch_does_not_have_is_lost_and_breaks_no_other_promise() -> None:
    world = company()
    world.say("ana", "kept")
    world.say("ben", "gone")
    fail_over(world, without=1)
    world.say("cyn", "after")
    assert lost(world) == {"gone"}
    ledger = told(world.steps)
    assert not ledger.faults().any()
    assert ledger.seqs_used_twice() == 0


def test_what_was_lost_and_is_said_again_was_said_once() -> None:
    world = company()
    world.say("ana", "filler")
    world.say("ben", "gone")
    fail_over(world, without=2)
    world.say("cyn", "first")
    world.say("ana", "second")
    world.say("ben", "gone")
    assert faults(world.steps).duplicated == 0


def test_what_survived_and_is_said_again_was_said_twice() -> None:
    world = company()
    world.say("ben", "twice")
    fail_over(world, without=0)
    world.say("ben", "twice")
    assert faults(world.steps).duplicated == 1


def test_what_is_too_old_to_be_shown_is_not_taken_to_be_lost() -> None:
    world = company()
    world.say("ana", "old")
    for _ in range(SHOWN_MESSAGES):
        world.say("ben")
    fail_over(world, without=0)
    assert lost(world) == set()


def test_who_came_later_is_no_witness() -> None:
    world = company("ana", "ben")
    world.say("ana", "before")
    world.leave("ana")
    world.leave("ben")
    for name in ("cyn", "dan"):
        world.join(name)
    fail_over(world, without=0)
    assert lost(world) == set()


@pytest.mark.parametrize("is_other", [False, True])
def test_a_seq_that_stands_for_two_sayings_is_found(is_other: bool) -> None:
    ledger = Ledger()
    world = company("ana", "ben")
    books = {name: PhoneBook(ledger) for name in ("ana", "ben")}
    for step in world.steps:
        if step.message is not None:
            books[step.phone].took(step.message)
    room = world.rooms["r1"]
    for name, text in (("ana", "one"), ("ben", "other" if is_other else "")):
        if text:
            books[name].asked(text)
            books[name].acknowledged(text, room.seq + 1)
    assert ledger.seqs_used_twice() == int(is_other)


def test_a_message_that_is_refused_for_now_may_be_answered_again() -> None:
    ledger = Ledger()
    book = PhoneBook(ledger)
    for _ in range(2):
        book.took(wire.Error(id="a", code="hub_down", detail="", retry_ms=1_000))
    book.took(wire.Ack(id="a"))
    assert ledger.duplicated == 0
    book.took(wire.Ack(id="a"))
    assert ledger.duplicated == 1
