"""Shake: people who shake their phones in one place at about the same time meet in a room of their own.

The first shake of a catchment opens a *gathering*, which takes in whoever shakes there within ``Rules.shake_wait_ms``
of it and then ends, all at once for everybody in it. A gathering is a set and it ends at one time: whoever meets
somebody is met by them, whose shakes came first makes no difference, and any two who meet shook less than the wait
apart. Two people in a catchment where nobody else shakes meet if their shakes reach us less than the wait apart,
whichever comes first; where others shake too, the end of a gathering falls between theirs with a chance of what
they are apart in parts of the wait, about 2 % for 200 ms. One gathering follows another without overlapping: with
a wait of each person's own, one could be in reach of two who are not in reach of each other.

A shake is good for one gathering. Shaking again meanwhile changes nothing, so that a phone that heard no answer may
ask again; a shake from another catchment takes the place of the one before.

Of two who must not meet one *yields*, the one who wanted it so. The groups are made of the others, as if whoever yields
had not shaken; these come after them, where there is a place with nobody they yield to. So nobody can tell by whom they
meet that somebody shook who blocked them.

Memory: one entry for each person who waits, so no more than people are present.
"""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId

AT_ONCE = 64
"""People of a gathering who meet in one step, give or take a room: about 10 ms with everybody told."""

CARRIED = 16
"""So many whom conflicts left alone are tried with those who come next in a large gathering, the newest of them."""

Clash = Callable[[PersonId, Sequence[PersonId]], bool]
"""Returns whether a person must not meet one of some others, whoever of the two it binds."""

Yields = Callable[[PersonId, Sequence[PersonId]], bool]
"""Returns whether a person is to do without if one of some others, themselves perhaps among these, is to meet people.

Of two who must not meet one does so for the other.
"""

_ROUNDS = 3
"""So often it is looked who yields to nobody who is left: of whoever yields to one who yields, and so on."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of some shakes of a catchment.

    ``groups`` are to have a room each, ``alone`` are those who met nobody. All of their shakes are used up.
    """

    catchment: CatchmentId
    groups: list[list[PersonId]]
    alone: list[PersonId]


@dataclass(slots=True, eq=False)
class Gathering:
    """Some who may meet: ``people`` in the order in which their shakes came; ``ends_ms`` is no longer part of it."""

    catchment: CatchmentId
    ends_ms: int
    people: dict[PersonId, None] = field(default_factory=dict)


class Gatherings:
    """Who shook and waits, by catchment.

    Args:
        rules: The wait, and the seats of a room.
        of: What each person's gathering is kept in, None for a ``dict``.
        newest: The same of each catchment's newest one.
        in_order: The same of all of them, of which the one that ends next comes first.
    """

    def __init__(
        self,
        rules: Rules,
        of: MutableMapping[PersonId, Gathering] | None = None,
        newest: MutableMapping[CatchmentId, Gathering] | None = None,
        in_order: MutableMapping[Gathering, None] | None = None,
    ) -> None:
        self._rules = rules
        self._of = {} if of is None else of
        self._newest = {} if newest is None else newest
        self._in_order = {} if in_order is None else in_order

    def __len__(self) -> int:
        """Return how many people wait."""
        return len(self._of)

    def next_ms(self) -> int | None:
        """Return when the next wait is over, None if nobody waits."""
        gathering = next(iter(self._in_order), None)
        return None if gathering is None else gathering.ends_ms

    def waits(self, person: PersonId, catchment: CatchmentId) -> bool:
        """Return whether the person shook there and waits for what comes of it."""
        gathering = self._of.get(person)
        return gathering is not None and gathering.catchment == catchment

    def shake(self, person: PersonId, catchment: CatchmentId, now_ms: int) -> bool:
        """Count a shake at ``now_ms``, which never goes back; return False if the person waits there already."""
        if self.waits(person, catchment):
            return False
        self.leave(person)
        gathering = self._newest.get(catchment)
        if gathering is None or now_ms >= gathering.ends_ms:
            gathering = Gathering(catchment, now_ms + self._rules.shake_wait_ms)
            self._newest[catchment] = gathering
            self._in_order[gathering] = None
        gathering.people[person] = None
        self._of[person] = gathering
        return True

    def leave(self, person: PersonId) -> bool:
        """Take a shake back; return False if the person did not wait.

        A gathering that nobody is left in is over: the next shake opens another one.
        """
        gathering = self._of.pop(person, None)
        if gathering is None:
            return False
        del gathering.people[person]
        if not gathering.people:
            self._end(gathering)
        return True

    def meet(
        self, now_ms: int, *, may_meet: Callable[[PersonId, CatchmentId], bool], clash: Clash, yields: Yields
    ) -> Meeting | None:
        """Return what came of the next shakes whose wait is over, None if there are none. Repeat it until None.

        Of a gathering of more than ``AT_ONCE`` people, those who shook first meet first, in full rooms, and whom
        conflicts left alone are tried again with the next.

        Args:
            now_ms: The time.
            may_meet: Returns whether a person can still have a seat in a room of the catchment.
            clash: See ``Clash``.
            yields: See ``Yields``.
        """
        gathering = next(iter(self._in_order), None)
        if gathering is None or now_ms < gathering.ends_ms:
            return None
        # So that what remains is never one person.
        is_last = len(gathering.people) <= AT_ONCE + self._rules.capacity
        taken = list(gathering.people if is_last else islice(gathering.people, AT_ONCE))
        able = [person for person in taken if may_meet(person, gathering.catchment)]
        groups, left = make_groups(able, clash=clash, yields=yields, capacity=self._rules.capacity)
        carried = set() if is_last else set(sorted(left, key=able.index)[-CARRIED:])
        used = [person for person in taken if person not in carried] if carried else taken
        for person in used:
            del self._of[person], gathering.people[person]
        if not gathering.people:
            self._end(gathering)
        met = {person for group in groups for person in group}
        return Meeting(gathering.catchment, groups, [person for person in used if person not in met])

    def _end(self, gathering: Gathering) -> None:
        # Looked up while all of it is still there: a shared state finds one by the other.
        if self._newest.get(gathering.catchment) is gathering:
            del self._newest[gathering.catchment]
        del self._in_order[gathering]


