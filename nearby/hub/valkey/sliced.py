"""One gateway's handle on slices whose live states stand on the servers of a cluster."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count

from redis.crc import key_slot

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import HubDown
from nearby.hub.base import Listener
from nearby.hub.sliced import SlicedHub
from nearby.hub.sliced.borders import slice_of
from nearby.hub.sliced.phones import Phones, SliceEar
from nearby.hub.valkey.opening import open_hub
from nearby.hub.valkey.runner import Record
from nearby.hub.valkey.slice import ValkeySlice
from nearby.hub.valkey.sweeper import SWEEP_S

SLOTS = 16_384


def tags_of(tag: str, slices: int) -> list[str]:
    """Return the tag of each slice: one whose slot is in the slice's own share of all slots, which primaries share out.

    Another number of slices is another live state: none of these tags is one of its.

    Args:
        tag: Of the live state, in braces.
        slices: How many.
    """

    def tag_of(number: int) -> str:
        named = (f"{tag[:-1]}:{number}/{slices}:{salt}}}" for salt in count())
        return next(one for one in named if key_slot(one.encode()) * slices // SLOTS == number)

    return [tag_of(number) for number in range(slices)]


class SlicedValkeyHub(SlicedHub):
    """See ``nearby.hub.sliced``; and the whole live state's part of ``SharedServers``, which has marks and counts.

    What is marked is marked in every slice: the mark is gone once any of them was lost. Whose turn it is at something
    is agreed on in the first one.
    """

    def __init__(
        self,
        slices: Sequence[ValkeySlice],
        listener: Listener,
        *,
        windows: Windows,
        phones: Phones,
        called: dict[PersonId, None],
    ) -> None:
        super().__init__(slices, listener, windows=windows, phones=phones, called=called)
        self._shared = slices
        self._first = slices[0]
        for one in slices:
            one.on_loss(partial(_hold_back, one))
        self.on_loss(self.note_again)

    @property
    def generation(self) -> str:
        """Return something else for every run of a server that had one of the slices."""
        return ".".join(str(one.generation) for one in self._shared)

    @property
    def holds_back(self) -> bool:
        """Return whether nobody is offered a seat in some slice; see ``ValkeyHub``.

        A slice that lost something holds back by itself, and no other does. Set to False none does any more.
        """
        return any(one.holds_back for one in self._shared)

    @holds_back.setter
    def holds_back(self, holds_back: bool) -> None:
        for one in self._shared:
            one.holds_back = one.holds_back and holds_back

    def on_loss(self, call: Callable[[], None]) -> None:
        """See ``ValkeyHub.on_loss``: whichever slice it is."""
        for one in self._shared:
            one.on_loss(call)

    async def is_marked(self, name: str) -> bool:
        """Return whether a mark is set on every slice."""
        return all(await asyncio.gather(*(one.is_marked(name) for one in self._shared)))

    async def mark(self, name: str, for_ms: int) -> None:
        """Set a mark on every slice, for a while or until its loss."""
        await asyncio.gather(*(one.mark(name, for_ms) for one in self._shared))

    async def mark_first(self, name: str, for_ms: int) -> bool:
        """Set a mark unless it is set; return whether it was not."""
        return await self._first.mark_first(name, for_ms)

    async def unmark(self, name: str) -> None:
        """Take back what ``mark_first`` set."""
        await self._first.unmark(name)

    async def ended_window(self) -> int:
        """Return the number of the last window that ended in every slice."""
        return min(await asyncio.gather(*(one.ended_window() for one in self._shared)))

    async def logged_window(self) -> int:
        """See ``SharedServers.logged_window``."""
        return await self._first.logged_window()

    async def note_logged(self, window: int) -> None:
        """See ``SharedServers.note_logged``."""
        await self._first.note_logged(window)

    async def counted(self, window: int) -> Mapping[Cell, int]:
        """See ``SharedServers.counted``; each person is counted in one slice for a cell."""
        added: Counter[Cell] = Counter()
        for counts in await asyncio.gather(*(one.counted(window) for one in self._shared)):
            added.update(counts)
        return added

    async def settle(self) -> None:
        """Return when this gateway has heard all that was done so far, on whichever gateway."""
        await asyncio.gather(*(one.settle() for one in self._shared))

    async def close(self) -> None:
        """End the gateway's part."""
        await asyncio.gather(*(one.close() for one in self._shared))


async def open_sliced(
    url: str,
    tag: str,
    rules: Rules,
    listener: Listener,
    *,
    slices: int,
    secret: bytes,
    draw_id: Callable[[], str],
    now_ms: int,
    record: Record | None = None,
    sweep_s: float = SWEEP_S,
) -> SlicedValkeyHub:
    """Return one more gateway's handle on a live state in slices; all gateways must have it in as many.

    The arguments are those of ``open_hub``, and how many ``slices`` there are.

    Raises:
        HubDown: Some server cannot be reached.
    """
    phones, called = Phones(), dict[PersonId, None]()
    opened: list[ValkeySlice] = []
    try:
        for number, own in enumerate(tags_of(tag, slices)):
            opened.append(
                await open_hub(
                    url,
                    own,
                    rules,
                    SliceEar(number, listener, phones, call_across=called.setdefault),
                    secret=secret,
                    draw_id=draw_id,
                    now_ms=now_ms,
                    record=record,
                    sweep_s=sweep_s,
                    owns=partial(_owns, number, slices),
                )
            )
    except BaseException:
        for one in opened:
            with suppress(HubDown):
                await one.close()
        raise
    windows = Windows(rules.window_ms, secret)
    return SlicedValkeyHub(opened, listener, windows=windows, phones=phones, called=called)


def _owns(number: int, slices: int, res5: Cell) -> bool:
    return slice_of(res5, slices) == number


def _hold_back(one: ValkeySlice) -> None:
    one.holds_back = True
