"""What faults did to a crowd: figures to read, figures to keep, and whether a promise was broken."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from nearby.sim.ledger import Faults
from nearby.sim.players import Players
from nearby.sim.talking_again import TalkingAgain


class Fault(StrEnum):
    """What may happen to servers that share a hub."""

    GATEWAY_KILL = "gateway-kill"
    PRIMARY_KILL = "primary-kill"
    ROLLING_RESTART = "rolling-restart"
    STAMPEDE = "stampede"
    HUB_GONE = "hub-gone"


TALKING_WITHIN_S: Mapping[Fault, float] = {
    Fault.GATEWAY_KILL: 10.0,
    Fault.PRIMARY_KILL: 10.0,
    Fault.ROLLING_RESTART: 10.0,
    Fault.STAMPEDE: 30.0,
    Fault.HUB_GONE: 30.0,
}
"""After so long every phone talks again: from the fault on, or from when the hub is back."""

LOST_WITHIN_S = 1.0
"""A primary that dies takes at most what was acknowledged so shortly before with it."""


@dataclass(frozen=True, slots=True)
class Round:
    """One fault, once.

    Attributes:
        at_s: When it was done, by the books' clock.
        talking: When phones talked again.
        away_s: How long those phones were without a connection that lost theirs.
        turned_away: Upgrades that were answered with "come back later", because too many came at once.
        wrong: What else was not as it should be, as sentences.
    """

    at_s: float
    talking: TalkingAgain
    away_s: tuple[float, ...]
    turned_away: int = 0
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What one kind of fault came to, over all its rounds.

    Attributes:
        acknowledged: Sayings that were.
        acks_lost: Those of them that are in no log any more although their room is.
        lost_before_s: How long before its fault each of these was acknowledged.
        may_lose: Whether the fault may lose acknowledged sayings of its last moment.
        seqs_used_twice: Positions of an epoch that stood for two sayings.
        hub_contradictions: What the live state said in the end that cannot be true, with people in two rooms and
            rooms over capacity among it.
        reconnects: Times a phone that had lost its connection had another one.
        cut_off: Phones that could not come back.
        closed: Phones that a server closed for good, by close code.
        talking_within_s: After so long every phone was to talk again.
    """

    fault: Fault
    rounds: tuple[Round, ...]
    phones: int
    acknowledged: int
    acks_lost: int
    lost_before_s: tuple[float, ...]
    may_lose: bool
    seqs_used_twice: int
    deliveries: int
    faults: Faults
    hub_contradictions: tuple[str, ...]
    reconnects: int
    resumed: int
    cut_off: int
    closed: Mapping[int, int]
    talking_within_s: float
    cut_short: str = ""

    def broken(self) -> list[str]:
        """Return a sentence for each broken promise; empty is the only good result."""
        found = [self.cut_short] if self.cut_short else []
        found += [f"{count} {name.replace('_', ' ')}" for name, count in asdict(self.faults).items() if count]
        found += [sentence for one in self.rounds for sentence in one.wrong]
        limit_s = self.talking_within_s
        silent = sum(one.talking.silent for one in self.rounds)
        slowest_s = max((one.talking.max_s for one in self.rounds), default=0.0)
        if silent or slowest_s > limit_s:
            found.append(
                f"not every phone talked again within {limit_s:.0f} s: {silent} did not at all, and the slowest of "
                f"the others took {slowest_s:.1f} s"
            )
        too_old = sum(before_s > LOST_WITHIN_S for before_s in self.lost_before_s)
        if self.acks_lost and not self.may_lose:
            found.append(f"{self.acks_lost} acknowledged sayings are lost")
        elif too_old:
            found.append(f"{too_old} lost sayings were acknowledged more than {LOST_WITHIN_S:.0f} s before")
        counts = {
            "positions of an epoch were used twice": self.seqs_used_twice,
            "phones could not come back": self.cut_off,
            **{f"phones were closed for good with code {code}": count for code, count in sorted(self.closed.items())},
        }
        found += [f"{count} {what}" for what, count in counts.items() if count]
        found += [f"the live state contradicts itself: {sentence}" for sentence in self.hub_contradictions]
        return [f"{self.fault}: {sentence}" for sentence in found]

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the broken promises as plain values."""
        rounds = [asdict(one) | {"p50_s": one.talking.p50_s, "max_s": one.talking.max_s} for one in self.rounds]
        return asdict(self) | {"rounds": rounds, "broken": self.broken()}


def aftermath(
    fault: Fault,
    rounds: Sequence[Round],
    players: Players,
    *,
    may_lose: bool,
    hub_contradictions: Sequence[str],
    talking_within_s: float | None = None,
    cut_short: str = "",
) -> Aftermath:
    """Return what a fault came to, of a run that has finished and whose phones are still open.

    Args:
        fault: Which one.
        rounds: Each time it was done.
        players: The phones.
        may_lose: Whether it may lose acknowledged sayings.
        talking_within_s: After how many seconds every phone is to talk again, None for what is promised.
        hub_contradictions: What the live state says in the end that cannot be true.
        cut_short: Why the run did not come to its end, as a sentence; "" if it did.
    """
    books = players.books
    ledger, tally = books.ledger, books.tally
    lost = ledger.lost_with_epochs()
    before_s = [
        min((one.at_s - acked_s for one in rounds if one.at_s >= acked_s), default=float("inf"))
        for acked_s in (books.acked_s[text] for text in lost)
    ]
    return Aftermath(
        fault=fault,
        rounds=tuple(rounds),
        phones=players.met,
        acknowledged=ledger.acks(),
        acks_lost=len(lost),
        lost_before_s=tuple(sorted(before_s)),
        may_lose=may_lose,
        seqs_used_twice=ledger.seqs_used_twice(),
        deliveries=ledger.received,
        faults=ledger.faults(),
        hub_contradictions=tuple(hub_contradictions),
        reconnects=len(books.away_s),
        resumed=tally.resumed,
        cut_off=players.cut_off(),
        closed=dict(tally.closed),
        talking_within_s=TALKING_WITHIN_S[fault] if talking_within_s is None else talking_within_s,
        cut_short=cut_short,
    )


def as_tables(results: Sequence[Aftermath]) -> RenderableType:
    """Return the figures for a terminal."""
    return Group(*(_rounds(one) for one in results), _promises(results))


def _rounds(result: Aftermath) -> Table:
    table = Table(title=f"{result.fault}: seconds")
    for name in ("round", "talking again p50", "max", "lost their connection", "back p50", "max", "turned away"):
        table.add_column(name, justify="right")
    for number, one in enumerate(result.rounds, 1):
        away_s = sorted(one.away_s) or [0.0]
        table.add_row(
            *(str(number), f"{one.talking.p50_s:.2f}", f"{one.talking.max_s:.2f}", str(len(one.away_s))),
            *(f"{away_s[len(away_s) // 2]:.2f}", f"{away_s[-1]:.2f}", f"{one.turned_away:,}"),
        )
    return table


def _promises(results: Sequence[Aftermath]) -> Table:
    table = Table("", *(one.fault for one in results), title="All rounds")
    for column in table.columns[1:]:
        column.justify = "right"
    said = {
        "rounds": [len(one.rounds) for one in results],
        "phones": [one.phones for one in results],
        "acknowledged": [one.acknowledged for one in results],
        "deliveries": [one.deliveries for one in results],
        "came back": [one.reconnects for one in results],
        "of these resumed": [one.resumed for one in results],
    }
    zeros = {
        "acknowledged and lost": [one.acks_lost for one in results],
        "seq used twice": [one.seqs_used_twice for one in results],
        **{name.replace("_", " "): [asdict(one.faults)[name] for one in results] for name in Faults.__slots__},
        "live state against itself": [len(one.hub_contradictions) for one in results],
        "could not come back": [one.cut_off for one in results],
        "closed for good": [sum(one.closed.values()) for one in results],
    }
    for name, counts in said.items():
        table.add_row(name, *(f"{count:,}" for count in counts))
    for name, counts in zeros.items():
        table.add_row(name, *(f"{count:,}" for count in counts), style="red" if any(counts) else None)
    return table
