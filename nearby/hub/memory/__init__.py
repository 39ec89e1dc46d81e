"""The hub of one process, and the reference for every other.

What a crash loses is what ``record`` was not told, or what a store had not yet written of it: with no recorder,
everything.

``LiveState`` is plain values owned by the event loop's thread; no method of it suspends, so each is
atomic. ``MemoryHub`` puts the port's ``async`` face on it, one per gateway.
"""

from nearby.hub.memory.hub import MemoryHub
from nearby.hub.memory.state import LiveState

__all__ = ["LiveState", "MemoryHub"]
