"""What ``nearby people`` and ``nearby reports`` do with the database the settings name; each returns lines to print.

Running servers, of which one may own the database, put it in force within a second. Each raises ``ConfigError`` if
the database cannot be opened, or what was asked cannot be done, and ``StoreDown`` if the database goes away while at
it. In the audit it is without an operator.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from nearby.core.ids import PersonId, is_id
from nearby.core.likeness import likeness_of
from nearby.core.naming import clean_name
from nearby.core.reports import ReportId, Then, due_ms
from nearby.core.rules import DAY_MS, SECOND_MS, Rules
from nearby.core.text import clean_text
from nearby.errors import ConfigError, ErrorCode, Refused
from nearby.server.app import database
from nearby.server.config import Settings
from nearby.server.secrets import Secrets
from nearby.store.base import Store
from nearby.store.moderation import Ban, By, Found, Report

LISTED = 100
MAX_DAYS = 3_650


async def find(settings: Settings, wanted: str, now_ms: int) -> Sequence[str]:
    """Return what is known of somebody, by their id or else by their verified name."""
    async with _opened(settings, "person") as store:
        found = await store.moderation.find(PersonId(wanted), now_ms) if is_id(wanted) else None
        if found is None:
            found = await store.moderation.find_named(likeness_of(clean_name(wanted)), now_ms)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND)
        return _person(found)


async def verify(settings: Settings, person: str, name: str, reason: str, now_ms: int) -> Sequence[str]:
    """Verify somebody under a name."""
    async with _opened(settings, "person") as store:
        name = clean_name(name)
        await store.moderation.verify(_id(person), name, likeness_of(name), _by(reason), now_ms)
    return [f"{person}: verified as {name}"]


async def revoke(settings: Settings, person: str, reason: str, now_ms: int) -> Sequence[str]:
    """Let somebody not be verified."""
    async with _opened(settings, "person") as store:
        await store.moderation.revoke(_id(person), _by(reason), now_ms)
    return [f"{person}: not verified"]


async def ban(settings: Settings, person: str, days: int | None, reason: str, now_ms: int) -> Sequence[str]:
    """Ban somebody, for so many days or for good."""
    return await _ban(settings, person, Ban("ban", _until_ms(days, now_ms)), reason, now_ms)


async def suspend(settings: Settings, person: str, days: int, reason: str, now_ms: int) -> Sequence[str]:
    """Suspend somebody."""
    return await _ban(settings, person, Ban("suspension", _until_ms(days, now_ms)), reason, now_ms)


async def unban(settings: Settings, person: str, reason: str, now_ms: int) -> Sequence[str]:
    """End every ban and suspension of somebody."""
    async with _opened(settings, "person") as store:
        await store.moderation.unban(_id(person), _by(reason), now_ms)
    return [f"{person}: may come in"]


async def list_reports(settings: Settings, *, is_open: bool) -> Sequence[str]:
    """Return one line a report, of the first hundred: the oldest open ones, or the last ones decided."""
    async with _opened(settings, "report") as store:
        found = await store.moderation.reports(is_open=is_open, after=None, limit=LISTED)
        still_open = (await store.moderation.queue()).still_open
    rules = settings.rules()
    lines = [f"{one.report}: {_in_short(one)}, due {_time(due_ms(one.at_ms, rules))}" for one in found]
    return [*lines, f"{still_open} open"]


async def show_report(settings: Settings, report: str) -> Sequence[str]:
    """Return one report with its messages."""
    async with _opened(settings, "report") as store:
        return _in_full(await _report(store, report), settings.rules())


async def decide_report(
    settings: Settings, report: str, decision: str, days: int | None, reason: str, now_ms: int
) -> Sequence[str]:
    """Decide a report: reject, nothing, suspend or ban."""
    then: dict[str, Then | None] = {"reject": None, "nothing": "nothing", "suspend": "suspend", "ban": "ban"}
    if decision == "suspend" and days is None:
        raise ConfigError("days", "a suspension needs days")
    async with _opened(settings, "report") as store:
        until_ms = None if days is None else _until_ms(days, now_ms)
        await store.moderation.decide(ReportId(report), then[decision], until_ms, _by(reason), now_ms, settings.rules())
        found = await _report(store, report)
    return [f"{found.report}: {_in_short(found)}"]


async def _ban(settings: Settings, person: str, given: Ban, reason: str, now_ms: int) -> Sequence[str]:
    async with _opened(settings, "person") as store:
        await store.moderation.ban(_id(person), given, _by(reason), now_ms)
    what = "banned" if given.kind == "ban" else "suspended"
    return [f"{person}: {what} {_until(given.until_ms)}"]


@asynccontextmanager
async def _opened(settings: Settings, about: str) -> AsyncIterator[Store]:
    """Open the database, with the server's secret: it finds what is in force against the erased."""
    secrets = await asyncio.to_thread(Secrets.of, settings)
    async with database(settings, secret=secrets.store) as store:
        try:
            yield store
        except Refused as refused:
            sentence = "there is none of this id" if refused.code is ErrorCode.NOT_FOUND else refused.detail
            raise ConfigError(about, sentence) from None


async def _report(store: Store, report: str) -> Report:
    found = await store.moderation.one(ReportId(report))
    if found is None:
        raise Refused(ErrorCode.NOT_FOUND)
    return found


def _id(person: str) -> PersonId:
    if not is_id(person):
        raise Refused(ErrorCode.NOT_FOUND)
    return PersonId(person)


def _by(reason: str) -> By:
    return By(None, clean_text(reason))


def _until_ms(days: int | None, now_ms: int) -> int | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        raise ConfigError("days", f"write a whole number from 1 to {MAX_DAYS}")
    return now_ms + days * DAY_MS


def _person(found: Found) -> Sequence[str]:
    kind = "erased" if found.is_erased else "a guest" if found.is_guest else "an account"
    lines = [f"{found.person}: {kind}" + ("" if found.created_ms is None else f" since {_time(found.created_ms)}")]
    if found.verdict is not None or found.verified_name is not None:
        lines.append(f"  verified name: {found.verified_name or 'none'}, {found.verdict or 'by the token'}")
    for one in found.sanctions:
        lines.append(f"  {one.kind} {_until(one.until_ms)}: {one.reason or 'no reason is kept'}")
        if one.appeal is not None:
            lines.append(f"    appeal: {one.appeal}")
    for what, counts in (("reports about them", found.reported), ("reports by them", found.reports)):
        lines.append(f"  {what}: {_counted(counts.items())}")
    return lines


def _in_short(report: Report) -> str:
    told = f"{report.reporter or 'somebody erased'} about {report.reported}, {report.reason}"
    if report.status != "open":
        return f"{told}, {report.decision}"
    return f"{told}, {'counts' if report.does_count else 'does not count'}, {report.counted} counted"


def _in_full(report: Report, rules: Rules) -> Sequence[str]:
    return [
        f"{report.report}: {_in_short(report)}",
        f"  made {_time(report.at_ms)}, due {_time(due_ms(report.at_ms, rules))}",
        *([] if report.text is None else [f"  said: {report.text}"]),
        *(f"  {_time(line.at_ms)} {line.speaker}: {line.text}" for line in report.lines),
    ]


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(counts)) or "none"


def _until(until_ms: int | None) -> str:
    return "for good" if until_ms is None else f"until {_time(until_ms)}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // SECOND_MS, UTC).strftime("%Y-%m-%d %H:%M UTC")
