"""What a request in Anthropic's words asks for: https://platform.claude.com/docs/en/api/messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.asked import Asked, Tool, Turn
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON, is_list, is_object

_CHOICES: Mapping[str, Callable[[Mapping[str, JSON]], str]] = {
    "auto": lambda _choice: "auto",
    "none": lambda _choice: "none",
    "any": lambda _choice: "required",
    "tool": lambda choice: str(choice.get("name", "")),
}
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"


def read_messages(request: MockRequest) -> Asked:
    """Read a request for a message."""
    body = request.object
    _demand(body, "model", "max_tokens")
    return asked_of(body, str(body["model"]), stream=body.get("stream") is True)


def read_count(request: MockRequest) -> Asked:
    """Read a request whose tokens are to be counted."""
    body = request.object
    _demand(body, "model")
    return asked_of(body, str(body["model"]), stream=False)


def asked_of(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    """Read the body of a request for a message, wherever it says its model."""
    messages = body.get("messages")
    if not is_list(messages):
        raise required("messages")
    if not messages:
        raise refused("messages: at least one message is required")
    thinking, choice = body.get("thinking"), body.get("tool_choice")
    choose = _CHOICES.get(str(choice.get("type"))) if is_object(choice) else None
    return Asked(
        model=model,
        stream=stream,
        turns=(*_system(body.get("system")), *(turn for each in messages if is_object(each) for turn in _turns(each))),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if is_object(tool)),
        tool_choice=choose(choice) if choose and is_object(choice) else "auto",
        schema=_schema(body),
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or ()),
        reasoning=is_object(thinking) and thinking.get("type") in {"enabled", "adaptive"},
        usage=True,
    )


def read_prompt(request: MockRequest) -> Asked:
    """Read a request for a text completion."""
    body = request.object
    _demand(body, "model", "max_tokens_to_sample", "prompt")
    return prompted(body, str(body["model"]), stream=body.get("stream") is True)


def prompted(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    """Read the body of a request for a text completion, wherever it says its model."""
    said = str(body.get("prompt", "")).rpartition(_HUMAN)[2].removesuffix(_ASSISTANT)
    return Asked(
        model=model,
        stream=stream,
        turns=(Turn("user", said.strip()),),
        max_tokens=body.get("max_tokens_to_sample"),
        stop=tuple(stop for stop in body.get("stop_sequences") or () if stop != _HUMAN),
        usage=True,
    )


def text_of(content: JSON) -> str:
    """Return the text of a content, a text or a list of blocks."""
    if not is_list(content):
        return content if isinstance(content, str) else ""
    return "".join(str(block.get("text", "")) for block in content if is_object(block))


def refused(message: str) -> RefusedError:
    """Return the refusal of a request that is wrong."""
    return RefusedError(Failure(status=400, message=message))


def required(name: str) -> RefusedError:
    """Return the refusal of a request that lacks something."""
    return refused(f"{name}: Field required")


def _demand(body: Mapping[str, JSON], *names: str) -> None:
    for name in names:
        if body.get(name) is None:
            raise required(name)


def _system(system: JSON) -> Iterator[Turn]:
    if system:
        yield Turn("system", text_of(system))


def _turns(message: Mapping[str, JSON]) -> Iterator[Turn]:
    content = message.get("content")
    results = [block for block in content if _type(block) == "tool_result"] if is_list(content) else []
    for result in results:
        yield Turn("tool", text_of(result.get("content")), str(result.get("tool_use_id", "")))
    text = text_of(content)
    if text or not results:
        yield Turn(str(message.get("role", "")), text)


def _type(block: JSON) -> JSON:
    return block.get("type") if is_object(block) else None


def _tool(tool: Mapping[str, JSON]) -> Tool:
    name = str(tool.get("name") or tool.get("type", ""))
    return Tool(name, tool.get("input_schema"), str(tool.get("description") or ""))


def _schema(body: Mapping[str, JSON]) -> JSON:
    config = body.get("output_config")
    wish = (config.get("format") if is_object(config) else None) or body.get("output_format")
    return wish.get("schema", {}) if is_object(wish) else None
