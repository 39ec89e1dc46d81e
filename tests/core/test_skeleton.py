# ruff: noqa: RUF001  Characters that look alike are what this is about.
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.scripts import scripts_of
from nearby.core.skeleton import skeleton
from nearby.core.unicode import confusables_alphabets, confusables_astral, confusables_symbols, identifiers
from tests.core.forging import SOURCES

CHANGED_BY_UNICODE_18 = {"\u08a8", "\u90de", "\u96b8"}
"""Characters of names that Unicode 17 took for another's look-alikes than Unicode 18 does."""


def characters() -> list[str]:
    return [chr(code) for code in range(0x11_0000) if not 0xD800 <= code < 0xE000]


def test_every_pair_of_the_confusables_file_has_one_skeleton() -> None:
    apart = [
        (source, prototype)
        for source, prototype in SOURCES
        if skeleton(source) != skeleton("".join(chr(int(code, 16)) for code in prototype.split("+")))
    ]
    print(f"{len(SOURCES)} pairs, {len(apart)} apart")
    assert all(skeleton(skeleton(source)) == skeleton(source) for source, _ in SOURCES)
    assert len(SOURCES) == 6_712
    assert apart == []


def test_the_tables_are_of_one_version_of_unicode() -> None:
    versions = {
        module.UNICODE_VERSION
        for module in (confusables_alphabets, confusables_symbols, confusables_astral, identifiers)
    }
    assert versions == {"18.0.0"}


@pytest.mark.parametrize(
    ("text", "looks_like"),
    [
        ("раураӏ", "paypal"),
        ("ѕсоре", "scope"),
        ("𝔭𝒶𝕪𝓹𝖆𝕝", "paypal"),
        ("Ηello", "Hello"),
        ("modem", "modern"),
        ("a\u200bb\u00adc\U000e0041d\ufe0f", "abcd"),
        ("é", "e\u0301"),
    ],
)
def test_what_looks_alike_has_one_skeleton(text: str, looks_like: str) -> None:
    assert skeleton(text) == skeleton(looks_like)


@pytest.mark.parametrize(("one", "other"), [("anna", "hanna"), ("v", "n"), ("e", "é"), ("а", "б"), ("王", "玉")])
def test_what_does_not_look_alike_has_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text())
def test_any_text_has_a_skeleton_and_that_of_a_skeleton_is_itself(text: str) -> None:
    found = skeleton(text)
    assert skeleton(found) == found == normalize("NFD", found)
    assert skeleton(normalize("NFC", text)) == found


@given(st.text(), st.text())
def test_a_skeleton_is_made_character_by_character(one: str, other: str) -> None:
    assert skeleton(one + other) == normalize("NFD", skeleton(one) + skeleton(other))


def test_icu_takes_the_same_characters_for_each_other() -> None:
    icu = pytest.importorskip("icu", reason="ICU is the oracle where it is installed, see docs/testing.md")
    if icu.UNICODE_VERSION != "17.0":
        pytest.skip(f"what Unicode 18 changed is known against 17.0, and not against {icu.UNICODE_VERSION}")
    checker = icu.SpoofChecker()
    pairs = [(one, two) for one in characters() if (two := checker.getSkeleton(0, one)) != normalize("NFD", one)]
    apart = [one for one, two in pairs if skeleton(one) != skeleton(two)]
    print(f"ICU {icu.ICU_VERSION}: {len(pairs)} pairs, {len(apart)} apart")
    assert len(pairs) > 17_000
    assert {one for one in apart if scripts_of(one)} == CHANGED_BY_UNICODE_18
    # Of the others, in scripts that no name is written in, some are there because this Python decomposes less.
    assert len(apart) < 120
