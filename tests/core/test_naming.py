# ruff: noqa: RUF001  Characters that look alike are what this is about.
from collections import Counter
from random import Random
from unicodedata import bidirectional, category, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nearby.core.likeness import likeness_of
from nearby.core.naming import (
    NOT_A_NAME,
    NOT_IN_ONE_SCRIPT,
    NOT_OF_NAMES,
    NOT_ONE_KIND_OF_DIGITS,
    TOO_LIKE_ANOTHER,
    TOO_MANY_MARKS,
    check_name,
    clean_name,
)
from nearby.errors import ErrorCode, Refused
from tests.core.forging import forge
from tests.core.real_names import NAMES, names_of

VERIFIED = [
    *("Anna Smith", "Benjamin O'Neil", "Ivan Petrov", "Lilli Miller", "Zoë Kravitz", "Łukasz Wójcik", "Mario Rossi"),
    *("Nguyễn Văn An", "Иван Петров", "Анна Каренина", "Νίκος Παπαδόπουλος", "Ελένη", "Արամ", "გიორგი", "נועה לוי"),
    *("יוסי כהן", "محمد علي", "فاطمة الزهراء", "नेहा शर्मा", "রহিম", "தமிழ்", "ಕನ್ನಡ", "സോമൻ", "สมชาย ใจดี", "ሰላም"),
    *("李小龍", "王芳", "山田 太郎", "さくら", "김민준"),
]
FORGERIES = 10_000


def refusal_of(name: str) -> str | None:
    try:
        clean_name(name)
    except Refused as refused:
        return refused.detail
    return None


@pytest.mark.lengthy
def test_ten_thousand_forgeries_of_verified_names_are_all_refused() -> None:
    random, accepted, refused = Random(39), [], Counter[str]()
    for _ in range(FORGERIES):
        name = random.choice(VERIFIED)
        skeleton = likeness_of(name).skeleton
        ways, forged = forge(name, random)
        try:
            accepted.append((name, ways, forged, check_name(forged, is_taken=lambda like: skeleton in like.looks)))  # noqa: B023
        except Refused as refusal:
            refused[refusal.detail] += 1
    print(f"{FORGERIES} forgeries of {len(VERIFIED)} verified names: {len(accepted)} accepted; {dict(refused)}")
    assert accepted == []
    assert refused[TOO_LIKE_ANOTHER] > FORGERIES // 5, "the likeness is hardly asked"


def test_without_the_likeness_forgeries_get_through() -> None:
    random, accepted = Random(39), 0
    for _ in range(1_000):
        try:
            check_name(forge(random.choice(VERIFIED), random)[1], is_taken=lambda _: False)
        except Refused:
            continue
        accepted += 1
    assert accepted > 200


@pytest.mark.lengthy
def test_real_names_of_more_than_twenty_scripts_are_taken() -> None:
    found = {script: [(name, refusal_of(name)) for name in names_of(script)] for script in NAMES}
    refused = [(script, *each) for script, names in found.items() for each in names if each[1] is not None]
    total = sum(map(len, found.values()))
    print(f"{total} real names of {len(found)} scripts: {len(refused)} refused, {len(refused) / total:.2%}")
    assert len(found) > 20
    assert len(refused) <= 0.005 * total, refused


