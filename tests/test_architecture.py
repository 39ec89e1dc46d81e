"""The rules of the tree, read off the syntax, each shown to bite on a bad sample."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "errors": set[str](),
    "core": {"errors"},
    "hub": {"core", "errors"},
    "store": {"core", "errors"},
    "client": {"core", "errors"},
    "sim": {"core", "hub", "client", "errors"},
    "server": {"hub", "store", "core", "errors", ""},
    "cli": {"server", "client", "core", "errors", ""},
    "testing": {"server", "hub", "store", "client", "core", "errors", "sim"},
    "": set[str](),
}
"""Which part of ``nearby`` may import which; "" is the package itself (its version)."""

CORE_MUST_NOT_IMPORT = {"asyncio", "datetime", "logging", "os", "random", "secrets", "socket", "threading", "time"}

AT_HOME = {
    "h3": ("nearby/core/cell.py", "nearby/core/area.py", "nearby/testing/privacy/ground.py"),
    "shapely": ("nearby/core/area.py",),
    "redis": ("nearby/hub/valkey/", "nearby/testing/redis.py", "nearby/testing/shared_state.py"),
    "sqlalchemy": ("nearby/store/", "nearby/testing/store_suite/"),
    "asyncpg": ("nearby/store/",),
    "aiosqlite": ("nearby/store/",),
    "geoalchemy2": ("nearby/store/",),
    "aiohttp": ("nearby/server/", "nearby/testing/privacy/stage.py"),
    "jwt": ("nearby/server/",),
    "prometheus_client": ("nearby/server/",),
    "pydantic_settings": ("nearby/server/config.py",),
    "websockets": ("nearby/client/", "nearby/testing/"),
    "matplotlib": ("nearby/sim/simulation/plots.py",),
    "scipy": ("nearby/sim/simulation/clusters.py",),
}
"""Third parties and the only addresses that may name them."""

ADAPTERS = ("nearby.hub.memory", "nearby.hub.valkey", "nearby.store.sql")
NAMES_ADAPTERS = (
    *(
        "nearby/server/app.py",
        "nearby/server/assembly.py",
        "nearby/server/sharing.py",
        "nearby/hub/memory/",
        "nearby/hub/valkey/",
        "nearby/store/sql/",
        "nearby/testing/",
    ),
    "nearby/sim/simulation/",
)

DRAWS = {"secrets", "SystemRandom", "urandom"}
MAY_DRAW = (
    *("nearby/server/app.py", "nearby/server/assembly.py", "nearby/server/config.py", "nearby/server/database.py"),
    *("nearby/hub/valkey/", "nearby/store/sql/drawn.py", "nearby/client/", "nearby/sim/", "nearby/testing/"),
)

READS_A_CLOCK = {"time", "time_ns", "monotonic", "monotonic_ns"}
MAY_READ_A_CLOCK = ("nearby/server/app.py", "nearby/cli.py", "nearby/client/", "nearby/sim/", "nearby/testing/")

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
TIMELIKE = re.compile(r"(timeout|ttl|radius|interval|delay|period|duration)$")
UNBOUNDED = re.compile(r"\b(Queue|deque)\(\)")
HOSTS = re.compile("|".join(("files.python" + "hosted", "py" + "pi.org", "registry." + "npmjs", "deb." + "debian.org")))
UNSHARED = "../" + "shared"

Rule = Callable[[str, ast.Module], Iterator[str]]


def part_of(path: str) -> str:
    inside = path.removeprefix("nearby/")
    head = inside.split("/")[0].removesuffix(".py")
    return "" if head == "__init__" else head


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "nearby")


def imports_point_the_right_way(path: str, tree: ast.Module) -> Iterator[str]:
    here = part_of(path)
    for name in imported(tree):
        if not name.startswith("nearby"):
            continue
        there = name.split(".")[1] if "." in name and not name.endswith("__version__") else ""
        if there not in MAY_IMPORT[here] | {here}:
            yield f"{path} imports {name}"


def core_is_pure(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("nearby/core/"):
        yield from (f"{path} imports {name}" for name in imported(tree) if name.split(".")[0] in CORE_MUST_NOT_IMPORT)


def third_parties_stay_at_home(path: str, tree: ast.Module) -> Iterator[str]:
    for name in imported(tree):
        homes = AT_HOME.get(name.split(".")[0])
        if homes is not None and not path.startswith(homes):
            yield f"{path} imports {name}"


def adapters_are_named_once(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith(NAMES_ADAPTERS):
        yield from (f"{path} names {name}" for name in imported(tree) if name.startswith(ADAPTERS))


def randomness_enters_at_named_places(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith(MAY_DRAW):
        return
    for node in ast.walk(tree):
        match node:
            case ast.alias(name=name) | ast.ImportFrom(module=name) if name in DRAWS:
                yield f"{path} draws by {name}"
            case ast.Attribute(value=ast.Name(id="os" | "random"), attr=name) if name in DRAWS:
                yield f"{path} draws by {name}"


def clocks_are_read_at_the_edge(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith(MAY_READ_A_CLOCK):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name in READS_A_CLOCK:
                yield f"{path}:{node.lineno} reads a clock"
            case ast.ImportFrom(module="time", names=names) if any(alias.name in READS_A_CLOCK for alias in names):
                yield f"{path}:{node.lineno} imports a clock"


def nothing_is_too_long(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0
            if lines > MAX_FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name} has {lines} lines"


def times_and_lengths_carry_a_unit(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and TIMELIKE.search(node.arg):
            yield f"{path}:{node.lineno} {node.arg}"
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and TIMELIKE.search(node.target.id):
            yield f"{path}:{node.lineno} {node.target.id}"


SAMPLES: list[tuple[Rule, str, str]] = [
    (imports_point_the_right_way, "nearby/core/room.py", "from nearby.hub.base import Hub"),
    (imports_point_the_right_way, "nearby/server/app.py", "from nearby.testing import serving"),
    (core_is_pure, "nearby/core/room.py", "import asyncio"),
    (third_parties_stay_at_home, "nearby/hub/base.py", "import h3.api.basic_int as h3"),
    (adapters_are_named_once, "nearby/server/http.py", "from nearby.hub.memory import MemoryHub"),
    (randomness_enters_at_named_places, "nearby/store/sql/audit.py", "from secrets import token_urlsafe"),
    (randomness_enters_at_named_places, "nearby/server/http.py", "import os\nsalt = os.urandom(8)"),
    (clocks_are_read_at_the_edge, "nearby/server/http.py", "import time\nnow = time.time()"),
    (clocks_are_read_at_the_edge, "nearby/server/http.py", "from time import monotonic"),
    (nothing_is_too_long, "nearby/core/room.py", "def f():\n" + "    x = 1\n" * 61),
    (times_and_lengths_carry_a_unit, "nearby/core/room.py", "def f(timeout: float) -> None: ..."),
]
RULES = list(dict.fromkeys(rule for rule, _, _ in SAMPLES))


def sources() -> list[Path]:
    return sorted((ROOT / "nearby").rglob("*.py"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    broken = [
        line
        for path in sources()
        for line in rule(str(path.relative_to(ROOT)), ast.parse(path.read_text(), filename=str(path)))
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "code"), SAMPLES, ids=lambda value: getattr(value, "__name__", None))
def test_the_rule_bites(rule: Rule, path: str, code: str) -> None:
    assert list(rule(path, ast.parse(code)))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_no_module_is_longer_than_one_can_keep_in_mind() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in tracked()
        if path.suffix in {".py", ""} and path.name not in {"LICENSE"}
        if (lines := len(text_of(path).splitlines())) > MAX_MODULE_LINES
    ]
    assert not long, long


def test_no_queue_is_unbounded() -> None:
    assert UNBOUNDED.search("events = asyncio.Queue()")
    found = [str(path) for path in sources() if UNBOUNDED.search(path.read_text())]
    assert not found, found


def test_no_test_sleeps() -> None:
    sleeping = re.compile(r"\bsleep\((?!0\))")
    assert sleeping.search("await asyncio.sleep(1)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in {"test_architecture.py", "test_guards.py"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if sleeping.search(line)
    ]
    assert not found, found


def test_test_names_are_sentences() -> None:
    numbered = re.compile(r"def test_\w+_\d\d\(")
    assert numbered.search("def test_pool_" + "01(")
    found = [str(path) for path in (ROOT / "tests").rglob("*.py") if numbered.search(path.read_text())]
    assert not found, found


def test_no_file_names_a_registry_host_or_a_place_outside_the_project() -> None:
    assert HOSTS.search("https://" + "py" + "pi.org/simple")
    found = [str(path) for path in tracked() if HOSTS.search(text_of(path)) or UNSHARED in text_of(path)]
    assert not found, found


def test_every_locked_package_has_a_version_and_hashes() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        entries = re.split(r"\n(?=\S)", lock.read_text().strip())
        assert entries
        for entry in entries:
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
            assert "--hash=sha256:" in entry, entry
