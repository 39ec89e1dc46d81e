"""The judge is judged on runs drawn by chance: no fault in any true one, and one fault always noticed."""

from dataclasses import replace

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from nearby.core import wire
from tests.sim.world import NAMES, NONE, Step, World, altered, faults, told

OFTEN = ["join", "join", "say", "say", "say"]

operations = st.lists(
    st.tuples(
        st.sampled_from([*OFTEN, "leave", "lapse", "drop", "resume", "resync", "restart", "merge", "lift"]),
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
            case "merge":
                world.merge(room_id, "r2" if room_id == "r1" else "r1")
            case "lift":
                world.lift(room_id)
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
    ledger = told(steps)
    assert ledger.faults().acks_wrong + ledger.said_to_nobody() == 1


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
