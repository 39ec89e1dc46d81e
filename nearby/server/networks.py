"""Whose network a request comes from, as limits count it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_COUNTED_PREFIX = {4: 24, 6: 56}


def client_network(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str | None:
    """Return the caller's /24 or /56 as text, or None if limits by network do not apply.

    ``X-Forwarded-For`` is believed as far as trusted proxies wrote it, from the right. Loopback
    without that header is the operator's own and exempt; an address that cannot be read
    counts as one network, "unknown".
    """
    if peer is None:
        return "unknown"
    address = _address(peer)
    hops = [hop.strip() for hop in forwarded_for.split(",")] if forwarded_for else []
    while hops and address is not None and any(address in network for network in trusted):
        address = _address(hops.pop())
    if address is None:
        return "unknown"
    if address.is_loopback and not forwarded_for:
        return None
    return str(ip_network((address, _COUNTED_PREFIX[address.version]), strict=False))


def _address(text: str) -> Address | None:
    """Return an address, also one that a proxy wrote with a port; None if it is none."""
    bracketed, _, _ = text.removeprefix("[").partition("]")
    host = bracketed if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
