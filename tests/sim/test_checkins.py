"""Files as they are published, and as they arrive: zipped, cut short, with lines nobody can read."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.checkins import CheckIn, Reading, read_checkins

CSV = "user_id,timestamp_utc,lat,lon,venue_category"
AT_S = datetime(2012, 4, 3, 18, 0, 9, tzinfo=UTC).timestamp()
TSMC = "470\tvenue\tcategory\tArts & Crafts\t40.5\t-74.25\t-240\tTue Apr 03 18:00:09 +0000 2012"
SNAP = "0\t2012-04-03T18:00:09Z\t40.5\t-74.25\t22847"


def read(path: Path, text: str, *, zipped: bool = False, newline: str = "\n") -> Reading:
    data = text.replace("\n", newline).encode("latin-1")
    path.write_bytes(gzip.compress(data) if zipped else data)
    return read_checkins(path, Random(1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkins"


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "person"),
    [
        (f"{CSV}\nana,2012-04-03T18:00:09Z,40.5,-74.25,Bar\n", "ana"),
        ("user_id,timestamp_utc,lat,lon\nana,2012-04-03T18:00:09Z,40.5,-74.25\n", "ana"),
        (f"{TSMC}\n", "470"),
        (f"{SNAP}\n", "0"),
    ],
    ids=["csv", "csv without category", "tsmc", "snap"],
)
def test_each_format_is_told_by_its_first_line(text: str, person: str, newline: str, zipped: bool, path: Path) -> None:
    reading = read(path, text, zipped=zipped, newline=newline)
    assert reading.checkins == [CheckIn(person, AT_S, 40.5, -74.25)]
    assert not reading.passed_over


@pytest.mark.parametrize(
    "time",
    ["2012-04-03T18:00:09Z", "2012-04-03T18:00:09", "2012-04-03 18:00:09", "2012-04-03T14:00:09-04:00"],
)
def test_a_time_counts_in_utc_whatever_its_offset(time: str, path: Path) -> None:
    assert [checkin.at_s for checkin in read(path, f"{CSV}\nana,{time},40.5,-74.25,\n").checkins] == [AT_S]


def test_a_time_that_knows_only_its_minute_gets_a_second_of_it(path: Path) -> None:
    lines = [f"p{number},2012-04-03T18:00,40.5,-74.25,Bar" for number in range(200)]
    times = [checkin.at_s for checkin in read(path, "\n".join([CSV, *lines])).checkins]
    assert all(0 <= at_s - (AT_S - 9) < 60 for at_s in times)
    assert len({int(at_s) for at_s in times}) > 30


def test_the_same_seed_gives_the_same_seconds(path: Path) -> None:
    text = f"{CSV}\nana,2012-04-03T18:00,40.5,-74.25,Bar\n"
    assert read(path, text).checkins == read(path, text).checkins


def test_check_ins_come_in_order_of_time(path: Path) -> None:
    text = f"{CSV}\nben,2012-04-03T18:00:20Z,40.5,-74.25,\nana,2012-04-03T18:00:09Z,40.5,-74.25,\n"
    assert [checkin.person for checkin in read(path, text).checkins] == ["ana", "ben"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ana,some day,40.5,-74.25,Bar", "not of the format"),
        ("ana,2012-04-03T18:00:09Z,north,-74.25,Bar", "not of the format"),
        ("ana", "not of the format"),
        ("ana,2012-04-03T18:00:09Z,90.1,-74.25,Bar", "no such position"),
        ("ana,2012-04-03T18:00:09Z,40.5,180.1,Bar", "no such position"),
        ("ana,2012-04-03T18:00:09Z,nan,-74.25,Bar", "no such position"),
        ("ana,2012-04-03T18:00:09Z,inf,-74.25,Bar", "no such position"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_passed_over(line: str, reason: str, path: Path) -> None:
    reading = read(path, f"{CSV}\n{line}\n\nben,2012-04-03T18:00:09Z,40.5,-74.25,Bar\n")
    assert [checkin.person for checkin in reading.checkins] == ["ben"]
    assert reading.passed_over == {reason: 1}


def test_bytes_that_are_not_utf_8_do_not_matter_outside_what_is_read(path: Path) -> None:
    assert len(read(path, TSMC.replace("Arts & Crafts", "Caf\xe9")).checkins) == 1


@pytest.mark.parametrize("text", ["", "\n", "latitude;longitude\n1;2\n", "a\tb\tc\td\n", "one line of prose\n"])
def test_a_file_of_another_format_is_refused(text: str, path: Path) -> None:
    with pytest.raises(ValueError, match="the first line is neither"):
        read(path, text)


@pytest.mark.parametrize("cut", [5, -4])
def test_a_gzip_file_that_is_cut_short_is_refused(cut: int, path: Path) -> None:
    path.write_bytes(gzip.compress(f"{CSV}\nana,2012-04-03T18:00:09Z,40.5,-74.25,Bar\n".encode())[:cut])
    with pytest.raises(ValueError, match="broken or cut short"):
        read_checkins(path, Random(1))


def test_a_missing_file_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_checkins(path, Random(1))


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_line_whatsoever_ends_the_reading(line: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as directory:
        path = Path(directory) / "checkins"
        path.write_text(f"{CSV}\n{line}\nben,2012-04-03T18:00:09Z,40.5,-74.25,Bar\n", newline="")
        assert read_checkins(path, Random(1)).checkins[-1].person == "ben"
