"""That a check-in which a gateway counts alone is one that the rules would only count."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nearby.core.cell import Ladder
from nearby.core.changes import Change, PersonSeen
from nearby.core.ids import ConnectionId, PersonId
from nearby.core.rules import DAY_MS, Rules
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import Refused
from nearby.hub.base import Caller, Standing
from nearby.hub.memory import LiveState
from nearby.hub.memory.person import Attached
from nearby.hub.valkey.alone import count_alone
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES, START_MS
from nearby.testing.recorder import Recorder

ANA = PersonId("ana")
CALLER = Caller(ANA, established=True)
EAR = Recorder([])
PERIOD_MS = RULES.checkin.period_ms

acts = st.sampled_from(["stay"] * 8 + ["beside", "away", "wish", "sit", "leave", "drop", "connect"])
waits_ms = st.sampled_from([PERIOD_MS] * 4 + [1_000] * 4 + [PERIOD_MS + 1, 3 * PERIOD_MS, RULES.window_ms])


class Life:
    """One person's life in a live state of their own.

    Args:
        counts_alone: Whether a check-in is counted alone where it can be.
        has_record: Whether what changes is recorded.
        rules: The product's numbers.
        now_ms: When it begins.
    """

    def __init__(self, *, counts_alone: bool, has_record: bool, rules: Rules = RULES, now_ms: int = START_MS) -> None:
        random = Random(1)
        self.recorded: list[Change] = []
        self.outcomes: list[object] = []
        self.alone = 0
        self._counts_alone = counts_alone
        self._has_record = has_record
        self._rules = rules
        self._state = LiveState(
            rules,
            secret=bytes(32),
            draw_id=lambda: f"{random.getrandbits(60):x}",
            now_ms=now_ms,
            record=self.recorded.append if has_record else None,
        )
        for what in ("connect", "stay", "sit"):
            self.act(what, now_ms)

    def act(self, what: str, now_ms: int) -> None:
        """Do one thing, and note what came of it."""
        state = self._state
        match what:
            case "connect":
                state.attach(CALLER, Attached(ConnectionId("c"), EAR), None, now_ms)
            case "drop":
                state.detach(ANA, ConnectionId("c"), now_ms)
            case "leave":
                state.clear(ANA, None, now_ms, why="left")
            case "sit":
                offer = state.placing.offer(ANA, now_ms)
                if offer is not None:
                    state.placing.open_room(ANA, offer.catchment, "new", now_ms)
            case "wish":
                self.outcomes.append(self._checked_in(HERE, now_ms, Wishes(tags=frozenset({"chess"}))))
            case place:
                self.outcomes.append(self._checked_in({"stay": HERE, "beside": BESIDE, "away": AWAY}[place], now_ms))

    def _checked_in(self, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing | object:
        self._state.catch_up(now_ms)
        person = self._state._people.get(ANA)
        if self._counts_alone and wishes is NO_WISHES and person is not None and person.attached is not None:
            windows, before = self._state._windows, self.known()
            if count_alone(person, ladder, now_ms, rules=self._rules, windows=windows, has_record=self._has_record):
                self.alone += 1
                return Standing(self._state._people.area_of(person), self._state.window)
            assert self.known() == before
        try:
            return self._state.check_in(CALLER, ladder, now_ms, wishes)
        except Refused as refused:
            return refused.code, refused.retry_ms

    def known(self) -> dict[str, Any] | None:
        """Return what is known of the person."""
        person = self._state._people.get(ANA)
        if person is None:
            return None
        fields = {name: getattr(person, name) for name in person.__struct_fields__ if name not in ("room", "seat")}
        rare = msgspec.structs.asdict(person.rare)
        return fields | {"rare": rare, "at": None if person.seat is None else person.seat.member}

    def looks(self) -> Counter[object]:
        """Return all looks asked for, and take them."""
        agenda, far_ms = self._state._agenda, START_MS + 1_000 * RULES.window_ms
        return Counter(iter(lambda: agenda.pop(far_ms), None))


@pytest.mark.parametrize("has_record", [True, False])
@given(st.lists(st.tuples(acts, waits_ms), max_size=25))
@example([("stay", 1_000)] * 6)
def test_it_leaves_what_the_rules_leave_records_nothing_and_asks_for_no_look(
    has_record: bool, steps: list[tuple[str, int]]
) -> None:
    lives = [Life(counts_alone=alone, has_record=has_record) for alone in (True, False)]
    now_ms = START_MS
    for what, wait_ms in steps:
        now_ms += wait_ms
        for life in lives:
            life.act(what, now_ms)
        assert lives[0].known() == lives[1].known()
    assert lives[0].outcomes == lives[1].outcomes
    assert lives[0].recorded == lives[1].recorded
    assert lives[0].looks() == lives[1].looks()


def test_the_first_one_of_a_day_is_recorded_also_within_a_window() -> None:
    rules = replace(RULES, window_ms=700_000)
    midnight_ms = START_MS // DAY_MS * DAY_MS
    assert midnight_ms % rules.window_ms > 3 * PERIOD_MS
    lives = [Life(counts_alone=alone, has_record=True, rules=rules, now_ms=midnight_ms - 1) for alone in (True, False)]
    for life in lives:
        life.recorded.clear()
        life.act("stay", midnight_ms + PERIOD_MS)
        assert [type(change) for change in life.recorded] == [PersonSeen]


@pytest.mark.parametrize("has_record", [True, False])
def test_most_check_ins_of_somebody_who_stays_are_counted_alone(has_record: bool) -> None:
    life = Life(counts_alone=True, has_record=has_record)
    for number in range(1, 60):
        life.act("stay", START_MS + number * PERIOD_MS)
    # The first of each window is not.
    assert life.alone == 59 - 59 * PERIOD_MS // RULES.window_ms
