"""The content gate: what it lets through in many languages, what it holds, and that no text can hurt it."""
# ruff: noqa: RUF001, E501  Letters that look alike are the matter here, and lists of them.

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.gate import MANY_DIGITS, NO_TRAIL, Held, Trail, alike, found_in, trail_after
from tests.core.gate_corpus import EVASIONS, ORDINARY

SENTENCES = [(language, line) for language, lines in ORDINARY.items() for line in lines.split("\n")]
MOST_HELD = 0.01
LONGEST = 1_000


def held(text: str, *names: str) -> Held | None:
    """Return why a text by itself is held."""
    return found_in(text, NO_TRAIL, names)[0]


def said(*texts: str, messages: int = 5) -> list[Held | None]:
    """Return what becomes of one text after the other; what was held was not said."""
    trail: Trail = NO_TRAIL
    results = []
    for text in texts:
        because, digits = found_in(text, trail)
        results.append(because)
        if because is None:
            trail = trail_after(trail, digits, messages)
    return results


def test_ordinary_sentences_of_many_languages_pass() -> None:
    caught = [(language, line, held(line)) for language, line in SENTENCES if held(line) is not None]
    assert len(ORDINARY) >= 10
    assert len(SENTENCES) >= 200
    assert len(caught) <= MOST_HELD * len(SENTENCES), caught


@pytest.mark.parametrize(("because", "text"), [(kind, text) for kind, texts in EVASIONS.items() for text in texts])
def test_ways_out_of_the_room_are_held_however_they_are_spelled(because: str, text: str) -> None:
    assert held(text) is not None, because
    assert held(f"hey, {text}\nok?") is not None


@pytest.mark.parametrize("kind", EVASIONS)
def test_operators_see_what_it_was(kind: str) -> None:
    found = [held(text) for text in EVASIONS[kind]]
    assert found.count(Held(kind)) >= 0.7 * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "km/h.", "x.y", "end.", "3.com", "ok.", "..", "a..b", ".", "-.-", "so.it was", "wait.for me", "word.word/", "_._",
        "Maybe.Today", "great.today we go", "0.5", "in.the end", "hello.my friend", "the.com", "(a)", "[sic] yes",
        "point taken (really)", "user friendly", "line up", "mail me a card", "the mail came at noon", "idea: none yet",
        "he said: look", "a-b-c", "ig", "abcdefghijklmnopqrstuvwxyzabcd", "yes, one, two, three", "#tag", "C# 4",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_passes(text: str) -> None:
    assert (held(text) is None) == (text not in ("3.com", "the.com"))


def test_a_member_of_the_room_may_be_called() -> None:
    assert held("@Quiet Heron, are you there?") is Held.HANDLE
    assert held("@Quiet Heron, are you there?", "Quiet Heron") is None
    assert held("@heron. hi", "Quiet Heron") is None
    assert held("@herons hi", "Quiet Heron") is Held.HANDLE


def test_a_number_in_pieces_is_held_over_five_messages() -> None:
    assert said("0664", "123")[-1] is Held.NUMBER
    assert said("06", "64", "1", "2", "3") == [None] * 4 + [Held.NUMBER]
    assert said("06", "64", "so nice here", "12", "3") == [None] * 4 + [Held.NUMBER]
    assert said("06", "64", "well", "so", "nice", "12", "3") == [None] * 7


def test_what_was_held_was_not_said_and_does_not_count() -> None:
    assert said("0664", "555123", "hm", "22") == [None, Held.NUMBER, None, None]


def test_numbers_among_words_do_not_add_up() -> None:
    assert said("msg 101", "msg 102", "msg 103", "msg 104", "msg 105") == [None] * 5
    assert said("18:30", "19:30", "20:15", "2026") == [None] * 4


def test_with_one_message_nothing_adds_up() -> None:
    assert said("0664", "123", "4567", messages=1) == [None] * 3


def test_a_trail_of_nothing_is_none() -> None:
    assert trail_after((), 0, 5) == NO_TRAIL
    assert trail_after((3,), 0, 5) == (3, 0)
    assert trail_after((3, 0, 0, 0), 0, 5) == NO_TRAIL
    assert trail_after((1, 2, 3, 4), 5, 5) == (2, 3, 4, 5)


@given(st.lists(st.integers(0, 4), max_size=12))
def test_a_trail_agrees_with_the_last_messages(counts: list[int]) -> None:
    trail: Trail = NO_TRAIL
    for count in counts:
        trail = trail_after(trail, count, 5)
    assert sum(trail) == sum(counts[-4:])


def test_texts_that_say_the_same_are_alike() -> None:
    assert alike("Call ME, 0664!") == alike("call me, 1234!") == "call me, 0000!"
    assert alike("ＣＡＬＬ me, ٠٦٦٤!") == "call me, 0000!"
    assert alike("stra\u00dfe") == alike("STRASSE")
    assert alike("a\u200bb") == "ab"


@given(st.text(max_size=LONGEST))
def test_no_text_makes_it_raise(text: str) -> None:
    found_in(text, (3, 3), ["Quiet Heron"])
    alike(text)


@given(
    st.lists(
        st.sampled_from(
            [*"0123456789.@:/#-()[] \n", "dot", "com", "insta", "at", "gmail", "one", "www", "€", "id", "my"]
        ),
        max_size=200,
    )
)
def test_no_text_of_its_own_words_makes_it_raise(parts: list[str]) -> None:
    text = "".join(parts)
    because, digits = found_in(text)
    assert because is None or digits == 0
    assert digits < MANY_DIGITS


@pytest.mark.parametrize(
    "piece",
    [
        "a", "a.", "1 ", "a-", ". ", "@a ", "1.", "one ", "dot ", " ", "my insta ", "x (dot ", "a b ", "1,234", "\ufdfa",
        "insta", "at gmai", "a at ", "id ", "line id ", "a\u0301", "h", "ww", "é.", "а", "a" * 25 + " ", "1a", "$1 ", "a#1",
    ],
)  # fmt: skip
def test_the_work_is_linear_in_the_text(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * length)[:length]
        best = min(_timed(text) for _ in range(5))
        return best

    assert cost(8 * LONGEST) < 25 * cost(LONGEST) + 0.001


def _timed(text: str) -> float:
    started_s = process_time()
    for _ in range(3):
        found_in(text)
    return process_time() - started_s
