"""Where a phone's token comes from."""

import asyncio
from collections.abc import Awaitable, Callable

Token = str | Callable[[], Awaitable[str]]
"""A token, or an async function that returns a fresh one."""


class Tokens:
    """The token in use, and the app's function to ask when it ends.

    Args:
        source: The token or the function.
        within_s: How long the function may take.
    """

    def __init__(self, source: Token, *, within_s: float) -> None:
        self._source = source
        self._within_s = within_s
        self._current = source if isinstance(source, str) else None

    @property
    def can_ask(self) -> bool:
        """Return whether there is a function to ask."""
        return not isinstance(self._source, str)

    async def current(self) -> str:
        """Return the token in use, a fresh one if there is none yet.

        Raises:
            Exception: Whatever the app's function raises; ``TimeoutError`` if it takes too long.
        """
        return self._current if self._current is not None else await self.fresh()

    async def fresh(self) -> str:
        """Return a token the function gives now, which is in use from then on. Raises as ``current``."""
        assert not isinstance(self._source, str)
        async with asyncio.timeout(self._within_s):
            self._current = await self._source()
        return self._current

    def refused(self) -> None:
        """The server does not take the token in use: the function is asked before the next attempt."""
        if self.can_ask:
            self._current = None
