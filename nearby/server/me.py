"""The calls about oneself: what is known of me, what I say of myself, a copy of it all, and an end to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
from aiohttp import web

from nearby.core import me_wire
from nearby.core.ids import PersonId
from nearby.core.naming import clean_name
from nearby.core.profile import clean_change
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Hub
from nearby.server.announcements import Announcements
from nearby.server.auth import Claims, Verifier
from nearby.server.clock import SteadyClock
from nearby.server.names import Names
from nearby.server.requests import bearer_of, body_of, json_answer, private
from nearby.server.screening import Screening
from nearby.server.steps import answered_in_steps
from nearby.store.base import Account, ExportPiece, Journal, Store

EXPORTS_AT_ONCE = 2
"""Each is put together in memory, and holds one of the database's few connections for reading; others wait."""


class Me:
    """Serves ``/v1/me``.

    Args:
        hub: The live state, from which an erased person is cleared first.
        journal: Says when what was cleared is on disk.
        store: Accounts.
        announcements: Have every server hold off and forget somebody who is being erased.
        screening: Says which names unverified people may not have.
        names: Says whose names are free, and whether anything of people is kept; if not, profiles cannot be changed.
        verifier: Checks tokens, and holds the calls of somebody off who is being erased.
        clock: The time.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        journal: Journal,
        store: Store,
        announcements: Announcements,
        names: Names,
        screening: Screening,
        verifier: Verifier,
        clock: SteadyClock,
    ) -> None:
        self._hub = hub
        self._journal = journal
        self._store = store
        self._announcements = announcements
        self._names = names
        self._screening = screening
        self._verifier = verifier
        self._clock = clock
        self._exports = asyncio.Semaphore(EXPORTS_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.get("/v1/me", self._show),
            # It waits for what of the caller's is under way in the database, and would tell when that ends.
            *answered_in_steps([web.patch("/v1/me", self._change)]),
            web.delete("/v1/me", self._erase),
            web.get("/v1/me/export", self._export),
        ]

    async def introduce(self, guest: PersonId, name: str, now_ms: int) -> None:
        """Keep the name a new guest gave, if anything of people is kept.

        Raises:
            Refused: ``bad_name``, ``name_taken`` or ``held``. Nothing was kept.
            StoreDown: It may or may not have been kept.
        """
        clean = clean_name(name)
        self._screening.pass_name(None, clean)
        if self._names.keeps_people:
            await self._names.check(guest, clean)
            await self._store.change_profile(guest, {"name": clean}, now_ms, is_guest=True)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request, even_if_banned=True)
        return _shown(claims, await self._store.account(claims.caller.person))

    async def _change(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request)
        change = clean_change(await body_of(request, me_wire.MeChange))
        if not self._names.keeps_people:
            raise Refused(ErrorCode.OFF, "this server keeps nothing of people")
        person = claims.caller.person
        async with self._names.turn_of(person):
            if not change:
                return _shown(claims, await self._store.account(person))
            if (name := change.get("name")) is not None:
                self._screening.pass_name(claims.caller, name)
                await self._names.check(person, name)
            now_ms = self._clock.now_ms()
            if change.get("is_listed") is False:
                # First: whoever does not want to be seen is not, also if the database is away.
                await self._hub.set_listed(person, now_ms, is_listed=False)
            account = await self._store.change_profile(person, change, now_ms, is_guest=claims.is_guest)
            await self._hub.set_listed(person, now_ms, is_listed=account.is_listed)
            return _shown(claims, account)

    async def _erase(self, request: web.Request) -> web.StreamResponse:
        """Erase the caller. Each step leaves less to be erased, so whoever got an error asks again.

        While it goes on every server refuses every token of theirs: whatever was recorded about them between the live
        state's forgetting and the database's would name somebody who is not there.
        """
        claims = self._claims(request, even_if_banned=True)
        person = claims.caller.person
        with self._verifier.refusing(person):
            async with self._names.turn_of(person), self._announcements.erasing(person):
                now_ms = self._clock.now_ms()
                await self._hub.clear(person, None, now_ms)
                await self._hub.set_listed(person, now_ms, is_listed=False)
                await self._journal.durable()
                await self._store.erase(person, now_ms)
        return web.Response(status=204)

    async def _export(self, request: web.Request) -> web.StreamResponse:
        person = self._claims(request, even_if_banned=True).caller.person
        async with self._exports, aclosing(self._store.export(person)) as pieces:
            body = await export_json(person, self._clock.now_ms(), pieces)
        return private(web.Response(body=body, content_type="application/json"))

    def _claims(self, request: web.Request, *, even_if_banned: bool = False) -> Claims:
        return self._verifier.verify(bearer_of(request), self._clock.now_ms(), even_if_banned=even_if_banned)


async def export_json(person: PersonId, at_ms: int, pieces: AsyncIterator[ExportPiece]) -> bytes:
    """Return an export as the JSON of an ``ExportAnswer``; each piece becomes text before the next is read."""
    head = msgspec.json.encode(person), msgspec.json.encode(at_ms)
    parts = [b'{"user":%b,"at_ms":%b,"data":{' % head]
    before: str | None = None
    async for table, rows in pieces:
        if table != before:
            parts.append(b"%b%b:[" % (b"" if before is None else b"],", msgspec.json.encode(table)))
        else:
            parts.append(b",")
        parts.append(msgspec.json.encode(rows)[1:-1])
        before = table
    parts.append(b"}}" if before is None else b"]}}")
    return b"".join(parts)


def _shown(claims: Claims, account: Account | None) -> web.Response:
    """Return what is known of a caller by their token, and by their account if they have one."""
    caller = claims.caller
    return private(
        json_answer(
            me_wire.MeAnswer(
                user=caller.person,
                is_guest=claims.is_guest,
                verified=caller.verified,
                established=caller.established,
                name=account.name if account else None,
                listed=account.is_listed if account else False,
                lang=account.lang if account else None,
                tags=list(account.tags) if account else [],
                created_ms=account.created_ms if account else None,
            )
        )
    )
