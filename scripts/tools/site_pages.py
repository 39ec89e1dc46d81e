"""What the site is made of: the documents as they stand, with pictures drawn in and the wire's own documents as pages.

Pages keep their places (``docs/`` in ``docs/``), so links between them hold; the README becomes the first page.
"""

import re
import shutil
from pathlib import Path

from nearby.server.documents import Documents
from scripts.tools.site_reference import http_page, socket_page

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"

NAVIGATION: dict[str, tuple[str, ...]] = {
    "Begin": ("docs/start", "docs/concepts", "docs/faq", "docs/comparison"),
    "Build an app": (
        *("docs/app", "docs/sdk", "web/src/wire/README", "examples/README"),
        *("docs/protocol", "docs/reference/http", "docs/reference/socket"),
    ),
    "Run it": (
        *("docs/operations", "docs/deployment", "docs/scaling", "docs/runbook", "docs/privacy", "THREAT_MODEL"),
        *("docs/load", "docs/benchmarks", "docs/simulation"),
    ),
    "Change it": ("ARCHITECTURE", "docs/testing", "docs/decisions/README", "CHANGELOG"),
}
"""Every page but the first and the decisions, which their own page lists; the build fails if one is missing."""

DIAGRAMS = {"flowchart LR": "message", "stateDiagram-v2": "connection"}
"""Pictures that stand for diagrams in Mermaid, which needs a script, by the diagram's first line."""


def stage(out: Path) -> None:
    """Write everything Sphinx needs into ``out``."""
    for path in pages():
        there = out / staged_name(path)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(staged(path))
    with (out / "index.md").open("a") as first:
        first.write(_trees())
    documents = Documents()
    (out / "docs/reference").mkdir()
    (out / "docs/reference/http.md").write_text(http_page(documents.openapi))
    (out / "docs/reference/socket.md").write_text(socket_page(documents.asyncapi))
    shutil.copy(ROOT / "docs/site/conf.py", out / "conf.py")
    (out / "docs/pictures").mkdir()
    for picture in PICTURES.glob("*.png"):
        shutil.copy(picture, out / "docs/pictures")
    (out / "_static").mkdir()
    shutil.copy(ROOT / "docs/site/site.css", out / "_static/site.css")


def pages() -> list[Path]:
    """Return every document there is."""
    beside = (ROOT / "examples/README.md", ROOT / "web/src/wire/README.md")
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *beside])


def staged_name(path: Path) -> str:
    """Return where a document stands in the site's source."""
    name = path.relative_to(ROOT).as_posix()
    return "index.md" if name == "README.md" else name


def staged(path: Path) -> str:
    """Return a document as the site shows it."""
    if re.match(r"\d{4}-", path.name):  # Sixty more lines in the navigation of every page would help nobody.
        return f"---\norphan: true\n---\n\n{path.read_text()}"
    text = re.sub(r"^```mermaid\n(.*?)^```$", _drawn, path.read_text(), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^!\[[^\]]*\]\((?:[\w./]*/)?pictures/(\w+)\.svg\)$", _inlined, text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", lambda link: _link(link, path), text)


def _drawn(block: re.Match[str]) -> str:
    return picture(DIAGRAMS[block[1].partition("\n")[0]])


def _inlined(image: re.Match[str]) -> str:
    return picture(image[1])


def picture(name: str) -> str:
    """Return a picture as part of a page, where it takes the page's colours instead of its own."""
    drawing = re.sub(r"<style>.*?</style>\s*", "", (PICTURES / f"{name}.svg").read_text(), flags=re.DOTALL)
    return f"```{{raw}} html\n{drawing.strip()}\n```"


def _link(link: re.Match[str], path: Path) -> str:
    """Return a link as it holds in the site: files that are no pages are named only."""
    text, target = link[1], link[2]
    name, _, anchor = target.partition("#")
    if "://" in target or not name:
        return link[0]
    there = (path.parent / name).resolve()
    if there == ROOT / "examples":
        return f"[{text}]({name}/README.md)"
    if there == ROOT / "README.md":
        return f"[{text}]({'../' * (len(path.relative_to(ROOT).parts) - 1)}index.md{'#' + anchor if anchor else ''})"
    return link[0] if there.suffix in (".md", ".png") else text


def _trees() -> str:
    return "".join(_tree(caption, names) for caption, names in NAVIGATION.items())


def _tree(caption: str, names: tuple[str, ...]) -> str:
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n"
