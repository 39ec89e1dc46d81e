"""The short way through the content gate: it says nothing that the long way does not."""
# ruff: noqa: RUF001, E501  Letters that look alike are the matter here, and lists of them.

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.gate import found_in, found_in_full
from nearby.core.gate.domains import DOT_WORDS
from nearby.core.gate.handles import MAIL_WORDS, WEAK_HINTS
from nearby.core.gate.numbers import NUMBER_WORDS
from nearby.core.gate.plain import is_plain
from tests.core.gate_corpus import EVASIONS, ORDINARY

LATIN = [chr(code) for code in range(256)]
WORDS = [
    *sorted(DOT_WORDS | MAIL_WORDS | NUMBER_WORDS), *WEAK_HINTS,
    "line", "signal", "steam", "wa", "sc", "fb", "of", "at", "chez", "bei", "com", "net", "io", "de", "user", "insta", "my",
    "www", "hello", "Ünser", "don't", "DOT", "Gmail", "Six", "ZÉRO", "ª", "µ", "ß", "точка", "ноль", "ｄｏｔ",
]  # fmt: skip
BETWEEN = [*" \n\t.,;:!?'\"()-/_@", ". ", ", ", " .", "...", "\x1c", "\x85", "\xa0", "\xad", "\u200b", "\u2028", "–"]

talk = st.lists(st.sampled_from(WORDS) | st.sampled_from(BETWEEN) | st.sampled_from([" "] * 40), max_size=60)


def agree(text: str) -> bool:
    return found_in(text, (3,), ["Quiet Heron"]) == found_in_full(text, (3,), ["Quiet Heron"])


@given(talk)
def test_both_ways_agree_on_what_is_made_of_telling_words(parts: list[str]) -> None:
    assert agree("".join(parts))


@given(st.text(max_size=300) | st.text(st.sampled_from(LATIN), max_size=300))
def test_both_ways_agree_on_any_text(text: str) -> None:
    assert agree(text)


@given(st.lists(st.sampled_from(sorted(NUMBER_WORDS)), min_size=5, max_size=9), st.sampled_from(BETWEEN))
def test_both_ways_agree_on_numbers_in_words(words: list[str], between: str) -> None:
    assert agree(between.join(words))
    assert agree(f"Well, {between.join(words)}!")


def test_both_ways_agree_on_the_corpus() -> None:
    lines = [line for texts in ORDINARY.values() for line in texts.split("\n")]
    evasions = [text for texts in EVASIONS.values() for text in texts]
    assert [text for text in lines + evasions if not agree(text)] == []
    assert [text for text in evasions if is_plain(text)] == []


@pytest.mark.parametrize(
    "around", ["{}", "a{}b", "a {} b", "dot{}com", "a dot{}com", "line{}id abc", "at{}gmail", "a.{}b"]
)
def test_both_ways_agree_whatever_character_is_between(around: str) -> None:
    texts = [around.format(character) for character in LATIN]
    assert [text for text in texts if not agree(text)] == []


@pytest.mark.parametrize(
    "text",
    ["", "hi", "the band starts again in ten minutes, by the stage on the left", "Wait... what?!", "So it is.\nRight",
     "wir treffen uns später, und zwar vor der Tür", "¿quién está en el concierto?", "six of us, two are late", "I'm \"here\""],
)  # fmt: skip
def test_what_most_people_say_goes_the_short_way(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text",
    ["room 5", "a.b", "to be.so", "nothing .here", "привет", "½", "soft\xadly", "in dot form", "by mail", "the idea",
     "my name", "one two three four five six seven", "a-b", "(a)", "a:b"],
)  # fmt: skip
def test_what_could_be_something_goes_the_long_way(text: str) -> None:
    assert not is_plain(text)
