"""The whole of ``Store.moderation``, used once."""

from nearby.core.ids import PersonId, RoomId
from nearby.core.likeness import likeness_of
from nearby.core.reports import ReportId
from nearby.store.base import Store
from nearby.store.moderation import About, Ban, By, InRoom, Known, OverBottle
from nearby.testing.store_suite.bottles import caught, throw
from nearby.testing.store_suite.given import NOW_MS, RULES
from nearby.testing.store_suite.moderation import talk, tell

REPORTER, OTHER, REPORTED = PersonId("reporter"), PersonId("other"), PersonId("reported")
WHY = By(PersonId("operator"), "because")
SOMEWHERE = RoomId("somewhere")


async def use_moderation(store: Store) -> None:
    """Report in every way, decide, take back, and look."""
    moderation = store.moderation
    # Before the reports: afterwards bottles of theirs are passed over.
    bottle = await throw(store, REPORTED)
    await caught(store, REPORTER)
    await talk(store, REPORTER, OTHER, of=REPORTED, room_id=SOMEWHERE)
    for number, who in enumerate((REPORTER, OTHER)):
        await tell(store, who, InRoom(SOMEWHERE, REPORTED), name=f"told-{number}")
    others: tuple[About, ...] = (InRoom(None, REPORTED), InRoom(SOMEWHERE, None), Known("of-somebody"))
    for number, about in enumerate(others):
        await tell(store, REPORTER, about, name=f"more-{number}", at_ms=NOW_MS + 3)
    await tell(store, REPORTER, OverBottle(bottle), name="over", at_ms=NOW_MS + 6)
    await moderation.queue()
    for is_open in (True, False):
        for after in (None, ReportId("told-0")):
            await moderation.reports(is_open=is_open, after=after, limit=5)
    for report in (ReportId("told-0"), ReportId("over")):
        await moderation.decide(report, "ban", None, WHY, NOW_MS + 7, RULES)
        await moderation.reports(is_open=False, after=report, limit=5)
        await moderation.undo(report, WHY, NOW_MS + 8, RULES)
    await moderation.one(ReportId("over"))
    await use_verdicts(store)


async def use_verdicts(store: Store) -> None:
    """Do to somebody what operators do, and look at them."""
    moderation, name = store.moderation, likeness_of("Bea Novak")
    await moderation.verify(REPORTED, "Bea Novak", name, WHY, NOW_MS)
    await moderation.ban(REPORTED, Ban("suspension", NOW_MS + 9), WHY, NOW_MS)
    await moderation.appeal(REPORTED, "it was not me", NOW_MS, by=WHY)
    await moderation.in_force(NOW_MS)
    await moderation.sanctioned(NOW_MS, limit=200)
    await moderation.revision()
    await moderation.find_named(name, NOW_MS)
    await moderation.find(PersonId("nobody"), NOW_MS)
    await moderation.revoke(REPORTED, WHY, NOW_MS)
    await moderation.unban(REPORTED, WHY, NOW_MS)
