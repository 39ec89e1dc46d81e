"""What is deleted, and when."""

from nearby.testing.store_suite.base import SuiteBase


class RetentionSuite(SuiteBase):
    """Filled in below."""
