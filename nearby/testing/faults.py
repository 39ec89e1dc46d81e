"""Faults between a server and its hub."""

from collections.abc import Callable
from typing import Any, cast

from nearby.errors import HubDown
from nearby.hub.base import Hub


class Faults:
    """What stands between: while ``is_down``, every operation raises ``HubDown`` and does not happen.

    ``down_for`` names operations that alone do so. With ``after_the_fact`` the operation happens and its
    answer is lost, as when a connection breaks between the two.
    """

    def __init__(self) -> None:
        self.is_down = False
        self.down_for: set[str] = set()
        self.after_the_fact = False

    def wrap(self, hub: Hub) -> Hub:
        """Return ``hub`` with these faults in front of it."""
        return cast(Hub, _Faulty(hub, self))


class _Faulty:
    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the hub's operation, behind the faults."""
        operation = getattr(self._hub, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            if self._faults.is_down or name in self._faults.down_for:
                raise HubDown
            result = await operation(*arguments, **options)
            if self._faults.after_the_fact:
                raise HubDown
            return result

        return call
