"""The judge is judged: a true run has no fault, and each fault alone is noticed, by its own name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.sim.ledger import Faults, Ledger
from nearby.sim.phone_book import PhoneBook
from tests.sim.world import Step, World, as_member, told

NAMES = ("ana", "ben", "cyn", "dan", "eva")
NONE = Faults(0, 0, 0, 0, 0, 0, 0)

Where = Callable[[Step], bool]


def company(*names: str) -> World:
    """Return people who sit together in one room."""
    world = World()
    for name in names or ("ana", "ben", "cyn"):
        world.join(name)
    return world


def heard(phone: str, kind: type, *, text: str | None = None) -> Where:
    def is_it(step: Step) -> bool:
        message = step.message
        return step.phone == phone and isinstance(message, kind) and getattr(message, "text", text) == text

    return is_it


def index_of(steps: list[Step], where: Where) -> int:
    """Return the last place where it is so."""
    return max(index for index, step in enumerate(steps) if where(step))


def without(world: World, where: Where) -> list[Step]:
    index = index_of(world.steps, where)
    return world.steps[:index] + world.steps[index + 1 :]


def changed(world: World, where: Where, **fields: Any) -> list[Step]:
    steps = list(world.steps)
    index = index_of(steps, where)
    steps[index] = altered(steps[index], **fields)
    return steps


def altered(step: Step, **fields: Any) -> Step:
    assert step.message is not None
    return replace(step, message=msgspec.structs.replace(step.message, **fields))


def faults(steps: list[Step]) -> Faults:
    return told(steps).faults()


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


def test_an_acknowledged_saying_that_nobody_was_there_to_hear_is_no_true_acknowledgement() -> None:
    world = company("ana", "ben")
    world.drop("ben")
    world.say("ana", "unheard")
    steps = without(world, heard("ana", wire.Said, text="unheard"))
    assert faults([*steps, Step("ana", do=PhoneBook.dropped)]) == replace(NONE, acks_wrong=1)


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


# True runs, drawn by chance, and one fault in each.

operations = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "say", "say", "say", "leave", "lapse", "drop", "resume", "resync", "restart"]),
        st.sampled_from(NAMES),
        st.sampled_from(["r1", "r1", "r2"]),
    ),
    max_size=60,
)


def run_of(drawn: list[tuple[str, str, str]]) -> World:
    world = World(capacity=4)
    world.join("ana")
    world.join("ben")
    world.say("ana")
    world.say("ana")
    for operation, name, room_id in drawn:
        match operation:
            case "join":
                world.join(name, room_id)
            case "say":
                world.say(name)
            case "leave":
                world.leave(name)
            case "lapse":
                world.lapse(name)
            case "drop":
                world.drop(name)
            case "restart":
                world.restart(room_id)
            case _:
                world.come_back(name, resumed=operation == "resume")
    return world


runs = operations.map(run_of)


@given(runs)
def test_any_true_run_has_no_fault(world: World) -> None:
    ledger = told(world.steps)
    assert ledger.faults() == NONE
    assert ledger.expected() == ledger.received


def stay_numbers(steps: list[Step]) -> list[int]:
    """Return for each step which of its phone's stays it belongs to, counting snapshots."""
    seen: dict[str, int] = {}
    numbers = []
    for step in steps:
        seen[step.phone] = seen.get(step.phone, 0) + isinstance(step.message, wire.Placed)
        numbers.append(seen[step.phone])
    return numbers


def is_provable(steps: list[Step], index: int) -> bool:
    """Return whether the loss of one delivery can be known from everything else that was received.

    It can if the phone received something behind it in the same stay, or if the stay goes on to the end of
    the run and somebody else received it too, or something behind it, or its own author was told its place.
    """
    lost, event = steps[index], steps[index].event
    assert event is not None
    stays = stay_numbers(steps)
    after = [step for number, step in zip(stays[index:], steps[index:], strict=True) if step.phone == lost.phone]
    same_stay = [
        step
        for other, step in enumerate(steps)
        if other > index and step.phone == lost.phone and stays[other] == stays[index]
    ]
    if any(step.event for step in same_stay):
        return True
    if after[1:] and any(step.do or isinstance(step.message, wire.Placed | wire.Unplaced) for step in after[1:]):
        return False
    epoch = epochs(steps)[index]
    return any(
        other != index
        and step.phone != lost.phone
        and step.event
        and epochs(steps)[other] == epoch
        and step.event.seq >= event.seq
        for other, step in enumerate(steps)
    )


def epochs(steps: list[Step]) -> list[tuple[str, int] | None]:
    """Return for each step the room and epoch its phone is in."""
    now: dict[str, tuple[str, int] | None] = {}
    found = []
    for step in steps:
        if isinstance(step.message, wire.Placed):
            now[step.phone] = (step.message.room.id, step.message.room.epoch)
        found.append(now.get(step.phone))
    return found


def drawn_event(world: World, data: st.DataObject) -> int:
    events = [index for index, step in enumerate(world.steps) if step.event is not None]
    assume(events)
    return data.draw(st.sampled_from(events))


@given(runs, st.data())
def test_one_delivery_removed_is_lost_wherever_that_can_be_known(world: World, data: st.DataObject) -> None:
    index = drawn_event(world, data)
    assume(is_provable(world.steps, index))
    assert faults([*world.steps[:index], *world.steps[index + 1 :]]).lost


@given(runs, st.data())
def test_a_saying_removed_from_all_phones_never_goes_unnoticed(world: World, data: st.DataObject) -> None:
    texts = sorted({step.event.text for step in world.steps if isinstance(step.event, wire.Said)})
    assume(texts)
    text = data.draw(st.sampled_from(texts))
    steps = [
        step
        if not isinstance(step.message, wire.Placed)
        else replace(
            step,
            message=msgspec.structs.replace(
                step.message, messages=[said for said in step.message.messages if said.text != text]
            ),
        )
        for step in world.steps
        if not (isinstance(step.event, wire.Said) and step.event.text == text)
    ]
    assert faults(steps).acks_wrong == 1


@given(runs, st.data())
def test_one_delivery_repeated_is_duplicated(world: World, data: st.DataObject) -> None:
    index = drawn_event(world, data)
    assert faults([*world.steps[: index + 1], *world.steps[index:]]) == replace(NONE, duplicated=1)


@given(runs, st.data())
def test_two_deliveries_swapped_are_out_of_order(world: World, data: st.DataObject) -> None:
    steps = list(world.steps)
    pairs = []
    for first, step in enumerate(steps):
        following = next((other for other in range(first + 1, len(steps)) if steps[other].phone == step.phone), None)
        if step.event is not None and following is not None and steps[following].event is not None:
            pairs.append((first, following))
    assume(pairs)
    first, second = data.draw(st.sampled_from(pairs))
    steps[first], steps[second] = steps[second], steps[first]
    assert faults(steps).out_of_order == 1


@given(runs, st.data())
def test_one_saying_garbled_never_goes_unnoticed(world: World, data: st.DataObject) -> None:
    index = drawn_event(world, data)
    assume(isinstance(world.steps[index].event, wire.Said))
    steps = list(world.steps)
    steps[index] = altered(steps[index], text="garbled")
    found = faults(steps)
    assert found.contradictions or found.acks_wrong
