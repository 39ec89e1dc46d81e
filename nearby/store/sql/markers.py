"""Numbers that grow with what they are named after, so that whoever looks often learns cheaply that it changed."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.store.tables import markers

VERDICTS = "verdicts"
"""Grows with every change of who is banned, and of what operators say of names."""


async def grow(connection: AsyncConnection, name: str) -> None:
    """Let a number grow in the transaction of the change."""
    await connection.execute(update(markers).where(markers.c.name == name).values(value=markers.c.value + 1))


async def value_of(connection: AsyncConnection, name: str) -> int:
    """Return a number, 0 if there is none of the name."""
    return int(await connection.scalar(select(markers.c.value).where(markers.c.name == name)) or 0)
