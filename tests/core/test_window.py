from collections import Counter
from math import exp
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import Cell, PersonId
from nearby.core.window import WORDS, Windows

SECRET = b"sixteen bytes or more"
WINDOWS = Windows(600_000, SECRET)
ANA, BEN = PersonId("ana"), PersonId("ben")
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@pytest.mark.parametrize(("now_ms", "window"), [(0, 0), (599_999, 0), (600_000, 1), (-1, -1)])
def test_a_window_includes_its_start_and_excludes_its_end(now_ms: int, window: int) -> None:
    assert WINDOWS.at(now_ms) == window


@given(st.integers(-(2**40), 2**45))
def test_every_instant_lies_in_exactly_its_window(now_ms: int) -> None:
    window = WINDOWS.at(now_ms)
    assert WINDOWS.start_ms(window) <= now_ms < WINDOWS.start_ms(window + 1)


@pytest.mark.parametrize(("width_ms", "secret"), [(0, SECRET), (1, b"short"), (1, b"x" * 65)])
def test_an_empty_window_or_a_guessable_secret_is_refused(width_ms: int, secret: bytes) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        Windows(width_ms, secret)


@given(st.integers(0, 2**30), st.text(max_size=10))
def test_a_moment_lies_in_its_window_and_is_the_same_whenever_asked(window: int, name: str) -> None:
    moment_ms = WINDOWS.moment_ms(window, PersonId(name))
    assert WINDOWS.at(moment_ms) == window
    assert moment_ms == Windows(600_000, SECRET).moment_ms(window, PersonId(name))


def test_moments_are_spread_evenly_and_new_in_every_window() -> None:
    offsets = [WINDOWS.moment_ms(window, ANA) - WINDOWS.start_ms(window) for window in range(2_000)]
    tenths = [sum(offset // 60_000 == tenth for offset in offsets) for tenth in range(10)]
    assert all(140 <= count <= 260 for count in tenths), tenths
    assert len(set(offsets)) > 1_900


def test_draws_depend_on_the_secret_the_window_the_purpose_and_what_they_are_about() -> None:
    other = Windows(600_000, b"another secret, long enough")
    draws = {
        WINDOWS.draw(1, "score", ANA, "room"),
        WINDOWS.draw(2, "score", ANA, "room"),
        WINDOWS.draw(1, "moment", ANA, "room"),
        WINDOWS.draw(1, "score", BEN, "room"),
        WINDOWS.draw(1, "score", "anar", "oom"),
        other.draw(1, "score", ANA, "room"),
    }
    assert len(draws) == 6
    assert all(0 < draw < 1 for draw in draws)


def test_noise_is_laplace_centred_and_of_the_asked_scale() -> None:
    noise = [WINDOWS.noise(window, Cell(7), 3.0) for window in range(20_000)]
    # For Laplace(b) the mean is 0 and the mean of absolute values is b.
    assert abs(mean(noise)) < 0.15
    assert 2.85 < mean(map(abs, noise)) < 3.15
    assert WINDOWS.noise(1, Cell(7), 0.0) == 0


@pytest.mark.parametrize("length", [16, 64])
def test_the_shortest_and_the_longest_secret_draw_differently(length: int) -> None:
    assert Windows(1, bytes(length)).draw(0, "score") != WINDOWS.draw(0, "score")


@given(st.integers(1, 2**40))
def test_windows_before_the_epoch_have_draws_of_their_own(window: int) -> None:
    assert WINDOWS.draw_bits(-window, "score") != WINDOWS.draw_bits(window, "score")
    assert 0 <= WINDOWS.draw_bits(-window, "score") < 2**64


def test_noise_falls_off_on_both_sides_as_laplace_noise_does() -> None:
    noise = [WINDOWS.noise(window, Cell(7), 3.0) for window in range(20_000)]
    assert mean(size > 0 for size in noise) == pytest.approx(0.5, abs=0.015)
    for scales in (0.25, 1, 2, 3):
        assert mean(abs(size) > 3 * scales for size in noise) == pytest.approx(exp(-scales), abs=0.015)


def test_noise_is_new_for_another_window_cell_or_secret_and_the_same_when_asked_again() -> None:
    other = Windows(600_000, b"another secret, long enough")
    noise = WINDOWS.noise(1, Cell(7), 3.0)
    others = {WINDOWS.noise(2, Cell(7), 3.0), WINDOWS.noise(1, Cell(8), 3.0), other.noise(1, Cell(7), 3.0)}
    assert len(others - {noise}) == 3
    assert Windows(1, SECRET).noise(1, Cell(7), 3.0) == noise


def test_words_are_even_new_for_another_purpose_or_window_and_the_same_when_asked_again() -> None:
    words = WINDOWS.draw_words(1, "candidates", "ana")
    assert len(words) == WORDS
    assert WINDOWS.draw_words(1, "candidates", "ana") == words
    others = (WINDOWS.draw_words(2, "candidates", "ana"), WINDOWS.draw_words(1, "score", "ana"))
    assert len({words, *others, WINDOWS.draw_words(1, "candidates", "ben")}) == 4
    drawn = [word for window in range(500) for word in WINDOWS.draw_words(window, "candidates", "ana")]
    # Of 8,000 even draws each of eight parts holds 1,000, with a standard deviation of 30.
    parts = Counter(word >> 29 for word in drawn)
    assert all(850 <= parts[part] <= 1_150 for part in range(8)), parts


def test_a_token_is_sixteen_characters_an_id_may_have_and_another_for_every_purpose_and_window() -> None:
    tokens = [WINDOWS.draw_token(*about) for about in ((1, "a", "b"), (2, "a", "b"), (1, "b", "b"), (1, "a", "c"))]
    assert len(set(tokens)) == 4
    assert all(len(token) == 16 and set(token) <= LETTERS for token in tokens)
    assert tokens[0] == WINDOWS.draw_token(1, "a", "b")
