"""What every hub must pass: the port's guarantees as tests, in the port's terms only.

An adapter's test module subclasses ``HubSuite`` and says how an empty live state is made::

    class TestMyHub(HubSuite):
        gateways = 2

        @pytest.fixture
        def go_live(self) -> GoLive:
            return start_my_hub

Phones connect to the gateways in turn. Every test ends with a look at what each connection heard:
no gap, no repeat, nothing after ``replaced``, and one picture of a room among its members.
"""

import pytest

_PARTS = (
    *(
        "base",
        "cells",
        "company",
        "conflicts",
        "lifts",
        "limits",
        "lists",
        "members",
        "mending",
        "merged",
        "moves",
        "names",
        "presence",
        "quiet",
    ),
    *("resume", "says", "seats", "servers", "shakes", "speech", "speed", "stops", "venues", "wishes"),
)
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))

from nearby.testing.hub_suite.cells import CellsSuite  # noqa: E402  The rewrite must come before what it rewrites.
from nearby.testing.hub_suite.company import CompanySuite  # noqa: E402
from nearby.testing.hub_suite.conflicts import ConflictsSuite  # noqa: E402
from nearby.testing.hub_suite.lifts import LiftsSuite  # noqa: E402
from nearby.testing.hub_suite.limits import LimitsSuite  # noqa: E402
from nearby.testing.hub_suite.lists import ListsSuite  # noqa: E402
from nearby.testing.hub_suite.members import MembersSuite  # noqa: E402
from nearby.testing.hub_suite.mending import MendingSuite  # noqa: E402
from nearby.testing.hub_suite.merged import MergedSuite  # noqa: E402
from nearby.testing.hub_suite.moves import MovesSuite  # noqa: E402
from nearby.testing.hub_suite.names import NamesSuite  # noqa: E402
from nearby.testing.hub_suite.presence import PresenceSuite  # noqa: E402
from nearby.testing.hub_suite.quiet import QuietSuite  # noqa: E402
from nearby.testing.hub_suite.resume import ResumeSuite  # noqa: E402
from nearby.testing.hub_suite.says import SaysSuite  # noqa: E402
from nearby.testing.hub_suite.seats import SeatsSuite  # noqa: E402
from nearby.testing.hub_suite.servers import ServersSuite  # noqa: E402
from nearby.testing.hub_suite.shakes import ShakesSuite  # noqa: E402
from nearby.testing.hub_suite.speech import SpeechSuite  # noqa: E402
from nearby.testing.hub_suite.speed import SpeedSuite  # noqa: E402
from nearby.testing.hub_suite.stops import StopsSuite  # noqa: E402
from nearby.testing.hub_suite.venues import VenuesSuite  # noqa: E402
from nearby.testing.hub_suite.wishes import WishesSuite  # noqa: E402

__all__ = ["HubSuite"]


class HubSuite(
    SeatsSuite,
    NamesSuite,
    ResumeSuite,
    SaysSuite,
    PresenceSuite,
    MovesSuite,
    MendingSuite,
    MergedSuite,
    LiftsSuite,
    ConflictsSuite,
    MembersSuite,
    WishesSuite,
    VenuesSuite,
    CellsSuite,
    LimitsSuite,
    QuietSuite,
    ShakesSuite,
    SpeechSuite,
    SpeedSuite,
    ListsSuite,
    CompanySuite,
    StopsSuite,
    ServersSuite,
):
    """The whole suite."""
