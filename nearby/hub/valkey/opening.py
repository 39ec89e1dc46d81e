"""Puts together one gateway's part of a live state."""

from collections.abc import Callable

from nearby.core.rules import Rules
from nearby.hub.base import Listener
from nearby.hub.slices import Owns
from nearby.hub.valkey.connections import Connections
from nearby.hub.valkey.lease import Lease
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.reader import Reader
from nearby.hub.valkey.runner import Record, Runner
from nearby.hub.valkey.slice import ValkeySlice
from nearby.hub.valkey.sweeper import SWEEP_S, Sweeper


async def open_hub(
    url: str,
    tag: str,
    rules: Rules,
    listener: Listener,
    *,
    secret: bytes,
    draw_id: Callable[[], str],
    now_ms: int,
    record: Record | None = None,
    sweep_s: float = SWEEP_S,
    owns: Owns | None = None,
) -> ValkeySlice:
    """Return one more gateway's handle on the live state that a server has under a tag.

    Args:
        url: Of the server, see ``Link``.
        tag: Begins every key; in braces, so that a cluster keeps them together.
        rules: The product's numbers, the same on every gateway.
        listener: Hears what concerns this gateway's connections.
        secret: Keys all draws, the same on every gateway.
        draw_id: Returns a new opaque id at each call.
        now_ms: The time.
        record: Is told what this gateway changed once it took effect, or None; see ``Runner``.
        sweep_s: How long a sweep may take; see ``Sweeper``.
        owns: Which cells of resolution 5 are its own, if it is a slice; None: all of them.

    Raises:
        HubDown: The server cannot be reached.
    """
    link, connections = Link(url, tag), Connections(listener)
    lease = Lease(link, draw_id=draw_id, on_loss=connections.forget_all)
    runner = Runner(link, rules, secret=secret, draw_id=draw_id, record=record, own=lambda: lease.gateway, owns=owns)
    sweeper = Sweeper(link, runner, rules, lease=lease, connections=connections, sweep_s=sweep_s)
    await lease.begin()
    await sweeper.turn_windows(now_ms)
    link.on_generation(lambda _: connections.check_all())
    reader = Reader(link, lease, connections, listener, learn=runner.learn)
    runner.committer.heard, runner.committer.hear = reader.heard, reader.hear
    reader.start()
    return ValkeySlice(link, runner, reader, sweeper, lease=lease, connections=connections)
