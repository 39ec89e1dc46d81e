"""P8: an account in every res-7 cell of a region, and who of them meets the victim, round after round."""

from collections.abc import Sequence
from random import Random

from nearby.sim.attacks.bounds import median_ratio_at_least, ratio_of_medians
from nearby.sim.attacks.locating import Spot, weighted_middle
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import Point, direct_cell_at
from nearby.testing.privacy.stage import WINDOW_MS, Stage, on_stage
from nearby.testing.privacy.towns import Somebody, Town, away_m, found, quarter_turns
from nearby.testing.privacy.weak import against
from nearby.testing.privacy.wires import StagePhone

TOWNS = 100
VICTIMS = 24
"""Of one town, by fours a quarter turn apart; each is attacked for itself."""

ROUNDS = 50
GAPS = 2
"""One account of so many gives its seat up before the victims come, so that there are rooms to choose from."""
ROUND_MS = WINDOW_MS + 10_000
"""Six joins an hour are allowed, and each round takes one."""
GATE = 0.95


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return the row: the middle of the accounts' places, weighed by how often each met the victim."""
    count = effort.of(TOWNS) if server == OURS else 3
    rounds = ROUNDS if server == OURS else ROUNDS // 2
    random = Random(f"surrounding {effort.seed}")
    missed: list[list[tuple[float, float]]] = []
    with against(server):
        async with on_stage(limits="on") as stage:
            towns = await found(stage, count, random, people=(VICTIMS,))
            for number, town in enumerate(towns):
                quarter_turns(town, random)
                met = await _surround(stage, town, number, rounds, random)
                misses = [_miss(town, one, met[one.phone.person]) for one in town.people]
                missed += [misses[first : first + 4] for first in range(0, VICTIMS, 4)]
    ratio, bound = ratio_of_medians(missed), median_ratio_at_least(missed, random)
    measured = "median error by the middle of who met the victim, over guessing the shown cell's centre"
    return [Finding("P8", server, measured, count * VICTIMS, ratio, bound, f">= {GATE}", bound >= GATE)]


async def _surround(
    stage: Stage, town: Town, number: int, rounds: int, random: Random
) -> dict[str, list[tuple[Spot, int]]]:
    """Return how often the account at each spot met each person."""
    phones = await stage.phones([f"round{number}-{one}" for one in range(len(town.region.res7))])
    accounts = [Somebody(phone, town.region.centre(cell)) for phone, cell in zip(phones, town.region.res7, strict=True)]
    meetings = {one.phone.person: [0] * len(accounts) for one in town.people}
    everybody = [*accounts, *town.people]
    for _ in range(rounds):
        for somebody in random.sample(accounts, len(accounts)):
            town.check_in(somebody)
        await stage.tick()
        for account in random.sample(accounts, len(accounts) // GAPS):
            account.phone.send({"type": "leave"})
        for victim in random.sample(town.people, len(town.people)):
            town.check_in(victim)
        await stage.tick()
        for somebody in everybody:
            somebody.phone.skim()
        for victim in town.people:
            for index, account in enumerate(accounts):
                meetings[victim.phone.person][index] += _room(account.phone) == _room(victim.phone)
        for somebody in everybody:
            somebody.phone.send({"type": "leave"})
        await stage.pass_time(ROUND_MS, step_ms=ROUND_MS)
    for phone in phones:
        phone.hang_up()
    return {
        person: [(one.at, count) for one, count in zip(accounts, met, strict=True)] for person, met in meetings.items()
    }


def _room(phone: StagePhone) -> str | None:
    """Return a phone's room, None if it gave its seat up."""
    return None if phone.placed is None else str(phone.placed["room"]["id"])


def _miss(town: Town, victim: Somebody, met: Sequence[tuple[Spot, int]]) -> tuple[float, float]:
    """Return by how much an estimate missed the victim, and by how much the shown cell's centre did."""
    centre = town.region.centre(town.region.cell)
    guess = weighted_middle([spot for spot, _ in met], [count for _, count in met], centre)
    if direct_cell_at(town.region.position(Point(*guess)), 5) != town.region.cell:
        guess = centre
    return away_m(guess, victim.at), away_m(centre, victim.at)
