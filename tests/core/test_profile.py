from unicodedata import bidirectional, category, normalize

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import me_wire
from nearby.core.profile import ProfileChange, clean_change, clean_language, clean_tags
from nearby.errors import ErrorCode, Refused


def change(body: bytes) -> ProfileChange:
    return clean_change(msgspec.json.decode(body, type=me_wire.MeChange))


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b"{}", {}),
        (b'{"name":"Ana"}', {"name": "Ana"}),
        (b'{"name":null}', {"name": None}),
        (b'{"lang":"DE-ch","listed":true}', {"lang": "de-CH", "is_listed": True}),
        (b'{"lang":null,"listed":null,"tags":null}', {"lang": None, "is_listed": False, "tags": ()}),
        (b'{"tags":["chess","tea","chess"]}', {"tags": ("chess", "tea")}),
        (b'{"tags":[]}', {"tags": ()}),
        (b'{"unknown":1}', {}),
    ],
)
def test_null_clears_a_field_and_an_absent_one_stays(body: bytes, changed: dict[str, object]) -> None:
    assert change(body) == changed


@pytest.mark.parametrize(
    "body",
    [
        b'{"lang":"d"}',
        b'{"tags":["a","b","c","d"]}',
        b'{"tags":[""]}',
        b'{"tags":["a\\nb"]}',
        b'{"tags":["' + b"x" * 33 + b'"]}',
    ],
)
def test_one_bad_field_refuses_the_whole_change_and_its_value_is_not_repeated(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        change(body)
    assert refused.value.code is ErrorCode.BAD_PROFILE
    assert "x" * 33 not in refused.value.detail


TAGS = ["", "x" * 33, " ", "\u200d", "a\nb", "a\x00", "a\u2028b", "\ud83d", "a\u202ena", "\u2066a\u2069", "a\U000e0041"]


def is_refused(tag: str) -> bool:
    try:
        clean_tags([tag])
    except Refused as refused:
        return refused.code is ErrorCode.BAD_PROFILE
    return False


@pytest.mark.parametrize("tag", TAGS)
def test_tags_that_are_empty_too_long_or_turn_text_around_are_refused(tag: str) -> None:
    assert is_refused(tag)


@given(st.text(max_size=40))
def test_a_tag_that_is_taken_can_be_stored_shown_and_taken_again(text: str) -> None:
    if not is_refused(text):
        [tag] = clean_tags([text])
        assert [tag] == list(clean_tags([tag]))
        assert tag == normalize("NFC", tag)
        assert tag.encode().decode() == tag
        assert not {category(character) for character in tag} & {"Cc", "Cs", "Zl", "Zp"}


def test_every_bidi_control_of_unicode_is_refused_in_a_tag() -> None:
    explicit = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    controls = {chr(code) for code in range(0x11_0000) if bidirectional(chr(code)) in explicit}
    assert len(controls) == 9
    for control in (*controls, "\u061c", "\u200e", "\u200f"):
        assert is_refused(f"a{control}b"), hex(ord(control))


def test_a_name_passes_the_gate_of_names() -> None:
    assert change(b'{"name":" Ana \xe2\x9c\x93"}') == {"name": "Ana"}
    with pytest.raises(Refused) as refused:
        change(b'{"name":"admin"}')
    assert refused.value.code is ErrorCode.NAME_TAKEN


def test_tags_are_counted_once_each_and_keep_their_order() -> None:
    assert clean_tags(["b", "a", "b", "c", "a"]) == ("b", "a", "c")
    with pytest.raises(Refused, match="at most 3"):
        clean_tags(["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"),
        ("de-CH-1901", "de-CH-1901"),
        ("zh-yue-HK", "zh-yue-HK"),
        ("en-a-BBB-x-A-CCC", "en-a-bbb-x-a-ccc"),
        ("de-DE-u-CO-phonebk", "de-DE-u-co-phonebk"),
        ("x-whatever", None),
        ("i-klingon", None),
        ("", None),
        ("d", None),
        ("en_US", None),
        ("en-", None),
        ("en--US", None),
        ("en-US-US-US", None),
        ("englishes-US", None),
        ("en-x", None),
        ("en\n", None),
        ("\u017fl", None),
        ("en-" + "-".join(["abcdefgh"] * 4), None),
    ],
)
def test_a_language_is_a_well_formed_tag_in_its_recommended_case(tag: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(Refused) as refused:
            clean_language(tag)
        assert refused.value.code is ErrorCode.BAD_PROFILE
    else:
        assert clean_language(tag) == canonical == clean_language(canonical)


@given(st.from_regex(r"[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-[a-zA-Z]{2})?", fullmatch=True))
def test_case_changes_nothing_about_a_language(tag: str) -> None:
    assert clean_language(tag.upper()) == clean_language(tag.lower())
    assert clean_language(tag).lower() == tag.lower()
