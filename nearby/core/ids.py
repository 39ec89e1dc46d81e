"""The kinds of identifiers, told apart by the type checker."""

from typing import NewType

PersonId = NewType("PersonId", str)
"""A token's ``sub``. Never shown to anybody but the person."""

RoomId = NewType("RoomId", str)
MemberId = NewType("MemberId", str)
"""A person's pseudonym in one room."""

ConnectionId = NewType("ConnectionId", str)
"""One accepted ``hello``. Newer connections of a person replace older ones."""

Cell = NewType("Cell", int)
"""An H3 cell of resolution 7, 6 or 5, as a 64-bit integer."""
