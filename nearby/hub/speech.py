"""The part of the hub's port that is about what people say."""

from dataclasses import dataclass
from typing import Protocol

from nearby.core.ids import ConnectionId, PersonId, RoomId


@dataclass(frozen=True, slots=True)
class Weighed:
    """What ``say`` would come to now.

    ``repeat`` is what it would return for a text that was said already. Else ``is_open`` tells whether the content
    gate looks at what the person says, and ``lang`` which language they named last.
    """

    repeat: tuple[int, int] | None = None
    is_open: bool = False
    lang: str | None = None


class Speech(Protocol):
    """What people say, in rooms and outside them. See ``nearby.hub.base`` for what every operation guarantees.

    What unverified people say passes the content gate (``nearby.core.gate``, ``nearby.core.repeats``), and is counted
    by whom it reaches (``nearby.core.reach``). What the gate refuses is not said and not remembered, but counts by the
    rate of ``say``: nobody tries the gate faster than they may speak.
    """

    async def say(
        self,
        person: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room: RoomId | None = None,
        message_id: int | str | None = None,
        is_unfit: bool = False,
    ) -> tuple[int, int]:
        """Append to the log of the person's room; return ``(seq, at_ms)``, of the first time for a repeat.

        If it ``is_unfit`` the caller found, by a filter of the operator's, that an unverified person must not say it.

        Raises:
            Refused: ``id_reused``, ``moved``, ``not_in_room``, ``rate_limited`` (by the rate, then by the strangers it
                would reach), ``held``, looked at in that order.
        """

    async def weigh(
        self,
        person: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room: RoomId | None = None,
        message_id: int | str | None = None,
    ) -> Weighed:
        """Return what ``say`` would come to now. Nothing changes, and nothing is counted.

        Raises:
            Refused: As ``say``, but for ``held``.
        """

    async def screen(self, place: str, text: str, now_ms: int, *, author: PersonId | None = None) -> None:
        """Let a text of an unverified person that is written outside rooms pass the gate, as if ``place`` were one.

        With ``author`` numbers in pieces are looked for over what they last wrote in ``place``.

        Raises:
            Refused: ``held``.
        """
