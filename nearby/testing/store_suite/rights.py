"""Export and erasure."""

from contextlib import aclosing
from typing import Any

from nearby.core.cell import cell_name
from nearby.core.ids import Cell, PersonId
from nearby.store.base import Shadow, Store
from nearby.store.columns import NAMES
from nearby.store.retention import SHADOW_MS
from nearby.store.tables import metadata
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import (
    BEN,
    EVE,
    HERE,
    NOW_MS,
    ROOM,
    RULES,
    joined,
    member_of,
    present,
    recent,
    room,
    said,
    seat,
    seen,
)
from nearby.testing.store_suite.journal import commit
from nearby.testing.store_suite.retention import RES4

ZOE = PersonId("Zoe-6f1d0a")
"""Whose rights are tested: an id that turns up nowhere by chance."""

OF_ZOE: list[tuple[str, dict[str, Any]]] = [
    ("relations", {"owner": ZOE, "kind": "block", "subject": BEN, "handle": "zoe-blocks-ben", "created_ms": 1}),
    ("relations", {"owner": BEN, "kind": "block", "subject": ZOE, "handle": "ben-blocks-zoe", "created_ms": 2}),
    ("relations", {"owner": EVE, "kind": "follow", "subject": ZOE, "handle": "eve-follows-zoe", "created_ms": 3}),
    ("conflicts", {"author": ZOE, "other": BEN, "because": "report", "is_mutual": True, "since_ms": 1}),
    ("conflicts", {"author": EVE, "other": ZOE, "because": "report", "is_mutual": True, "since_ms": 2}),
    ("marks", {"owner": ZOE, "member": member_of(BEN), "kind": "mute", "at_ms": 1}),
    ("shadows", {"handle": "s", "shadow": bytes(32), "kind": "block", "owner": ZOE, "until_ms": NOW_MS}),
    ("bans", {"ban": "for-good", "person": ZOE, "kind": "ban", "since_ms": 1}),
    ("bans", {"ban": "over", "person": ZOE, "kind": "suspension", "since_ms": 1, "until_ms": NOW_MS}),
    ("bans", {"ban": "soon", "person": ZOE, "kind": "suspension", "since_ms": 1, "until_ms": NOW_MS + 5}),
    ("audit", {"entry": "by", "at_ms": 1, "operator": ZOE, "action": "pause"}),
    ("audit", {"entry": "on", "at_ms": 1, "target": ZOE, "action": "ban"}),
    (
        "bottles",
        {
            "bottle": "mine",
            "author": ZOE,
            "text": "my bottle",
            "origin": RES4,
            "thrown_ms": 1,
            "state": "afloat",
            "fence": 1,
        },
    ),
    (
        "bottles",
        {
            "bottle": "held",
            "author": BEN,
            "text": "x",
            "origin": RES4,
            "thrown_ms": 1,
            "state": "leased",
            "fence": 1,
            "catcher": ZOE,
            "lease_until_ms": 9,
        },
    ),
    ("catches", {"bottle": "held", "catcher": ZOE, "at_ms": 1, "is_established": True, "has_reported": False}),
    ("threads", {"thread": "t1", "bottle": "mine", "author": ZOE, "catcher": BEN, "created_ms": 1}),
    ("threads", {"thread": "t2", "author": BEN, "catcher": ZOE, "created_ms": 1}),
    ("thread_messages", {"thread": "t1", "seq": 1, "author": ZOE, "text": "from zoe", "at_ms": 1}),
    ("thread_messages", {"thread": "t1", "seq": 2, "author": BEN, "text": "from ben", "at_ms": 1}),
    *(
        (
            "reports",
            {
                "report": name,
                "reporter": by,
                "reported": on,
                "reviewer": who,
                "reviewed_ms": 2,
                "reason": "spam",
                "at_ms": 1,
                "does_count": True,
                "status": "accepted",
            },
        )
        for name, by, on, who in (("by", ZOE, BEN, None), ("on", EVE, ZOE, None), ("reviewed", EVE, BEN, ZOE))
    ),
]
"""A row for every column that names a person."""


async def settle_in(store: Store, database: Database) -> None:
    """Let Zoe be in every table, among others."""
    await commit(store, seen(ZOE), seen(BEN), seen(EVE), room(), seat(ZOE), seat(BEN), present(ZOE), recent(ZOE))
    await commit(store, present(BEN), joined(ZOE, 1), said(ZOE, 2, "zoe says"), said(BEN, 3, "ben says"))
    for table, row in OF_ZOE:
        await database.insert(table, row)


