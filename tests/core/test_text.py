from unicodedata import category, is_normalized, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused


def is_good(text: str) -> bool:
    composed = normalize("NFC", text)
    return 1 <= len(composed) <= 1_000 and not any(
        category(character) == "Cc" and character != "\n" for character in composed
    )


@given(st.text(max_size=20) | st.text("ae\u0301\u0308\n\t\x7f", min_size=900, max_size=1_100))
def test_text_is_taken_exactly_when_the_contract_says_so_and_comes_out_composed(text: str) -> None:
    if is_good(text):
        assert clean_text(text) == normalize("NFC", text)
        assert is_normalized("NFC", clean_text(text))
    else:
        with pytest.raises(Refused) as refused:
            clean_text(text)
        assert refused.value.code is ErrorCode.BAD_TEXT


@pytest.mark.parametrize("text", ["", "\x00", "bell\x07", "tab\t", "\x9b", "x" * 1_001])
def test_empty_overlong_and_control_characters_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        clean_text(text)


@pytest.mark.parametrize("text", ["x" * 1_000, "two\nlines", "e\u0301" * 1_000, "👩‍👩‍👧", "שלום", "\u202eabc"])
def test_long_multi_line_composed_and_foreign_text_is_taken(text: str) -> None:
    assert clean_text(text)