def test_verified_names_are_not_like_each_other() -> None:
    for name in VERIFIED:
        others = {likeness_of(other).skeleton for other in VERIFIED if other != name}
        assert check_name(name, is_taken=lambda like: bool(like.looks & others)) == name  # noqa: B023


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ana", "Ana"),
        ("  Ana\u3000 \u00a0Lee ", "Ana Lee"),
        ("Ana ✓", "Ana"),
        ("★Ana★", "Ana"),
        ("Ana ✔️ Lee", "Ana Lee"),
        ("Ana👩‍👩‍👧", "Ana"),
        ("🛡️ Ana 1️⃣", "Ana 1"),
        ("Zoe\u0308", "Zoë"),
        ("O`Neil", "O'Neil"),
        ("O’Neil", "O’Neil"),
        ("Jean-Luc", "Jean-Luc"),
        ("J. R. R.", "J. R. R."),
        ("Gal·la", "Gal·la"),
        ("Kaʻiulani", "Kaʻiulani"),
        ("בן־גוריון", "בן-גוריון"),
        ("דראגי".replace("א", "א"), "דראגי"),
        ("دراجـي", "دراجي"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("श्\u200dरीनाथ", "श्\u200dरीनाथ"),
        ("ශ්\u200dරියානි", "ශ්\u200dරියානි"),
        ("An\u200dna", "Anna"),
        ("葛\U000e0100城", "葛城"),
        ("Maria 2", "Maria 2"),
        ("x" * 64, "x" * 64),
        ("e\u0301" * 64, "é" * 64),
    ],
)
def test_a_name_is_shown_without_what_is_no_part_of_it(typed: str, shown: str) -> None:
    assert clean_name(typed) == shown


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", NOT_A_NAME),
        (" ", NOT_A_NAME),
        ("✓✓", NOT_A_NAME),
        ("👩‍👩‍👧", NOT_A_NAME),
        ("7", NOT_A_NAME),
        ("1990", NOT_A_NAME),
        ("-", NOT_A_NAME),
        ("x" * 65, NOT_A_NAME),
        ("x" * 100_000, NOT_A_NAME),
        ("a\nb", NOT_OF_NAMES),
        ("a\x00", NOT_OF_NAMES),
        ("a\u2028b", NOT_OF_NAMES),
        ("\ud83d", NOT_OF_NAMES),
        ("a\u200bb", NOT_OF_NAMES),
        ("a\u2060b", NOT_OF_NAMES),
        ("a\u00adb", NOT_OF_NAMES),
        ("a\ufeffb", NOT_OF_NAMES),
        ("a\U000e0041", NOT_OF_NAMES),
        ("Ana\u202enA", NOT_OF_NAMES),
        ("\u2066Ana\u2069", NOT_OF_NAMES),
        ("Ana (official)", NOT_OF_NAMES),
        ("Ana@home", NOT_OF_NAMES),
        ("ana_lee", NOT_OF_NAMES),
        ("Ａｎａ", NOT_OF_NAMES),
        ("𝐀𝐧𝐚", NOT_OF_NAMES),
        ("ꭺna", NOT_OF_NAMES),
        ("⼩龍", NOT_OF_NAMES),
        ("さ㇛ら", NOT_OF_NAMES),
        ("Аna", NOT_IN_ONE_SCRIPT),
        ("Ana Αννα", NOT_IN_ONE_SCRIPT),
        ("נועה Ana", NOT_IN_ONE_SCRIPT),
        ("Ana नेहा", NOT_IN_ONE_SCRIPT),
        ("ने\u0301हा", NOT_IN_ONE_SCRIPT),
        ("नेहा 1१", NOT_ONE_KIND_OF_DIGITS),
        ("נועה 1-2", NOT_ONE_KIND_OF_DIGITS),
        ("a\u0301\u0301", TOO_MANY_MARKS),
        ("a\u0301\u0302\u0303\u0304\u0306", TOO_MANY_MARKS),
        ("\u0301a", TOO_MANY_MARKS),
        ("a \u0301b", TOO_MANY_MARKS),
        ("िनशा", TOO_MANY_MARKS),
    ],
)
def test_what_no_name_needs_is_refused_with_a_sentence(name: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_name(name)
    assert (refused.value.code, refused.value.detail) == (ErrorCode.BAD_NAME, why)


def test_a_name_that_is_taken_is_refused_with_another_code() -> None:
    with pytest.raises(Refused) as refused:
        check_name("Ana", is_taken=lambda like: "Lana" in like.looks)
    assert (refused.value.code, refused.value.detail) == (ErrorCode.NAME_TAKEN, TOO_LIKE_ANOTHER)


def test_every_bidi_control_and_every_tag_of_unicode_is_refused() -> None:
    explicit = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    controls = {chr(code) for code in range(0x11_0000) if bidirectional(chr(code)) in explicit}
    assert len(controls) == 9
    tags = map(chr, range(0xE0000, 0xE0080))
    for control in (*controls, "\u061c", "\u200e", "\u200f", *tags):
        assert refusal_of(f"a{control}b"), hex(ord(control))


LETTERS = st.characters(categories=["L", "M", "Nd", "Zs", "Cf", "So", "Po", "Pd"])
SOME = st.text("aA iИا1٢2-'’\u200c\u200d\u0301\u0940्क★ \u3000אין山ٴ", max_size=12)


@given(st.text(max_size=80) | st.text(LETTERS, max_size=12) | SOME | st.sampled_from(VERIFIED))
@example("\ufdfa" * 64)
def test_a_name_is_refused_or_can_be_stored_shown_and_given_again(text: str) -> None:
    if refusal_of(text) is not None:
        return
    name = clean_name(text)
    assert clean_name(name) == name == normalize("NFC", name)
    assert 1 <= len(name) <= 64
    assert name.encode().decode() == name
    assert any(category(character)[0] == "L" for character in name)
    assert not {category(character) for character in name} & {"Cc", "Cs", "Zl", "Zp", "Co", "Cn", "So", "Sm"}
    assert likeness_of(name).skeleton


@given(st.lists(st.sampled_from("אבגدر12-' ."), min_size=1, max_size=8).map("".join))
def test_a_name_from_right_to_left_has_digits_in_one_place(text: str) -> None:
    """So that what is displayed is its reverse but for that group, and two names displayed alike are stored alike."""
    if refusal_of(text) is None:
        assert len("".join(c if c.isdigit() else " " for c in clean_name(text)).split()) <= 1
