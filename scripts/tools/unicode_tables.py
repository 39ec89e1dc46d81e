"""Compile Unicode's security data into the modules of ``nearby/core/unicode``.

Run it when Unicode has a new version, with two unpacked crates that carry the data of that version:
``unicode-security`` (``confusables.txt``, ``IdentifierStatus.txt`` and Default_Ignorable_Code_Point) and
``unicode-script`` (``Scripts.txt`` and ``ScriptExtensions.txt``)::

    cargo info unicode-security; cargo info unicode-script      # downloads and unpacks both
    python -m scripts.tools.unicode_tables DIR/unicode-security-0.1.3 DIR/unicode-script-0.5.9

What it writes is the whole of the data, sorted, so that a new version shows in a diff as what Unicode changed.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import wrap

HERE = Path(__file__).parents[2] / "nearby" / "core" / "unicode"
COLUMNS = 118
PARTS = (("alphabets", 0, 0x2000), ("symbols", 0x2000, 0x1_0000), ("astral", 0x1_0000, 0x11_0000))
"""Of the confusables: so that each is a module one can look through."""

_CHARACTER = re.compile(r"'\\u\{([0-9a-f]+)\}'")

Ranges = list[tuple[int, int]]


def main(security: Path, script: Path) -> None:
    """Write the modules from the two crates' directories."""
    tables, scripts = ((crate / "src" / "tables.rs").read_text() for crate in (security, script))
    version = _version(tables)
    if _version(scripts) != version:
        raise SystemExit(f"one crate holds Unicode {version}, the other {_version(scripts)}")
    confusables = dict(_confusables(tables))
    for name, first, end in PARTS:
        part = {source: to for source, to in confusables.items() if first <= source < end}
        _write(
            f"confusables_{name}",
            f"Characters from {first:X} to {end - 1:X} and the prototypes they are confused with: confusables.txt.",
            version,
            {"CONFUSABLES": (_by_prototype(part), "``prototype<characters``, in hexadecimal, by prototype.")},
        )
    allowed = list(_ranges(tables, "IDENTIFIER_STATUS"))
    _write(
        "identifiers",
        "Characters that names are made of, by script, and characters that are not seen.",
        version,
        {
            "ALLOWED": (
                _by_scripts(allowed, _script_of(scripts)),
                "``scripts<characters``, in hexadecimal: Script_Extensions of what has Identifier_Status Allowed.",
            ),
            "IGNORABLE": (map(_span, _joined(_ranges(tables, "DEFAULT_IGNORABLE"))), "Default_Ignorable_Code_Point."),
        },
    )


def _version(tables: str) -> str:
    found = re.search(r"UNICODE_VERSION: \(u64, u64, u64\) = \((\d+), (\d+), (\d+)\)", tables)
    if found is None:
        raise SystemExit("this is no crate with Unicode's tables")
    return ".".join(found.groups())


def _table(tables: str, name: str) -> str:
    found = re.search(rf"const {name}:.*?\n    \];", tables, re.DOTALL)
    if found is None:
        raise SystemExit(f"there is no table {name}")
    return found.group()


def _confusables(tables: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    table = _table(tables, "CONFUSABLES")
    rows = re.findall(r"\('\\u\{([0-9a-f]+)\}',\s*&\[([^]]*)\]\)", table)
    if len(rows) != table.count("&[") - 1:
        raise SystemExit("some of the confusables could not be read")
    for source, prototype in rows:
        yield int(source, 16), tuple(int(code, 16) for code in _CHARACTER.findall(prototype))


def _ranges(tables: str, name: str) -> Iterator[tuple[int, int]]:
    codes = [int(code, 16) for code in _CHARACTER.findall(_table(tables, name))]
    return zip(codes[::2], codes[1::2], strict=True)


def _script_of(tables: str) -> dict[int, str]:
    """Return the Script_Extensions of every character, as short names, sorted: ``Grek+Latn``."""
    short = _short_names(tables)
    scripts: dict[int, str] = {}
    row = r"\('\\u\{([0-9a-f]+)\}',\s*'\\u\{([0-9a-f]+)\}',\s*%s::(\w+)\)"
    for first, last, full in re.findall(row % "Script", _table(tables, "SCRIPTS")):
        scripts.update(dict.fromkeys(range(int(first, 16), int(last, 16) + 1), short[full.lower()]))
    for first, last, names in re.findall(row % "script_extensions", _table(tables, "SCRIPT_EXTENSIONS")):
        together = "+".join(sorted(name.title() for name in names.split("_")))
        scripts.update(dict.fromkeys(range(int(first, 16), int(last, 16) + 1), together))
    return scripts


def _short_names(tables: str) -> dict[str, str]:
    """Return the short name of every script by its full one. Where a full name has four letters the two are one."""
    aliases = re.findall(r"pub const ([A-Z]{4}): ScriptExtension = ([A-Z_]+);", tables)
    alone = re.findall(r"pub const ([A-Z]{4}): ScriptExtension = ScriptExtension::new\(", tables)
    both = [*aliases, *zip(alone, alone, strict=True), ("Zyyy", "COMMON"), ("Zinh", "INHERITED")]
    return {full.lower(): name.title() for name, full in both}


def _by_prototype(confusables: dict[int, tuple[int, ...]]) -> Iterator[str]:
    sources: dict[tuple[int, ...], list[int]] = {}
    for source, prototype in sorted(confusables.items()):
        sources.setdefault(prototype, []).append(source)
    for prototype, found in sorted(sources.items()):
        yield f"{'+'.join(map(_hex, prototype))}<{','.join(map(_span, _joined((code, code) for code in found)))}"


def _by_scripts(allowed: Ranges, script_of: dict[int, str]) -> Iterator[str]:
    found: dict[str, Ranges] = {}
    for first, last in allowed:
        for code in range(first, last + 1):
            found.setdefault(script_of[code], []).append((code, code))
    for scripts, ranges in sorted(found.items()):
        yield f"{scripts}<{','.join(map(_span, _joined(ranges)))}"


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    joined: Ranges = []
    for first, last in sorted(ranges):
        if joined and joined[-1][1] == first - 1:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    return joined


def _span(span: tuple[int, int]) -> str:
    first, last = span
    return _hex(first) if first == last else f"{_hex(first)}-{_hex(last)}"


def _hex(code: int) -> str:
    return f"{code:X}"


def _write(name: str, title: str, version: str, values: dict[str, tuple[Iterable[str], str]]) -> None:
    # Broken after a comma as well: lists of characters are longer than a line.
    made = f"Made by ``scripts/tools/unicode_tables.py`` from the data of Unicode {version}; see LICENSE."
    lines = [f'"""{title}\n\n{made}\n"""\n\nUNICODE_VERSION = "{version}"']
    for constant, (entries, what) in values.items():
        text = " ".join(entries).replace(",", ", ")
        broken = wrap(text, COLUMNS, break_long_words=False, break_on_hyphens=False)
        lines.append(f'\n{constant} = """\n' + "\n".join(line.replace(", ", ",") for line in broken) + '\n"""')
        lines.append(f'"""{what}"""')
    (HERE / f"{name}.py").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
