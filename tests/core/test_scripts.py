# ruff: noqa: RUF001  Characters that look alike are what this is about.
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.scripts import RestrictionLevel, restriction_level, runs_right_to_left, scripts_of
from nearby.core.unicode import identifiers, spans_of

LEVELS = RestrictionLevel


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("anna", LEVELS.ASCII_ONLY),
        ("Zoë", LEVELS.SINGLE_SCRIPT),
        ("иван", LEVELS.SINGLE_SCRIPT),
        ("さくら山田ユウキー", LEVELS.SINGLE_SCRIPT),
        ("김山", LEVELS.SINGLE_SCRIPT),
        ("नेहा१", LEVELS.SINGLE_SCRIPT),
        ("Lisa山", LEVELS.HIGHLY_RESTRICTIVE),
        ("Kenさくら山", LEVELS.HIGHLY_RESTRICTIVE),
        ("Lisa김", LEVELS.HIGHLY_RESTRICTIVE),
        ("김さくら", LEVELS.MINIMALLY_RESTRICTIVE),
        ("Lisaनेहा", LEVELS.MODERATELY_RESTRICTIVE),
        ("Lisaнет", LEVELS.MINIMALLY_RESTRICTIVE),
        ("Lisaναι", LEVELS.MINIMALLY_RESTRICTIVE),
        ("נועהهدى", LEVELS.MINIMALLY_RESTRICTIVE),
        ("a\u200bb", LEVELS.UNRESTRICTED),
        ("a b", LEVELS.UNRESTRICTED),
        ("Ꭰ", LEVELS.UNRESTRICTED),
        ("ㄅ山", LEVELS.UNRESTRICTED),
        ("★", LEVELS.UNRESTRICTED),
        ("\ud800", LEVELS.UNRESTRICTED),
        ("", LEVELS.UNRESTRICTED),
    ],
)
def test_a_text_is_as_restricted_as_the_standard_says(text: str, level: RestrictionLevel) -> None:
    assert restriction_level(text) is level


@given(st.text(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_has_an_effect(text: str, random: Random) -> None:
    shuffled = random.sample(text + text, 2 * len(text))
    assert restriction_level("".join(shuffled)) is restriction_level(text)


@given(st.text(min_size=1), st.text(min_size=1))
def test_more_characters_never_make_a_text_more_restricted(one: str, other: str) -> None:
    assert restriction_level(one + other) >= restriction_level(one)


@given(st.characters())
def test_a_character_has_scripts_exactly_if_it_is_in_the_table(character: str) -> None:
    spans = spans_of(identifiers.ALLOWED)
    assert (scripts_of(character) != 0) == any(first <= ord(character) <= last for _, first, last in spans)


@pytest.mark.parametrize(
    ("text", "does"),
    [("הן", True), ("من", True), ("ދި", True), ("Anna", False), ("1-2", False), ("\u0301", False), ("", False)],
)
def test_letters_say_in_which_direction_a_text_runs(text: str, does: bool) -> None:
    assert runs_right_to_left(text) is does


def test_icu_finds_the_same_levels() -> None:
    icu = pytest.importorskip("icu", reason="ICU is the oracle where it is installed, see docs/testing.md")
    checker = icu.SpoofChecker()
    checker.setChecks(icu.USpoofChecks.RESTRICTION_LEVEL | icu.USpoofChecks.AUX_INFO)
    checker.setAllowedUnicodeSet(icu.UnicodeSet("[:Identifier_Status=Allowed:]"))
    # The one letter that Unicode 18 allows and 17 does not.
    letters = [chr(code) for _, first, last in spans_of(identifiers.ALLOWED) for code in range(first, last + 1)]
    known = [letter for letter in letters if letter != "\U00011b0a"]
    random = Random(18)
    texts = ["".join(random.choices(known + list("abc山ぁ가а"), k=random.randint(1, 3))) for _ in range(20_000)]
    texts += [a + b + c for a in "aж山ぁ" for b in "ァ가κα" for c in "नก1-é"]
    found = [(text, restriction_level(text), checker.check(text) >> 28) for text in texts]
    assert [(text, ours, theirs) for text, ours, theirs in found if ours != theirs] == []
