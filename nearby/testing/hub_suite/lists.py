"""The nearby list: who sees whom, when, and what becomes of it within a window."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core.cell import Ladder
from nearby.core.ids import PersonId
from nearby.core.nearby_list import SHOWN
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.base import Caller, Nearby
from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, verified
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.venues import IN_RING, RING, name
from nearby.testing.hub_suite.world import Phone, World


async def choose(world: World, person: str, *, is_listed: bool = True) -> None:
    """Let somebody want to be listed, or not any more."""
    await world.settled(world.hubs[-1].set_listed(PersonId(person), world.now_ms, is_listed=is_listed))


async def listed(world: World, *people: str | Caller, ladder: Ladder = HERE) -> list[Phone]:
    """Return people who want to be listed and checked in, and who sit nowhere."""
    phones = []
    for who in people:
        phone = await world.connect(who)
        await choose(world, phone.person)
        await phone.check_in(ladder)
        phones.append(phone)
    return phones


async def viewer(world: World, who: str = "vic", ladder: Ladder = HERE, wishes: Wishes = NO_WISHES) -> Phone:
    """Return somebody present who is not listed."""
    phone = await world.connect(who)
    await phone.check_in(ladder, wishes)
    return phone


async def asked(phone: Phone) -> Nearby:
    """Return what somebody is shown."""
    return await phone.world.settled(phone.hub.nearby(phone.person, phone.world.now_ms))


async def handles(phone: Phone) -> list[str]:
    """Return the handles somebody is shown."""
    return [one.handle for one in (await asked(phone)).people]


async def who_is(phone: Phone, handle: str) -> PersonId | None:
    """Return whom a handle means for somebody."""
    return await phone.world.settled(phone.hub.who_is_nearby(phone.person, handle))


async def seen(phone: Phone) -> set[str]:
    """Return who is shown to somebody."""
    return {str(await who_is(phone, handle)) for handle in await handles(phone)}


async def next_window(world: World, *present: Phone) -> None:
    """Go to the start of the next window, in which some check in again."""
    window = world.windows.at(world.now_ms) + 1
    await world.go_to(world.windows.start_ms(window))
    for phone in present:
        await phone.check_in()


class ListsSuite(SuiteBase):
    """``set_listed``, ``nearby`` and ``who_is_nearby``."""

    async def test_whoever_is_listed_and_there_when_a_window_begins_is_seen_in_it_and_not_before(
        self, world: World
    ) -> None:
        vic = await viewer(world)
        ana, ben = await listed(world, "ana", "ben")
        assert await asked(vic) == Nearby(HERE.res5, ())
        await next_window(world)
        assert await seen(vic) == {ana.person, ben.person}
        assert await seen(ana) == {ben.person}

    async def test_nobody_who_comes_or_becomes_listed_within_a_window_is_seen_in_it(self, world: World) -> None:
        (vic,) = await listed(world, "vic")
        cleo = await viewer(world, "cleo")
        await next_window(world)
        await listed(world, "ana")
        await choose(world, cleo.person)
        assert await seen(vic) == set()
        await next_window(world)
        assert await seen(vic) == {"ana", "cleo"}

    async def test_asked_again_within_the_window_the_answer_is_the_same(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, *(f"p{number}" for number in range(20)))
        await next_window(world)
        before = await asked(vic)
        world.clock.advance(world.rules.window_ms - 1)
        assert await asked(vic) == before
        assert len(before.people) == 20

    async def test_whoever_asked_just_before_a_window_and_is_answered_in_it_has_its_handles(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, "ana")
        await next_window(world, vic)
        late = await world.settled(vic.hub.nearby(vic.person, world.now_ms - 1))
        assert late == await asked(vic)
        assert await seen(vic) == {"ana"}

    async def test_two_viewers_and_two_windows_share_no_handle_and_no_order(self, world: World) -> None:
        vic, wim = await viewer(world), await viewer(world, "wim")
        people = await listed(world, *(f"p{number}" for number in range(20)))
        await next_window(world, vic, wim, *people)
        orders = []
        for each in (vic, wim):
            orders.append([await who_is(each, handle) for handle in await handles(each)])
        shown = [await handles(vic), await handles(wim)]
        await next_window(world)
        shown.append(await handles(vic))
        assert len({handle for answer in shown for handle in answer}) == 60
        assert orders[0] != orders[1]
        assert set(orders[0]) == set(orders[1])

    async def test_an_answer_holds_at_most_fifty(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, *(f"p{number}" for number in range(SHOWN + 5)))
        await next_window(world)
        assert len(await handles(vic)) == SHOWN

    async def test_names_are_drawn_but_for_the_verified(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, verified("ana", "Ana Perez"), Caller(PersonId("ben"), name="Benny"))
        await next_window(world)
        shown = {str(await who_is(vic, one.handle)): one for one in (await asked(vic)).people}
        assert (shown["ana"].name, shown["ana"].verified) == ("Ana Perez", True)
        assert shown["ben"].name != "Benny"
        assert not shown["ben"].verified

    @pytest.mark.parametrize("how", ["leave", "unlist"])
    async def test_whoever_leaves_or_is_not_listed_any_more_is_gone_at_once_and_for_this_window(
        self, world: World, how: str
    ) -> None:
        vic = await viewer(world)
        ana, ben = await listed(world, "ana", "ben")
        await next_window(world)
        before = await asked(vic)
        await (ana.leave() if how == "leave" else choose(world, "ana", is_listed=False))
        after = await asked(vic)
        assert await seen(vic) == {ben.person}
        assert set(after.people) < set(before.people)
        await (ana.check_in() if how == "leave" else choose(world, "ana"))
        assert await asked(vic) == after
        await next_window(world)
        assert await seen(vic) == {ana.person, ben.person}

    async def test_whoever_lapsed_is_gone(self, world: World) -> None:
        vic = await viewer(world)
        (ana,) = await listed(world, "ana")
        lapses_ms = world.moment_ms(ana, 2)
        await next_window(world, vic)
        await next_window(world, vic)
        assert await seen(vic) == {ana.person}
        await world.go_to(lapses_ms)
        assert await seen(vic) == set()

    async def test_whoever_moves_away_is_seen_until_the_window_ends(self, world: World) -> None:
        vic, far = await viewer(world), await viewer(world, "far", AWAY)
        (ana,) = await listed(world, "ana")
        await next_window(world, vic)
        await far.check_in(AWAY)
        await ana.check_in(AWAY)
        await world.go_to(max(world.now_ms, world.moment_ms(ana, 0)))
        assert (await seen(vic), await seen(far)) == ({ana.person}, set())
        await next_window(world)
        assert (await seen(vic), await seen(far)) == (set(), {ana.person})

    async def test_people_of_other_cells_of_the_area_are_seen_as_those_of_ones_own(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, "ana", ladder=BESIDE)
        await listed(world, "ben", ladder=AWAY)
        await next_window(world)
        assert await seen(vic) == {"ana"}

    async def test_a_venue_has_a_list_of_those_who_named_it(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        vic = await viewer(world, wishes=IN_RING)
        inside, outside = await listed(world, "ana", "ben")
        await inside.check_in(wishes=IN_RING)
        await next_window(world)
        assert (await asked(vic)).area == RING
        assert await seen(vic) == {inside.person}
        assert outside.person in await seen(await viewer(world, "wim"))

    async def test_without_a_presence_there_is_no_area_and_nobody(self, world: World) -> None:
        await listed(world, "ana")
        await next_window(world)
        assert await asked(await world.connect("vic")) == Nearby(None, ())

    @pytest.mark.parametrize("is_author", [True, False])
    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_whoever_is_in_conflict_with_the_viewer_is_gone_at_once(
        self, world: World, is_author: bool, is_mutual: bool
    ) -> None:
        vic = await viewer(world)
        ana, ben = await listed(world, "ana", "ben")
        await next_window(world)
        assert await seen(vic) == {ana.person, ben.person}
        await separate(world, *((vic, ana) if is_author else (ana, vic)), is_mutual=is_mutual)
        assert await seen(vic) == {ben.person}

    @pytest.mark.parametrize("is_author", [True, False])
    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_whoever_sits_with_somebody_in_conflict_with_the_viewer_is_seen_as_if_that_one_were_not_there(
        self, world: World, is_author: bool, is_mutual: bool
    ) -> None:
        """Else the list would be shorter by a room for whoever is blocked, and whole for whom the other left."""
        vic = await viewer(world)
        eve, ana, ben = await world.together("eve", "ana", "ben")
        for person in ("eve", "ana", "ben"):
            await choose(world, person)
        await separate(world, *((vic, eve) if is_author else (eve, vic)), is_mutual=is_mutual)
        await next_window(world, vic, eve, ana, ben)
        blocked = await seen(vic)
        await eve.leave()
        assert blocked == await seen(vic) == {ana.person, ben.person}

    async def test_a_handle_is_found_by_its_viewer_until_the_end_of_the_next_window(self, world: World) -> None:
        """Also when the one it means is gone meanwhile: a block of them must not be in vain."""
        vic, wim = await viewer(world), await viewer(world, "wim")
        (ana,) = await listed(world, "ana")
        await next_window(world)
        (handle,) = await handles(vic)
        await handles(wim)
        await ana.leave()
        await vic.leave()
        assert await who_is(vic, handle) == ana.person
        assert await who_is(wim, handle) is None
        assert await who_is(vic, "no-such-handle") is None
        await next_window(world)
        assert await who_is(vic, handle) == ana.person
        await next_window(world)
        assert await who_is(vic, handle) is None

    async def test_a_viewer_who_asks_in_many_areas_has_the_newest_handles_remembered(self, world: World) -> None:
        vic = await viewer(world)
        await listed(world, "ana")
        await next_window(world)
        (handle,) = await handles(vic)
        await vic.leave()
        await vic.check_in(AWAY)
        assert await handles(vic) == []
        assert await who_is(vic, handle) == "ana"
