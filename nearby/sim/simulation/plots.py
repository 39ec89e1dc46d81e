"""A study as pictures, each an SVG: the same figures give the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearby.sim.simulation.density import DENSITIES, density_name
from nearby.sim.simulation.figures import Figures, Moment
from nearby.sim.simulation.study import Run

COLOURS = ("#0b5fa5", "#d1495b", "#8d6a9f", "#3a9d6e", "#e0a030", "#6b4f3a", "#4fb3bf", "#8a8d91", "#c06c9b")
"""Of policies, in their order; ours comes first and is drawn thicker."""

SIZE_CLASSES = (*((str(size), size, size) for size in range(1, 9)), ("9+", 9, None))
RUNGS = ("7", "6", "5", "none")
RUNG_COLOURS = ("#0b5fa5", "#5b9bd0", "#b5d3ec", "#d9d9d9")
SHADES = "viridis"

_WIDTH_IN = 11
_FLOOR = 1e-5

_STYLE: Any = {
    "svg.hashsalt": "nearby",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
}

Runs = Sequence[tuple[Run, Figures]]
"""The runs that have figures, with them."""


def plots_of(runs: Sequence[Run]) -> dict[str, str]:
    """Return SVG images by their title, in the order they are shown."""
    with_figures = [(run, run.figures) for run in runs if run.figures is not None]
    pictures: dict[str, Callable[[Runs], Figure]] = {
        "Room sizes as people see them": _sizes,
        "Time alone by the number of people around": _alone,
        "Moves nobody asked for": _moves,
        "Time by rung of the ladder": _rungs,
        "Distance of two people in a room": _distances,
        "Time in rooms under 3, over time": lambda theirs: _over_time(theirs, "share_thin", "share of time", floor=0),
        "Rooms, over time": lambda theirs: _over_time(theirs, "rooms", "rooms", floor=0),
        "Moves a person-hour, over time": lambda theirs: _over_time(theirs, "moves_per_h", "moves", floor=0),
        "Distance, over time": lambda theirs: _over_time(theirs, "distance_m", "metres", floor=0),
    }
    with mpl.rc_context(_STYLE):
        return {title: _as_svg(draw(with_figures)) for title, draw in pictures.items()} if with_figures else {}


def _as_svg(figure: Figure) -> str:
    file = StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def _sizes(runs: Runs) -> Figure:
    def draw(axes: Axes, theirs: Runs) -> None:
        shades = [mpl.colormaps[SHADES](number / (len(SIZE_CLASSES) - 1)) for number in range(len(SIZE_CLASSES))]
        rows = [_by_class(figures.share_by_size) for _, figures in theirs]
        _stacked(axes, theirs, rows, [name for name, _, _ in SIZE_CLASSES], shades)

    return _panels(runs, draw, "people in the room", "share of time in rooms")


def _by_class(share_by_size: Mapping[str, float]) -> dict[str, float]:
    return {
        name: sum(share for size, share in share_by_size.items() if least <= int(size) and int(size) <= (most or 10**9))
        for name, least, most in SIZE_CLASSES
    }


def _rungs(runs: Runs) -> Figure:
    def draw(axes: Axes, theirs: Runs) -> None:
        _stacked(axes, theirs, [figures.share_by_rung for _, figures in theirs], RUNGS, RUNG_COLOURS)

    return _panels(runs, draw, "resolution", "share of time in rooms")


def _stacked(
    axes: Axes, theirs: Runs, rows: Sequence[Mapping[str, float]], names: Sequence[str], colours: Sequence[object]
) -> None:
    """Draw a bar a policy, cut into named shares."""
    policies = [run.policy for run, _ in theirs]
    left = [0.0] * len(rows)
    for name, colour in zip(names, colours, strict=True):
        widths = [row.get(name, 0.0) for row in rows]
        axes.barh(policies, widths, left=left, color=colour, label=name, height=0.75)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    axes.set_xlim(0, 1)
    axes.invert_yaxis()


def _alone(runs: Runs) -> Figure:
    """Draw each policy's share of time alone by density, all its crowds together, weighted by their time."""
    figure = Figure(figsize=(_WIDTH_IN, 4), layout="constrained")
    axes = figure.add_subplot()
    names = [density_name(number) for number in range(len(DENSITIES))]
    for policy, colour, width in _lines(runs):
        alone, present = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
        for run, figures in runs:
            if run.policy == policy:
                for name, hours in figures.person_h_by_density.items():
                    present[name] += hours
                    alone[name] += hours * figures.alone_by_density[name]
        known = [number for number, name in enumerate(names) if present[name]]
        shares = [max(alone[names[number]] / present[names[number]], _FLOOR) for number in known]
        axes.plot(known, shares, color=colour, linewidth=width, marker="o", markersize=4, label=policy)
    axes.set_yscale("log")
    axes.set_ylim(_FLOOR, 1)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("people in the res-7 cell")
    axes.set_ylabel(f"share of time alone or waiting, at least {_FLOOR:g}")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _moves(runs: Runs) -> Figure:
    def draw(axes: Axes, theirs: Runs) -> None:
        whys = ("merged", "moved", "lifted")
        left = [0.0] * len(theirs)
        for why, colour in zip(whys, ("#d1495b", "#e0a030", "#b5d3ec"), strict=True):
            widths = [figures.placed_per_h.get(why, 0.0) for _, figures in theirs]
            axes.barh([run.policy for run, _ in theirs], widths, left=left, color=colour, label=why, height=0.75)
            left = [before + width for before, width in zip(left, widths, strict=True)]
        axes.set_xlim(0, max(0.1, *left) * 1.05)
        axes.invert_yaxis()

    return _panels(runs, draw, "why (lifted is no forced move)", "placements a person-hour")


