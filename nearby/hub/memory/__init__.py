"""The hub of one process, and the reference for every other: what a crash loses is everything.

``LiveState`` is plain values owned by the event loop's thread; no method of it suspends, so each is
atomic. ``MemoryHub`` puts the port's ``async`` face on it, one per gateway.
"""

from nearby.hub.memory.hub import MemoryHub
from nearby.hub.memory.state import LiveState

__all__ = ["LiveState", "MemoryHub"]
