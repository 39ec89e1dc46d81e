"""What the crowd of a demo says can be read, and is let through."""

from random import Random

from nearby.core.gate import found_in
from nearby.sim.small_talk import small_talk


def test_it_is_let_through_and_seldom_said_twice() -> None:
    random = Random(1)
    said = [small_talk(random) for _ in range(2_000)]
    assert {text for text in said if found_in(text) != (None, 0)} == set()
    assert len(set(said)) > 1_000
    assert not [text for text in said if "{" in text]