def make_groups(
    people: Sequence[PersonId], *, clash: Clash, yields: Yields, capacity: int
) -> tuple[list[list[PersonId]], list[PersonId]]:
    """Return ``(groups, alone)``: people in groups of 2 to ``capacity``, and those for whom there is none.

    Those who yield to nobody are together as if there were nobody else: neighbours in ``people`` as far as may be, in
    as few groups as can be, whose sizes differ by one at most, and nobody is alone but a single person. Of the others
    nobody is alone who could join a group, pair up with another one who is alone, or with somebody out of a group of
    three or more in which they yield to nobody.
    """
    if len(people) < 2:
        return [], list(people)
    first, later = _in_turn(people, yields)
    groups, alone = _evenly(first, capacity)
    alone += later
    while any(_find_company(one, groups, alone, clash=clash, yields=yields, capacity=capacity) for one in alone):
        pass
    return groups, alone


def _in_turn(people: Sequence[PersonId], yields: Yields) -> tuple[list[PersonId], list[PersonId]]:
    """Return those who yield to nobody, and the others, each after those they yield to as far as can be."""
    later: list[PersonId] = []
    first = [person for person in people if not yields(person, people)]
    left = [] if len(first) == len(people) else [person for person in people if person not in first]
    for _ in range(_ROUNDS if left else 0):
        free = [person for person in left if not yields(person, left)]
        later += free
        left = [person for person in left if person not in free]
    return first, later + left


def _evenly(people: list[PersonId], capacity: int) -> tuple[list[list[PersonId]], list[PersonId]]:
    """Return people who may all meet in groups of even sizes, and those who are one by themselves."""
    count = -(-len(people) // capacity)
    size, larger = divmod(len(people), max(1, count))
    ends = [number * size + min(number, larger) for number in range(count + 1)]
    groups = [people[start:end] for start, end in pairwise(ends)]
    return [group for group in groups if len(group) > 1], [group[0] for group in groups if len(group) == 1]


def _find_company(
    person: PersonId,
    groups: list[list[PersonId]],
    alone: list[PersonId],
    *,
    clash: Clash,
    yields: Yields,
    capacity: int,
) -> bool:
    """Put somebody who is alone with others, if that leaves nobody else alone; return whether it did."""
    for group in groups:
        if len(group) < capacity and not clash(person, group):
            group.append(person)
            alone.remove(person)
            return True
    for other in alone:
        if other != person and not clash(person, (other,)):
            groups.append([other, person])
            alone.remove(person)
            alone.remove(other)
            return True
    for group in groups:
        if len(group) < 3 or yields(person, group):
            continue
        other_one = next((one for one in group if not clash(person, (one,))), None)
        if other_one is not None:
            group.remove(other_one)
            groups.append([other_one, person])
            alone.remove(person)
            return True
    return False