async def exported(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return Zoe's export, put together."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with aclosing(store.export(ZOE)) as pieces:
        async for table, rows in pieces:
            found.setdefault(table, []).extend(dict(row) for row in rows)
    return found


class RightsSuite(SuiteBase):
    """Tests of ``Store.export`` and ``Store.erase``."""

    def test_a_row_is_given_for_every_column_that_names_a_person(self) -> None:
        """So that the tests below miss none."""
        given = {(table, column) for table, row in OF_ZOE for column, value in row.items() if value == ZOE}
        given |= {("people", "person"), ("presence", "person"), ("recents", "person"), ("seats", "person")}
        marked = {
            (table.name, column.name)
            for table in metadata.tables.values()
            for column in table.columns
            if NAMES in column.info
        }
        assert given == marked

    async def test_no_row_of_any_table_carries_the_id_of_somebody_erased(
        self, store: Store, database: Database
    ) -> None:
        """Looked for in every column, marked or not."""
        await settle_in(store, database)
        assert await store.erase(ZOE, NOW_MS)
        for table in metadata.tables:
            assert ZOE not in repr(await database.rows(table)), table
        assert await store.account(ZOE) is None
        assert not await store.erase(ZOE, NOW_MS)

    async def test_what_others_own_stays(self, store: Store, database: Database) -> None:
        """Their rows, their words, and an operator's decision."""
        await settle_in(store, database)
        await store.erase(ZOE, NOW_MS)
        assert {row["person"] for row in await database.rows("people")} == {BEN, EVE}
        assert [row["text"] for row in await database.rows("thread_messages")] == ["from ben"]
        assert {row["report"] for row in await database.rows("reports")} == {"by", "reviewed"}
        assert {row["entry"] for row in await database.rows("audit")} == {"by", "on"}
        assert [row["bottle"] for row in await database.rows("bottles")] == ["held"]

    async def test_what_was_said_loses_its_text_and_keeps_its_place(self, store: Store, database: Database) -> None:
        """The log of a room has no gap after an erasure."""
        await settle_in(store, database)
        await store.erase(ZOE, NOW_MS)
        log = await database.rows("room_log")
        assert [(row["seq"], row["kind"], row["text"], row["name"]) for row in log] == [
            (1, "joined", None, ""),
            (2, "said", None, None),
            (3, "said", "ben says", None),
        ]
        (found,) = (await store.take_over(NOW_MS, RULES)).rooms
        assert found.authors == {member_of(BEN): BEN}

    async def test_blocks_and_open_bans_stay_in_force_under_a_hash(self, store: Store, database: Database) -> None:
        """For 90 days, or as long as they would have; a block can still be withdrawn by its handle."""
        await settle_in(store, database)
        await store.erase(ZOE, NOW_MS)
        assert await store.in_force_against(ZOE, NOW_MS) == [
            Shadow("ben-blocks-zoe", "block", BEN, NOW_MS + SHADOW_MS),
            Shadow("for-good", "ban", None, NOW_MS + SHADOW_MS),
            Shadow("soon", "suspension", None, NOW_MS + 5),
        ]
        assert [one.handle for one in await store.in_force_against(ZOE, NOW_MS + 5)] == ["ben-blocks-zoe", "for-good"]
        assert not await store.in_force_against(ZOE, NOW_MS + SHADOW_MS)
        assert not await store.in_force_against(BEN, NOW_MS)

    async def test_an_export_holds_what_a_person_did_and_nothing_others_did_about_them(
        self, store: Store, database: Database
    ) -> None:
        """And names nobody, not even the person they blocked."""
        await settle_in(store, database)
        export = await exported(store)
        assert [row["handle"] for row in export["relations"]] == ["zoe-blocks-ben"]
        assert [row["report"] for row in export["reports"]] == ["by"]
        assert [row["since_ms"] for row in export["conflicts"]] == [1]
        assert [row["kind"] for row in export["marks"]] == ["mute"]
        assert [row["text"] for row in export["room_log"]] == ["zoe says"]
        assert [row["text"] for row in export["thread_messages"]] == ["from zoe"]
        assert {row["thread"] for row in export["threads"]} == {"t1", "t2"}
        assert [row["room"] for row in export["seats"]] == [ROOM]
        assert "bans" not in export
        for person in (ZOE, BEN, EVE):
            assert f"'{person}'" not in repr(export)

    async def test_an_export_of_nobody_is_empty(self, store: Store) -> None:
        """Rather than an error."""
        assert await exported(store) == {}

    async def test_cells_are_exported_by_their_names(self, store: Store, database: Database) -> None:
        """A number of 64 bits would reach whoever reads it with JavaScript as another one."""
        await settle_in(store, database)
        export = await exported(store)
        assert [row["cell"] for row in export["presence"]] == [cell_name(HERE.res7)]
        assert [row["origin"] for row in export["bottles"]] == [cell_name(Cell(RES4))]
        numbers = [value for rows in export.values() for row in rows for value in row.values() if type(value) is int]
        assert max(numbers) < 2**53

    async def test_a_large_export_comes_in_pieces_in_order(self, store: Store, database: Database) -> None:
        """So that nobody's loop is held by however much somebody wrote; half of it may be read and left."""
        await commit(store, seen(ZOE))
        rows = [{"entry": f"e{number:05}", "at_ms": number, "operator": ZOE, "action": "x"} for number in range(1_700)]
        await database.insert("audit", *rows)
        async with aclosing(store.export(ZOE)) as pieces:
            found = [(table, [row["entry"] for row in rows]) async for table, rows in pieces if table == "audit"]
        assert max(len(entries) for _, entries in found) <= 200
        assert [entry for _, entries in found for entry in entries] == [row["entry"] for row in rows]
        for _ in range(6):
            async with aclosing(store.export(ZOE)) as pieces:
                await anext(pieces)
        assert await store.erase(ZOE, NOW_MS)

    async def test_what_waited_for_the_disk_is_exported_too(self, store: Store) -> None:
        """Exporting waits for the journal first."""
        store.journal.record(seen(ZOE))
        assert [row["active_days"] for row in (await exported(store))["people"]] == [1]

    async def test_what_waited_for_the_disk_is_erased_too(self, store: Store, database: Database) -> None:
        """Erasing waits for the journal first."""
        for change in (seen(ZOE), present(ZOE)):
            store.journal.record(change)
        assert await store.erase(ZOE, NOW_MS)
        assert not await database.rows("presence")
