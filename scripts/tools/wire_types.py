"""Write the TypeScript types of the wire from the server's own documents: ``web/src/wire/types.gen.ts``.

Run it after a change of a message or call; a test compares what it writes with what is committed::

    .venv/bin/python -m scripts.tools.wire_types
"""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from nearby.server.documents import Documents

TARGET = Path(__file__).parents[2] / "web" / "src" / "wire" / "types.gen.ts"
COLUMNS = 116

_HEAD = """\
// Made by scripts/tools/wire_types.py from the documents that a server serves. Change those, and run it again.
"""


def render() -> str:
    """Return the whole file."""
    documents = Documents()
    openapi, asyncapi = documents.openapi, documents.asyncapi
    shapes = asyncapi["components"]["schemas"] | openapi["components"]["schemas"]
    parts = [_HEAD, *(_interface(name, shapes[name]) for name in sorted(shapes))]
    for operation, union, text in (
        ("receive", "ClientMessage", "What a phone sends."),
        ("send", "ServerMessage", "What a server sends."),
    ):
        names = sorted(_message_types(asyncapi, operation))
        parts.append(f"/** {text} */\nexport type {union} =\n{_alternatives(names)};\n")
    parts.append(_required(asyncapi, shapes))
    codes = [json.dumps(code) for code in asyncapi["x-error-codes"]]
    parts.append(f"/** Why a message or call was refused. */\nexport type ErrorCode =\n{_alternatives(codes)};\n")
    parts.append(_table("What to do about each.", "ADVICE", "Record<ErrorCode, string>", asyncapi["x-error-codes"]))
    parts.append(
        _table("Why a server closes a socket.", "CLOSE_REASONS", "Record<number, string>", asyncapi["x-close-codes"])
    )
    parts.append(_calls(openapi["paths"]))
    return "\n".join(parts)


def _message_types(asyncapi: dict[str, Any], operation: str) -> Iterator[str]:
    for reference in asyncapi["operations"][operation]["messages"]:
        message = asyncapi["components"]["messages"][_last(reference)]
        yield _last(message["payload"])


def _required(asyncapi: dict[str, Any], shapes: dict[str, Any]) -> str:
    """Return what a reader may insist on: of each message of a server, the fields that are always there."""
    rows = []
    for name in _message_types(asyncapi, "send"):
        shape = shapes[name]
        kinds = {key: _kind(shape["properties"][key]) for key in shape["required"] if key != "type"}
        fields = ", ".join(f'{key}: "{kind}"' for key, kind in kinds.items() if kind)
        rows.append(f"  {shape['properties']['type']['enum'][0]}: {{ {fields} }},\n".replace("{  }", "{}"))
    kind = "Record<ServerMessage['type'], Record<string, Kind>>".replace("'", '"')
    return (
        'export type Kind = "string" | "number" | "boolean" | "object" | "array";\n\n'
        "/** What is always in a message of a server, beside its type. */\n"
        f"export const REQUIRED: {kind} = {{\n{''.join(rows)}}};\n"
    )


def _kind(schema: dict[str, Any]) -> str | None:
    """Return which of TypeScript's kinds a value is, None if it may be one of several."""
    kind = _type(schema)
    if kind in ("string", "number", "boolean"):
        return kind
    if "|" in kind:
        return None
    return "array" if kind.endswith("[]") else "object"


def _interface(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    fields = [
        _comment(field.get("description", ""), "  ")
        + f"  {key}{'' if key in required else '?'}: {_type(field) if key in required else _loose(_type(field))};\n"
        for key, field in schema["properties"].items()
    ]
    return f"{_comment(schema.get('description', ''), '')}export interface {name} {{\n{''.join(fields)}}}\n"


def _type(schema: dict[str, Any]) -> str:
    """Return a schema's type; what TypeScript cannot say of it (ranges, patterns) is left out."""
    if "$ref" in schema:
        return _last(schema)
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    match schema.get("type"):
        case "integer" | "number":
            return "number"
        case "array" if "prefixItems" in schema:
            return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
        case "array":
            inner = _type(schema["items"])
            return f"({inner})[]" if " " in inner else f"{inner}[]"
        case "object" if "additionalProperties" in schema:
            return f"Record<string, {_type(schema['additionalProperties'])}>"
        case "object":
            return "Record<string, unknown>"
        case "string" | "boolean" | "null" as name:
            return str(name)
    return "unknown"


def _loose(kind: str) -> str:
    """Return the type of a field that may be absent, so that a caller may also set it to undefined."""
    return f"{kind} | undefined"


def _calls(paths: dict[str, Any]) -> str:
    rows = []
    for path, methods in paths.items():
        for method, call in methods.items():
            answers = [answer for status, answer in call["responses"].items() if status.startswith("2")]
            if not answers or not path.startswith("/v1/"):
                continue
            kinds = dict.fromkeys(_content(answer) for answer in answers)
            body = _content(call["requestBody"]) if "requestBody" in call else "undefined"
            rows.append(
                _comment(call["summary"], "  ")
                + f'  "{method.upper()} {path}": {{ body: {body}; answer: {" | ".join(kinds)} }};\n'
            )
    return f"/** What each call over HTTP takes and answers. */\nexport interface Calls {{\n{''.join(rows)}}}\n"


def _content(of: dict[str, Any]) -> str:
    for content in of.get("content", {}).values():
        return _type(content["schema"])
    return "undefined"


def _table(text: str, name: str, kind: str, rows: dict[str, str]) -> str:
    lines = "".join(f"  {key}: {json.dumps(value)},\n" for key, value in rows.items())
    return f"/** {text} */\nexport const {name}: {kind} = {{\n{lines}}};\n"


def _alternatives(names: list[str]) -> str:
    return "\n".join(f"  | {name}" for name in names)


def _comment(text: str, indent: str) -> str:
    if not text:
        return ""
    text = " ".join(text.replace("``", "`").split())
    if len(text) + len(indent) < COLUMNS - 7:
        return f"{indent}/** {text} */\n"
    lines = "".join(f"{indent} * {line}\n" for line in wrap(text, COLUMNS - len(indent) - 3))
    return f"{indent}/**\n{lines}{indent} */\n"


def _last(reference: dict[str, str]) -> str:
    return reference["$ref"].rsplit("/", 1)[1]


if __name__ == "__main__":
    TARGET.write_text(render())
