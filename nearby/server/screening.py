"""What unverified people write, on its way past the gate and an operator's filter."""

from nearby.core.gate import found_in
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, Hub
from nearby.server.filtering import Filtering


class Screening:
    """Asks the gate, which is the hub's, and the filter, if there is one.

    Args:
        hub: Knows what is said in rooms, and which texts are refused.
        filtering: The operator's filter, or None.
        has_gate: Whether there is a gate; the filter is asked without one, too.
    """

    def __init__(self, hub: Hub, filtering: Filtering | None, *, has_gate: bool) -> None:
        self._hub = hub
        self._filtering = filtering
        self._has_gate = has_gate
        self.has_filter = filtering is not None
        """Whether ``is_unfit`` may say so; without a filter it need not be asked."""

    async def is_unfit(
        self,
        person: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room: RoomId | None,
        message_id: int | str | None,
    ) -> bool:
        """Return whether the filter holds what somebody is about to say in a room.

        It is not asked about what is refused anyway, nor about a repeat of what was said.

        Raises:
            Refused: As ``Hub.weigh``.
        """
        if self._filtering is None:
            return False
        weighed = await self._hub.weigh(person, connection, text, now_ms, room=room, message_id=message_id)
        if weighed.repeat is not None or not weighed.is_open or (self._has_gate and found_in(text)[0] is not None):
            return False
        return await self._filtering.is_unfit(text, weighed.lang)

    async def pass_text(
        self, caller: Caller, place: str, text: str, now_ms: int, *, author: PersonId | None = None
    ) -> None:
        """Let a text that is written outside rooms pass; arguments as for ``Hub.screen``.

        Raises:
            Refused: ``held``.
        """
        if caller.verified:
            return
        if self._filtering is not None and await self._filtering.is_unfit(text, None):
            raise Refused(ErrorCode.HELD)
        await self._hub.screen(place, text, now_ms, author=author)

    def pass_name(self, caller: Caller | None, name: str) -> None:
        """Let a profile's name pass; None is somebody new, who is not verified.

        Raises:
            Refused: ``held``.
        """
        if self._has_gate and not (caller is not None and caller.verified) and found_in(name)[0] is not None:
            raise Refused(ErrorCode.HELD)
