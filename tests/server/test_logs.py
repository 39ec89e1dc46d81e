import io
import logging
import subprocess
import sys

import pytest

from nearby.server.logs import MOST_PLACES, Sparing

Log = tuple[logging.Logger, io.StringIO]


@pytest.fixture
def log() -> Log:
    """Return a logger of its own, and what it wrote."""
    written, logger = io.StringIO(), logging.Logger("flooded")
    handler = logging.StreamHandler(written)
    handler.addFilter(Sparing())
    logger.addHandler(handler)
    return logger, written


def fail(log: Log, at_s: float, *, line: int = 1, error: type[Exception] = ValueError) -> None:
    """Log one failure as if it happened at this time, at this line of the source."""
    try:
        raise error("what a message set off")
    except error:
        record = log[0].makeRecord("flooded", logging.ERROR, "flood.py", line, "it failed", (), sys.exc_info())
    record.created = at_s
    log[0].handle(record)


def told(log: Log) -> list[str]:
    return [line for line in log[1].getvalue().splitlines() if line.startswith("it failed")]


def test_a_failure_at_every_message_leaves_one_traceback_a_second_and_a_count(log: Log) -> None:
    for number in range(2_500):
        fail(log, 1_000 + number / 1_000)
    assert log[1].getvalue().count("Traceback") == 3
    assert told(log) == ["it failed", *2 * ["it failed (999 more like it were not logged)"]]


def test_another_line_or_another_exception_is_told_at_once(log: Log) -> None:
    fail(log, 1_000)
    fail(log, 1_000, line=2)
    fail(log, 1_000, error=KeyError)
    assert told(log) == 3 * ["it failed"]


def test_a_clock_that_is_set_back_silences_nothing(log: Log) -> None:
    fail(log, 1_000)
    fail(log, 400)
    fail(log, 400.5)
    assert told(log) == 2 * ["it failed"]


def test_records_without_a_traceback_all_pass(log: Log) -> None:
    for _ in range(50):
        log[0].error("it failed")
    assert len(told(log)) == 50


def test_no_more_places_are_remembered_than_may_be(log: Log) -> None:
    for line in range(MOST_PLACES + 1):
        fail(log, 1_000, line=line)
    fail(log, 1_000, line=0)
    fail(log, 1_000, line=MOST_PLACES)
    assert len(told(log)) == MOST_PLACES + 2


FLOODED = """
import logging
from nearby.server.logs import log_to_stderr
log_to_stderr("info")
for number in range(2000):
    try:
        raise ValueError(number)
    except ValueError:
        logging.getLogger("nearby.server.sockets").exception("a message could not be handled")
"""


def test_a_servers_log_is_sparing() -> None:
    done = subprocess.run([sys.executable, "-c", FLOODED], capture_output=True, text=True, timeout=50, check=True)
    assert 1 <= done.stderr.count("Traceback") < 200
