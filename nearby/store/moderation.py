"""The store's part for reports and for what operators decide: another face of ``nearby.store.base.Store``.

Guarantees, kept on SQLite and on PostgreSQL alike:

* **One transaction a call.** It happened wholly or not at all, with its entry in the audit, and is on disk when the
  call returns. What an operator does needs a reason.
* **Rules act once.** Of reports made at the same moment about one person the last one sees all the others.
* **Never again.** Whoever reports somebody is in conflict with them for good, whether the report counts or not.
* **A number grows.** With each change of who is banned or verified ``revision`` does, in the same transaction.
* **No room is shown.** What operators read of a report has no room, cell or bottle in it, and names nobody but the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from nearby.core.bottle import BottleId
from nearby.core.ids import PersonId, RoomId
from nearby.core.likeness import Likeness
from nearby.core.reports import ReportId, Then
from nearby.core.rules import Rules
from nearby.store.bottles import Drifter

BanKind = Literal["ban", "suspension"]
Speaker = Literal["reporter", "reported", "other"]
BY_REPORTS = "suspended by reports"
"""The reason of a suspension that nobody decided."""


@dataclass(frozen=True, slots=True)
class InRoom:
    """A report about somebody who sits or sat in a room with the reporter; ``reported`` None is nobody."""

    room: RoomId | None
    reported: PersonId | None


@dataclass(frozen=True, slots=True)
class Known:
    """A report about somebody the reporter knows, by the handle they know them by."""

    handle: str


@dataclass(frozen=True, slots=True)
class OverBottle:
    """A report about the other side of a bottle: its author, or to them whoever answered it."""

    bottle: BottleId


About = InRoom | Known | OverBottle


@dataclass(frozen=True, slots=True)
class NewReport:
    """What a reporter says."""

    report: ReportId
    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a report. ``reported`` is None if nothing was written.

    ``removed_from`` is the room that the reported one is to leave at once; ``is_suspended``: they may not come in.
    """

    reported: PersonId | None = None
    removed_from: RoomId | None = None
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class By:
    """Who does something as an operator, and why. ``operator`` None is the command line."""

    operator: PersonId | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Somebody may not come in: until a time, or for good if that is None."""

    kind: BanKind
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class InForce:
    """What operators decided of people, all of it. ``verified`` is a name, or None for a badge that was revoked."""

    revision: int
    bans: Mapping[PersonId, Ban]
    shadows: Mapping[bytes, Ban]
    verified: Mapping[PersonId, str | None]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One message of a report's extract."""

    speaker: Speaker
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report as operators see it. ``counted`` people reported the same person, in ways that count, unreviewed yet.

    ``reporter`` is None once they were erased. ``decision`` is what an operator did: nothing, suspend, ban or reject.
    """

    report: ReportId
    reporter: PersonId | None
    reported: PersonId
    is_over_bottle: bool
    reason: str
    text: str | None
    at_ms: int
    does_count: bool
    counted: int
    status: str
    decision: str | None
    reviewed_ms: int | None
    lines: Sequence[ReportLine] = ()


@dataclass(frozen=True, slots=True)
class Sanction:
    """A ban or suspension that is in force, and what the person says to it."""

    kind: BanKind
    since_ms: int | None
    until_ms: int | None
    reason: str | None
    appeal: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A person as operators see them: no room, no cell, and not when they were here.

    ``verdict`` is "verified" or "revoked" if an operator said so. ``reported`` and ``reports`` are how many reports
    there are about them and by them, by status.
    """

    person: PersonId
    is_erased: bool
    is_guest: bool
    created_ms: int | None
    verified_name: str | None
    verdict: str | None
    sanctions: Sequence[Sanction]
    reported: Mapping[str, int]
    reports: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sanctioned:
    """Somebody against whom a ban or suspension is in force, and the name they are verified under."""

    person: PersonId
    verified_name: str | None
    sanction: Sanction


@dataclass(frozen=True, slots=True)
class Queue:
    """How many reports nobody has looked at, and when the oldest of them was made."""

    still_open: int
    oldest_ms: int | None


