"""A study as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table

from nearby.sim.simulation.figures import Figures
from nearby.sim.simulation.study import Run

NOTHING = "-"


def as_tables(runs: Sequence[Run], *, with_timing: bool = True) -> RenderableType:
    """Return the policies side by side over all crowds, each crowd's figures, and what decisions took if asked."""
    crowds = list(dict.fromkeys(run.crowd for run in runs))
    tables: list[RenderableType] = [_overview(runs, crowds)] if len(crowds) > 1 else []
    for crowd in crowds:
        theirs = [run for run in runs if run.crowd == crowd]
        tables += [_company(crowd, theirs), _rest(crowd, theirs)]
    return Group(*tables, *([_timing(runs)] if with_timing else []))


def _overview(runs: Sequence[Run], crowds: Sequence[str]) -> Table:
    title = "Share of time in rooms under 3 / rooms over the fewest / forced moves a person-hour"
    table = Table("policy", *crowds, title=title)
    for policy in dict.fromkeys(run.policy for run in runs):
        cells = {run.crowd: _three(run.figures) for run in runs if run.policy == policy}
        table.add_row(policy, *(cells.get(crowd, NOTHING) for crowd in crowds))
    bounds = {run.crowd: run.figures.share_bound for run in runs if run.figures is not None}
    table.add_row("no policy under", *(_share(bounds.get(crowd)) for crowd in crowds))
    return table


def _three(figures: Figures | None) -> str:
    if figures is None:
        return NOTHING
    return f"{_share(figures.share_thin)} / {figures.rooms_over_fewest:.2f} / {figures.moves_per_h:.2f}"


def _company(crowd: str, runs: Sequence[Run]) -> Table:
    table = Table("policy", title=f"{crowd}: company")
    heads = (
        *("under 3", "or waiting", "alone", "in 15 s", "30 s", "60 s", "of 3", "at best", "with a seat"),
        *("size seen", "rooms", "over fewest"),
    )
    for head in heads:
        table.add_column(head, justify="right")
    for run in runs:
        figures = run.figures
        if figures is None:
            table.add_row(run.policy, *[NOTHING] * len(heads))
            continue
        seen = sum(int(size) * share for size, share in figures.share_by_size.items())
        table.add_row(
            run.policy,
            *(_share(share) for share in (figures.share_thin, figures.share_lacking, figures.share_alone)),
            *(f"{share:.1%}" for share in figures.in_company_s.values()),
            *(_percent(company.share) for company in (figures.of_three, figures.at_best, figures.with_a_seat)),
            f"{seen:.1f}",
            f"{figures.rooms:.1f}",
            f"{figures.rooms_over_fewest:.2f}",
        )
    return table


def _rest(crowd: str, runs: Sequence[Run]) -> Table:
    table = Table("policy", title=f"{crowd}: moves, place and words")
    heads = ("moves/h", "conflicts", "by rung", "metres", "parties", "speakers", "answered", "loudest 1 %", "reached/h")
    for head in heads:
        table.add_column(head, justify="right")
    for run in runs:
        figures = run.figures
        if figures is None:
            table.add_row(run.policy, *[NOTHING] * len(heads))
            continue
        words = figures.words
        table.add_row(
            run.policy,
            f"{figures.moves_per_h:.2f}",
            f"{figures.conflicts}",
            " ".join(f"{rung}:{share:.0%}" for rung, share in figures.share_by_rung.items()),
            NOTHING if figures.distance_m is None else f"{figures.distance_m:,.0f}",
            _percent(figures.companions_together),
            " ".join(f"{language}:{share:.0%}" for language, share in figures.understood.items()) or NOTHING,
            _percent(words.answered),
            _percent(words.loud_mean),
            NOTHING if words.reached_per_h is None else f"{words.reached_per_h:.0f}, at most {words.reached_most}",
        )
    return table


def _timing(runs: Sequence[Run]) -> Table:
    table = Table("crowd", "policy", title="Decisions on this machine, in wall time")
    for head in ("decisions", "a second", "p99 ms"):
        table.add_column(head, justify="right")
    for run in runs:
        decisions = sum(decided for _, decided in run.timing.ticks)
        table.add_row(
            run.crowd, run.policy, f"{decisions:,}", f"{run.timing.per_s():,.0f}", f"{run.timing.p99_ms():.2f}"
        )
    return table


def _share(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.4f}"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1%}"
