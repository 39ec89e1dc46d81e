"""What P1 compares: runs in which everything happens that can, on a server that is the real one."""

from math import cos, pi, sin
from random import Random

import pytest

from nearby.core.cell import ladder_of
from nearby.testing.privacy.ground import PLACES, LatLon, Point, Region, direct_cell_at, regions_at
from nearby.testing.privacy.sameness import Standpoints, Story, everything_seen, operators_pages
from nearby.testing.privacy.stage import without_date


async def test_the_story_goes_through_all_that_can_happen() -> None:
    seen = await everything_seen(Story(regions_at("latitude 45", 2), 200, 1), Random(1))
    said = b"".join(seen.values())
    for part in (
        *(b'"resolution":%d' % resolution for resolution in (7, 6, 5)),
        *(b'"why":"%s"' % why for why in (b"new", b"next", b"quiet_area", b"left", b"merged")),
        *(b'"type":"%s"' % kind for kind in (b"joined", b"left", b"said", b"error")),
        b'"resumed":true',
        b"rate_limited",
        b"bad_position",
        b"HTTP/1.1 422",
        b'"room":{"id"',
        b'"people":[{"person":"',
        b"nearby_placement_seconds_count",
    ):
        assert part in said, part


async def test_operators_are_shown_the_story_s_crowds() -> None:
    pages = await operators_pages(Story(regions_at("latitude 45", 2), 200, 1), Random(1))
    for resolution in (7, 6, 5):
        (page,) = (answer for path, answer in pages.items() if f"resolution={resolution}" in path)
        assert page.startswith(b"HTTP/1.1 200")
        assert b"Polygon" in page


@pytest.mark.parametrize("place", PLACES)
def test_half_the_standpoints_are_within_a_metre_of_a_border(place: str) -> None:
    region = regions_at(place, 1)[0]
    ground = Standpoints(region, [], Random(place))
    cell = region.res7[0]
    (inside,) = ground.insides(cell)
    points = [ground.standpoint(cell, inside) for _ in range(200)]
    assert {ladder_of(*at).res7 for at in points} == {cell}
    assert sum(is_near_a_border(region, at) for at in points) >= 80


def is_near_a_border(region: Region, at: LatLon) -> bool:
    """Whether cells of some resolution meet within 1.5 m, by a look around."""
    here = region.flat(at)
    turns = [2 * pi * turn / 16 for turn in range(16)]
    around = [region.position(Point(here.x_m + 1.5 * cos(turn), here.y_m + 1.5 * sin(turn))) for turn in turns]
    return any(len({direct_cell_at(one, resolution) for one in around}) > 1 for resolution in (9, 7, 6, 5))


def test_a_date_is_all_that_is_taken_out_of_an_answer() -> None:
    answer = b"HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 18:12:44 GMT\r\nServer: nearby\r\n\r\n{}"
    assert without_date(answer) == b"HTTP/1.1 200 OK\r\nServer: nearby\r\n\r\n{}"
