"""Built-in tools of those who speak OpenAI's chat format, by the quirk that names their way of having them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.spec.provider import Provider
from any_llm.types.built_in_tools import CODE_INTERPRETER, WEB_FETCH, WEB_SEARCH, built_in, settings_of, unavailable
from any_llm.types.json import JSON, JSONObject, is_mapping, is_sequence
from any_llm.types.report import Warning as CallWarning

Form: TypeAlias = Callable[[JSONObject, Mapping[str, JSON], str, list[CallWarning]], JSONObject | None]
"""Says a tool: as a tool of the vendor's, which is returned, or as a member of the body."""


def say_built_in_tools(body: JSONObject, provider: Provider) -> list[CallWarning]:
    """Say built-in tools in the provider's words, in place, and return a warning for each that it does not have."""
    given: JSON = body.get("tools")
    if not is_sequence(given) or not any(map(built_in, given)):
        return []
    forms = {kind: form for quirk in provider.quirks for kind, form in BUILT_IN_FORMS.get(quirk, {}).items()}
    warnings: list[CallWarning] = []
    tools: list[JSON] = []
    for index, tool in enumerate(given):
        kind, where = built_in(tool), f"tools[{index}]"
        form = forms.get(kind or "")
        if kind is None:
            tools.append(tool)
        elif form is None:
            warnings.append(unavailable(tool, where))
        elif said := form(body, tool, where, warnings):
            tools.append(said)
    body["tools"] = tools
    if not tools:
        del body["tools"]
        body.pop("tool_choice", None)
        body.pop("parallel_tool_calls", None)
    return warnings


def _search_options(
    body: JSONObject, tool: Mapping[str, JSON], where: str, warnings: list[CallWarning]
) -> JSONObject | None:
    """Say `web_search_options`: https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat."""
    options = settings_of(tool, {name: name for name in ("search_context_size", "user_location")}, where, warnings)
    place: JSON = options.get("user_location")
    if is_mapping(place) and "approximate" not in place:
        there = {name: value for name, value in place.items() if name != "type"}
        options["user_location"] = {"type": "approximate", "approximate": there}
    body.setdefault("web_search_options", options)
    detail = "web_search_options were sent, which search models alone take; responses() has it with other models"
    warnings.append(CallWarning("approximated", where, detail))
    return None


def _named(theirs: str, *, within: str = "") -> Form:
    """Return the form of a tool that is called otherwise, and has its settings `within` a member if that is said."""

    def say(_body: JSONObject, tool: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> JSONObject:
        taken = {"allowed_domains": "allowed_domains", "search_context_size": "search_context_size"} if within else {}
        settings = settings_of(tool, taken, where, warnings)
        return {"type": theirs, **({within: settings} if within and settings else settings)}

    return say


BUILT_IN_FORMS: Mapping[str, Mapping[str, Form]] = {
    "search_models": {WEB_SEARCH: _search_options},
    # https://console.groq.com/docs/browser-search, https://console.groq.com/docs/code-execution
    "browser_search": {WEB_SEARCH: _named("browser_search"), CODE_INTERPRETER: _named("code_interpreter")},
    # https://openrouter.ai/docs/guides/features/server-tools
    "server_tools": {
        WEB_SEARCH: _named("openrouter:web_search", within="parameters"),
        WEB_FETCH: _named("openrouter:web_fetch", within="parameters"),
    },
}
"""How tools are said, by quirk and type."""
