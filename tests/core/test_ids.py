import pytest

from nearby.core.ids import is_id


@pytest.mark.parametrize("text", ["a", "0", "-", "_", "g-Ab_9", "x" * 64])
def test_an_id_is_letters_digits_and_two_signs(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a\n", "\u00e4", "a/b", "\u0663", "a."])
def test_nothing_else_is_one(text: str) -> None:
    assert not is_id(text)
