"""Names and badges: whose is shown, whose is drawn, and who sees them change."""
# ruff: noqa: D102  The name of a test is its sentence.

from nearby.core import wire
from nearby.core.ids import PersonId
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.given import HERE, verified
from nearby.testing.hub_suite.world import World


class NamesSuite(SuiteBase):
    """What a room sees of its members."""

    async def test_the_names_of_the_unverified_are_new_in_every_room(self, world: World) -> None:
        _, ben = await world.together("ana", Caller(PersonId("ben"), name="Benjamin"))
        shown = []
        for _ in range(4):
            shown.append(ben.view.members[ben.view.you])
            assert await ben.open_room("next")
        assert len({member.member for member in shown}) == len({member.name for member in shown}) == 4
        assert not any(member.verified or "Ben" in member.name for member in shown)

    async def test_verified_names_are_shown_as_they_are(self, world: World) -> None:
        ana, ben = await world.together("ana", verified("ben", "Benjamin"))
        seen = ana.view.members[ben.view.you]
        assert (seen.name, seen.verified) == ("Benjamin", True)

    async def test_a_fresh_token_with_another_name_or_badge_is_seen_by_the_room(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        for name in ("Benjamin", "Benno"):
            await ben.renew(verified("ben", name))
            changed = wire.Member(member=ben.view.you, name=name, verified=True)
            for phone in (ana, ben):
                assert isinstance(phone.heard[-1], wire.Changed)
                assert phone.heard[-1].member == changed
        await ben.renew(Caller(PersonId("ben"), name="Benno"))
        shown = ana.view.members[ben.view.you]
        assert (shown.verified, shown.name == "Benno") == (False, False)

    async def test_a_fresh_token_with_the_same_claims_is_not_seen(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", verified("ben", "Benjamin"), "cleo")
        before = ana.heard
        await ben.renew(verified("ben", "Benjamin"))
        await cleo.renew(Caller(PersonId("cleo"), name="never shown"))
        assert ana.heard == before

    async def test_a_check_in_from_elsewhere_does_not_take_the_open_connections_token_from_it(
        self, world: World
    ) -> None:
        (ben,) = await world.together(verified("ben", "Benjamin"))
        await world.settled(world.hubs[0].check_in(Caller(PersonId("ben")), HERE, world.now_ms))
        for _ in range(world.rules.joins_per_hour_verified - 1):
            assert await ben.open_room("next")
            shown = ben.view.members[ben.view.you]
            assert (shown.name, shown.verified) == ("Benjamin", True)
        assert not await ben.open_room("next")

    async def test_a_check_in_from_elsewhere_makes_nobody_verified_either(self, world: World) -> None:
        (ben,) = await world.together("ben")
        await world.settled(world.hubs[0].check_in(verified("ben", "Benjamin"), HERE, world.now_ms))
        assert await ben.open_room("next")
        assert not ben.view.members[ben.view.you].verified

    async def test_who_is_verified_without_a_name_keeps_the_one_that_was_drawn(self, world: World) -> None:
        nameless = Caller(PersonId("ben"), verified=True)
        ana, ben = await world.together("ana", nameless)
        before, name = ana.heard, ana.view.members[ben.view.you].name
        await ben.renew(nameless)
        again = await world.connect(nameless)
        assert ana.heard == before
        assert again.view.members[again.view.you].name == name

    async def test_views_agree_with_the_room_as_a_newcomer_sees_it(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", verified("ben", "Benjamin"), "cleo")
        await ben.renew(verified("ben", "Benno"))
        await cleo.leave()
        dan = await world.connect("dan")
        await dan.check_in()
        await dan.seat(ana.room)
        assert (ana.view.members, ana.view.seq) == (dan.view.members, dan.view.seq)
