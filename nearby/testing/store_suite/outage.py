"""A database that goes away and comes back. Real outages, through a proxy, are tested beside the suite."""

from nearby.testing.store_suite.base import SuiteBase


class OutageSuite(SuiteBase):
    """Filled in below."""
