"""What is shown of a server is what its own metrics say."""

import asyncio
from urllib.request import urlopen

from nearby.sim.child import own_server
from nearby.sim.status import Status, read_status
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)

NOTHING = Status(people=0, connections=0, rooms=0, said=0, deliveries=0, open_res7=0, open_res6=0)

EXPOSITION = """\
# HELP nearby_people_present People whose presence has not lapsed.
# TYPE nearby_people_present gauge
nearby_people_present 60.0
nearby_connections 58.0
nearby_rooms{size="1"} 2.0
nearby_rooms{size="8"} 7.0
nearby_messages_total{type="say"} 120.0
nearby_messages_total{type="checkin"} 900.0
nearby_deliveries_total 1000.0
nearby_open_catchments{resolution="7"} 1.0
nearby_open_catchments{resolution="6"} 2.0
"""


def test_each_figure_is_read_from_its_metric() -> None:
    assert read_status(EXPOSITION) == Status(
        people=60, connections=58, rooms=9, said=120, deliveries=1_000, open_res7=1, open_res6=2
    )


def test_a_metric_that_is_not_there_counts_as_nothing() -> None:
    assert read_status("") == NOTHING


def test_a_line_tells_rates_since_the_look_before() -> None:
    line = read_status(EXPOSITION).line(NOTHING, 10.0)
    assert line.startswith("60 people present, 9 rooms, 12.0 said and 100 delivered a second")
    assert line.endswith("1 of res 7, 2 of res 6")


async def test_a_real_server_has_every_metric_that_is_read() -> None:
    def fetch(url: str) -> str:
        with urlopen(url, timeout=5) as answer:
            return str(answer.read(), "utf-8")

    async with own_server("--drain-s", "0", "--log-level", "error", key="k" * 32) as server:
        text = await asyncio.to_thread(fetch, server.metrics_url)
    for name in (
        "nearby_people_present",
        "nearby_connections",
        "nearby_rooms",
        "nearby_messages_total",
        "nearby_deliveries_total",
        "nearby_open_catchments",
    ):
        assert f"# TYPE {name.removesuffix('_total')}" in text
