"""What stays in force against erased people does, whatever becomes of the keys that sign tokens."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nearby.core.ids import PersonId
from nearby.errors import ConfigError
from nearby.server.app import assembled
from nearby.server.config import load_settings
from nearby.store.base import Shadow
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, seen
from nearby.testing.store_suite.journal import commit

OLD, NEW, OWN = "o" * 32, "n" * 32, "s" * 32
BAN = {"ban": "ban-1", "person": ANA, "kind": "ban", "since_ms": NOW_MS}


async def erase(given: dict[str, Any]) -> None:
    """Let a server with these settings erase somebody who is banned."""
    settings = load_settings(given)
    async with assembled(settings) as server:
        await commit(server.store, seen(ANA))
        await Database(await asyncio.to_thread(settings.store_url)).insert("bans", BAN)
        assert await server.store.erase(ANA, NOW_MS)


async def shadows(given: dict[str, Any], person: PersonId = ANA) -> list[str]:
    """Return what another server finds in force against somebody."""
    async with assembled(load_settings(given)) as server:
        found: list[Shadow] = list(await server.store.in_force_against(person, NOW_MS))
        return [shadow.kind for shadow in found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"key": OLD}, {"key": NEW, "previous_key": OLD}),
        ({"key": OLD}, {"key": NEW}),
        ({}, {"key": NEW}),
        ({"key": OLD}, {}),
        ({"key": OLD, "store_secret": OWN}, {"key": NEW, "store_secret": OWN}),
    ],
    ids=["rotated", "replaced", "given a key", "without its key", "with a secret of its own"],
)
async def test_a_ban_of_somebody_erased_outlives_a_change_of_keys(
    before: dict[str, str], after: dict[str, str], tmp_path: Path
) -> None:
    place = {"data_dir": str(tmp_path)}
    await erase({**before, **place})
    assert await shadows({**after, **place}) == ["ban"]
    assert await shadows({**after, **place}, PersonId("somebody-else")) == []


async def test_a_store_secret_does_without_a_data_directory_of_ones_own(tmp_path: Path) -> None:
    database = {"database_url": f"sqlite:///{tmp_path}/nearby.db", "key": OLD, "store_secret": OWN}
    await erase({**database, "data_dir": str(tmp_path / "one")})
    assert await shadows({**database, "data_dir": str(tmp_path / "other")}) == ["ban"]
    assert not (tmp_path / "other").exists()
    assert await shadows({**database, "data_dir": str(tmp_path / "one"), "store_secret": NEW}) == []


def test_a_short_store_secret_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"store_secret.*at least 32 bytes"):
        load_settings({"store_secret": "short"})
