"""That what the threat model points at is there: every test it names, and every attack."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from nearby.testing.privacy.table import ATTACKS
from tests.documents import ROOT, page, rows, words

PAGE = "THREAT_MODEL.md"
HEADS = ("stopped by", "code", "test")


@cache
def cases_of(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file, those of suites included."""
    found = ast.walk(ast.parse(path.read_text()))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in found if isinstance(node, kinds) and node.name.startswith("test_"))


def missing(name: str) -> str:
    """Return what there is not of a test named as ``path::test`` or ``path::test[attack]``, "" if there is all."""
    path, _, rest = name.partition("::")
    test, _, case = rest.removesuffix("]").partition("[")
    if not (ROOT / path).is_file():
        return path
    if test not in cases_of(ROOT / path):
        return f"{path}::{test}"
    return "" if not case or case in ATTACKS else f"attack {case}"


def named(text: str) -> list[str]:
    """Return every test a text names; ``[P2]`` alone is another case of the test before it."""
    found: list[str] = []
    for word in words(text):
        if "::" in word:
            found.append(word)
        elif re.fullmatch(r"\[\S+\]", word):
            found.append(found[-1].partition("[")[0] + word)
    return found


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_test_the_threat_model_names_is_there() -> None:
    names = named(page(PAGE))
    assert len(names) > 50
    assert [gone for gone in map(missing, names) if gone] == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_board.py::test_it",
        "tests/test_threat_model.py::test_a_test_that_never_was",
        "tests/privacy/test_attacks.py::test_our_server_withstands[P99]",
    ],
)
def test_a_test_that_is_gone_is_found(name: str) -> None:
    assert missing(name)


def test_every_attacker_is_stopped_by_something_that_a_test_shows_and_not_by_everything() -> None:
    parts = sections(page(PAGE))
    assert len(parts) >= 10
    for attacker, text in parts.items():
        table = rows(text, *HEADS)
        assert table, attacker
        assert all(named(row[2]) and words(row[1]) for row in table), attacker
        assert "*Wants*" in text, attacker
        assert "*Not stopped.*" in text, attacker


def test_every_attack_on_our_own_server_is_named() -> None:
    cases = {name.partition("[")[2].removesuffix("]") for name in named(page(PAGE)) if "[" in name}
    assert cases == set(ATTACKS)
