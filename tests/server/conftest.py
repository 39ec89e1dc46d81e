from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearby.testing.serving import LiveServer, live_server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path) as running:
        yield running
