"""Every attack on our server, and on servers made weak on purpose, which it must break."""

import pytest

from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import PLACES
from nearby.testing.privacy.table import ATTACKS
from nearby.testing.privacy.weak import WEAKNESSES

WEAK = [(attack, weakness) for attack, row in ATTACKS.items() for weakness in row.bites]


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("attack", ATTACKS)
async def test_our_server_withstands(attack: str, effort: Effort) -> None:
    found = await ATTACKS[attack].findings(effort, OURS)
    print(*found, sep="\n")
    broken = [str(one) for one in found if not one.holds]
    assert found
    assert not broken


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("attack", "weakness"), WEAK)
async def test_the_attack_breaks_a_weak_server(attack: str, weakness: str, effort: Effort) -> None:
    found = await ATTACKS[attack].findings(Effort(seed=effort.seed), weakness)
    assert any(one.breaks for one in found), [str(one) for one in found]


def test_every_weak_server_is_broken_by_some_attack() -> None:
    assert set(WEAKNESSES) <= {weakness for _, weakness in WEAK}


def test_a_server_is_broken_by_a_figure_and_not_by_want_of_trials() -> None:
    def row(figure: float, bound: float, gate: str, *, holds: bool) -> Finding:
        return Finding("P0", "a sample", "what", 9, figure, bound, gate, holds)

    assert row(1.0, 1.0, "<= 0.35", holds=False).breaks
    assert row(0.2, 0.1, ">= 0.95", holds=False).breaks
    assert row(3.0, 3.0, "0", holds=False).breaks
    assert not row(0.0, 0.5, "<= 0.35", holds=False).breaks
    assert not row(1.0, 0.9, ">= 0.95", holds=False).breaks
    assert not row(0.1, 0.2, "<= 0.35", holds=True).breaks


def test_the_attacks_go_to_the_ends_of_the_globe() -> None:
    assert list(PLACES) == ["latitude 0", "latitude 45", "latitude 70", "pentagon", "antimeridian"]
