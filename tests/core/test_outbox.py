from hypothesis import given
from hypothesis import strategies as st

from nearby.core.outbox import MAX_BYTES, MAX_MESSAGES, Outbox

# Each step: a frame of some length, before which the reader took some bytes.
step = st.tuples(st.integers(1, 40_000), st.integers(0, 60_000))
# Small frames for a reader that now and then takes about as much as came: the count nears its bound.
small = st.tuples(st.just(100), st.sampled_from([0, 0, 0, 0, 100, 150, 200]))
steps = st.lists(step, max_size=80) | st.lists(small, min_size=280, max_size=500)


@given(steps)
def test_admission_agrees_with_a_list_of_frames_that_the_reader_has_not_taken(steps: list[tuple[int, int]]) -> None:
    outbox, waiting = Outbox(), list[int]()
    for length, room_made in steps:
        left = room_made
        while left and waiting:
            took = min(left, waiting[0])
            left -= took
            waiting[0] -= took
            if not waiting[0]:
                del waiting[0]
        waiting.append(length)
        fits = sum(waiting) <= MAX_BYTES and len(waiting) <= MAX_MESSAGES
        assert outbox.admit([bytes(length)], sum(waiting)) == fits
        if not fits:
            return


def test_the_257th_small_frame_that_nobody_reads_is_too_many() -> None:
    outbox = Outbox()
    answers = [outbox.admit([bytes(10)], 10 * count) for count in range(1, MAX_MESSAGES + 2)]
    assert answers == [True] * MAX_MESSAGES + [False]


def test_a_reader_that_keeps_up_may_take_any_number_of_frames() -> None:
    outbox = Outbox()
    assert all(outbox.admit([bytes(1_000)], 1) for _ in range(10 * MAX_MESSAGES))


def test_more_bytes_than_may_wait_are_too_many_however_few_the_frames() -> None:
    outbox = Outbox()
    assert outbox.admit([bytes(MAX_BYTES)], MAX_BYTES)
    assert not outbox.admit([bytes(1)], MAX_BYTES + 1)


def test_room_is_made_by_exactly_the_frames_that_were_taken_whole() -> None:
    outbox = Outbox()
    assert all(outbox.admit([bytes(10)], 10 * count) for count in range(1, MAX_MESSAGES + 1))
    assert outbox.admit([bytes(10)], 10 * MAX_MESSAGES)
    assert not outbox.admit([bytes(10)], 10 * MAX_MESSAGES + 1)


def test_frames_that_left_while_nothing_was_counted_are_forgotten() -> None:
    outbox = Outbox()
    assert all(outbox.admit([bytes(10)], 10 * count) for count in range(1, MAX_MESSAGES + 1))
    answers = [outbox.admit([bytes(10)], 10 * count) for count in range(1, MAX_MESSAGES + 2)]
    assert answers == [True] * MAX_MESSAGES + [False]
