"""What a phone knows of its room, message by message: no socket and no clock in sight."""

from dataclasses import replace

from nearby.client.events import PhoneEvent
from nearby.client.incoming import Unknown
from nearby.client.settings import PhoneStatistics
from nearby.core import wire
from nearby.core.view import RoomView
from nearby.errors import GapInLog


class Mirror:
    """The view of the room, and what was counted on the way to it."""

    def __init__(self) -> None:
        self.view: RoomView | None = None
        self.statistics = PhoneStatistics()

    def take(self, message: wire.ServerMessage | Unknown) -> PhoneEvent | None:
        """Take in one message; return it if it is news for the app, else None.

        Raises:
            GapInLog: Events before this one are missing. The view is unchanged.
        """
        match message:
            case wire.Said() | wire.Joined() | wire.Left() | wire.Changed() | wire.Skipped():
                return self._apply(message)
            case wire.Placed():
                self.view = RoomView(message)
                return message
            case wire.Unplaced():
                self.view = None
                return message
            case wire.Greeted() | wire.Known() | wire.Shaken() | wire.Expiring() | wire.Bye():
                return message
            case wire.Error():
                self.count(refusals=1)
            case Unknown():
                self.count(unknown=1)
                self._pass_over(message)
        return None

    def position(self) -> wire.Resume | None:
        """Return where to go on, None without a room."""
        return None if self.view is None else self.view.position()

    def count(self, **more: int) -> None:
        """Add to the statistics."""
        now = self.statistics
        self.statistics = replace(now, **{name: getattr(now, name) + count for name, count in more.items()})

    def _apply(self, event: wire.HeardEvent) -> wire.HeardEvent | None:
        try:
            if self.view is not None and self.view.apply(event):
                return event
        except GapInLog:
            self.count(gaps=1)
            raise
        self.count(repeats=1)
        return None

    def _pass_over(self, event: Unknown) -> None:
        """Let an event of the log that cannot be understood have its seq, or every resume would end in the same gap."""
        view = self.view
        if view is None or event.room != view.room.id or event.seq is None or event.seq <= view.seq:
            return
        if event.seq != view.seq + 1:
            self.count(gaps=1)
            raise GapInLog(expected=view.seq + 1, got=event.seq)
        view.seq = event.seq
