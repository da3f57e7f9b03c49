"""The lines of a batch: read from a file, and asked one by one."""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.wire import Context
from any_llm.testing.mock.wires.openai_words import encode
from any_llm.types.json import JSON, JSONObject, is_object


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a batch.

    Attributes:
        custom_id: what the user calls it.
        body: what is asked.
        url: where; empty for the batch's own endpoint.
    """

    custom_id: str
    body: JSONObject
    url: str = ""


def read_lines(content: bytes) -> tuple[list[Line], list[JSONObject]]:
    """Return the lines of a file, and what is wrong with the others, in OpenAI's words."""
    lines, errors = list[Line](), list[JSONObject]()
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            said = msgspec.json.decode(text)
        except msgspec.DecodeError:
            said = None
        if is_object(said) and is_object(said.get("body")):
            lines.append(line_of(said))
        else:
            message = "This line is not parseable as valid JSON, or has no body."
            errors.append({"code": "invalid_json_line", "line": number, "message": message, "param": None})
    if not lines and not errors:
        errors.append({"code": "empty_file", "line": None, "message": "The input file is empty.", "param": None})
    return lines, errors


def line_of(said: JSONObject) -> Line:
    """Return the line that a JSON object says."""
    return Line(custom_id=str(said.get("custom_id", "")), body=said["body"], url=str(said.get("url") or ""))


async def ask_line(line: Line, url: str, context: Context) -> tuple[int, JSON]:
    """Have the mock answer a line, and return the status and the body of the answer."""
    request = context.request
    headers = {name: request.headers[name] for name in ("authorization", "api-key") if name in request.headers}
    body = encode({**line.body, "stream": False} if "stream" in line.body else line.body)
    inner = request_of("POST", f"/{request.vendor}{url}", {**headers, "content-type": "application/json"}, body)
    inner.query = request.query
    rendered = await context.ask(inner)
    try:
        return rendered.status, msgspec.json.decode(rendered.body)
    except msgspec.DecodeError:
        return rendered.status, rendered.body.decode("utf-8", "replace")
