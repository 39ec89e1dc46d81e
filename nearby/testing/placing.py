"""Look, decide, take: the placing loop of a gateway, without its tick."""

from nearby.core.ids import PersonId
from nearby.core.placement import decide
from nearby.core.rules import Rules
from nearby.hub.base import Hub

RACES_LOST = 8
"""After this many seats lost to others between look and take, the person stays where they are."""


async def place(hub: Hub, person: PersonId, why: str = "new", *, now_ms: int, rules: Rules) -> bool:
    """Seat the person where placement puts them; return whether they were seated.

    Args:
        hub: Any gateway's handle.
        person: Who wants a seat, or another one.
        why: The reason their ``placed`` gives.
        now_ms: The time of the decision.
        rules: The rules the hub runs by.
    """
    for _ in range(RACES_LOST):
        offer = await hub.offer(person, now_ms)
        if offer is None:
            return False
        choice = decide(offer.candidates, offer.luck, now_ms, rules=rules, wishes=offer.wishes)
        if choice.room is None:
            return await hub.open_room(person, offer.catchment, why, now_ms)
        if await hub.seat(person, choice.room, why, now_ms):
            return True
    return False
