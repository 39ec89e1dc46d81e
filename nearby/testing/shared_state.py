"""Looks at a whole live state on a server, key by key, and says what contradicts what."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis

from nearby.core import wire
from nearby.core.cell import ladder_above
from nearby.core.ids import Cell, RoomId
from nearby.core.rules import Rules
from nearby.hub.valkey import rows
from nearby.hub.valkey.finding import RUN, run_in
from nearby.hub.valkey.keys import kind_of
from nearby.hub.valkey.working import VERSION_BYTES

read_event = msgspec.msgpack.Decoder(tuple[int, wire.RoomEvent]).decode


@dataclass
class Stored:
    """What stands on a server under one tag, but for its streams."""

    values: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    sets: dict[str, set[bytes]] = field(default_factory=dict)
    lists: dict[str, list[bytes]] = field(default_factory=dict)
    ttls_ms: dict[str, int] = field(default_factory=dict)

    def people(self) -> dict[str, rows.PersonRow]:
        """Return the rows of people, by id."""
        found = {key[2:]: value for key, value in self.values.items() if key.startswith("p:")}
        return {person: rows.read_person(value[VERSION_BYTES:]) for person, value in found.items()}

    def rooms(self) -> dict[str, rows.RoomRow]:
        """Return the rows of rooms, by id."""
        found = {key[2:]: value for key, value in self.values.items() if key.startswith("r:")}
        return {room: rows.read_room(value[VERSION_BYTES:]) for room, value in found.items()}


async def read_stored(client: Redis, tag: str) -> Stored:
    """Return everything under a tag."""
    stored = Stored()
    call: Any = client
    async for name in call.scan_iter(match=f"{tag}*", count=1000):
        key = name.decode().removeprefix(tag)
        stored.ttls_ms[key] = await call.pttl(name)
        kind = (await call.type(name)).decode()
        if kind == "string":
            value = await call.get(name)
            if value is not None:
                stored.values[key] = value
        elif kind == "hash":
            stored.hashes[key] = await call.hgetall(name)
        elif kind == "set":
            stored.sets[key] = await call.smembers(name)
        elif kind == "zset":
            stored.sets[key] = set(await call.zrange(name, 0, -1))
        elif kind == "list":
            stored.lists[key] = await call.lrange(name, 0, -1)
    return stored


def contradictions(stored: Stored, rules: Rules) -> list[str]:
    """Return in words what cannot be true together, and which keys stay for ever."""
    return [
        *_seats(stored),
        *_numbers(stored),
        *_shelves(stored, rules),
        *_logs(stored),
        *_gateways(stored),
        *(f"{key} has no time to live" for key, ttl_ms in stored.ttls_ms.items() if ttl_ms == -1),
        *(f"{key} is of no known kind" for key in stored.ttls_ms if kind_of(key) is None),
    ]


def in_two_slices(slices: Sequence[Stored]) -> list[str]:
    """Return in words who has a connection, a seat or a presence in more than one slice."""
    found: Counter[tuple[str, str]] = Counter()
    for stored in slices:
        for person, row in stored.people().items():
            parts = {"connection": row.attached, "seat": row.seat, "presence": row.presence}
            found.update((person, name) for name, part in parts.items() if part is not None)
    return [f"{person} has a {name} in more than one slice" for (person, name), times in found.items() if times > 1]


def _seats(stored: Stored) -> list[str]:
    people, rooms, found = stored.people(), stored.rooms(), []
    for person, row in people.items():
        if row.seat is not None and row.seat[0] not in rooms:
            found.append(f"{person} sits in {row.seat[0]}, which is not there")
    for room, place in rooms.items():
        if len(place.seats) > place.capacity:
            found.append(f"{room} has {len(place.seats)} seats")
        for seat in place.seats:
            who = people.get(seat.person)
            if who is None or who.seat != (room, seat.member):
                found.append(f"{seat.person} has a seat in {room} and does not know it")
            elif (seat.held_since_ms is None) != (who.attached is not None):
                found.append(f"the seat of {seat.person} is held or not, otherwise than their connection")
            elif seat.gateway != (who.attached and who.attached[1]):
                found.append(f"{room} does not know the gateway of {seat.person}")
    seats = {(room, seat.member) for room, place in rooms.items() for seat in place.seats}
    for person, row in people.items():
        if row.seat is not None and row.seat not in seats:
            found.append(f"{person} sits on a seat that {row.seat[0]} does not have")
    return found


def _numbers(stored: Stored) -> list[str]:
    people, rooms = stored.people().values(), stored.rooms().values()
    numbers = {name.decode(): int(count) for name, count in stored.hashes.get("n", {}).items()}
    sizes = Counter(sum(seat.held_since_ms is None for seat in room.seats) for room in rooms)
    expected = Counter(
        {
            "people": sum(row.presence is not None for row in people),
            "connections": sum(row.attached is not None for row in people),
            "held": sum(seat.held_since_ms is not None for room in rooms for seat in room.seats),
            **{f"size:{size}": count for size, count in sizes.items() if size},
        }
    )
    seen = {name: count for name, count in numbers.items() if name in expected or name.startswith("size:")}
    found = [
        f"{name}: {seen.get(name, 0)} counted, {expected[name]} there"
        for name in {*expected, *seen} - {"size:0"}
        if seen.get(name, 0) != expected[name]
    ]
    present: Counter[str] = Counter()
    for row in people:
        if row.presence is not None and row.is_counted:
            present.update(f"{cell:x}" for cell in ladder_above(Cell(row.presence[0])))
    counted = {cell.decode(): int(count) for cell, count in stored.hashes.get("cp", {}).items()}
    if counted != dict(present):
        found.append(f"present by cell: {counted} counted, {dict(present)} there")
    return found


def _shelves(stored: Stored, rules: Rules) -> list[str]:
    expected: dict[tuple[str, str], str] = {}
    for name, row in stored.rooms().items():
        room = rows.room_of(RoomId(name), row)
        shelf = room.shelf(rules)
        if shelf is not None:
            expected[f"h:{rows.catchment_name(room.catchment)}", name] = rows.shelf_row(
                shelf.is_thin, shelf.taken, rules
            )
    seen = {
        (key, room.decode()): chr(card[0])
        for key, cards in stored.hashes.items()
        if key.startswith("h:")
        for room, card in cards.items()
    }
    by_row = {
        (key.rpartition(":")[0], room.decode()): key.rpartition(":")[2]
        for key, members in stored.sets.items()
        if key.startswith("h:")
        for room in members
    }
    return [
        f"{name}: {one} instead of {expected}" for name, one in (("cards", seen), ("rows", by_row)) if one != expected
    ]


def _logs(stored: Stored) -> list[str]:
    found = []
    for name, row in stored.rooms().items():
        seqs = [read_event(entry)[1].seq for entry in stored.lists.get(f"e:{name}", [])]
        if seqs and seqs != list(range(seqs[0], row.seq + 1)):
            found.append(f"the log of {name} is {seqs} and ends at {row.seq}")
    return found


def _gateways(stored: Stored) -> list[str]:
    seen = {(key[3:], one.decode()) for key, members in stored.sets.items() if key[:3] == "pg:" for one in members}
    there = {(row.attached[1], person) for person, row in stored.people().items() if row.attached is not None}
    return [] if seen == there else [f"people by gateway: {seen} noted, {there} there"]


async def kept_for_ever(client: Redis, tag: str) -> list[str]:
    """Return the keys under a tag that have no time to live or are of no known kind, and remove all there are."""
    names: list[bytes] = [name async for name in client.scan_iter(match=f"{tag}*", count=1000)]
    pipe: Any = client.pipeline(transaction=False)
    for name in names:
        pipe.pttl(name)
    ttls_ms = await pipe.execute()
    if names:
        await client.delete(*names)
    keys = [name.decode().removeprefix(tag) for name in names]
    return [key for key, ttl_ms in zip(keys, ttls_ms, strict=True) if ttl_ms == -1 or kind_of(key) is None]


class Copy:
    """What a replica would have of a live state: all of it at some time, put back later.

    Args:
        client: Of the server.
        tag: Of the live state.
    """

    def __init__(self, client: Redis, tag: str) -> None:
        self._client: Any = client
        self._tag = tag
        self._kept: list[tuple[bytes, bytes, int]] = []

    async def take(self) -> None:
        """Copy everything as it is now."""
        self._kept = [
            (name, await self._client.dump(name), max(0, await self._client.pttl(name))) for name in await self._names()
        ]

    async def put_back(self, run_id: str) -> None:
        """Have what was copied and nothing else, last held by a server that ran as ``run_id``."""
        await self.remove()
        for name, value, ttl_ms in self._kept:
            await self._client.restore(name, ttl_ms, value)
        run = await self._client.get(f"{self._tag}{RUN}")
        _, generation = run_in(run)
        value = os.urandom(VERSION_BYTES) + rows.encode((run_id, generation))
        await self._client.set(f"{self._tag}{RUN}", value, keepttl=True)

    async def remove(self) -> None:
        """Have nothing."""
        names = await self._names()
        if names:
            await self._client.delete(*names)

    async def _names(self) -> list[bytes]:
        return [name async for name in self._client.scan_iter(match=f"{self._tag}*", count=1000)]
