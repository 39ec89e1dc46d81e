"""What the documents show can be done: commands, flags, links and programs."""

import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from nearby.cli import app as nearby_command
from nearby.testing.serving import LiveServer, live_server
from scripts.benches.cli import app as bench
from scripts.tools.brigade import app as brigade
from scripts.tools.faults import app as faults
from scripts.tools.load import app as load
from scripts.tools.pages import app as pages
from scripts.tools.replay import app as replay
from scripts.tools.run import app as run
from scripts.tools.simulate import app as simulate
from scripts.tools.site import app as docs
from tests.documents import PAGES, ROOT, blocks, name_of, page, rows, words

COMMANDS = {
    **{"nearby": nearby_command, "load": load, "replay": replay, "run": run},
    **{"bench": bench, "simulate": simulate, "docs": docs, "pages": pages, "faults": faults},
}
SPECIAL_FLAGS = {
    **{"test": {"--full", "--help"}, "lock": set[str](), "curl": set[str](), "cp": set[str](), "sqlite3": set[str]()},
    **{"docker": {"--build"}, "npm": {"--prefix"}, "helm": {"--namespace", "--set"}, "start.sh": set[str]()},
    "valkey-cli": {"--user", "--cluster", "--cluster-replicas"},
    **{"pg_dump": {"--format", "--file"}, "createdb": {"--maintenance-db"}},
    "pg_restore": {"--exit-on-error", "--no-owner", "--dbname"},
}
"""Commands of the documents that are not ours, or not typer's, and the long flags they may be shown with."""


def flags_of(command: Any) -> set[str]:
    """Return the flags of a command and of its subcommands, as typer makes them of our functions."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union({"--help"}, *map(flags_of, getattr(command, "commands", {}).values()))


def flags() -> dict[str, set[str]]:
    """Return the long flags of every command the documents may show."""
    typed = {name: flags_of(typer.main.get_command(app)) for name, app in COMMANDS.items()}
    typed["simulate"] |= flags_of(typer.main.get_command(brigade))
    return typed | {"run": typed["run"] | typed["nearby"]} | SPECIAL_FLAGS


def unknown_flags(text: str) -> set[str]:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    return named.difference(*flags().values())


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_document_names_a_flag_that_does_not_exist(path: Path) -> None:
    assert not unknown_flags(path.read_text())


def test_a_dead_flag_is_found() -> None:
    assert unknown_flags("use `--board-url`, or --port") == {"--board-url"}


def shown_commands() -> Iterator[str]:
    """Yield every command line the documents show: those of shell blocks, and the README's examples."""
    for path in PAGES:
        for block in blocks(path.read_text(), "sh"):
            yield from block.splitlines()
    yield from (words(row[2])[0] for row in rows(page("README.md"), "script", "does", "for example"))


def wrong_in(line: str) -> str:
    """Return what is wrong with a command line, "" if it names a program of ours and flags that this one has."""
    line = re.sub(r"^TOKEN=\$\((.*)\)$", r"\1", line)
    program, *arguments = shlex.split(line)
    name = Path(program).name
    if name not in flags():
        return f"{name} is no command of ours"
    if program.startswith("scripts/") and not (ROOT / program).exists():
        return f"there is no {program}"
    unknown = {word for word in arguments if word.startswith("--")} - flags()[name]
    return f"{name} has no {sorted(unknown)}" if unknown else ""


def test_every_command_shown_is_one_that_can_be_run() -> None:
    lines = list(shown_commands())
    assert len(lines) > 10
    assert [line for line in lines if wrong_in(line)] == []


@pytest.mark.parametrize("line", ["scripts/board", "scripts/load --drain-s 1", ".venv/bin/nearby serve --board-url x"])
def test_a_command_that_cannot_be_run_is_found(line: str) -> None:
    assert wrong_in(line)


def test_every_script_is_in_the_readme() -> None:
    shown = {words(row[0])[0] for row in rows(page("README.md"), "script", "does", "for example")}
    executable = {
        f"scripts/{path.name}"
        for path in (ROOT / "scripts").iterdir()
        if path.is_file() and path.stat().st_mode & 0o111
    }
    assert shown == executable


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


def dead_links(text: str, beside: Path) -> list[str]:
    def is_dead(name: str, anchor: str) -> bool:
        path = beside / name
        if not path.exists():
            return True
        return bool(anchor) and anchor not in anchors(path.read_text() if name else text)

    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link for link in targets if "://" not in link and is_dead(link.partition("#")[0], link.partition("#")[2])]


def dead_paths(text: str, beside: Path) -> list[str]:
    """Return what stands in back-ticks, looks like a file of ours and is none; paths may start inside ``nearby/``."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    named = [word for word in words(outside) if re.fullmatch(r"[\w./-]+/[\w./-]*|[\w./-]+\.(py|md|toml)", word)]
    places = (ROOT, ROOT / "nearby", beside, ROOT / "nearby" / "hub" / "memory")
    return [word for word in named if not word.startswith("/") and not any((place / word).exists() for place in places)]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere_and_named_files_exist(path: Path) -> None:
    text = path.read_text()
    assert dead_links(text, path.parent) == []
    assert dead_paths(text, path.parent) == []


def test_dead_links_and_paths_are_found() -> None:
    text = "# A head\n[gone](gone.md) [here](#a-head) [nowhere](#b) `core/board.py` `core/room.py` `board/`"
    assert dead_links(text, ROOT) == ["gone.md", "#b"]
    assert dead_paths(text, ROOT) == ["core/board.py", "board/"]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, guests="on") as running:
        yield running


async def test_the_readmes_program_runs(server: LiveServer, tmp_path: Path) -> None:
    [program] = blocks(page("README.md"), "python")
    file = tmp_path / "hello.py"
    file.write_text(program.replace("http://127.0.0.1:8080", server.url))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(file)), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert re.fullmatch(r"\w+ \w+ came in\nthe room heard: hello, anybody at the kiosk\?\n", out.decode())


async def test_the_sdk_pages_programs_run(tmp_path: Path) -> None:
    space: dict[str, Any] = {}
    for program in blocks(page("docs/sdk.md"), "python"):
        exec(compile(program, "docs/sdk.md", "exec"), space)
    tests: list[Callable[[Path], Any]] = [what for name, what in space.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        await test(tmp_path)
