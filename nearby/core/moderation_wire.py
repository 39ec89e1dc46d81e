"""What operators' calls about reports and people carry: more of ``nearby.core.wire``, over HTTP alone."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Why = Annotated[str, Meta(min_length=1, max_length=1_000, description="for the audit; no id of a person")]
Days = Annotated[int, Meta(ge=1, le=3_650)]


class ReportedLine(Struct, kw_only=True, frozen=True):
    """One message of a report's extract; ``speaker`` is reporter, reported or other."""

    speaker: str
    text: str
    at_ms: int


class ReportAnswer(Struct, kw_only=True, frozen=True):
    """A report. ``about`` is talk or bottle; ``counted`` people reported the same one, in ways that count, unreviewed.

    ``reporter`` is null once erased; ``decision`` and ``reviewed_ms`` are null while ``status`` is open.
    """

    report: str
    reporter: str | None
    reported: str
    about: str
    reason: str
    text: str | None
    at_ms: int
    due_ms: int
    counts: bool
    counted: int
    status: str
    decision: str | None
    reviewed_ms: int | None
    messages: list[ReportedLine]


class ReportsAnswer(Struct, kw_only=True, frozen=True):
    """Reports, and how many are open: ask again with the last one's ``report`` as ``after``."""

    open: int
    reports: list[ReportAnswer]


class DecisionRequest(Struct, kw_only=True, frozen=True):
    """What becomes of a report: reject, or nothing, suspend or ban for so many days; a ban without is for good."""

    decision: Literal["reject", "nothing", "suspend", "ban"]
    reason: Why
    days: Days | None = None


class ReasonRequest(Struct, kw_only=True, frozen=True):
    """Why an operator does it."""

    reason: Why


class VerifyRequest(Struct, kw_only=True, frozen=True):
    """The name somebody is verified under."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Why


class BanRequest(Struct, kw_only=True, frozen=True):
    """A ban, for good if it has no ``days``."""

    reason: Why
    days: Days | None = None


class SuspendRequest(Struct, kw_only=True, frozen=True):
    """A suspension."""

    reason: Why
    days: Days = 1


class AppealRequest(Struct, kw_only=True, frozen=True):
    """What somebody says to the ban against them: 1 to 1,000 characters."""

    text: str


class AppealNote(Struct, kw_only=True, frozen=True):
    """What somebody says to the ban against them, as an operator heard it."""

    text: str
    reason: Why


class SanctionAnswer(Struct, kw_only=True, frozen=True):
    """A ban or suspension in force; ``until_ms`` is null for good. Of somebody erased nothing else is known."""

    kind: str
    since_ms: int | None
    until_ms: int | None
    reason: str | None
    appeal: str | None


class ReportCounts(Struct, kw_only=True, frozen=True):
    """How many reports there are, by status."""

    open: int = 0
    accepted: int = 0
    rejected: int = 0


class PersonAnswer(Struct, kw_only=True, frozen=True):
    """A person as operators see them. ``verdict`` is verified, revoked, or null: the token decides.

    ``reported`` are the reports about them, ``reports`` those they made.
    """

    person: str
    is_erased: bool
    is_guest: bool
    created_ms: int | None
    verified_name: str | None
    verdict: str | None
    sanctions: list[SanctionAnswer]
    reported: ReportCounts
    reports: ReportCounts


class SanctionedAnswer(Struct, kw_only=True, frozen=True):
    """A ban or suspension in force, and against whom."""

    person: str
    verified_name: str | None
    sanction: SanctionAnswer


class SanctionsAnswer(Struct, kw_only=True, frozen=True):
    """Bans and suspensions in force: those with an appeal first, of both the newest first. At most 200."""

    sanctions: list[SanctionedAnswer]
