"""A study as one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from nearby.sim.simulation.study import Run
from nearby.sim.simulation.tables import as_tables

_WIDTH = 150

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>nearby: crowds against placement policies</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c }}
pre {{ font: 12px/1.25 ui-monospace, monospace; overflow-x: auto }}
figure {{ margin: 2rem 0 }}
figcaption {{ font-weight: 600; font-size: 1.1rem }}
svg {{ width: 100%; height: auto }}
</style>
<h1>Crowds against placement policies</h1>
<p>{told}</p>
{figures}
<h2>Figures</h2>
{tables}
</html>
"""


def as_page(runs: Sequence[Run], plots: Mapping[str, str], told: str) -> str:
    """Return the page: pictures, then the tables, without anything that depends on the machine.

    Args:
        runs: The study.
        plots: SVG images by title.
        told: How it was made, as a sentence.
    """
    console = Console(file=StringIO(), record=True, width=_WIDTH, legacy_windows=False, color_system=None)
    console.print(as_tables(runs, with_timing=False))
    tables = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>", theme=DEFAULT_TERMINAL_THEME)
    figures = "\n".join(
        f"<figure><figcaption>{escape(title)}</figcaption>\n{svg}</figure>" for title, svg in plots.items()
    )
    return _PAGE.format(told=escape(told), figures=figures, tables=tables)
