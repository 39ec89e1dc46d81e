from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.server.networks import client_network

PROXIES = [ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("203.0.113.77", None, "203.0.113.0/24"),
        ("2001:db8:1:2345::9", None, "2001:db8:1:2300::/56"),
        ("::ffff:203.0.113.77", None, "203.0.113.0/24"),
        ("127.0.0.1", None, None),
        ("::1", None, None),
        ("127.0.0.1", "203.0.113.77", "203.0.113.0/24"),
        ("10.1.1.1", "203.0.113.77", "203.0.113.0/24"),
        ("10.1.1.1", "198.51.100.1, 203.0.113.77", "203.0.113.0/24"),
        ("10.1.1.1", "203.0.113.77, 10.2.2.2", "203.0.113.0/24"),
        ("203.0.113.77", "198.51.100.1", "203.0.113.0/24"),
        ("10.1.1.1", "10.2.2.2", "10.2.2.0/24"),
        ("10.1.1.1", "203.0.113.77:5123", "203.0.113.0/24"),
        ("10.1.1.1", "[2001:db8:1:2::3]:5123", "2001:db8:1::/56"),
        ("10.1.1.1", "2001:db8:1:2::3", "2001:db8:1::/56"),
        ("10.1.1.1", "nonsense", "unknown"),
        ("nonsense", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_a_caller_counts_for_the_network_that_trusted_proxies_saw(
    peer: str | None, forwarded: str | None, network: str | None
) -> None:
    assert client_network(peer, forwarded, PROXIES) == network


@given(st.text(max_size=40), st.none() | st.text(max_size=60))
def test_whatever_the_header_says_there_is_an_answer(peer: str, forwarded: str | None) -> None:
    network = client_network(peer, forwarded, PROXIES)
    assert network is None or network == "unknown" or "/" in network


def test_without_trusted_proxies_no_header_exempts_or_moves_anybody() -> None:
    assert client_network("203.0.113.77", "127.0.0.1", []) == "203.0.113.0/24"
    assert client_network("127.0.0.1", "127.0.0.1", []) == "127.0.0.0/24"
