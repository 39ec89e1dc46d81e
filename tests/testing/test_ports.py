"""Ports for servers of tests."""

import socket

from nearby.testing.ports import PORTS, free_port


def test_no_port_is_given_twice_and_each_can_be_listened_on() -> None:
    ports = [free_port() for _ in range(1_000)]
    assert len(set(ports)) == len(ports)
    assert set(ports) <= set(PORTS)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", ports[0]))
