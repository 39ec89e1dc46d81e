"""P1: nothing that anybody can see depends on where in a cell of resolution 7 people are."""

from random import Random

import pytest

from nearby.testing.privacy.finding import Effort
from nearby.testing.privacy.ground import PLACES, regions_at
from nearby.testing.privacy.sameness import Story, everything_seen, findings
from nearby.testing.privacy.weak import WEAKNESSES

TELLS_POINTS = [
    "exact distance",
    "distance rounded to 1 km",
    "in or out of a radius",
    "nearest members first",
    "nearest rooms first",
    "each rung looked up by itself",
    "a polygon asked",
]


async def test_everybody_may_move_inside_their_cell_and_nobody_sees_another_byte(effort: Effort) -> None:
    for found in await findings(effort):
        print(found)
        assert found.holds, found


@pytest.mark.parametrize("weakness", TELLS_POINTS)
async def test_a_server_that_tells_something_of_points_is_caught(weakness: str, effort: Effort) -> None:
    assert weakness in WEAKNESSES
    assert not any(found.holds for found in await findings(effort, weakness))


async def test_the_story_goes_through_all_that_can_happen() -> None:
    seen = await everything_seen(Story(regions_at(next(iter(PLACES)), 2), 200, 1), Random(1))
    said = b"".join(seen.values())
    for part in (
        *(b'"resolution":%d' % resolution for resolution in (7, 6, 5)),
        *(b'"why":"%s"' % why for why in (b"new", b"next", b"quiet_area", b"left")),
        *(b'"type":"%s"' % kind for kind in (b"joined", b"left", b"said", b"error")),
        b'"resumed":true',
        b"rate_limited",
        b"bad_position",
        b"HTTP/1.1 422",
        b'"room":{"id"',
        b"nearby_placement_seconds_count",
    ):
        assert part in said, part
