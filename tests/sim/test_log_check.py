"""What phones were acknowledged, held against a server's check-in log."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from nearby.core import wire
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import ConfigError
from nearby.sim.child import init_database, own_server
from nearby.sim.in_force import Heard, Row
from nearby.sim.log_check import SETTLED_MS, SLACK_MS, LogFigures, Watch, check_log
from nearby.sim.players import Players
from nearby.testing.clock import ManualClock
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.given import present, seen
from scripts.tools.checkin_log import LogCheck, prepared, secret_of_draws
from scripts.tools.common import minter
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

KEY = "a shared secret of at least thirty-two bytes"
SPEED = 600.0
PEOPLE = 40
WINDOWS = Windows(1_000, b"the secret of a test's windows")
HERE, THERE = (47.37, 8.54), (47.40, 8.60)
CELL = ladder_of(*HERE).res7
ANA = PersonId("ana")


def acknowledged(*, start_ms: int = 0, is_quiet: bool = False) -> wire.Ack:
    area = None if is_quiet else wire.Area(cell="87", resolution=7)
    return wire.Ack(id=1, area=area, window=wire.Window(start_ms=start_ms, end_ms=start_ms + 10_000))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(5_000)


@pytest.fixture
def watch(clock: ManualClock) -> Watch:
    return Watch(clock.now_ms)


def test_a_check_in_was_taken_between_its_sending_and_its_answer(watch: Watch, clock: ManualClock) -> None:
    with watch.telling("ana", HERE) as answer:
        clock.advance(30)
        answer.acknowledged(acknowledged())
    assert watch.told() == [Heard(ANA, CELL, 5_000 - SLACK_MS, 5_030 + SLACK_MS)]


def test_the_window_of_the_answer_narrows_it(watch: Watch, clock: ManualClock) -> None:
    for start_ms, expected in ((5_020, (5_020, 5_045)), (-4_980, (5_035, 5_019))):
        watch.heard.clear()
        with watch.telling("ana", HERE) as answer:
            clock.advance(40 if start_ms > 0 else 0)
            answer.acknowledged(acknowledged(start_ms=start_ms))
        (one,) = watch.told()
        assert (one.sent_ms, one.answered_ms) == (expected[0], max(expected))


def test_a_check_in_inside_a_quiet_area_clears(watch: Watch) -> None:
    with watch.telling("ana", HERE) as answer:
        answer.acknowledged(acknowledged(is_quiet=True))
    assert [one.cell for one in watch.told()] == [None]


def test_a_refusal_is_nothing_and_silence_or_a_repeat_is_not_sure(watch: Watch) -> None:
    with watch.telling("ana", HERE) as answer:
        answer.is_refused = True
    assert watch.told() == []
    with watch.telling("ana", HERE):
        pass
    with watch.telling("ana", HERE) as answer:
        answer.acknowledged(acknowledged())
        answer.is_once = False
    with watch.telling("ana", HERE) as answer:
        answer.is_refused = True
        answer.is_once = False
    assert [one.is_sure for one in watch.told()] == [False] * 3


def test_messages_stand_in_the_order_of_sending(watch: Watch, clock: ManualClock) -> None:
    with watch.telling("ana", HERE) as first:
        with watch.telling("ana", None) as second:
            clock.advance(1)
            second.is_taken = True
        clock.advance(1)
        first.acknowledged(acknowledged())
    assert [(one.cell, one.is_sure) for one in watch.told()] == [(CELL, True), (None, True)]


def checked(found: Counter[Row], *, stopped_ms: int = 100_000) -> LogFigures:
    """Return what comes of a log when one person checked in once, in window 10."""
    told = [Heard(ANA, CELL, 10_000, 10_000)]
    return check_log(told, found, WINDOWS, stopped_ms=stopped_ms, gone_ms=stopped_ms + 500)


WHOLE = Counter({(start_ms, CELL): 1 for start_ms in (10_000, 11_000, 12_000)})


def test_a_log_that_holds_what_it_must_breaks_nothing() -> None:
    assert checked(WHOLE) == LogFigures(3, 3, 3, 0, 0, 0, 0, 0)
    assert checked(WHOLE).broken() == []


def test_each_row_that_is_missing_or_too_many_is_told() -> None:
    assert checked(WHOLE - Counter([(12_000, CELL)])).broken() == ["1 rows are missing from the check-in log"]
    assert checked(WHOLE + Counter([(12_000, CELL), (13_000, CELL)])).broken() == [
        "2 rows are too many in the check-in log"
    ]


def test_windows_under_way_when_the_server_was_stopped_may_lack_rows_and_not_have_others() -> None:
    stopped_ms = 12_000 + SETTLED_MS
    begun = WHOLE - Counter([(12_000, CELL)])
    assert checked(begun, stopped_ms=stopped_ms).broken() == []
    assert checked(WHOLE, stopped_ms=stopped_ms).under_way == 1
    assert checked(begun - Counter([(11_000, CELL)]), stopped_ms=stopped_ms).missing == 1
    assert checked(WHOLE + Counter([(12_000, CELL)]), stopped_ms=stopped_ms).surplus == 1


async def crowd(log: LogCheck) -> int:
    """Let some people live for a few windows of a real server, and return when it was told to stop."""
    random = Random(1)
    async with own_server(
        *("--speed", str(SPEED), "--drain-s", "0", "--log-level", "error"), key=KEY, database_url=log.database_url
    ) as child:
        players = Players(child.url, minter(KEY.encode()), established=1, random=random, speed=SPEED)
        players.books.watch = log.watch
        windows = Windows(Rules().faster(SPEED).window_ms, secret_of_draws(KEY))
        until_ms = log.watch.now_ms() + 4 * windows.width_ms + SETTLED_MS
        while log.watch.now_ms() < until_ms:
            some = random.sample(range(PEOPLE), 4)
            await asyncio.gather(*(players.check_in(f"p{number}", *random.choice([HERE, THERE])) for number in some))
        await players.close()
        return log.watch.now_ms()


async def test_a_real_servers_log_holds_and_a_changed_one_does_not(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nearby.db")
    async with prepared(database.url, key=KEY, speed=SPEED) as log:
        stopped_ms = await crowd(log)
        found = await log.figures(stopped_ms=stopped_ms)
        assert found.broken() == []
        assert found.rows > 100
        assert found.undecided < found.rows / 4
        first = min(row["window_start_ms"] for row in await database.rows("checkins"))
        row = {"window_start_ms": first, "cell": CELL, "is_established": True}
        await database.insert("checkins", *(row | {"person_hash": bytes([number] * 16)} for number in range(PEOPLE)))
        assert (await log.figures(stopped_ms=stopped_ms)).surplus > 0
        other = LogCheck(database.url, Counter(), Windows(1_000, secret_of_draws(KEY + "!")), Rules())
        other.watch.heard.extend(log.watch.heard)
        assert (await other.figures(stopped_ms=stopped_ms)).broken()


async def test_a_run_takes_no_database_in_which_somebody_is_present(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nearby.db")
    async with database.open() as store:
        for change in (seen(ANA), present(ANA)):
            store.journal.record(change)
    with pytest.raises(ConfigError, match="give the run one of its own"):
        async with prepared(database.url, key=KEY, speed=SPEED):
            raise AssertionError("it was taken")


async def test_a_database_that_cannot_be_used_is_refused_in_its_own_words() -> None:
    with pytest.raises(ConfigError, match="database_url: the database cannot be reached"):
        await init_database("postgresql://nobody@127.0.0.1:1/nothing")
