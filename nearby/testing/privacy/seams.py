"""Where a server is made weak: something at a seam is replaced while a block runs."""

import contextlib
from collections.abc import Callable, Iterator

Weakness = Callable[[], contextlib.AbstractContextManager[None]]
"""Makes every server of this process weak while the block runs."""


@contextlib.contextmanager
def replaced(owner: object, name: str, new: object) -> Iterator[None]:
    """Let ``owner`` have another attribute while the block runs."""
    before = owner.__dict__[name]
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, before)
