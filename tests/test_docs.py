"""The documents say what the code does: whatever one of the two has, the other has too."""

import re
from collections.abc import Mapping
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import h3  # type: ignore[import-untyped]
import msgspec
import pytest
from rich.console import Console

from nearby.client import Bottles, People, Phone, PhoneSettings, PhoneStatistics
from nearby.core import (
    admin_wire,
    bottle_wire,
    me_wire,
    moderation_wire,
    nearby_wire,
    operations_wire,
    pages_wire,
    people_wire,
    wire,
)
from nearby.core.outbox import MAX_BYTES, MAX_MESSAGES
from nearby.core.past import REMEMBERED_IDS, TRIMMED_WITHIN
from nearby.core.rules import Rules
from nearby.core.session import TRANSITIONS, Patience, Phase, Step
from nearby.core.shake import AT_ONCE
from nearby.errors import PROBLEMS, CloseCode, ErrorCode
from nearby.hub.base import HubStatistics
from nearby.server.config import Settings
from nearby.server.documents import Documents
from nearby.server.http import GUESTS_PER_HOUR
from nearby.server.metrics import LIMITS, Metrics
from nearby.server.placer import TICK_MS
from nearby.sim.ledger import Faults
from nearby.sim.report import Figures, as_tables
from tests.documents import DECISIONS, PAGES, ROOT, blocks, name_of, page, rows, words
from tests.test_architecture import MAY_IMPORT

SHAPES = (
    pages_wire.PageConfig,
    *(admin_wire.NowAnswer, admin_wire.RoomsOfSize, admin_wire.CatchmentsAt, admin_wire.PlacementsFor),
    *(admin_wire.LimitHits, admin_wire.Health, admin_wire.HistoryAnswer),
    *(admin_wire.SettingsAnswer, admin_wire.SettingAnswer),
    *(wire.Position, wire.Resume, wire.Area, wire.Window, wire.RoomInfo, wire.Member),
    *(wire.GuestRequest, wire.GuestAnswer, wire.CheckInAnswer, wire.RoomAnswer, wire.ProblemAnswer),
    *(me_wire.MeAnswer, me_wire.MeChange, me_wire.NotifyAnswer, me_wire.ExportAnswer),
    *(people_wire.PeopleAnswer, people_wire.KnownPerson, people_wire.BlocksAnswer, people_wire.BlockAnswer),
    *(admin_wire.CrowdAnswer, admin_wire.CrowdFeature, admin_wire.CrowdProperties, admin_wire.Geometry),
    *(nearby_wire.NearbyAnswer, nearby_wire.NearbyPerson),
    *(moderation_wire.ReportsAnswer, moderation_wire.ReportAnswer, moderation_wire.ReportedLine),
    *(moderation_wire.DecisionRequest, moderation_wire.ReasonRequest, moderation_wire.PersonAnswer),
    *(moderation_wire.SanctionAnswer, moderation_wire.ReportCounts, moderation_wire.VerifyRequest),
    *(moderation_wire.SanctionsAnswer, moderation_wire.SanctionedAnswer),
    *(moderation_wire.BanRequest, moderation_wire.SuspendRequest),
    *(moderation_wire.AppealNote, moderation_wire.AppealRequest),
    *(operations_wire.BrakeRequest, operations_wire.BrakeAnswer, operations_wire.BrakesAnswer),
    *(operations_wire.CloseRequest, operations_wire.AreasAnswer, operations_wire.AreaFeature),
    *(operations_wire.AreaProperties, operations_wire.ImportAnswer, operations_wire.ImportedArea),
    *(operations_wire.AuditAnswer, operations_wire.AuditEntryAnswer),
    *(bottle_wire.BottleRequest, bottle_wire.BottleAnswer, bottle_wire.CatchAnswer, bottle_wire.ReplyRequest),
    *(bottle_wire.ReleaseRequest, bottle_wire.ReportRequest, bottle_wire.ThreadAnswer, bottle_wire.ThreadsAnswer),
    *(bottle_wire.ThreadMessageRequest, bottle_wire.ThreadMessage, bottle_wire.ThreadMessagesAnswer),
)
MESSAGES = (*get_args(wire.ClientMessage), *get_args(wire.ServerMessage))


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    """Return a message's fields as they are on the wire, with ``?`` behind those that may be left out."""
    return {field.encode_name + ("" if field.required else "?") for field in msgspec.structs.fields(kind)}


def diagram(transitions: dict[tuple[Phase, Step], Phase]) -> str:
    """Return the state diagram of a connection, in mermaid."""

    def name(phase: Phase) -> str:
        return phase.value.replace(" ", "_")

    steps = [f"    {name(before)} --> {name(after)}: {step.value}" for (before, step), after in transitions.items()]
    ends = (f"    [*] --> {name(Phase.EXPECTING_HELLO)}", f"    {name(Phase.CLOSED)} --> [*]")
    return "\n".join(["stateDiagram-v2", ends[0], *steps, ends[1]]) + "\n"


