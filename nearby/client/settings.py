"""How a phone behaves on bad days, and what it counted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """Delays and bounds of a phone."""

    base_s: float = 0.5
    """Upper end of the first reconnect delay."""
    cap_s: float = 30.0
    """Upper end of every reconnect delay the phone draws itself."""
    longest_wait_s: float = 300.0
    """A server that asks for a longer wait (``bye``, ``Retry-After``) is asked again after this."""
    open_within_s: float = 10.0
    """How long each of these may take: the token function, the connection, the welcome."""
    silent_s: float = 10.0
    """A connection is dead if nothing comes for so long after a question, or after a ping of the server was due."""
    repeat_within_s: float = 100.0
    """A ``say`` is repeated only this soon after it was first sent: servers know its id for 120 s."""
    shake_within_s: float = 5.0
    """A ``shake`` that was not answered by then is given up: others who shook with it are about to meet."""
    waiting_calls: int = 100
    """One call more than this is refused with ``rate_limited`` (policy ``refuse_new``)."""
    unread_events: int = 10_000
    """So many unread events close the phone with ``EventsNotRead`` (policy ``close_unread``)."""


@dataclass(frozen=True, slots=True)
class PhoneStatistics:
    """What happened to a phone so far."""

    connects: int = 0
    """Times the server welcomed the phone."""
    drops: int = 0
    """Connections and attempts at one that ended."""
    resumes: int = 0
    gaps: int = 0
    """Times the log did not continue; each drops the connection."""
    repeats: int = 0
    """Events that were not news: a broken promise of the server."""
    refusals: int = 0
    silences: int = 0
    """Connections given up because nothing came any more."""
    unreadable: int = 0
    """Messages that made no sense; each drops the connection."""
    unknown: int = 0
    """Messages of a type this SDK does not know; they are ignored."""
