"""The figures of one run, computed from its history alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.sim.simulation.company import Company, company_of
from nearby.sim.simulation.density import DENSITIES, density_name
from nearby.sim.simulation.events import Crowd
from nearby.sim.simulation.history import Entry
from nearby.sim.simulation.spans import Span, over
from nearby.sim.simulation.tally import COMPANY_WITHIN_S, Tally
from nearby.sim.simulation.words import Words, words_of

MOST_BINS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One stretch of a run. ``after_min`` is its middle, in minutes from where measuring began."""

    after_min: float
    people: float
    rooms: float
    share_thin: float
    share_alone: float
    moves_per_h: float
    distance_m: float | None
    share_by_rung: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run came to. Shares are in [0, 1]; None is a figure that the run had nothing for.

    Attributes:
        person_h: Hours of people present.
        people: Present on average.
        arrivals: Who came early enough to be followed for a minute.
        in_company_s: Share of them with somebody else in their room within so many seconds.
        in_company_by_density: The same, by the people in their res-7 cell when they came.
        of_three: Those who came to a catchment of three people who get along, by the time while it was so.
        at_best: Those of them who would have had it, had everybody sat down as soon as there was a seat for them.
        with_a_seat: The same by the time while besides there was a seat for them.
        share_by_size: Of time in rooms, by the size people saw.
        share_thin: Of time in rooms, in rooms of fewer than 3.
        share_lacking: Of all time present, in such rooms or waiting for one.
        share_bound: Of all time present, with fewer than 3 people in the res-5 cell: no policy does better.
        share_alone: Of all time present, alone in a room or waiting for one.
        alone_by_density: The same, by the people in the res-7 cell.
        person_h_by_density: Hours of people present, by the people in their res-7 cell.
        rooms_over_fewest: Rooms there were over rooms needed if each res-5 cell filled its own to capacity.
        moves_per_h: Moves nobody asked for (``moved``, ``merged``), per person-hour.
        placed_per_h: Placements that no arrival and no ``next`` asked for, by why, per person-hour.
        conflicts: Times somebody was seated with a person they have a block with.
        share_by_rung: Of time in rooms, by the resolution of the room's catchment; "none" where rooms have none.
        distance_m: Mean distance of two people in a room, over all pairs and their time together.
        companions_together: Of the time both of a party's two were present, in one room.
        understood: Of people's time in rooms, by language, with somebody else who speaks it.
        words: What becomes of what people say.
    """

    hours: float
    person_h: float
    people: float
    arrivals: int
    in_company_s: Mapping[str, float]
    in_company_by_density: Mapping[str, Mapping[str, float]]
    of_three: Company
    at_best: Company
    with_a_seat: Company
    share_by_size: Mapping[str, float]
    share_thin: float
    share_lacking: float
    share_bound: float
    share_alone: float
    alone_by_density: Mapping[str, float]
    person_h_by_density: Mapping[str, float]
    rooms: float
    rooms_over_fewest: float
    moves_per_h: float
    placed_per_h: Mapping[str, float]
    conflicts: int
    share_by_rung: Mapping[str, float]
    distance_m: float | None
    companions_together: float | None
    understood: Mapping[str, float]
    words: Words
    over_time: Sequence[Moment]

    def as_json(self) -> dict[str, Any]:
        """Return plain values, rounded so that they read well and compare."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


def figures_of(crowd: Crowd, entries: Sequence[Entry]) -> Figures:
    """Return the figures of a history."""
    span_ms = crowd.ends_ms - crowd.measured_from_ms
    bins = max(1, min(MOST_BINS, span_ms // MINUTE_MS))
    borders_ms = [crowd.measured_from_ms + span_ms * number // bins for number in range(bins + 1)]
    tally = Tally(crowd)
    totals = tally.read(entries, borders_ms)
    spans = [Span(before, after, tally.has_big_rooms) for before, after in pairwise(totals)]
    whole = Span(totals[0], totals[-1], tally.has_big_rooms)
    companies = company_of(crowd, entries)
    return Figures(
        hours=crowd.hours,
        person_h=whole["present"] / HOUR_MS,
        people=whole["present"] / span_ms,
        arrivals=round(sum(whole.by("arrived").values())),
        in_company_s={f"{limit_s}": whole.in_company(limit_s) for limit_s in COMPANY_WITHIN_S},
        in_company_by_density={
            density_name(number): {f"{limit_s}": whole.in_company(limit_s, number) for limit_s in COMPANY_WITHIN_S}
            for number in range(len(DENSITIES))
            if whole["arrived", number]
        },
        of_three=companies.of_three,
        at_best=companies.at_best,
        with_a_seat=companies.with_a_seat,
        share_by_size={str(size): share for size, share in sorted(whole.shares("size").items())},
        share_thin=whole.share_thin(),
        share_lacking=over(whole["waiting"] + whole.thin(), whole["present"]),
        share_bound=over(whole["too few"], whole["present"]),
        share_alone=whole.share_alone(),
        alone_by_density={
            density_name(number): over(whole["alone by density", number], present)
            for number, present in sorted(whole.by("present by density").items())
        },
        person_h_by_density={
            density_name(number): present / HOUR_MS
            for number, present in sorted(whole.by("present by density").items())
        },
        rooms=whole["rooms"] / span_ms,
        rooms_over_fewest=over(whole["rooms"], whole["fewest rooms"]),
        moves_per_h=whole.moves_per_h(),
        placed_per_h={
            why: over(count * HOUR_MS, whole["present"]) for why, count in sorted(whole.by("placed").items())
        },
        conflicts=round(whole["conflicts"]),
        share_by_rung=whole.share_by_rung(),
        distance_m=whole.distance_m(),
        companions_together=whole.share("companions together", "companions present"),
        understood={
            language: over(whole["understood", language], seconds)
            for language, seconds in sorted(whole.by("speakers").items())
        },
        words=words_of(crowd, entries, whole.by("size"), whole["present"]),
        over_time=[_moment(span, number, span_ms / bins) for number, span in enumerate(spans)],
    )


def _moment(span: Span, number: int, width_ms: float) -> Moment:
    return Moment(
        after_min=(number + 0.5) * width_ms / MINUTE_MS,
        people=span["present"] / width_ms,
        rooms=span["rooms"] / width_ms,
        share_thin=span.share_thin(),
        share_alone=span.share_alone(),
        moves_per_h=span.moves_per_h(),
        distance_m=span.distance_m(),
        share_by_rung=span.share_by_rung(),
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value
