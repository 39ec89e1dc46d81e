"""The server's own documents, OpenAPI and AsyncAPI, as pages in Markdown: every call, message, shape and code."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]

GROUPS = {
    "/v1/admin/": "Operators' calls",
    "/v1/": "People's calls",
    "/": "The server itself",
}
"""Headings of calls, by how their path begins; the first that fits."""


def http_page(openapi: Schema) -> str:
    """Return the page of the calls over HTTP."""
    grouped: dict[str, list[str]] = {name: [] for name in (GROUPS["/v1/"], GROUPS["/v1/admin/"], GROUPS["/"])}
    for path, methods in openapi["paths"].items():
        group = next(name for prefix, name in GROUPS.items() if path.startswith(prefix))
        grouped[group] += [_call(method, path, call) for method, call in methods.items()]
    return "\n\n".join(
        [
            "# HTTP reference",
            f"Every call of version {openapi['info']['version']}, made from the document the server serves at "
            "`/openapi.json`. What may be relied on is in [the wire](../protocol.md#http).",
            *(part for name, calls in grouped.items() for part in (f"## {name}", *calls)),
            *_shapes(openapi["components"]["schemas"]),
            "",
        ]
    )


def socket_page(asyncapi: Schema) -> str:
    """Return the page of the messages of the socket."""
    messages, schemas = asyncapi["components"]["messages"], asyncapi["components"]["schemas"]
    told: set[str] = set()
    parts: list[str] = []
    for operation in asyncapi["operations"].values():
        parts.append(f"## {operation['summary']}")
        for reference in operation["messages"]:
            message = messages[_name(reference["$ref"])]
            kind = _name(message["payload"]["$ref"])
            told.add(kind)
            parts += [f"### `{message['name']}`", message["summary"], _fields(schemas[kind])]
    return "\n\n".join(
        [
            "# Socket reference",
            f"Every message of `GET /v1/ws`, version {asyncapi['info']['version']}, made from the document the server "
            "serves at `/asyncapi.json`. What may be relied on is in [the wire](../protocol.md#the-socket).",
            *parts,
            *_shapes({name: schema for name, schema in schemas.items() if name not in told}),
            "## Codes of errors",
            _table(("code", "what to do"), ((f"`{code}`", text) for code, text in asyncapi["x-error-codes"].items())),
            "## Codes of closing",
            _table(("code", "meaning"), ((f"`{code}`", text) for code, text in asyncapi["x-close-codes"].items())),
            "",
        ]
    )


def _call(method: str, path: str, call: Schema) -> str:
    lines = [f"### {method.upper()} `{path}`", call["summary"]]
    rows = [
        (f"`{given['name']}`", f"in the {given['in']}", _type(given["schema"]), "yes" if given["required"] else "no")
        for given in call.get("parameters", ())
    ]
    if rows:
        lines.append(_table(("parameter", "where", "type", "required"), rows))
    needs = "a bearer token" if "security" in call else "no token"
    body = f"Takes {_content(call['requestBody'])}" if "requestBody" in call else "Takes no body"
    lines.append(f"{body}, and {needs}.")
    answers = ((status, _content(answer) or answer["description"]) for status, answer in call["responses"].items())
    lines.append(_table(("answer", "with"), ((f"`{status}`", text) for status, text in answers)))
    return "\n\n".join(lines)


def _content(holder: Schema) -> str:
    return ", ".join(f"{_type(body['schema'])} as `{kind}`" for kind, body in holder.get("content", {}).items())


def _shapes(schemas: Mapping[str, Schema]) -> Iterable[str]:
    yield "## Shapes"
    for name, schema in sorted(schemas.items()):
        yield f"### {name}"
        if "description" in schema:
            yield schema["description"].replace("``", "`")
        yield _fields(schema) if schema.get("properties") else _type(schema)


def _fields(schema: Schema) -> str:
    needed = set(schema.get("required", ()))
    return _table(
        ("field", "type", "required", "meaning"),
        (
            (f"`{name}`", _type(field), "yes" if name in needed else "no", _meaning(field))
            for name, field in schema["properties"].items()
        ),
    )


def _meaning(field: Schema) -> str:
    branches = [field, *field.get("anyOf", ())]
    said = [branch["description"] for branch in branches if "description" in branch]
    if field.get("default") not in (None, [], {}):
        said.append(f"default `{field['default']}`")
    return "; ".join(said).replace("``", "`")


def _type(schema: Schema) -> str:
    """Return what a value may be, in words, with links to shapes."""
    if "$ref" in schema:
        name = _name(schema["$ref"])
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(branch) for branch in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list of {_type(schema.get('items') or {})}{most}"
    return " ".join(filter(None, (kind, _bounds(schema))))


def _bounds(schema: Schema) -> str:
    bounds = (
        ("minimum", "from {}"),
        ("maximum", "to {}"),
        ("exclusiveMinimum", "above {}"),
        ("exclusiveMaximum", "below {}"),
        ("minLength", "of {} characters at least"),
        ("maxLength", "of {} characters at most"),
        ("pattern", "as `{}`"),
    )
    return ", ".join(words.format(str(schema[name]).replace("|", r"\|")) for name, words in bounds if name in schema)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
