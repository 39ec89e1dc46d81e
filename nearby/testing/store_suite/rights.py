"""Export and erasure."""

from nearby.testing.store_suite.base import SuiteBase


class RightsSuite(SuiteBase):
    """Filled in below."""
