"""Real check-ins from the published formats, plain or gzip.

Three are read, told apart by their first line: comma-separated
``user_id,timestamp_utc,lat,lon[,venue_category]`` with a header; the tab-separated TSMC2014 set
(user, venue, category id, category, lat, lon, offset minutes, "Tue Apr 03 18:00:09 +0000 2012"); and the
tab-separated Gowalla and Brightkite files of SNAP (user, ISO time, lat, lon, location id).
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from typing import NamedTuple, TextIO

_GZIP_MAGIC = b"\x1f\x8b"
_TSMC_TIME = "%a %b %d %H:%M:%S %z %Y"
_HEADER = "user_id,timestamp_utc,"
_TSMC_FIELDS = 8


class CheckIn(NamedTuple):
    """Somebody said where they were. ``at_s`` is Unix time in UTC."""

    person: str
    at_s: float
    lat_deg: float
    lon_deg: float


@dataclass(slots=True)
class Reading:
    """The check-ins of a file, and how many lines of it could not be read, by reason."""

    checkins: list[CheckIn]
    passed_over: Counter[str]


def read_checkins(path: Path, random: Random) -> Reading:
    """Return the check-ins of a file in order of time.

    A time that knows only its minute gets a random second of it, so that a minute's crowd does
    not arrive as one. Lines that cannot be read are counted, never shown.

    Raises:
        OSError: The file cannot be opened.
        ValueError: Its first line is of none of the formats, or a gzip file is broken.
    """
    reading = Reading([], Counter())
    try:
        with _open(path) as file:
            first = file.readline()
            parse = _format_of(first)
            lines = file if first.startswith(_HEADER) else chain([first], file)
            reading.checkins.extend(_parsed(lines, parse, reading.passed_over, random))
    except (EOFError, zlib.error):
        raise ValueError("the gzip file is broken or cut short") from None
    reading.checkins.sort(key=lambda checkin: checkin.at_s)
    return reading


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
    opener = gzip.open if packed else open
    # Some published files hold stray Latin-1 bytes in venue names, which are not read.
    return opener(path, "rt", encoding="utf-8", errors="replace")


def _format_of(first_line: str) -> Callable[[str], CheckIn]:
    if first_line.startswith(_HEADER):
        return _parse_csv
    fields = first_line.rstrip("\n").split("\t")
    if len(fields) == _TSMC_FIELDS:
        return _parse_tsmc
    if len(fields) >= 4 and "T" in fields[1]:
        return _parse_snap
    raise ValueError("the first line is neither our CSV header nor TSMC2014 nor SNAP; see scripts/replay --help")


def _parsed(
    lines: Iterator[str] | chain[str] | TextIO,
    parse: Callable[[str], CheckIn],
    passed_over: Counter[str],
    random: Random,
) -> Iterator[CheckIn]:
    for line in lines:
        if not line.strip():
            continue
        try:
            checkin = parse(line.rstrip("\n"))
        except (ValueError, IndexError):
            passed_over["not of the format"] += 1
            continue
        if not (-90 <= checkin.lat_deg <= 90 and -180 <= checkin.lon_deg <= 180):
            passed_over["no such position"] += 1
        elif checkin.at_s % 60 == 0:
            yield checkin._replace(at_s=checkin.at_s + random.random() * 60)
        else:
            yield checkin


def _parse_csv(line: str) -> CheckIn:
    person, time, lat, lon = line.split(",", 4)[:4]
    return CheckIn(person, _iso_s(time), float(lat), float(lon))


def _parse_tsmc(line: str) -> CheckIn:
    fields = line.split("\t")
    return CheckIn(fields[0], datetime.strptime(fields[7], _TSMC_TIME).timestamp(), float(fields[4]), float(fields[5]))


def _parse_snap(line: str) -> CheckIn:
    person, time, lat, lon = line.split("\t", 4)[:4]
    return CheckIn(person, _iso_s(time), float(lat), float(lon))


def _iso_s(text: str) -> float:
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
