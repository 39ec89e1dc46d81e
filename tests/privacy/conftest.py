import os

import pytest

from nearby.testing.privacy.finding import Effort


@pytest.fixture
def effort() -> Effort:
    """How much to attack: CI does a tenth of what ``scripts/test --full`` does."""
    return Effort(full=os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full")