class Moderation(Protocol):
    """Reports and decisions. See the module for what every call guarantees."""

    async def report(self, reporter: Drifter, about: About, new: NewReport, now_ms: int, rules: Rules) -> Outcome:
        """Write a report, with the last 20 messages of its room or thread that its reporter was there for.

        Await ``store.journal.durable()`` before. Nothing is written of somebody who is nobody, was erased, or whom the
        reporter told of already, over the same room or bottle, and no operator looked yet; it costs about the same.
        Which reports count, and what they do, ``nearby.core.reports`` says. One that counts freezes a bottle, a second
        one sinks it; the reporter's own lease of it ends in any case.

        Raises:
            Refused: ``rate_limited``. Nothing was written.
        """

    async def revision(self) -> int:
        """Return a number that grows with every change of who is banned or verified: cheap, to be asked every 0.5 s."""

    async def in_force(self, now_ms: int) -> InForce:
        """Return who is banned and who is verified by an operator. Reads them all."""

    def shadow_of(self, person: PersonId) -> bytes:
        """Return the key in ``InForce.shadows`` of somebody erased."""

    async def queue(self) -> Queue:
        """Return how long the queue is."""

    async def reports(self, *, is_open: bool, after: ReportId | None, limit: int) -> Sequence[Report]:
        """Return reports with their extracts: the open ones oldest first, or those decided, the last decision first.

        With ``after`` those that follow that one; none if there is no such report.
        """

    async def one(self, report: ReportId) -> Report | None:
        """Return one report with its extract, or None."""

    async def decide(
        self, report: ReportId, then: Then | None, until_ms: int | None, by: By, now_ms: int, rules: Rules
    ) -> None:
        """Accept an open report and do ``then`` about whom it is about, or reject it, with None.

        ``until_ms`` is of a ban or suspension; a ban without it is for good. A bottle that reports froze sinks, or
        drifts on if no report of it is left. A suspension by the rules ends if what is left would not have sufficed.

        Raises:
            Refused: ``not_found``; ``already_decided``. Nothing happened.
        """

    async def undo(self, report: ReportId, by: By, now_ms: int, rules: Rules) -> None:
        """Open a decided report again, and take back what the decision did to the person and to a bottle.

        Raises:
            Refused: ``not_found``; ``already_decided``, if it is open.
        """

    async def find(self, person: PersonId, now_ms: int) -> Found | None:
        """Return one person, also somebody erased against whom something is in force, or None."""

    async def find_named(self, likeness: Likeness, now_ms: int) -> Found | None:
        """Return whose verified name looks like this, or None."""

    async def sanctioned(self, now_ms: int, *, limit: int) -> Sequence[Sanctioned]:
        """Return the bans and suspensions in force: those with an appeal first, of both the newest first.

        Those of people who were erased are not among them: nobody can tell any more whose they are.
        """

    async def verify(self, person: PersonId, name: str, likeness: Likeness, by: By, now_ms: int) -> None:
        """Let somebody be verified under a name, whatever their token says, in place of a former one.

        Raises:
            Refused: ``not_found``; ``guest``; ``name_taken``, by somebody whose verified name looks like it.
        """

    async def revoke(self, person: PersonId, by: By, now_ms: int) -> None:
        """Let somebody not be verified, whatever their token says. Their name is anybody's.

        Raises:
            Refused: ``not_found``.
        """

    async def ban(self, person: PersonId, ban: Ban, by: By, now_ms: int) -> None:
        """Ban or suspend somebody. What was in force before stays in force too.

        Raises:
            Refused: ``not_found``.
        """

    async def unban(self, person: PersonId, by: By, now_ms: int) -> None:
        """End every ban and suspension of somebody, also of somebody erased.

        Raises:
            Refused: ``not_found``, if none is in force.
        """

    async def appeal(self, person: PersonId, text: str, now_ms: int, *, by: By | None = None) -> bool:
        """Note what somebody says to the bans in force against them, in place of what they said before.

        ``by`` is who notes it for them. Return whether there is anything to appeal.
        """
