"""Every attack on our server, and on servers made weak on purpose, which it must break."""

import pytest

from nearby.testing.privacy.finding import OURS, Effort
from nearby.testing.privacy.ground import PLACES
from nearby.testing.privacy.table import ATTACKS
from nearby.testing.privacy.weak import WEAKNESSES

WEAK = [(attack, weakness) for attack, row in ATTACKS.items() for weakness in row.bites]


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("attack", ATTACKS)
async def test_our_server_withstands(attack: str, effort: Effort) -> None:
    found = await ATTACKS[attack].findings(effort, OURS)
    print(*found, sep="\n")
    broken = [str(one) for one in found if not one.holds]
    assert found
    assert not broken


@pytest.mark.parametrize(("attack", "weakness"), WEAK)
async def test_the_attack_breaks_a_weak_server(attack: str, weakness: str, effort: Effort) -> None:
    found = await ATTACKS[attack].findings(Effort(seed=effort.seed), weakness)
    assert any(not one.holds for one in found), [str(one) for one in found]


def test_every_weak_server_is_broken_by_some_attack() -> None:
    assert set(WEAKNESSES) <= {weakness for _, weakness in WEAK}


def test_the_attacks_go_to_the_ends_of_the_globe() -> None:
    assert list(PLACES) == ["latitude 0", "latitude 45", "latitude 70", "pentagon", "antimeridian"]
