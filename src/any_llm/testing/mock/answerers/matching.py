"""Which requests a rule of a script is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON, is_list, is_mapping


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request must be like, every item of it; without any item, every request is.

    Attributes:
        text: what the last thing the user said must hold, whatever its case.
        matches: a regular expression that must be found in it; its groups may be named in a template.
        system: what the system prompt must hold, whatever its case.
        model: the model, where `*` stands for anything.
        wire: the wire, such as `anthropic.messages`, or `anthropic.*`.
        vendor: who is spoken to, such as `groq`.
        operation: what is asked for, such as `embedding`.
        stream: whether a stream is asked for.
        tools: tools that must be offered.
        tool_result: `true` when the conversation ends with a tool's result, or what this result must hold.
        header: headers by name, where `*` stands for anything in the value.
        json: values of the body by their path, such as `messages.0.role`, where texts may hold `*`.
        path: the path, where `*` stands for anything.
        nth: only the so manieth request that fits the rest, the first being 1.
    """

    text: str | None = None
    matches: str | None = None
    system: str | None = None
    model: str | None = None
    wire: str | None = None
    vendor: str | None = None
    operation: str | None = None
    stream: bool | None = None
    tools: tuple[str, ...] = ()
    tool_result: bool | str | None = None
    header: Mapping[str, str] = {}
    json: Mapping[str, JSON] = {}
    path: str | None = None
    nth: int | None = None

    def fits(self, request: MockRequest) -> bool:
        """Say whether a request is meant, `nth` left out."""
        return (
            _named(self, request)
            and (self.stream is None or self.stream == request.stream)
            and _said(self, request)
            and self._tools_fit(request)
            and all(_like(pattern, request.headers.get(name.lower(), "")) for name, pattern in self.header.items())
            and all(_like(wanted, value_at(request.json, path)) for path, wanted in self.json.items())
        )

    def _tools_fit(self, request: MockRequest) -> bool:
        asked = request.asked
        offered = {tool.name for tool in asked.tools} if asked else set[str]()
        results = asked.tool_results if asked else ()
        if isinstance(self.tool_result, str):
            fits = any(_holds(turn.text, self.tool_result) for turn in results)
        else:
            fits = self.tool_result is None or self.tool_result == bool(results)
        return fits and offered.issuperset(self.tools)


def value_at(tree: JSON, path: str) -> JSON:
    """Return what stands at a path of names and numbers, such as `messages.0.role`; `None` where nothing does."""
    for name in path.split(".") if path else ():
        if is_mapping(tree):
            tree = tree.get(name)
        elif is_list(tree) and name.lstrip("-").isdigit() and -len(tree) <= int(name) < len(tree):
            tree = tree[int(name)]
        else:
            return None
    return tree


def _named(when: When, request: MockRequest) -> bool:
    return (
        _like(when.model, request.model)
        and _like(when.wire, request.wire)
        and _like(when.path, request.path)
        and when.vendor in {None, request.vendor}
        and when.operation in {None, request.operation}
    )


def _said(when: When, request: MockRequest) -> bool:
    if when.system is not None:
        turns = request.asked.turns if request.asked else ()
        if not any(turn.role == "system" and _holds(turn.text, when.system) for turn in turns):
            return False
    return _holds(request.text, when.text) and (
        when.matches is None or re.search(when.matches, request.text) is not None
    )


def _holds(text: str, wanted: str | None) -> bool:
    return wanted is None or wanted.lower() in text.lower()


def _like(wanted: JSON, value: JSON) -> bool:
    if isinstance(wanted, str) and isinstance(value, str):
        return fnmatchcase(value, wanted)
    return wanted is None or wanted == value
