"""Tools that vendors run themselves, said one way: in the words of OpenAI's Responses API.

`{"type": "web_search"}` may have `filters.allowed_domains`, `user_location` and `search_context_size`;
`{"type": "code_interpreter"}` a `container`; `{"type": "web_fetch"}`, which OpenAI does not have, nothing of its own.
See https://platform.openai.com/docs/guides/tools. Each wire format has a table of what they are there.
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.report import Warning as CallWarning

WEB_SEARCH, WEB_FETCH, CODE_INTERPRETER = "web_search", "web_fetch", "code_interpreter"

BUILT_IN_TOOLS = frozenset({WEB_SEARCH, WEB_FETCH, CODE_INTERPRETER})
"""The types of these tools."""

_KEPT = frozenset({"type", "cache_control"})
_AUTOMATIC: Mapping[str, JSON] = {"type": "auto"}


def built_in(tool: JSON) -> str | None:
    """Return the type of a tool that is said in these words; `None` for any other, a vendor's own shape included.

    A tool with a member of its type's name is a vendor's own (as Z.ai's `{"type": "web_search", "web_search": {…}}`).
    """
    kind: JSON = tool.get("type") if is_mapping(tool) else None
    return kind if isinstance(kind, str) and kind in BUILT_IN_TOOLS and kind not in tool else None


def unavailable(tool: Mapping[str, JSON], where: str) -> CallWarning:
    """Return the warning of a tool that there is not."""
    return CallWarning("dropped", where, f"there is no built-in {tool['type']!r} here")


def settings_of(
    tool: Mapping[str, JSON], taken: Mapping[str, str], where: str, warnings: list[CallWarning]
) -> JSONObject:
    """Return what a tool says beyond its type, by the names that `taken` has for it; the rest gives warnings.

    `filters.allowed_domains` counts as `allowed_domains`. Names that are not of this one way (`max_uses`, …) are the
    vendor's, and stay.
    """
    said = {name: value for name, value in tool.items() if name not in _KEPT and value is not None}
    filters: JSON = said.pop("filters", None)
    if is_mapping(filters):
        said |= filters
    if said.get("container") == _AUTOMATIC:
        del said["container"]
    settings: JSONObject = {}
    for name, value in said.items():
        if name in taken:
            settings[taken[name]] = value
        elif name in _OURS:
            warnings.append(CallWarning("dropped", f"{where}.{name}", "the built-in tool has no such setting here"))
        else:
            settings[name] = value
    return settings


_OURS = frozenset({"allowed_domains", "container", "search_context_size", "user_location"})
"""What this one way can say, so that a vendor without it must not be sent it."""