def _distances(runs: Runs) -> Figure:
    def draw(axes: Axes, theirs: Runs) -> None:
        colours = {policy: colour for policy, colour, _ in _lines(runs)}
        known = [(run.policy, figures.distance_m or 0.0) for run, figures in theirs]
        bars = axes.barh(
            [name for name, _ in known], [metres for _, metres in known], color=[colours[name] for name, _ in known]
        )
        axes.bar_label(bars, [f"{metres:,.0f}" if metres else "not followed" for _, metres in known], padding=3)
        axes.set_xlim(0, max(1.0, *(metres for _, metres in known)) * 1.25)
        axes.invert_yaxis()

    return _panels(runs, draw, "", "mean metres between two people in a room")


def _over_time(runs: Runs, name: str, label: str, *, floor: float) -> Figure:
    def draw(axes: Axes, theirs: Runs) -> None:
        lines = {policy: (colour, width) for policy, colour, width in _lines(runs)}
        for run, figures in theirs:
            points = [
                (moment.after_min, value) for moment in figures.over_time if (value := _value(moment, name)) is not None
            ]
            colour, width = lines[run.policy]
            axes.plot(*zip(*points, strict=True), color=colour, linewidth=width, label=run.policy) if points else None
        axes.set_ylim(bottom=floor)
        axes.set_ylabel(label)

    return _panels(runs, draw, "", "minutes measured")


def _value(moment: Moment, name: str) -> float | None:
    value: float | None = getattr(moment, name)
    return value


def _panels(runs: Runs, draw: Callable[[Axes, Runs], None], legend: str, xlabel: str) -> Figure:
    """Return a figure with a panel a crowd and one legend for all."""
    crowds = list(dict.fromkeys(run.crowd for run, _ in runs))
    columns = min(2, len(crowds))
    rows = -(-len(crowds) // columns)
    figure = Figure(figsize=(_WIDTH_IN, 0.6 + 2.9 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, crowd in zip(grid.flat, crowds, strict=False):
        draw(axes, [(run, figures) for run, figures in runs if run.crowd == crowd])
        axes.set_title(crowd)
        axes.set_xlabel(xlabel)
    for axes in list(grid.flat)[len(crowds) :]:
        axes.set_visible(False)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, title=legend or None, loc="outside right upper")
    return figure


def _lines(runs: Runs) -> list[tuple[str, str, float]]:
    """Return each policy with its colour and the width of its line."""
    policies = dict.fromkeys(run.policy for run, _ in runs)
    return [
        (policy, COLOURS[number % len(COLOURS)], 2.4 if policy == "ours" else 1.2)
        for number, policy in enumerate(policies)
    ]
