from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event, Place, Traits
from nearby.sim.simulation.gauges import Gauges
from nearby.sim.simulation.history import History
from nearby.sim.simulation.playing import Timing, play
from nearby.sim.simulation.policy import Policy
from nearby.sim.simulation.study import Kind, as_json, generated, study
from tests.sim.simulation.histories import ANA, BEN, HERE


class Notes:
    """A policy that seats nobody and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def arrive(self, person: PersonId, place: Place, traits: Traits, now_ms: int) -> None:
        self._note(f"arrive {traits.language}", now_ms)

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        self._note("check in", now_ms)

    def leave(self, person: PersonId, now_ms: int) -> None:
        self._note("leave", now_ms)

    def say(self, person: PersonId, now_ms: int) -> None:
        self._note("say", now_ms)

    def ask_next(self, person: PersonId, now_ms: int) -> None:
        self._note("next", now_ms)

    def block(self, person: PersonId, other: PersonId, now_ms: int) -> None:
        self._note(f"block {other}", now_ms)

    def tick(self, now_ms: int) -> int:
        self._note("tick", now_ms)
        return 1

    def _note(self, what: str, now_ms: int) -> None:
        self.told.append((what, now_ms - START_MS))


def played(*events: Event, ends_ms: int) -> tuple[Notes, Timing]:
    notes, timing = Notes(), Timing()

    def make(history: History, rules: Rules, seed: int) -> Policy:
        return notes

    crowd = Crowd(
        name="by hand",
        events=events,
        measured_from_ms=START_MS,
        ends_ms=START_MS + ends_ms,
        traits={ANA: Traits(language="rm")},
    )
    play(crowd, make, seed=1, timing=timing)
    return notes, timing


def test_a_tick_comes_on_its_grid_after_whatever_happens_and_else_once_a_second() -> None:
    notes, timing = played(Event(START_MS + 1_310, Do.ARRIVE, ANA, HERE), ends_ms=3_500)
    assert notes.told == [("tick", at) for at in (0, 1_000)] + [("arrive rm", 1_310)] + [
        ("tick", at) for at in (1_400, 2_000, 3_000)
    ]
    assert [decided for _, decided in timing.ticks] == [1] * 5


def test_everything_is_told_at_its_time_and_in_order() -> None:
    steps = [
        Event(START_MS + 10, Do.ARRIVE, ANA, HERE),
        Event(START_MS + 10, Do.ARRIVE, BEN, HERE),
        Event(START_MS + 20, Do.CHECK_IN, ANA, HERE),
        Event(START_MS + 20, Do.SAY, ANA),
        Event(START_MS + 30, Do.NEXT, ANA),
        Event(START_MS + 40, Do.BLOCK, ANA, other=BEN),
        Event(START_MS + 50, Do.LEAVE, ANA),
    ]
    told = [(what, at_ms) for what, at_ms in played(*steps, ends_ms=100)[0].told if what != "tick"]
    assert told == [
        ("arrive rm", 10),
        ("arrive None", 10),
        ("check in", 20),
        ("say", 20),
        ("next", 30),
        ("block ben", 40),
        ("leave", 50),
    ]


def test_timing_shares_a_tick_among_its_decisions() -> None:
    timing = Timing([(0.1, 10), (0.5, 1)])
    assert timing.per_s() == 11 / 0.6
    assert timing.p99_ms() == 500
    assert Timing([(0.1, 1_000), (0.5, 1)]).p99_ms() == 0.1
    assert (Timing().per_s(), Timing().p99_ms()) == (0, 0)


def test_a_gauge_is_the_integral_of_a_number_over_time() -> None:
    gauges = Gauges()
    gauges.add(("people", None), 2, 0)
    gauges.add(("people", None), -1, 100)
    gauges.count(("moves", "merged"))
    assert gauges.totals(300) == {("people", None): 2 * 100 + 1 * 200, ("moves", "merged"): 1}
    assert gauges.totals(400)["people", None] == 500


def test_a_study_gives_the_same_figures_twice_and_tells_how_far_it_is() -> None:
    crowds = generated(Kind.STEADY, [6, 8], hours=0.2, says_per_min=0.5, seed=1)
    shares: list[float] = []
    first = study(crowds, ["ours", "random"], seed=1, progress=lambda what, share: shares.append(share))
    again = study(generated(Kind.STEADY, [6, 8], hours=0.2, says_per_min=0.5, seed=1), ["ours", "random"], seed=1)
    assert as_json(first) == as_json(again)
    assert [(run.crowd, run.policy) for run in first] == [
        (crowd, policy) for crowd in ("6 people", "8 people") for policy in ("ours", "random")
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_clusters_are_left_out_where_they_would_take_too_long() -> None:
    crowds = generated(Kind.STADIUM, [1_001], hours=0.2, says_per_min=0, seed=1)
    [run] = study(crowds, ["clusters"], seed=1)
    assert (run.figures, run.timing.ticks) == (None, [])
    assert as_json([run]) == [{"crowd": "stadium of 1001", "policy": "clusters", "figures": None}]