def test_every_message_has_its_row_with_exactly_its_fields() -> None:
    table = rows(page("docs/protocol.md"), "type", "fields", "meaning")
    described = [(words(row[0])[0], set(words(row[1]))) for row in table]
    assert len(described) == len(MESSAGES)
    assert dict(described) == {str(kind.__struct_config__.tag): fields_of(kind) for kind in MESSAGES}


def test_every_shape_has_its_row_with_exactly_its_fields() -> None:
    described = {words(row[0])[0]: set(words(row[1])) for row in rows(page("docs/protocol.md"), "shape", "fields")}
    assert described == {kind.__name__: fields_of(kind) for kind in SHAPES}


def test_every_shape_a_message_or_call_holds_is_described() -> None:
    components = Documents()
    named = {*components.openapi["components"]["schemas"], *components.asyncapi["components"]["schemas"]}
    messages = {kind.__name__ for kind in MESSAGES}
    assert named - messages == {kind.__name__ for kind in SHAPES}


def test_every_call_is_described_and_no_other() -> None:
    described = {words(row[0])[0] for row in rows(page("docs/protocol.md"), "call", "body", "answer", "refused with")}
    paths = Documents().openapi["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert described == served | {"GET /metrics"}


def test_calls_are_refused_with_codes_that_exist() -> None:
    table = rows(page("docs/protocol.md"), "call", "body", "answer", "refused with")
    assert {code for row in table for code in words(row[3])} <= {code.value for code in ErrorCode}


def test_every_error_code_has_its_row_with_its_status() -> None:
    described = [(words(row[0])[0], row[1]) for row in rows(page("docs/protocol.md"), "code", "HTTP", "when")]
    assert sorted(described) == sorted((code.value, str(PROBLEMS[code].status)) for code in ErrorCode)


def test_every_close_code_says_whether_to_come_back() -> None:
    described = {int(row[0]): row[2] for row in rows(page("docs/protocol.md"), "code", "when", "come back")}
    assert set(described) == set(CloseCode)
    assert {code for code, come_back in described.items() if come_back.startswith("yes")} == {
        code for code in CloseCode if code.may_reconnect
    }


def test_the_limits_described_are_the_default_rules() -> None:
    limits = {row[0]: row[1] for row in rows(page("docs/protocol.md"), "what", "how many", "over it")}
    say = f"1 every {RULES.say.period_ms // 1_000} s on average, {RULES.say.burst} at once"
    assert limits["`say`"] == say
    assert (
        f"({RULES.checkin.period_ms // 1_000} s) on average, {RULES.checkin.burst} at once"
        in limits["`checkin`, HTTP too"]
    )
    assert limits["joins"] == f"{RULES.joins_per_hour} in any 60 min, {RULES.joins_per_hour_verified} for the verified"
    shake = f"1 every {RULES.shake.period_ms // 60_000} min on average, {RULES.shake.burst} at once"
    assert limits["`shake`"] == shake
    for what, rate in (("`greet`", RULES.greet), ("`block`, HTTP too", RULES.block)):
        assert limits[what].startswith(f"1 every {rate.period_ms // 60_000} min on average, {rate.burst} at once")
    assert limits["bottles thrown"] == (
        f"{RULES.bottles_per_day} in any 24 h, {RULES.bottles_per_day_verified} for the verified"
    )
    assert limits["bottles caught"] == (
        f"{RULES.catches_per_day} in any 24 h, {RULES.catches_per_day_unestablished} for who is not established"
    )
    assert limits["reports"] == f"{RULES.reports_per_hour} in any 60 min"
    assert limits["lines of mine in a thread"] == f"{RULES.lines_per_minute} in any 60 s"
    assert limits["open connections of a client network"] == str(Settings.model_fields["max_connections"].default)


RULES, PATIENCE = Rules(), Patience()
PHRASES = [
    ("docs/concepts.md", f"A span of common time, {RULES.window_ms // 1_000} s unless set otherwise"),
    ("docs/concepts.md", f"noise of\nscale {RULES.noise_scale:g}."),
    (
        "docs/concepts.md",
        f"with a count of at least {RULES.open_res7}, one of resolution 6 with at least {RULES.open_res6}",
    ),
    ("docs/concepts.md", f"It ends {RULES.room_linger_ms // 1_000} s after its last member left"),
    ("docs/concepts.md", f"It is held for {RULES.seat_hold_ms // 1_000} s"),
    ("docs/concepts.md", f"did not leave by `next` within {RULES.shun_ms // 60_000} minutes"),
    ("docs/concepts.md", f"not within {RULES.settle_ms // 1_000} s of having spoken"),
    ("docs/concepts.md", f"Every {TICK_MS} ms the server"),
    ("docs/concepts.md", f"in the same area within {RULES.shake_wait_ms // 1_000} s"),
    ("docs/protocol.md", f"begins a wait of {RULES.shake_wait_ms // 1_000} s"),
    ("docs/operations.md", f"seats at most {AT_ONCE + RULES.capacity} people whose shakes met"),
    ("docs/concepts.md", f"for {RULES.lease_ms // 60_000} minutes at a time"),
    ("docs/concepts.md", f"after {RULES.bottle_life_ms // 3_600_000} h, or when the fifth established person gives it"),
    ("docs/concepts.md", f"within {RULES.doubt_ms // 3_600_000} h before it was thrown"),
    ("docs/concepts.md", f"within {RULES.doubt_repeated_ms // 86_400_000} days before"),
    ("docs/privacy.md", f"2 min, or {REMEMBERED_IDS} newer ones"),
    ("docs/privacy.md", f"{RULES.log_events} newer ones, or {RULES.log_ms // 60_000} min and up to"),
    ("docs/privacy.md", f"and up to {RULES.log_ms // TRIMMED_WITHIN // 1_000} s"),
    ("docs/privacy.md", f"{RULES.snapshot_messages} newer ones, or the room is forgotten"),
    ("docs/privacy.md", f"{RULES.shun_ms // 60_000} min; {RULES.return_ms // 60_000} min"),
    ("docs/protocol.md", f"at most {RULES.resume_events} events were missed"),
    ("docs/protocol.md", f"from the same person within {RULES.repeat_ms // 60_000} minutes"),
    ("docs/protocol.md", f"more than {MAX_MESSAGES} messages or {MAX_BYTES // 1_024} KiB wait"),
    ("docs/protocol.md", f"no pong within {PATIENCE.pong_ms // 1_000} s of a ping"),
    ("docs/protocol.md", f"of a ping, which comes every {PATIENCE.ping_ms // 1_000} s"),
    ("docs/protocol.md", f"no `hello` within {PATIENCE.hello_ms // 1_000} s"),
    ("docs/protocol.md", f"A client network may have {GUESTS_PER_HOUR} guests in any 60 minutes"),
]


@pytest.mark.parametrize(("name", "phrase"), PHRASES)
def test_numbers_in_sentences_are_those_of_the_code(name: str, phrase: str) -> None:
    assert phrase in page(name)


def test_the_sizes_of_cells_are_those_of_h3() -> None:
    rungs = [(number, h3.average_hexagon_area(number, "km^2")) for number in (7, 6, 5)]
    described = [(f"resolution {number}", f"{area:.{1 if number == 7 else 0}f} km²") for number, area in rungs]
    assert rows(page("docs/concepts.md"), "rung", "mean area of a cell") == described


def test_the_diagram_of_a_connection_is_its_table_of_transitions() -> None:
    assert blocks(page("docs/protocol.md"), "mermaid") == [diagram(TRANSITIONS)]


def test_a_transition_more_or_less_is_another_diagram() -> None:
    fewer = dict(list(TRANSITIONS.items())[1:])
    more = TRANSITIONS | {(Phase.CLOSED, Step.HELLO): Phase.GREETING}
    assert len({diagram(TRANSITIONS), diagram(fewer), diagram(more)}) == 3


def test_messages_shown_on_the_wire_can_be_read() -> None:
    shown = [line for path in PAGES for block in blocks(path.read_text(), "text") for line in block.splitlines()]
    sent = [wire.decode_from_client(line[2:]) for line in shown if line.startswith("> ")]
    received = [wire.decode_from_server(line[2:]) for line in shown if line.startswith("< ")]
    assert sent
    assert received


def test_every_setting_has_its_row_and_no_other_does() -> None:
    def default(value: object) -> str:
        return "none" if value in ("", ()) else f"`{value}`"

    heads = ("flag", "in the file", "environment", "default", "meaning")
    assert rows(page("docs/operations.md"), *heads) == [
        (
            f"`--{name.replace('_', '-')}`",
            f"`{name}`",
            f"`NEARBY_{name.upper()}`",
            default(field.default),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def test_settings_shown_in_a_file_are_settings() -> None:
    for block in blocks(page("docs/operations.md"), "toml"):
        assert {line.split(" = ")[0] for line in block.splitlines()} <= set(Settings.model_fields)


def exposed() -> dict[str, tuple[str, ...]]:
    """Return the name of every metric as a scraper sees it, with its labels."""
    metrics = Metrics()
    # Its labels show once it has a sample.
    metrics.placements.labels("new")
    metrics.requests.labels("/healthz", "200")
    metrics.render(HubStatistics(1, 1, rooms_by_size={1: 1}, held_seats=0, open_catchments={7: 1}, timers=1))
    found: dict[str, tuple[str, ...]] = {}
    for family in metrics.registry.collect():
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[family.name + ("_total" if family.type == "counter" else "")] = tuple(sorted(labels))
    return found


def test_every_metric_has_its_row_with_its_labels() -> None:
    table = rows(page("docs/operations.md"), "metric", "labels", "what", "worry when")
    described = {words(row[0])[0]: tuple(sorted(words(row[1]))) for row in table}
    assert described == exposed()
    [limits] = [row[2] for row in table if "nearby_limits_hit_total" in row[0]]
    assert set(words(limits)) == set(LIMITS)


def unknown_metrics(text: str) -> set[str]:
    known = {f"{name}{part}" for name in exposed() for part in ("", "_bucket", "_count", "_sum")}
    return set(re.findall(r"\bnearby_[a-z_]+\b(?!\.py)", text)) - known


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_document_names_a_metric_that_does_not_exist(path: Path) -> None:
    assert not unknown_metrics(path.read_text())


def test_a_dead_metric_is_found() -> None:
    assert unknown_metrics("watch nearby_boards_total and nearby_say_seconds_bucket") == {"nearby_boards_total"}


def empty_run() -> Figures:
    """Return the figures of a run in which nothing happened."""
    empty: dict[Any, Any] = {str: "", int: 0, float: 0.0, Faults: Faults(*(0 for _ in fields(Faults)))}
    values: dict[str, Any] = {}
    for name, kind in get_type_hints(Figures).items():
        values[name] = {} if get_origin(kind) is Mapping else empty.get(kind)
    return Figures(**values)


def test_every_promise_in_a_runs_report_is_described() -> None:
    console = Console(file=StringIO(), width=200, record=True)
    console.print(as_tables(empty_run()))
    promises = re.findall(r"^│ (\S.*?) +│ +\d+ │ +\d+ │$", console.export_text(), re.MULTILINE)
    assert len(promises) > len(fields(Faults))
    assert [row[0] for row in rows(page("docs/load.md"), "line", "counts")] == promises


def test_the_readme_leads_to_every_page() -> None:
    # Links alone: a picture is shown, and leads nowhere.
    led_to = set(re.findall(r"(?<!!)\[[^\]]*\]\((docs/[^)]+|[A-Z_]+(?:\.md)?)\)", page("README.md")))
    pages = {str(path.relative_to(ROOT)) for path in PAGES if path.parent != DECISIONS} - {"README.md"}
    assert led_to == pages | {"docs/decisions/README.md", "LICENSE"}


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    records = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    titles = [path.read_text().splitlines()[0].removeprefix(f"# {path.name[:4]}. ") for path in records]
    listed = rows(page("docs/decisions/README.md"), "", "decision")
    assert listed == [(f"[{path.name[:4]}]({path.name})", title) for path, title in zip(records, titles, strict=True)]


def test_every_decision_says_why_what_and_what_follows() -> None:
    for path in DECISIONS.glob("0*.md"):
        heads = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert heads == ["Context", "Decision", "Consequences"], path.name


def test_the_parts_in_the_architecture_import_what_its_table_says() -> None:
    table = rows(page("ARCHITECTURE.md"), "part", "is", "may import")
    for name, allowed in MAY_IMPORT.items():
        found = [row[2] for row in table if words(row[0]) in ([f"nearby/{name}/"], [f"nearby/{name}.py"])]
        if not name or not any((ROOT / "nearby" / path).exists() for path in (name, f"{name}.py")):
            continue
        said = {word.strip() for word in found[0].replace("nothing of ours", "").split(",")}
        parts = {part or "the version" for part in allowed if part != "store" or (ROOT / "nearby" / "store").exists()}
        assert said - {""} == parts, name


def test_every_public_call_and_number_of_the_sdk_is_described() -> None:
    text = page("docs/sdk.md")
    calls = [name for part in (Phone, Bottles, People) for name in vars(part) if not name.startswith("_")]
    numbers = [*PhoneSettings.__dataclass_fields__, *PhoneStatistics.__dataclass_fields__]
    missing = [name for name in (*calls, *numbers) if not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_every_part_of_the_test_kit_is_described() -> None:
    parts = {path.stem for path in (ROOT / "nearby" / "testing").iterdir() if not path.name.startswith("__")}
    assert set(re.findall(r"`nearby\.testing\.(\w+)`", page("docs/sdk.md"))) == parts
