"""The site of the documents builds without a warning, holds together, and calls nobody."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

from nearby.server.documents import Documents
from scripts.tools.site import build
from scripts.tools.site_pages import DIAGRAMS, PICTURES, ROOT, pages, staged_name
from tests.documents import blocks, page

pytestmark = pytest.mark.timeout(300)
"""Building takes 12 s of CPU."""

SVG = "{http://www.w3.org/2000/svg}"
ADDRESSES = re.compile(r"url\(\s*['\"]?((?:https?:)?//[^)'\"]+)|@import\s+['\"]((?:https?:)?//[^'\"]+)")
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
}
"""Attributes that make a browser fetch something by itself; those of links are judged by their kind."""


@dataclass
class Read(HTMLParser):
    """What a page of the site refers to, loads and can be referred to by."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") not in ("index", "search", "next", "prev", "canonical"):
            self.loads.append(given.get("href", ""))
        if LOADS.get(tag) in given:
            self.loads.append(given[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    assert build(out) == 0
    return out


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Read]:
    found = {}
    for path in site.rglob("*.html"):
        found[path] = Read()
        found[path].feed(path.read_text())
    return found


def dead(read: dict[Path, Read]) -> Iterator[str]:
    """Yield every link within the site whose page or anchor is not there."""
    for path, content in read.items():
        for link in content.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if there not in read or (anchor and anchor not in read[there].ids):
                yield f"{path.name}: {link}"


def test_every_link_and_anchor_within_the_site_leads_somewhere(read: dict[Path, Read]) -> None:
    assert sum(len(content.links) for content in read.values()) > 1_000
    assert list(dead(read)) == []


def test_a_dead_link_and_a_dead_anchor_are_found(tmp_path: Path) -> None:
    here = (tmp_path / "a.html").resolve()
    assert len(list(dead({here: Read(links=["b.html", "#c", "#d"], ids={"d"})}))) == 2


def test_every_document_is_a_page_and_in_the_navigation(site: Path, read: dict[Path, Read]) -> None:
    listed = {(site / link).resolve() for link in read[site / "index.html"].links if "://" not in link}
    listed |= {(site / "docs/decisions" / link).resolve() for link in read[site / "docs/decisions/README.html"].links}
    documents = {(site / staged_name(path)).with_suffix(".html").resolve() for path in pages()}
    assert documents - {site / "index.html"} <= listed


def test_a_page_without_a_place_or_with_a_dead_anchor_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# First\n\n[gone](#nowhere)\n")
    (tmp_path / "lost.md").write_text("# Lost\n")
    (tmp_path / "conf.py").write_text((ROOT / "docs/site/conf.py").read_text().replace("html_static_path", "unused"))
    command = (
        sys.executable,
        "-m",
        "sphinx",
        "-b",
        "dummy",
        "-q",
        "--fail-on-warning",
        str(tmp_path),
        str(tmp_path / "out"),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert "lost.md" in done.stderr


def test_the_site_loads_nothing_from_another_host(site: Path, read: dict[Path, Read]) -> None:
    loads = [load for content in read.values() for load in content.loads]
    assert len(loads) > len(read)
    assert [load for load in loads if urlsplit(load).netloc] == []
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert [match.group() for style in styles for match in ADDRESSES.finditer(style)] == []


def test_a_style_that_asks_another_host_is_found() -> None:
    assert ADDRESSES.search("@import '//fonts.example/a.css'")
    assert ADDRESSES.search("src: url(https://fonts.example/a.woff2)")
    assert not ADDRESSES.search("src: url(../fonts/a.woff2)")


def test_the_references_hold_every_call_message_and_code(read: dict[Path, Read], site: Path) -> None:
    documents = Documents()
    http = (site / "docs/reference/http.html").read_text()
    calls = [path for path in documents.openapi["paths"] if path not in http]
    assert calls == []
    socket = (site / "docs/reference/socket.html").read_text()
    named = [*documents.asyncapi["components"]["messages"], *documents.asyncapi["x-error-codes"]]
    assert [name for name in (*named, *documents.asyncapi["x-close-codes"]) if f">{name}<" not in socket] == []


def drawing(name: str) -> ElementTree.Element:
    return ElementTree.parse(PICTURES / f"{name}.svg").getroot()


def written(picture: ElementTree.Element) -> set[str]:
    return {element.text or "" for element in picture.iter(f"{SVG}text")}


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_says_what_it_shows_to_whoever_does_not_see_it(path: Path) -> None:
    picture = drawing(path.stem)
    told = [picture.find(f"{SVG}{part}") for part in ("title", "desc")]
    ids = [part.get("id") for part in told if part is not None and part.text]
    assert (picture.get("role"), picture.get("aria-labelledby")) == ("img", " ".join(str(name) for name in ids))
    assert len(ids) == 2
    colours = {element.get(kind, "none") for element in picture.iter() for kind in ("fill", "stroke")}
    assert {colour for colour in colours if colour != "none" and not colour.startswith("var(--picture-")} == set()


def test_the_picture_of_a_connection_is_its_diagram() -> None:
    [diagram] = blocks(page("docs/protocol.md"), "mermaid")
    edges = re.findall(r"^    (\S+) --> (\S+?)(?:: (\w+))?$", diagram, re.MULTILINE)
    names = {name for edge in edges for name in edge[:2]} - {"[*]"}
    labels = {label for *_, label in edges} - {""}
    assert written(drawing("connection")) == names | labels


def test_the_picture_of_a_messages_way_is_its_diagram() -> None:
    [diagram] = blocks(page("ARCHITECTURE.md"), "mermaid")
    names = set(re.findall(r"\w\[([^\]]+)\]|\(\(([^)]+)\)\)", diagram))
    labels = set(re.findall(r"-- (.+?) -->", diagram))
    assert written(drawing("message")) == {a or b for a, b in names} | (labels - {"Listener"}) | {"Listener"}


def test_every_diagram_has_a_picture() -> None:
    firsts = {block.partition("\n")[0] for path in pages() for block in blocks(path.read_text(), "mermaid")}
    assert firsts == set(DIAGRAMS)
