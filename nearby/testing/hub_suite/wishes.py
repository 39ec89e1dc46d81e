"""Wishes: companions who are seated together, and what rooms have in common."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core.cell import Ladder
from nearby.core.ids import PersonId
from nearby.core.placement import Candidate
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.base import Offer
from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE
from nearby.testing.hub_suite.mending import group, separate
from nearby.testing.hub_suite.world import Phone, World


def came_with(*people: str) -> Wishes:
    """Return the wish to sit with people."""
    return Wishes(companions=frozenset(map(PersonId, people)))


async def come(world: World, name: str, *companions: str, ladder: Ladder = HERE) -> Phone:
    """Return somebody who checked in with companions and waits for a seat."""
    phone = await world.connect(name)
    await phone.check_in(ladder, came_with(*companions))
    return phone


async def offered(phone: Phone) -> Offer:
    """Return what the phone's person may choose among."""
    offer = await phone.offer()
    assert offer is not None
    return offer


async def rooms(world: World, sizes: list[int]) -> list[Phone]:
    """Return one member each of rooms of these sizes."""
    return [(await group(world, f"room{number}-", size))[0] for number, size in enumerate(sizes)]


class WishesSuite(SuiteBase):
    """What check-ins name beside a place."""

    @pytest.mark.parametrize("others", [["ben"], ["ben", "cleo", "dan"]])
    async def test_those_who_name_each_other_sit_together_though_they_come_on_one_tick(
        self, world: World, others: list[str]
    ) -> None:
        await rooms(world, [1, 2, 3, 4, 6, 6, 7, 7, 7])
        names = ["ana", *others]
        phones = [await come(world, name, *(other for other in names if other != name)) for name in names]
        for phone in phones:
            assert await phone.place()
        assert len({phone.room for phone in phones}) == 1
        assert len(phones[0].view.members) > len(names)

    async def test_who_comes_later_is_offered_the_room_of_the_companion_and_no_other(self, world: World) -> None:
        ben, *_ = await rooms(world, [2, 1, 5])
        ana = await come(world, "ana", ben.person)
        assert len((await offered(ana)).candidates) == 3
        await ben.check_in(wishes=came_with("ana"))
        assert [candidate.room for candidate in (await offered(ana)).candidates] == [ben.room]

    async def test_naming_somebody_who_does_not_name_one_has_no_effect(self, world: World) -> None:
        ben, *others = await rooms(world, [2, 1, 5])
        ana = await come(world, "ana", ben.person)
        found = {candidate.room for candidate in (await offered(ana)).candidates}
        assert found == {ben.room, *(other.room for other in others)}

    async def test_companions_whom_no_room_would_take_together_get_a_new_one(self, world: World) -> None:
        await rooms(world, [7, 7])
        phones = [await come(world, name, other) for name, other in (("ana", "ben"), ("ben", "ana"))]
        for phone in phones:
            assert await phone.place()
        assert [len(phone.view.members) for phone in phones] == [2, 2]

    async def test_a_companion_whose_room_is_full_or_in_conflict_counts_for_nothing(self, world: World) -> None:
        full, barred, free = await rooms(world, [8, 2, 4])
        ana = await come(world, "ana", full.person, barred.person)
        for companion in (full, barred):
            await companion.check_in(wishes=came_with("ana"))
        await separate(world, ana, barred)
        assert [candidate.room for candidate in (await offered(ana)).candidates] == [free.room]

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_a_companion_in_conflict_who_waits_for_a_seat_counts_for_nothing(
        self, world: World, is_mutual: bool
    ) -> None:
        (there,) = await rooms(world, [7])
        ana, ben = [await come(world, name, other) for name, other in (("ana", "ben"), ("ben", "ana"))]
        await separate(world, ana, ben, is_mutual=is_mutual)
        for phone in (ana, ben):
            assert [candidate.room for candidate in (await offered(phone)).candidates] == [there.room]

    async def test_most_companions_count(self, world: World) -> None:
        ben, cleo, dan, eve = [await come(world, name, "ana") for name in ("ben", "cleo", "dan", "eve")]
        for phone in (ben, cleo):
            assert await phone.open_room("new")
        for phone in (dan, eve):
            assert await phone.seat(cleo.room, "new")
        ana = await come(world, "ana", "ben", "cleo", "dan", "eve")
        assert [candidate.room for candidate in (await offered(ana)).candidates] == [cleo.room]

    async def test_companions_elsewhere_count_for_nothing(self, world: World) -> None:
        (here,) = await rooms(world, [2])
        ben = await come(world, "ben", "ana", ladder=AWAY)
        assert await ben.open_room("new", AWAY.res5)
        ana = await come(world, "ana", "ben")
        assert [candidate.room for candidate in (await offered(ana)).candidates] == [here.room]

    async def test_a_companion_in_a_room_of_a_finer_cell_is_not_sat_with(self, world: World) -> None:
        (here,) = await rooms(world, [2])
        ben = await come(world, "ben", "ana")
        assert await ben.open_room("new", HERE.res7)
        ana = await come(world, "ana", "ben", ladder=BESIDE)
        assert [candidate.room for candidate in (await offered(ana)).candidates] == [here.room]

    async def test_next_takes_nobody_back_to_a_companion_who_stays(self, world: World) -> None:
        ben = await come(world, "ben", "ana")
        assert await ben.open_room("new")
        ana = await come(world, "ana", "ben")
        assert await ana.place()
        assert ana.room == ben.room
        await rooms(world, [3])
        assert await ana.place("next")
        assert ana.room != ben.room

    async def test_wishes_hold_until_the_next_check_in(self, world: World) -> None:
        ben, other = await rooms(world, [2, 1])
        await ben.check_in(wishes=came_with("ana"))
        ana = await come(world, "ana", ben.person)
        await ana.check_in(wishes=NO_WISHES)
        assert (await offered(ana)).wishes is NO_WISHES
        assert {candidate.room for candidate in (await offered(ana)).candidates} == {ben.room, other.room}

    async def test_rooms_show_the_tags_of_anybody_and_the_language_of_most_who_are_there(self, world: World) -> None:
        named = [
            Wishes(tags=frozenset({"tea"}), lang="en"),
            Wishes(tags=frozenset({"chess", "tea"}), lang="en"),
            Wishes(lang="de"),
            NO_WISHES,
        ]
        phones: list[Phone] = []
        for number, wishes in enumerate(named):
            phone = await world.connect(f"member{number}")
            await phone.check_in(wishes=wishes)
            assert await (phone.seat(phones[0].room, "new") if phones else phone.open_room("new"))
            phones.append(phone)
        late = await world.connect("late")
        await late.check_in(wishes=named[2])

        async def common() -> tuple[frozenset[str], str | None]:
            offer = await offered(late)
            assert offer.wishes == named[2]
            (candidate,) = offer.candidates
            assert isinstance(candidate, Candidate)
            return candidate.tags, candidate.lang

        assert await common() == (frozenset({"chess", "tea"}), "en")
        await phones[1].check_in(wishes=NO_WISHES)
        assert await common() == (frozenset({"tea"}), None)
        await phones[0].leave()
        assert await common() == (frozenset(), "de")
