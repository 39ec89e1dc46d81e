"""The way of events to the app, and the one way a phone ends."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nearby.client.events import PhoneEvent
from nearby.errors import EventsNotRead, PhoneClosed


class CallbackFailed(Exception):
    """A callback of the app raised; its exception is the cause."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"a callback of the app failed: {type(error).__name__}")
        self.error = error


@contextlib.contextmanager
def calling_back() -> Iterator[None]:
    """Mark what an app's callback raises within, so that it is never taken for a fault of the network.

    Raises:
        CallbackFailed: It raised.
    """
    try:
        yield
    except Exception as error:
        raise CallbackFailed(error) from error


@dataclass(frozen=True, slots=True)
class Ending:
    """How a phone ended: by the server's close ``code``, by ``error``, or, with neither, by its app."""

    code: int | None = None
    error: Exception | None = None

    @property
    def is_wanted(self) -> bool:
        """Return whether the app closed the phone itself."""
        return self.code is None and self.error is None

    def exception(self) -> PhoneClosed | EventsNotRead:
        """Return what calls raise from now on, a new one for each. ``error`` is its cause."""
        if isinstance(self.error, EventsNotRead):
            return EventsNotRead(*self.error.args)
        closed = PhoneClosed(self.code)
        closed.__cause__ = self.error
        return closed


class Inbox:
    """Events for the app: handed over at once if it gave a callback, else kept until they are read.

    Args:
        on_event: The callback.
        unread: So many events are kept (policy ``close_unread``).
    """

    def __init__(self, on_event: Callable[[PhoneEvent], None] | None, *, unread: int) -> None:
        self._on_event = on_event
        self._unread = unread
        self._events: asyncio.Queue[PhoneEvent | None] = asyncio.Queue(unread + 1)

    def put(self, event: PhoneEvent) -> None:
        """Tell the app.

        Raises:
            EventsNotRead: There is no room for ``event``. Those before it can still be read.
            CallbackFailed: The callback raised.
        """
        if self._on_event is not None:
            with calling_back():
                self._on_event(event)
        elif self._events.qsize() >= self._unread:
            raise EventsNotRead(f"{self._unread} events were not read")
        else:
            self._events.put_nowait(event)

    def close(self) -> None:
        """Nothing follows what is in here now. Call it once."""
        self._events.put_nowait(None)

    async def get(self) -> PhoneEvent | None:
        """Return the next event, None when closed and all were read. Safe to cancel: no event is lost."""
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)
        return event
