"""Ports for servers that a test stops and starts again at the same address."""

import contextlib
import random
import socket

PORTS = range(20_000, 32_768)
"""Below those that Linux gives to outgoing connections, one of which could take a dead server's place."""


def free_port() -> int:
    """Return a port that nobody listens on, and that no outgoing connection takes by itself."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"a hundred ports tried between {PORTS.start} and {PORTS.stop} are all taken")
