"""The documents as tests read them: pages, tables, code blocks."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

Row = tuple[str, ...]


def page(name: str) -> str:
    return (ROOT / name).read_text()


def rows(text: str, *heads: str) -> list[Row]:
    """Return the rows of every table in ``text`` that has these column heads, with cells as they are written."""
    found: list[Row] = []
    is_ours = False
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        if not line.startswith("|"):
            is_ours = False
        elif cells == heads:
            is_ours = True
        elif is_ours and not set(line) <= set("|- "):
            found.append(cells)
    return found


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
