"""What every store must pass: the port's guarantees as tests, run on each database.

A test module subclasses ``StoreSuite`` and says where an empty database is::

    class TestMyDatabase(StoreSuite):
        @pytest.fixture
        def database(self, my_url: str) -> Database:
            return Database(my_url)
"""

import pytest

_PARTS = (
    "areas",
    "base",
    "bottle_time",
    "bottles",
    "checkins",
    "database",
    "decisions",
    "given",
    "journal",
    "moderation",
    "names",
    "operations",
    "owner",
    "profile",
    "relations",
    "retention",
    "rights",
    "threads",
    "warm",
)
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in _PARTS))

from nearby.testing.store_suite.areas import AreasSuite  # noqa: E402  The rewrite must come before what it rewrites.
from nearby.testing.store_suite.bottle_time import BottleTimeSuite  # noqa: E402
from nearby.testing.store_suite.bottles import BottlesSuite  # noqa: E402
from nearby.testing.store_suite.checkins import CheckInsSuite  # noqa: E402
from nearby.testing.store_suite.database import Database  # noqa: E402
from nearby.testing.store_suite.decisions import DecisionsSuite  # noqa: E402
from nearby.testing.store_suite.journal import JournalSuite  # noqa: E402
from nearby.testing.store_suite.moderation import ReportsSuite  # noqa: E402
from nearby.testing.store_suite.names import NamesSuite  # noqa: E402
from nearby.testing.store_suite.operations import OperationsSuite  # noqa: E402
from nearby.testing.store_suite.owner import OwnerSuite  # noqa: E402
from nearby.testing.store_suite.profile import ProfileSuite  # noqa: E402
from nearby.testing.store_suite.relations import RelationsSuite  # noqa: E402
from nearby.testing.store_suite.retention import RetentionSuite  # noqa: E402
from nearby.testing.store_suite.rights import RightsSuite  # noqa: E402
from nearby.testing.store_suite.threads import ThreadsSuite  # noqa: E402
from nearby.testing.store_suite.warm import WarmSuite  # noqa: E402

__all__ = ["Database", "StoreSuite"]


class StoreSuite(
    JournalSuite,
    OwnerSuite,
    WarmSuite,
    CheckInsSuite,
    AreasSuite,
    NamesSuite,
    ProfileSuite,
    BottlesSuite,
    BottleTimeSuite,
    ThreadsSuite,
    ReportsSuite,
    DecisionsSuite,
    RelationsSuite,
    OperationsSuite,
    RetentionSuite,
    RightsSuite,
):
    """The whole suite."""
