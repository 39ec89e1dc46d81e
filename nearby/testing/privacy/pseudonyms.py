"""P6: twenty days of some people at home and at work, watched by ten hostile accounts that link day to day."""

from itertools import combinations
from random import Random

from nearby.sim.attacks.bounds import share_at_most
from nearby.sim.attacks.linking import LINKERS, Sighting, most_alike
from nearby.testing.privacy.finding import OURS, Effort, Finding
from nearby.testing.privacy.ground import Point
from nearby.testing.privacy.stage import WINDOW_MS, Stage, on_stage
from nearby.testing.privacy.towns import Town, found
from nearby.testing.privacy.weak import against

TOWNS = 80
DAYS = 20
PEOPLE = 6
HOSTILE = 10
GATE = 1.1
STEP_MS = 20_000
DAY_WINDOWS = 144
PLACES_OF_A_DAY = 2
ARRIVE_WITHIN_MS = WINDOW_MS - 2 * STEP_MS
SESSION_MS = 3 * WINDOW_MS + STEP_MS
"""Until everybody who came in the first window has lapsed."""

Day = list[tuple[str, Sighting]]
"""Who was seen, which only we know, and what was seen of them."""


async def findings(effort: Effort, server: str = OURS) -> list[Finding]:
    """Return the row of the linker that was right most often, by how often chance is."""
    count = effort.of(TOWNS) if server == OURS else 3
    random = Random(f"pseudonyms {effort.seed}")
    with against(server):
        async with on_stage() as stage:
            towns = await found(stage, count, random, people=(PEOPLE + HOSTILE,))
            days = await _live(stage, towns, random)
    rows = [_row(days, linker, server, random) for linker in LINKERS]
    return [max(rows, key=lambda row: row.bound)]


def _row(days: list[list[Day]], linker: str, server: str, random: Random) -> Finding:
    """Return how often one linker was right over all pairs of days of each town and place."""
    hits, tries, chance = 0, 0, 0.0
    for one, other in [pair for place in days for pair in combinations(place, 2)]:
        if not other:
            continue
        who = {sighting.member: person for person, sighting in other}
        for person, sighting in one:
            if person not in who.values():
                continue
            guess = most_alike(sighting, [there for _, there in other], LINKERS[linker], random)
            hits += who[guess.member] == person
            tries += 1
            chance += 1 / len(other)
    bound = share_at_most(hits, tries) * tries / chance
    measured = f"links of two days' pseudonyms by {linker}, over chance"
    return Finding("P6", server, measured, tries, hits / chance, bound, f"<= {GATE}", bound <= GATE)


async def _live(stage: Stage, towns: list[Town], random: Random) -> list[list[Day]]:
    """Live the days; return what was seen, day by day, for each town and place."""
    seen: list[list[Day]] = [[] for _ in range(len(towns) * PLACES_OF_A_DAY)]
    spots = [[town.region.somewhere(random) for _ in range(PLACES_OF_A_DAY)] for town in towns]
    for day in range(DAYS):
        for place in range(PLACES_OF_A_DAY):
            await stage.to_window(day * DAY_WINDOWS + place * 54, step_ms=WINDOW_MS)
            for town, at in zip(towns, spots, strict=True):
                for somebody in town.people:
                    somebody.at = Point(*at[place])
            for number, found_here in enumerate(await _session(stage, towns, random)):
                seen[number * PLACES_OF_A_DAY + place].append(found_here)
    return seen


async def _session(stage: Stage, towns: list[Town], random: Random) -> list[Day]:
    """Let people come within a window and go away as they lapse; return what the hostile accounts saw in each town."""
    began_ms = stage.now_ms
    comes_ms = {
        somebody.phone.person: random.randrange(ARRIVE_WITHIN_MS) if number < PEOPLE else 0
        for town in towns
        for number, somebody in enumerate(town.people)
    }
    watchers = [Watcher(town, began_ms) for town in towns]
    there: set[str] = set()
    while stage.now_ms < began_ms + SESSION_MS:
        passed_ms = stage.now_ms - began_ms
        for town in towns:
            for number, somebody in enumerate(town.people):
                is_new = somebody.phone.person not in there and comes_ms[somebody.phone.person] <= passed_ms
                if is_new or (number >= PEOPLE and passed_ms % WINDOW_MS == 0):
                    there.add(somebody.phone.person)
                    town.check_in(somebody)
        await stage.tick()
        for watcher in watchers:
            watcher.look(stage.now_ms)
        await stage.pass_time(STEP_MS, step_ms=STEP_MS)
    for town in towns:
        for somebody in town.people:
            somebody.phone.send({"type": "leave"})
            somebody.phone.take()
    await stage.settle()
    return [watcher.day() for watcher in watchers]


class Watcher:
    """What the hostile accounts of one town see in one session, put together.

    Args:
        town: The town; the accounts are its last ten people.
        began_ms: When the session began.
    """

    def __init__(self, town: Town, began_ms: int) -> None:
        self._town = town
        self._began_ms = began_ms
        self._who: dict[str, str] = {}  # By pseudonym; hostile accounts know each other and are nobody.
        self._seen: dict[str, tuple[str, str, int, float]] = {}
        self._left: dict[str, float] = {}

    def look(self, now_ms: int) -> None:
        """Take what came."""
        share = (now_ms - self._began_ms) % WINDOW_MS / WINDOW_MS
        for number, somebody in enumerate(self._town.people):
            for message in somebody.phone.take():
                if message["type"] == "placed":
                    self._who[message["you"]] = somebody.phone.person if number < PEOPLE else ""
                if number >= PEOPLE:
                    self._hear(message, share)

    def day(self) -> Day:
        """Return everybody seen, in the order they came."""
        seen = [item for item in self._seen.items() if self._who[item[0]]]
        return [
            (self._who[member], Sighting(member, name, room, place, arrived, came, self._left.get(member)))
            for arrived, (member, (name, room, place, came)) in enumerate(seen)
        ]

    def _hear(self, message: dict[str, object], share: float) -> None:
        match message:
            case {"type": "placed", "room": {"id": str(room)}, "members": list(members)}:
                for place, member in enumerate(members):
                    self._seen.setdefault(member["member"], (member["name"], room, place, share))
            case {"type": "joined", "room": str(room), "member": {"member": str(member), "name": str(name)}}:
                self._seen.setdefault(member, (name, room, len(self._seen), share))
            case {"type": "left", "member": str(member)}:
                self._left.setdefault(member, share)
            case _:
                pass
