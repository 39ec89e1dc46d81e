"""What watches the pages under a load: what it calls a miss, and that it works from end to end."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scripts.tools.main_thread import Spent
from scripts.tools.page_load import Asked, Found, Watched, measure
from scripts.tools.page_pictures import PICTURES
from tests.documents import ROOT

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("dist")]

ASKED = Asked(phones=16, says_per_s=8.0, seconds=1, speed=300.0, seed=1, settles_s=0.5)


def a_second(cpu_ms: float, ms: float = 1_000.0) -> Spent:
    return Spent(ms=ms, cpu_ms=cpu_ms, busy_ms=2 * cpu_ms, script_ms=1.0, layout_ms=1.0)


@pytest.mark.parametrize(
    ("seconds", "is_met"),
    [
        ([a_second(49.9)], True),
        ([a_second(10.0), a_second(50.0), a_second(10.0)], False),
        ([a_second(60.0, ms=2_000.0)], True),
    ],
)
def test_a_page_that_takes_too_much_of_any_second_misses_the_target(seconds: list[Spent], is_met: bool) -> None:
    found = Found(ASKED, 8.0, [Watched("phone page", seconds, heard=3), Watched("console", [a_second(1.0)], heard=0)])
    console = Console(file=StringIO(), width=100)
    found.show(console)
    assert isinstance(console.file, StringIO)
    assert found.is_met == is_met
    assert ("met" if is_met else "missed") in console.file.getvalue().splitlines()[-1]


@pytest.mark.parametrize("name", ["page-phone", "page-console"])
def test_a_picture_that_the_readme_shows_is_small(name: str) -> None:
    assert f"(docs/pictures/{name}.png)" in (ROOT / "README.md").read_text()
    assert 10_000 < (PICTURES / f"{name}.png").stat().st_size < 150_000


async def test_each_page_is_watched_while_a_crowd_talks(tmp_path: Path) -> None:
    found = await measure(ASKED)
    assert [page.page for page in found.pages] == ["empty page", "phone page", "console"]
    assert found.said_per_s > 0
    assert all(page.mean_ms("cpu_ms") > 0 for page in found.pages)
    found.save(tmp_path / "found.json")
    saved = json.loads((tmp_path / "found.json").read_text())
    assert (len(saved["pages"]), saved["met"]) == (3, found.is_met)
