from collections.abc import Iterable
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.repeats import MAX_REFUSED, MAX_WATCHED, MIN_CHARACTERS, Repeats, TextHash
from nearby.core.rules import Rules

RULES = replace(Rules(), hour_ms=1_000, day_ms=5_000)
SECRET = bytes(16)
TEXT = "Buy my 100 ducks, friends!"


def watch(
    refused: Iterable[tuple[TextHash, int]] = (), *, max_watched: int = MAX_WATCHED, max_refused: int = MAX_REFUSED
) -> Repeats:
    return Repeats(RULES, SECRET, refused, max_watched=max_watched, max_refused=max_refused)


def hash_of(text: str) -> TextHash:
    found = watch().hash_of(text)
    assert found is not None
    return found


@given(
    st.lists(st.tuples(st.integers(0, 700), st.sampled_from("abcd"), st.sampled_from("12")), max_size=60),
)
def test_a_text_is_refused_for_a_day_once_it_was_seen_in_three_rooms_within_an_hour(
    says: list[tuple[int, str, str]],
) -> None:
    repeats, now_ms = watch(), 0
    seen: list[tuple[int, str, str]] = []
    until_ms: dict[str, int] = {}
    for after_ms, room, text in says:
        now_ms += after_ms
        key = text.encode()
        assert repeats.is_refused(key, now_ms) == (until_ms.get(text, 0) > now_ms)
        if repeats.is_refused(key, now_ms):
            continue
        seen.append((now_ms, room, text))
        rooms = {where for at_ms, where, what in seen if what == text and at_ms > now_ms - RULES.hour_ms}
        if len(rooms) >= RULES.repeated_in:
            seen = [one for one in seen if one[2] != text]
            until_ms[text] = now_ms + RULES.day_ms
            assert repeats.saw(key, room, now_ms) == until_ms[text]
        else:
            assert repeats.saw(key, room, now_ms) is None


@pytest.mark.parametrize(
    "other",
    ["buy my 999 ducks, FRIENDS!", "Buy  my 100 ducks\u2026 friends :)",
     "\uff22uy my 100 ducks, friends", "Buy my \u0661\u0660\u0660 ducks, friends!"],
)  # fmt: skip
def test_texts_that_say_the_same_are_one(other: str) -> None:
    assert hash_of(other) == hash_of(TEXT)


def test_other_texts_and_other_keys_are_others() -> None:
    assert hash_of(TEXT) != hash_of(TEXT.replace("ducks", "geese"))
    assert Repeats(RULES, bytes(15) + b"1").hash_of(TEXT) != hash_of(TEXT)
    assert hash_of("!" * MIN_CHARACTERS) != hash_of("?" * MIN_CHARACTERS)


def test_a_short_text_is_not_watched() -> None:
    assert watch().hash_of("x" * MIN_CHARACTERS) is not None
    assert watch().hash_of("x" * (MIN_CHARACTERS - 1)) is None
    assert watch().hash_of("\u00e9" * (MIN_CHARACTERS - 1)) is None
    assert watch().hash_of("\ufb03" * (MIN_CHARACTERS // 3 + 1)) is not None


def test_without_a_number_of_rooms_nothing_is_watched() -> None:
    assert Repeats(replace(RULES, repeated_in=0), SECRET).hash_of(TEXT) is None


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert watch().hash_of("\ud800" * MIN_CHARACTERS) is not None


def test_what_was_refused_before_a_restart_still_is() -> None:
    repeats = watch([(b"a", 500), (b"b", 900)])
    assert repeats.is_refused(b"a", 499)
    assert not repeats.is_refused(b"a", 500)
    assert repeats.is_refused(b"b", 500)
    assert repeats.refused == 2


def test_the_oldest_is_forgotten_when_there_are_too_many_and_counted() -> None:
    repeats = watch(max_watched=2, max_refused=1)
    for number in range(3):
        repeats.saw(b"%d" % number, "a", number)
    assert (repeats.watched, repeats.dropped) == (2, 1)
    repeats.saw(b"3", "a", 2 + RULES.hour_ms)
    assert (repeats.watched, repeats.dropped) == (1, 1)
    now_ms = 10_000
    for text in (b"x", b"y"):
        for room in "abc":
            repeats.saw(text, room, now_ms)
    assert (repeats.refused, repeats.dropped) == (1, 2)
    assert not repeats.is_refused(b"x", now_ms)
    assert repeats.is_refused(b"y", now_ms)
    for room in "abc":
        repeats.saw(b"z", room, now_ms + RULES.day_ms)
    assert (repeats.refused, repeats.dropped) == (1, 2)


@pytest.mark.lengthy
def test_one_more_of_many_texts_costs_what_one_more_of_few_does() -> None:
    def cost_s(at_most: int) -> float:
        repeats = watch(max_watched=at_most)
        started_s = process_time()
        for number in range(100_000):
            repeats.saw(b"%d" % number, "a", 0)
        return process_time() - started_s

    assert cost_s(50_000) < 8 * cost_s(100)


def test_a_text_that_is_said_again_and_again_in_a_room_is_nobodys_business() -> None:
    repeats = watch()
    for now_ms in range(0, 3_000, 10):
        assert repeats.saw(b"a", "room", now_ms) is None
