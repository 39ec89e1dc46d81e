import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.names import ADJECTIVES, ANIMALS, draw_name

EVERY = [f"{adjective} {animal}".title() for adjective in ADJECTIVES for animal in ANIMALS]


def test_there_are_4096_different_names() -> None:
    assert len(set(EVERY)) == 4_096


@given(st.integers(0, 2**32), st.sets(st.sampled_from(EVERY), max_size=7))
def test_a_drawn_name_is_one_of_them_and_not_taken(bits: int, taken: set[str]) -> None:
    name = draw_name(bits, taken)
    assert name in EVERY
    assert name not in taken


def test_a_name_that_is_taken_gives_way_to_another() -> None:
    first = draw_name(7, ())
    assert draw_name(7, {first}) != first


def test_when_every_name_is_taken_none_is_made_up() -> None:
    with pytest.raises(ValueError, match="every name is taken"):
        draw_name(0, set(EVERY))
