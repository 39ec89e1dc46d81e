"""Settings as they may be shown: without secrets, and without what an address may hold of them."""

import re
from typing import Any

SECRETS = frozenset({"key", "previous_key", "store_secret", "notify_secret"})
ADDRESSES = frozenset({"jwks", "database_url", "hub_url", "notify_url", "tile_url"})
"""Settings that may hold an address, and with it a password or a key of somebody's service."""

_ADDRESS = re.compile(r"(?P<place>[a-z+]+://)([^@/?#]*@)?(?P<rest>[^@?#]*)(?P<query>\?[^@#]*)?")
_SET = "(set)"


def masked(name: str, value: Any) -> Any:
    """Return a setting's value without what must not be seen."""
    if value and name in SECRETS:
        return _SET
    if value and name in ADDRESSES and "://" in value:
        known = _ADDRESS.fullmatch(value)
        return f"{known['place']}{known['rest']}{f'?{_SET}' if known['query'] else ''}" if known else _SET
    return value
