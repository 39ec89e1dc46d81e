"""Which slice has what: the same everywhere, evenly, and each slice a slot of its own."""

import pytest
from redis.crc import key_slot

from nearby.core.cell import ladder_of
from nearby.hub.sliced.borders import home_of, slice_of
from nearby.hub.valkey.sliced import SLOTS, tags_of

LANDS = [ladder_of(lat_deg, lon_deg).res5 for lat_deg in range(36, 60) for lon_deg in range(-8, 30)]


@pytest.mark.parametrize("slices", [2, 3, 6, 64])
def test_the_slots_of_slices_are_spread_over_all_slots(slices: int) -> None:
    slots = [key_slot(tag.encode()) for tag in tags_of("{nearby}", slices)]
    assert [slot * slices // SLOTS for slot in slots] == list(range(slices))


def test_another_number_of_slices_is_another_live_state() -> None:
    tags = [tag for slices in range(2, 20) for tag in tags_of("{nearby}", slices)]
    assert len(set(tags)) == len(tags)
    assert "{nearby}" not in tags


@pytest.mark.parametrize("slices", [2, 6, 16])
def test_cells_and_names_fall_to_all_slices_about_alike(slices: int) -> None:
    for numbers in (
        [slice_of(cell, slices) for cell in LANDS],
        [home_of(f"g-{number}", slices) for number in range(len(LANDS))],
    ):
        counts = [numbers.count(number) for number in range(slices)]
        assert min(counts) > 0.6 * len(LANDS) / slices
        assert max(counts) < 1.5 * len(LANDS) / slices
