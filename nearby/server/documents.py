"""OpenAPI 3.1 and AsyncAPI 3, made from the very types that check and encode messages."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from html import escape
from typing import Any

import msgspec

from nearby import __version__
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
from nearby.core.crowd import RESOLUTIONS
from nearby.errors import PROBLEMS, CloseCode, ErrorCode

_CLIENT = (
    *(wire.Hello, wire.CheckIn, wire.Say, wire.Next, wire.Leave, wire.Shake, wire.Renew, wire.Ping),
    *(wire.Mute, wire.Unmute, wire.Block, wire.Report, wire.Greet),
)
_SERVER = (
    wire.Welcome,
    wire.Ack,
    wire.Error,
    wire.Shaken,
    wire.Placed,
    wire.Said,
    wire.Joined,
    wire.Left,
    wire.Changed,
    wire.Skipped,
    wire.Greeted,
    wire.Known,
    wire.Unplaced,
    wire.Expiring,
    wire.Bye,
    wire.Pong,
)
_BODIES = (
    wire.Position,
    wire.GuestRequest,
    wire.GuestAnswer,
    wire.CheckInAnswer,
    me_wire.MeAnswer,
    me_wire.MeChange,
    me_wire.ExportAnswer,
    me_wire.NotifyAnswer,
    nearby_wire.NearbyAnswer,
    people_wire.PeopleAnswer,
    people_wire.BlocksAnswer,
    admin_wire.CrowdAnswer,
    admin_wire.NowAnswer,
    admin_wire.SettingsAnswer,
    operations_wire.BrakeRequest,
    operations_wire.BrakesAnswer,
    operations_wire.CloseRequest,
    operations_wire.AreasAnswer,
    operations_wire.ImportAnswer,
    operations_wire.AuditAnswer,
    moderation_wire.ReportsAnswer,
    moderation_wire.DecisionRequest,
    moderation_wire.ReasonRequest,
    moderation_wire.PersonAnswer,
    moderation_wire.SanctionsAnswer,
    moderation_wire.VerifyRequest,
    moderation_wire.BanRequest,
    moderation_wire.SuspendRequest,
    moderation_wire.AppealNote,
    moderation_wire.AppealRequest,
    bottle_wire.BottleRequest,
    bottle_wire.BottleAnswer,
    bottle_wire.CatchAnswer,
    bottle_wire.ReplyRequest,
    bottle_wire.ReleaseRequest,
    bottle_wire.ReportRequest,
    bottle_wire.ThreadAnswer,
    bottle_wire.ThreadsAnswer,
    bottle_wire.ThreadMessageRequest,
    bottle_wire.ThreadMessage,
    bottle_wire.ThreadMessagesAnswer,
    pages_wire.PageConfig,
    wire.ProblemAnswer,
)

_REPORT, _PERSON = "/v1/admin/reports/{report}", "/v1/admin/people/{person}"

_CALLS: tuple[tuple[str, str, str, str | None, dict[int, str | None], bool], ...] = (
    # method, path, what it does, request body, answers by status, needs a token
    ("post", "/v1/guests", "Get a guest token.", "GuestRequest", {201: "GuestAnswer"}, False),
    ("post", "/v1/guests/renew", "Renew a guest token, up to 30 days expired.", None, {201: "GuestAnswer"}, True),
    ("post", "/v1/checkins", "I am here, now.", "Position", {200: "CheckInAnswer"}, True),
    ("delete", "/v1/presence", "Clear my location and leave my room.", None, {204: None}, True),
    ("get", "/v1/me", "What is known of me.", None, {200: "MeAnswer"}, True),
    ("patch", "/v1/me", "Change what I say of myself; null clears.", "MeChange", {200: "MeAnswer"}, True),
    ("delete", "/v1/me", "Erase all that is kept of me.", None, {204: None}, True),
    ("get", "/v1/me/export", "A copy of all I did that is kept.", None, {200: "ExportAnswer"}, True),
    ("get", "/v1/me/notify", "Whether I wait to be told.", None, {200: "NotifyAnswer"}, True),
    ("put", "/v1/me/notify", "Tell me when company comes.", None, {204: None}, True),
    ("delete", "/v1/me/notify", "No longer.", None, {204: None}, True),
    ("get", "/v1/nearby", "People of my area who chose to be listed.", None, {200: "NearbyAnswer"}, True),
    ("get", "/v1/people", "The people I know, newest first.", None, {200: "PeopleAnswer"}, True),
    ("delete", "/v1/people/{person}", "Know somebody no more, on both sides.", None, {204: None}, True),
    ("put", "/v1/people/{person}/follow", "Follow somebody I know.", None, {204: None}, True),
    ("delete", "/v1/people/{person}/follow", "No longer.", None, {204: None}, True),
    ("put", "/v1/people/{person}/mute", "Hear nothing of somebody I know, in any room.", None, {204: None}, True),
    ("delete", "/v1/people/{person}/mute", "Hear them again.", None, {204: None}, True),
    ("put", "/v1/people/{person}/block", "Never meet somebody again.", None, {204: None}, True),
    ("delete", "/v1/people/{person}/block", "Withdraw that block.", None, {204: None}, True),
    ("post", "/v1/people/{person}/reports", "Report somebody I know.", "ReportRequest", {201: None}, True),
    ("get", "/v1/me/blocks", "My blocks in force.", None, {200: "BlocksAnswer"}, True),
    ("delete", "/v1/me/blocks/{block}", "Withdraw a block.", None, {204: None}, True),
    ("post", "/v1/me/appeal", "Say something to a ban against me.", "AppealRequest", {204: None}, True),
    ("post", "/v1/bottles", "Throw a bottle.", "BottleRequest", {201: "BottleAnswer"}, True),
    ("post", "/v1/bottles/catch", "Catch a bottle, if one is afloat.", None, {200: "CatchAnswer", 204: None}, True),
    ("post", "/v1/bottles/{bottle}/reply", "Answer a bottle I hold.", "ReplyRequest", {201: "ThreadAnswer"}, True),
    ("post", "/v1/bottles/{bottle}/release", "Give back a bottle I hold.", "ReleaseRequest", {204: None}, True),
    ("post", "/v1/bottles/{bottle}/reports", "Report a bottle or its thread.", "ReportRequest", {201: None}, True),
    ("get", "/v1/threads", "My threads, newest first.", None, {200: "ThreadsAnswer"}, True),
    ("get", "/v1/threads/{thread}/messages", "A thread's texts.", None, {200: "ThreadMessagesAnswer"}, True),
    ("post", "/v1/threads/{thread}/messages", "Write.", "ThreadMessageRequest", {201: "ThreadMessage"}, True),
    ("get", "/v1/admin/crowd", "How many people were where, for operators.", None, {200: "CrowdAnswer"}, True),
    ("get", "/v1/admin/now", "How the server is, and was for an hour.", None, {200: "NowAnswer"}, True),
    ("get", "/v1/admin/settings", "The settings in force.", None, {200: "SettingsAnswer"}, True),
    ("get", "/v1/admin/reports", "The queue of reports.", None, {200: "ReportsAnswer"}, True),
    ("get", "/v1/admin/reports/{report}", "One report.", None, {200: "ReportAnswer"}, True),
    ("post", f"{_REPORT}/decision", "Decide a report.", "DecisionRequest", {200: "ReportAnswer"}, True),
    ("post", f"{_REPORT}/undo", "Take a decision back.", "ReasonRequest", {200: "ReportAnswer"}, True),
    ("get", "/v1/admin/people", "Find somebody by a verified name.", None, {200: "PersonAnswer"}, True),
    ("get", "/v1/admin/people/{person}", "Find somebody by id.", None, {200: "PersonAnswer"}, True),
    ("get", "/v1/admin/sanctions", "Bans and suspensions in force.", None, {200: "SanctionsAnswer"}, True),
    ("post", f"{_PERSON}/verify", "Verify somebody under a name.", "VerifyRequest", {200: "PersonAnswer"}, True),
    ("post", f"{_PERSON}/revoke", "Let somebody not be verified.", "ReasonRequest", {200: "PersonAnswer"}, True),
    ("post", f"{_PERSON}/ban", "Ban somebody.", "BanRequest", {200: "PersonAnswer"}, True),
    ("post", f"{_PERSON}/suspend", "Suspend somebody.", "SuspendRequest", {200: "PersonAnswer"}, True),
    ("post", f"{_PERSON}/unban", "End somebody's bans.", "ReasonRequest", {200: "PersonAnswer", 204: None}, True),
    ("post", f"{_PERSON}/appeal", "Note what somebody says to a ban.", "AppealNote", {200: "PersonAnswer"}, True),
    ("get", "/v1/admin/brakes", "What is stopped.", None, {200: "BrakesAnswer"}, True),
    ("post", "/v1/admin/brakes/pull", "Stop something.", "BrakeRequest", {200: "BrakesAnswer"}, True),
    ("post", "/v1/admin/brakes/release", "Let it go on.", "BrakeRequest", {200: "BrakesAnswer"}, True),
    ("post", "/v1/admin/brakes/close", "Close a room.", "CloseRequest", {204: None}, True),
    ("get", "/v1/admin/areas", "All areas.", None, {200: "AreasAnswer"}, True),
    ("post", "/v1/admin/areas", "Put areas in force.", "GeoJSON", {200: "ImportAnswer"}, True),
    ("post", "/v1/admin/areas/preview", "Show what areas would be.", "GeoJSON", {200: "AreasAnswer"}, True),
    ("put", "/v1/admin/areas", "Put areas in force.", "GeoJSON", {200: "ImportAnswer"}, True),
    ("delete", "/v1/admin/areas/{area}", "Remove an area.", None, {204: None}, True),
    ("get", "/v1/admin/audit", "What operators did, newest first.", None, {200: "AuditAnswer"}, True),
    ("get", "/v1/ws", "Upgrade to the WebSocket; see /asyncapi.json.", None, {101: None, 503: "ProblemAnswer"}, False),
    ("get", "/healthz", "Whether the process lives.", None, {200: None}, False),
    ("get", "/readyz", "Whether new phones are taken.", None, {200: None, 503: "ProblemAnswer"}, False),
    ("get", "/openapi.json", "This document.", None, {200: None}, False),
    ("get", "/asyncapi.json", "The messages of the socket.", None, {200: None}, False),
    ("get", "/docs", "A page for people.", None, {200: None}, False),
    ("get", "/", "The phone page.", None, {200: None}, False),
    ("get", "/console", "The operators' console.", None, {200: None}, False),
    ("get", "/page.json", "What this server offers, for its pages.", None, {200: "PageConfig"}, False),
)

_TIME_MS = {"type": "integer", "minimum": 0}
_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_REASON = ("reason", True, {"type": "string", "minLength": 1, "maxLength": 1000})
_KIND = ("kind", False, {"type": "string", "enum": ["quiet", "venue"]})
_IMPORT = (_REASON, _KIND)
_PARAMETERS: dict[str, tuple[tuple[str, bool, dict[str, Any]], ...]] = {
    # of the address, by method and path: name, whether it is required, schema
    "get /v1/admin/reports": (
        ("status", False, {"type": "string", "enum": ["open", "decided"], "default": "open"}),
        ("after", False, _ID),
    ),
    "get /v1/admin/people": (("name", True, {"type": "string", "minLength": 1, "maxLength": 64}),),
    "get /v1/admin/crowd": (
        ("from_ms", True, _TIME_MS),
        ("to_ms", True, _TIME_MS),
        ("resolution", False, {"type": "integer", "enum": list(RESOLUTIONS), "default": RESOLUTIONS[0]}),
    ),
    "post /v1/admin/areas": _IMPORT,
    "put /v1/admin/areas": _IMPORT,
    "post /v1/admin/areas/preview": (_KIND,),
    "delete /v1/admin/areas/{area}": (_REASON,),
    "get /v1/admin/audit": (("before", False, {"type": "string"}), ("person", False, _ID)),
    "get /v1/threads/{thread}/messages": (("after", False, {"type": "integer", "minimum": 0, "default": 0}),),
}
_CONTENT_TYPES = {
    "ProblemAnswer": "application/problem+json",
    "CrowdAnswer": "application/geo+json",
    "AreasAnswer": "application/geo+json",
}
"""Of shapes that are told as something else than plain JSON."""


class Documents:
    """The documents of the wire."""

    def __init__(self) -> None:
        self.openapi = _openapi()
        self.asyncapi = _asyncapi()

    @cached_property
    def by_path(self) -> Mapping[str, tuple[str, bytes]]:
        """Content type and body by path."""
        return {
            "/openapi.json": ("application/json", msgspec.json.encode(self.openapi)),
            "/asyncapi.json": ("application/json", msgspec.json.encode(self.asyncapi)),
            "/docs": ("text/html; charset=utf-8", _page(self.openapi, self.asyncapi).encode()),
        }


@cache
def documents() -> Documents:
    """Return the documents, the same to every server of a process: nobody changes them, and they take 40 ms."""
    return Documents()


def _openapi() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(_BODIES, ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for method, path, summary, body, answers, needs_token in _CALLS:
        responses = {str(status): _response(status, name) for status, name in answers.items()}
        responses["default"] = _response(0, "ProblemAnswer")
        call: dict[str, Any] = {"summary": summary, "responses": responses}
        if body is not None:
            call["requestBody"] = {"required": body != "GuestRequest", "content": _body(body)}
        if f"{method} {path}" in _PARAMETERS:
            call["parameters"] = [
                {"name": name, "in": "query", "required": is_required, "schema": schema}
                for name, is_required, schema in _PARAMETERS[f"{method} {path}"]
            ]
        if named := re.findall(r"{(\w+)}", path):
            call["parameters"] = call.get("parameters", []) + [
                {"name": name, "in": "path", "required": True, "schema": _ID} for name in named
            ]
        if needs_token:
            call["security"] = [{"bearer": []}]
        paths.setdefault(path, {})[method] = call
    return {
        "openapi": "3.1.0",
        "info": {"title": "nearby", "version": __version__, "description": "Small rooms for people nearby."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _response(status: int, name: str | None) -> dict[str, Any]:
    if name is None:
        return {"description": "Done." if status != 101 else "Switching protocols."}
    kind = _CONTENT_TYPES.get(name, "application/json")
    return {"description": "A problem." if name == "ProblemAnswer" else "Done.", "content": _content(kind, name)}


def _body(name: str) -> dict[str, Any]:
    """Return what a call takes; "GeoJSON" is no shape of ours."""
    if name == "GeoJSON":
        return {"application/geo+json": {"schema": {"type": "object"}}}
    return _content("application/json", name)


def _content(kind: str, name: str) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _asyncapi() -> dict[str, Any]:
    every = (*_CLIENT, *_SERVER)
    _, schemas = msgspec.json.schema_components(every, ref_template="#/components/schemas/{name}")
    messages = {
        _tag(kind): {
            "name": _tag(kind),
            "summary": _first_line(kind),
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        }
        for kind in every
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "nearby socket", "version": __version__, "description": "Subprotocol nearby.v1."},
        "defaultContentType": "application/json",
        "channels": {
            "phone": {
                "address": "/v1/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receive": _operation("receive", _CLIENT, "What a phone sends."),
            "send": _operation("send", _SERVER, "What the server sends."),
        },
        "components": {"messages": messages, "schemas": schemas},
        "x-error-codes": {code.value: PROBLEMS[code].advice for code in ErrorCode},
        "x-close-codes": {str(code.value): code.reason for code in CloseCode},
    }


def _operation(action: str, kinds: tuple[type[msgspec.Struct], ...], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/phone"},
        "messages": [{"$ref": f"#/channels/phone/messages/{_tag(kind)}"} for kind in kinds],
    }


def _tag(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _first_line(kind: type[msgspec.Struct]) -> str:
    """Return what a type is, in Markdown as both documents take it."""
    return (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _page(openapi: dict[str, Any], asyncapi: dict[str, Any]) -> str:
    """Return the docs page: plain HTML, no script, nothing from another host."""
    calls = [
        (f"{method.upper()} {path}", call["summary"])
        for path, methods in openapi["paths"].items()
        for method, call in methods.items()
    ]
    sections = [
        _table("HTTP calls", ("call", "does"), calls),
        *(
            _table(
                operation["summary"],
                ("message", "meaning", "fields"),
                [_message_row(asyncapi, ref["$ref"].rsplit("/", 1)[1]) for ref in operation["messages"]],
            )
            for operation in asyncapi["operations"].values()
        ),
        _table("Error codes", ("code", "what to do"), asyncapi["x-error-codes"].items()),
        _table("Close codes", ("code", "meaning"), asyncapi["x-close-codes"].items()),
    ]
    return _PAGE.replace("{sections}", "\n".join(sections))


def _message_row(asyncapi: dict[str, Any], name: str) -> tuple[str, ...]:
    message = asyncapi["components"]["messages"][name]
    schema = asyncapi["components"]["schemas"][message["payload"]["$ref"].rsplit("/", 1)[1]]
    required = schema.get("required", ())
    fields = (field if field in required else f"{field}?" for field in schema["properties"] if field != "type")
    return name, message["summary"], ", ".join(fields)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "\n".join(
        f'<tr id="{escape(row[0].replace(" ", "-"))}"><td><code>{escape(row[0])}</code></td>'
        + "".join(f"<td>{_as_html(text)}</td>" for text in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<h2>{escape(title)}</h2>\n<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


_CODE = re.compile("`([^`]+)`")


def _as_html(markdown: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(markdown))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>nearby: the wire</title><link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; }
</style></head><body>
<h1>nearby: the wire, version 1</h1>
<p>Machine-readable: <a href="/openapi.json">OpenAPI 3.1</a> for HTTP,
<a href="/asyncapi.json">AsyncAPI 3</a> for the socket.</p>
{sections}
</body></html>
"""
