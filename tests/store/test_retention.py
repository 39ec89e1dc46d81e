import ast
import re
from dataclasses import is_dataclass
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Column, Integer, MetaData, Table

from nearby.core import presence, room
from nearby.hub.memory import networks, person
from nearby.hub.valkey.keys import KINDS
from nearby.store.retention import RETENTION
from nearby.store.tables import metadata

ROOT = Path(__file__).parent.parent.parent
LOG_FILE = re.compile(r"\b(FileHandler|RotatingFileHandler|TimedRotatingFileHandler|filename=)")


def kept(where: str) -> list[str]:
    return [line.what for line in RETENTION if line.where == where]


def without_a_line(tables: MetaData) -> set[str]:
    return set(tables.tables) - set(kept("table"))


def is_record(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, Struct)


def hub_records() -> set[str]:
    """Return what the live state keeps: records of people, presence and rooms, counts of networks, and lists."""
    found = {"Networks", "Rosters", "Lists", "Stops"}
    for module in (person, presence, room, networks):
        defined = vars(module).values()
        found |= {
            one.__name__
            for one in defined
            if isinstance(one, type) and is_record(one) and one.__module__ == module.__name__
        }
    return found - {"Repeat", "_Remembered", "Rare"}  # Parts of a room or of a person, and gone with it.


def test_every_table_and_no_other_has_one_line() -> None:
    assert sorted(kept("table")) == sorted(metadata.tables)


def test_a_table_without_a_line_is_noticed() -> None:
    more = MetaData()
    Table("diaries", more, Column("page", Integer))
    assert without_a_line(more) == {"diaries"}
    assert without_a_line(metadata) == set()


def test_every_record_of_the_hub_has_a_line() -> None:
    assert hub_records() == set(kept("hub"))


def test_every_kind_of_key_of_a_shared_hub_has_a_line_and_is_in_the_document() -> None:
    assert set(kept("key")) == set(KINDS)
    assert len(kept("key")) == len(KINDS)
    document = (ROOT / "docs" / "privacy.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in document] == []


def test_nothing_logs_to_a_file_of_which_there_is_no_line() -> None:
    assert LOG_FILE.search("logging.basicConfig(filename='x')")
    calls = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "nearby").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and "basicConfig" in ast.unparse(node.func) and "filename" in ast.unparse(node)
    ]
    files = [str(path) for path in (ROOT / "nearby").rglob("*.py") if LOG_FILE.search(path.read_text())]
    assert (calls, files) == ([], [])
    assert kept("log") == ["standard error"]
