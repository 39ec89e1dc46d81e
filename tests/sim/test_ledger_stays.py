"""What a phone is owed when its connection drops, its seat ends or its room starts over, and what snapshots show."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from nearby.core import wire
from nearby.sim.ledger import Ledger
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


def test_what_is_missed_while_dropped_and_not_resumed_was_not_promised() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana")
    assert faults(world.steps) == NONE
    assert told(world.steps).expected() == 2


def test_what_a_resume_does_not_bring_is_lost() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana", "meanwhile")
    world.come_back("cyn", resumed=True)
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("cyn", wire.Said, text="meanwhile"))) == replace(NONE, lost=1)


def test_what_was_said_meanwhile_must_be_in_the_snapshot_that_stands_for_a_resume() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana", "meanwhile")
    world.come_back("cyn", resumed=False)
    assert faults(world.steps) == NONE
    assert faults(changed(world, heard("cyn", wire.Placed), messages=[])) == replace(NONE, lost=1)


def test_a_snapshot_need_not_show_more_than_the_newest_fifty() -> None:
    world = company()
    world.drop("cyn")
    for _ in range(51):
        world.say("ana")
    world.come_back("cyn", resumed=False)
    assert faults(world.steps) == NONE
    placed = world.steps[-1].message
    assert isinstance(placed, wire.Placed)
    assert faults(changed(world, heard("cyn", wire.Placed), messages=placed.messages[1:])) == replace(NONE, lost=1)


def test_a_snapshot_that_shows_what_was_said_before_one_joined_is_a_contradiction() -> None:
    world = company("ana", "ben")
    world.say("ana", "before")
    world.join("cyn")
    before = next(step.message for step in world.steps if isinstance(step.message, wire.Said))
    assert faults(changed(world, heard("cyn", wire.Placed), messages=[before])) == replace(NONE, contradictions=1)


def test_messages_of_a_snapshot_that_read_differently_are_a_contradiction() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana", "meanwhile")
    world.come_back("cyn", resumed=False)
    placed = world.steps[-1].message
    assert isinstance(placed, wire.Placed)
    other = [msgspec.structs.replace(placed.messages[0], text="other")]
    assert faults(changed(world, heard("cyn", wire.Placed), messages=other)) == replace(NONE, contradictions=1)


def test_messages_of_a_snapshot_stand_in_order_and_lie_before_it() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana")
    world.say("ana")
    world.come_back("cyn", resumed=False)
    placed = world.steps[-1].message
    assert isinstance(placed, wire.Placed)
    turned = changed(world, heard("cyn", wire.Placed), messages=placed.messages[::-1])
    assert faults(turned) == replace(NONE, contradictions=1)
    assert faults(changed(world, heard("cyn", wire.Placed), seq=placed.seq - 1)).contradictions


def test_a_snapshot_whose_members_do_not_follow_from_the_log_is_a_contradiction() -> None:
    world = company()
    world.drop("cyn")
    world.lapse("ben")
    world.come_back("cyn", resumed=False)
    assert faults(world.steps) == NONE
    ghost = [as_member("ana1"), as_member("ben2"), as_member("cyn3")]
    assert faults(changed(world, heard("cyn", wire.Placed), members=ghost)) == replace(NONE, contradictions=1)


@pytest.mark.parametrize("members", [["ben2"], ["ana1", "ana1", "ben2", "cyn3"], ["ana1", "cyn3"]])
def test_a_snapshot_without_oneself_or_with_somebody_twice_or_missing_is_a_contradiction(members: list[str]) -> None:
    world = company()
    steps = changed(world, heard("cyn", wire.Placed), members=[as_member(member) for member in members])
    assert faults(steps).contradictions


@pytest.mark.parametrize("end", [World.leave, World.lapse, lambda world, name: world.join(name, "r2")])
def test_what_was_said_just_before_a_seat_ended_is_owed_to_it(end: Callable[[World, str], None]) -> None:
    world = company()
    world.say("ana", "goodbye")
    end(world, "cyn")
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("cyn", wire.Said, text="goodbye"))) == replace(NONE, lost=1)


def test_an_authors_own_last_word_is_owed_to_it_though_nobody_saw_its_seat_end() -> None:
    world = company("ana", "ben")
    world.say("ana", "my last")
    world.drop("ben")
    world.leave("ana")
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("ana", wire.Said, text="my last"))) == replace(NONE, lost=1)


def test_who_still_hears_a_room_after_its_seat_there_ended_is_a_contradiction() -> None:
    world = company()
    world.drop("cyn")
    world.lapse("cyn")
    world.say("ana", "private")
    resumed = wire.Welcome(user="cyn", ping_s=25, window_s=600, server_ms=0, resumed=True)
    back = [Step("cyn", resumed), *(Step("cyn", event) for event in world.rooms["r1"].log[3:])]
    assert faults([*world.steps, *back]).contradictions == 1


def test_whose_seat_ended_unbeknown_to_it_was_not_told() -> None:
    world = company()
    world.lapse("cyn")
    assert faults(without(world, heard("cyn", wire.Unplaced))) == replace(NONE, lost=1)


@pytest.mark.parametrize("room", ["r1", "elsewhere"])
def test_an_event_of_a_room_one_is_not_in_is_out_of_order(room: str) -> None:
    world = company()
    world.leave("cyn")
    stray = Step("cyn", wire.Said(room=room, seq=4, from_="ana1", text="stray", at_ms=1))
    assert faults([*world.steps, stray]) == replace(NONE, out_of_order=1)


def test_an_event_after_a_welcome_that_resumed_nothing_is_out_of_order() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana")
    world.come_back("cyn", resumed=True)
    refused = changed(world, heard("cyn", wire.Welcome), resumed=False)
    assert faults(refused) == replace(NONE, out_of_order=1)


def test_a_second_welcome_may_still_resume_where_the_first_did_not() -> None:
    world = company()
    world.drop("cyn")
    world.say("ana")
    world.steps.append(Step("cyn", wire.Welcome(user="cyn", ping_s=25, window_s=600, server_ms=0, resumed=False)))
    world.come_back("cyn", resumed=True)
    assert faults(world.steps) == NONE


def test_a_new_epoch_starts_a_new_log() -> None:
    world = company()
    world.say("ana", "before")
    world.restart()
    world.say("ana", "after")
    world.leave("cyn")
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("ben", wire.Said, text="after"))) == replace(NONE, lost=1)


def test_positions_that_did_not_survive_may_be_used_again_in_a_new_epoch() -> None:
    world = company()
    world.say("ana", "gone")
    room = world.rooms["r1"]
    del room.log[-1]
    room.seq -= 1
    world.restart()
    world.say("ben", "in its place")
    assert faults(world.steps) == NONE


def test_after_closing_only_what_was_known_by_then_is_judged() -> None:
    world = company()
    world.say("ana", "last")
    on_its_way = index_of(world.steps, heard("cyn", wire.Said, text="last"))
    ledger = Ledger()
    books = {name: PhoneBook(ledger) for name in NAMES}
    for index, step in enumerate(world.steps):
        if index != on_its_way:
            tell(books, step)
    ledger.close()
    for name in ("ana", "ben"):
        tell(books, Step(name, wire.Said(room="r1", seq=5, from_="ben2", text="too late", at_ms=2)))
    assert (ledger.behind(), ledger.faults().lost) == (1, 1)
    tell(books, world.steps[on_its_way])
    assert (ledger.behind(), ledger.faults()) == (0, NONE)


def test_a_seat_that_ends_after_closing_is_none_of_this_run() -> None:
    world = company()
    ledger = told(world.steps)
    ledger.close()
    assert ledger.faults() == NONE


def tell(books: dict[str, PhoneBook], step: Step) -> None:
    if step.message is not None:
        books[step.phone].took(step.message)
    if step.do is not None:
        step.do(books[step.phone])


def test_what_is_asked_without_a_connection_may_be_said_under_the_next_pseudonym() -> None:
    world = company()
    world.drop("cyn")
    world.lapse("cyn")
    before = [*world.steps, Step("cyn", do=lambda book: book.asked("later"))]
    world.steps.clear()
    world.come_back("cyn", resumed=False)
    world.join("cyn")
    world.say("cyn", "later")
    del world.steps[next(index for index, step in enumerate(world.steps) if step.do is not None)]
    assert faults(before + world.steps) == NONE


def test_an_ack_is_held_against_what_its_own_epoch_heard() -> None:
    world = company("ana")
    world.say("ana", "true")
    garbled = changed(world, heard("ana", wire.Said, text="true"), text="garbled")
    before = len(garbled)
    world.restart()
    assert faults([*garbled, *world.steps[before:]]).acks_wrong == 1


def test_a_newer_snapshot_of_the_same_room_ends_what_the_older_one_is_owed() -> None:
    world = company()
    world.show("cyn", "lifted")
    world.say("ana")
    world.lapse("cyn")
    assert faults(world.steps) == NONE


def test_a_first_snapshot_without_oneself_is_a_contradiction() -> None:
    world = company("ana")
    assert faults(changed(world, heard("ana", wire.Placed), members=[as_member("ben")])) == replace(
        NONE, contradictions=1
    )


def two_rooms() -> World:
    world = company("ana", "ben")
    for name in ("cyn", "dan"):
        world.join(name, "r2")
    return world


def test_those_whom_a_merge_moves_are_owed_both_rooms_and_no_end_of_their_seats() -> None:
    world = two_rooms()
    world.say("ana", "before")
    world.merge("r1", "r2")
    world.say("ben", "after")
    assert faults(world.steps) == NONE
    assert told(world.steps).expected() == told(world.steps).received == 6


@pytest.mark.parametrize("name", ["ana", "cyn"])
def test_what_is_said_after_a_merge_and_not_heard_by_all_is_lost(name: str) -> None:
    world = two_rooms()
    world.merge("r1", "r2")
    world.say("ben", "after")
    assert faults(without(world, heard(name, wire.Said, text="after"))) == replace(NONE, lost=1)


def test_a_seat_of_a_merge_that_those_before_did_not_hear_of_is_lost() -> None:
    world = two_rooms()
    world.merge("r1", "r2")
    assert faults(without(world, heard("cyn", wire.Joined))) == replace(NONE, lost=1)


def test_a_phone_that_goes_on_hearing_the_merged_room_is_out_of_order() -> None:
    world = two_rooms()
    world.merge("r1", "r2")
    stray = wire.Said(room="r1", seq=3, from_="ana1", text="stray", at_ms=0)
    assert faults([*world.steps, Step("ana", stray)]) == replace(NONE, out_of_order=1)


def test_who_was_away_at_a_merge_is_owed_what_follows_the_snapshot() -> None:
    world = two_rooms()
    world.drop("ana")
    world.merge("r1", "r2")
    world.say("cyn", "meanwhile")
    world.come_back("ana", resumed=True)
    world.say("cyn", "after")
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("ana", wire.Said, text="after"))) == replace(NONE, lost=1)


def test_a_lift_ends_no_promise_of_what_came_before() -> None:
    world = company()
    world.say("ana", "before")
    world.lift("r1")
    assert faults(world.steps) == NONE
    assert faults(without(world, heard("cyn", wire.Said, text="before"))) == replace(NONE, lost=1)


def test_a_lift_that_shows_other_members_contradicts_the_log() -> None:
    world = company()
    world.lift("r1")
    steps = changed(world, heard("cyn", wire.Placed), members=[as_member("cyn3")])
    assert faults(steps) == replace(NONE, contradictions=1)
