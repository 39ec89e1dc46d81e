# ruff: noqa: RUF001  Characters that look alike are what this is about.
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.core.ids import PersonId
from nearby.core.skeleton import skeleton
from nearby.errors import ErrorCode, Refused, StoreDown
from nearby.hub.base import Caller
from nearby.server.auth import Verifier
from nearby.server.metrics import Metrics
from nearby.server.names import ASK_AGAIN_MS, ASK_AGAIN_WHEN_DOWN_MS, Names
from nearby.store.base import Store
from nearby.store.sql.store import open_store
from nearby.testing.serving import LiveServer, live_server

SECRET = b"s" * 32
NOW_MS = 1_800_000_000_000
CYRILLIC_ANNA = "Аnnа Smith"


def verified(person: str, name: str | None) -> Caller:
    return Caller(PersonId(person), name, verified=True, established=True)


class Away:
    """A database that can go away, in front of one that is there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_away = False
        self.claims = 0

    def __getattr__(self, name: str) -> Any:
        if self.is_away:
            raise StoreDown
        self.claims += name == "claim_name"
        return getattr(self._store, name)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Away]:
    async with open_store(f"sqlite:///{tmp_path}/names.db", secret=SECRET) as opened:
        yield Away(opened)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier([SECRET])


@pytest.fixture
def names(store: Any, verifier: Verifier) -> Names:
    return Names(store, verifier, Metrics())


async def test_a_verified_name_is_shown_cleaned_and_asked_about_once(names: Names, store: Away) -> None:
    for _ in range(3):
        assert await names.admit(verified("ana", "Ana  Lee ✓"), NOW_MS) == verified("ana", "Ana Lee")
    assert store.claims == 1


async def test_the_second_who_looks_alike_is_let_in_without_name_and_badge(names: Names) -> None:
    await names.admit(verified("ana", "Anna Smith"), NOW_MS)
    for name in ("Anna Smith", "ANNA-SMITH", "Anna Śmith", CYRILLIC_ANNA, "Anna Smith\u200b", "Moderator", "★"):
        assert await names.admit(verified("eve", name), NOW_MS) == Caller(PersonId("eve"), None, established=True)
    assert (await names.admit(verified("ana", "Anna Smith"), NOW_MS)).name == "Anna Smith"


async def test_names_of_the_unverified_are_not_asked_about(names: Names, store: Away) -> None:
    for caller in (Caller(PersonId("ben"), "Moderator"), verified("ben", None)):
        assert await names.admit(caller, NOW_MS) is caller
    assert store.claims == 0


async def test_a_name_that_was_somebodys_is_asked_about_again_later(names: Names, store: Any) -> None:
    await names.admit(verified("ana", "Ana"), NOW_MS)
    assert (await names.admit(verified("ben", "Ana"), NOW_MS)).name is None
    await store.erase(PersonId("ana"), NOW_MS)
    names.forget(PersonId("ana"))
    assert (await names.admit(verified("ben", "Ana"), NOW_MS + ASK_AGAIN_MS - 1)).name is None
    assert (await names.admit(verified("ben", "Ana"), NOW_MS + ASK_AGAIN_MS)).name == "Ana"
    assert (await names.admit(verified("ana", "Ana"), NOW_MS)).name is None


async def test_a_name_that_cannot_be_claimed_is_not_shown_until_the_database_is_back(names: Names, store: Away) -> None:
    store.is_away = True
    assert await names.admit(verified("ana", "Ana"), NOW_MS) == Caller(PersonId("ana"), None, established=True)
    store.is_away = False
    assert (await names.admit(verified("ana", "Ana"), NOW_MS + ASK_AGAIN_WHEN_DOWN_MS)).name == "Ana"
    store.is_away = True
    assert (await names.admit(verified("ana", "Ana"), NOW_MS + ASK_AGAIN_MS)).name == "Ana"


async def test_nothing_is_claimed_for_somebody_who_is_being_erased(
    names: Names, store: Away, verifier: Verifier
) -> None:
    """Neither when the erasure began before the claim, nor when it waits for the claim to end."""
    with verifier.refusing(PersonId("ana")), pytest.raises(Refused) as refused:
        await names.admit(verified("ana", "Ana"), NOW_MS)
    assert refused.value.code is ErrorCode.ERASING
    assert store.claims == 0
    async with names.turn_of(PersonId("ana")):
        claim = asyncio.ensure_future(names.admit(verified("ana", "Ana"), NOW_MS))
        await asyncio.sleep(0)
        refusing = verifier.refusing(PersonId("ana"))
        refusing.__enter__()
    with pytest.raises(Refused):
        await claim
    refusing.__exit__(None, None, None)
    assert store.claims == 0


async def test_a_server_that_keeps_nothing_of_people_looks_at_the_form_alone(verifier: Verifier) -> None:
    names = Names(None, verifier, Metrics())
    assert (await names.admit(verified("ana", "Ana"), NOW_MS)).name == "Ana"
    assert (await names.admit(verified("ben", "Ana"), NOW_MS)).name == "Ana"
    assert (await names.admit(verified("eve", "Support"), NOW_MS)).name is None
    await names.check(PersonId("ben"), "Ana")
    assert not names.keeps_people


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, guests="on") as running:
        yield running


async def test_a_room_sees_the_first_of_two_names_that_look_alike(server: LiveServer) -> None:
    ana = await server.seated("ana", name="Anna Smith", verified=True)
    eve = await server.seated("eve", name=CYRILLIC_ANNA, verified=True)
    placed = eve.received[-1]
    members = {member["member"]: member for member in placed["members"]}
    mine = members.pop(placed["you"])
    # A drawn one: any two words.
    assert (mine["verified"], skeleton(mine["name"]) == skeleton("Anna Smith")) == (False, False)
    assert [(member["name"], member["verified"]) for member in members.values()] == [("Anna Smith", True)]
    assert (await ana.until("joined"))["member"]["name"] == mine["name"]


async def test_a_renewed_token_does_not_bring_a_name_that_is_somebodys(server: LiveServer) -> None:
    await server.seated("ana", name="Anna Smith", verified=True)
    eve = await server.seated("eve")
    token = server.token("eve", name="Anna Smith", verified=True)
    assert (await eve.ask({"type": "renew", "id": 1, "token": token}))["type"] == "ack"
    assert (await eve.ask({"type": "say", "id": 2, "text": "hello"}))["type"] == "ack"
    assert "changed" not in [message["type"] for message in eve.received]


async def test_profiles_may_not_look_like_verified_names_or_staff(server: LiveServer) -> None:
    await server.seated("ana", name="Anna Smith", verified=True)

    async def change(person: str, name: str) -> tuple[int, str]:
        body = b'{"name":"%b"}' % name.encode()
        answer = await server.call("PATCH", "/v1/me", body=body, token=server.token(person))
        return answer.status, json.loads(answer.body).get("code") or json.loads(answer.body)["name"]

    assert await change("eve", "ANNA-SMITH") == (409, "name_taken")
    assert await change("eve", "Аnnа") == (422, "bad_name")
    assert await change("eve", "Support") == (409, "name_taken")
    assert await change("ana", "Anna Smith ✓") == (200, "Anna Smith")
    assert await change("eve", "Eve") == (200, "Eve")
    guest = await server.call("POST", "/v1/guests", body=b'{"name":"Anna Smith"}')
    assert (guest.status, json.loads(guest.body)["code"]) == (409, "name_taken")
    assert (await server.call("DELETE", "/v1/me", token=server.token("ana"))).status == 204
    assert await change("eve", "Anna Smith") == (200, "Anna Smith")
