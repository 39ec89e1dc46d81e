"""The kinds of identifiers, told apart by the type checker, and how they are formed."""

import re
from typing import NewType

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

PersonId = NewType("PersonId", str)
"""A token's ``sub``. Never shown to anybody but the person."""

RoomId = NewType("RoomId", str)
MemberId = NewType("MemberId", str)
"""A person's pseudonym in one room."""

ConnectionId = NewType("ConnectionId", str)
"""One accepted ``hello``. Newer connections of a person replace older ones."""

Cell = NewType("Cell", int)
"""An H3 cell of resolution 7, 6 or 5, as a 64-bit integer."""


def is_id(text: str) -> bool:
    """Return whether a text is formed as ids are: 1 to 64 of ``A-Z a-z 0-9 _ -``."""
    return _ID.fullmatch(text) is not None
