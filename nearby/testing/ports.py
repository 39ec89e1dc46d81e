"""Ports for servers that a test stops and starts again at the same address."""

import contextlib
import random
import socket

PORTS = range(20_000, 32_768)
"""Below those that Linux gives to outgoing connections, one of which could take a dead server's place."""


_given: set[int] = set()
"""A cluster takes twelve before it starts: without a look at these, one in two hundred would have a port twice."""


def free_port() -> int:
    """Return a port, never the same twice, that nobody listens on and that no outgoing connection takes by itself."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port
    raise RuntimeError(f"a hundred ports tried between {PORTS.start} and {PORTS.stop} are all taken")
