"""Where the families of models put their texts, in whole answers and in the chunks of streams.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html and the pages below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.dialects.bedrock.invoke import METRICS, usage_of
from any_llm.dialects.bedrock.wire import member, members, number_of, text_of
from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.completion import CompletionUsage
from any_llm.types.json import JSON, JSONObject
from any_llm.types.text_completion import TextCompletionChoice

_FINISH_REASONS: Mapping[str, str] = {
    "complete": "stop",
    "content_filtered": "content_filter",
    "end_turn": "stop",
    "endoftext": "stop",
    "error_toxic": "content_filter",
    "finish": "stop",
    "max_tokens": "length",
    "stop_criteria_met": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
}
"""Why a text ended, in OpenAI's words and small letters; an unknown reason is kept as it is."""

READ = frozenset({
    METRICS, "completionReason", "event_type", "finish_reason", "generation_id", "generation_token_count", "id",
    "index", "inputTextTokenCount", "is_finished", "model", "object", "prompt_token_count", "stopReason", "stop_reason",
    "totalOutputTextTokenCount", "type", "usage",
})  # fmt: skip
"""Members beside the texts that are read, or that a completion has under the same name."""

_COUNTS = (
    ("prompt_tokens", "completion_tokens"),
    ("inputTokens", "outputTokens"),
    ("input_tokens", "output_tokens"),
)


def finish_reason(value: JSON) -> str | None:
    """Return why a text ended, in OpenAI's words; `None` while it has not."""
    if is_object(value):
        # AI21 says it as an object.
        return finish_reason(value.get("reason"))
    return _FINISH_REASONS.get(value.lower(), value.lower()) if isinstance(value, str) and value else None


def choices_of(answer: JSONObject) -> list[TextCompletionChoice] | None:
    """Return the texts in an answer or a chunk; `None` where there is nothing of the kind."""
    read = next((read for name, read in _READERS.items() if name in answer), None)
    return None if read is None else read(answer)


def usage_in(answer: JSONObject) -> CompletionUsage | None:
    """Return the token counts in an answer's body, for what they are worth."""
    usage = member(answer, "usage")
    pairs = [(number_of(usage, read), number_of(usage, written)) for read, written in _COUNTS]
    pairs.append((number_of(answer, "prompt_token_count"), number_of(answer, "generation_token_count")))
    counted = [number_of(result, "tokenCount") or 0 for result in members(answer, "results")]
    pairs.append((number_of(answer, "inputTextTokenCount"), sum(counted) if counted else None))
    told = ((read, written) for read, written in pairs if read is not None and written is not None)
    return next((usage_of(read, written) for read, written in told), None)


def _listed(
    name: str, text: Callable[[JSONObject], str], reason: str
) -> Callable[[JSONObject], list[TextCompletionChoice]]:
    def read(answer: JSONObject) -> list[TextCompletionChoice]:
        return [_choice(index, text(item), item.get(reason), item) for index, item in enumerate(members(answer, name))]

    return read


def _plain(name: str, reason: str) -> Callable[[JSONObject], list[TextCompletionChoice]]:
    def read(answer: JSONObject) -> list[TextCompletionChoice]:
        return [_choice(0, text_of(answer, name), answer.get(reason), answer)]

    return read


def _choice(index: int, text: str, reason: JSON, item: JSONObject) -> TextCompletionChoice:
    # A family that gives an index says with it which of several texts the piece belongs to.
    place = number_of(item, "index")
    return TextCompletionChoice(index=index if place is None else place, text=text, finish_reason=finish_reason(reason))


def _said(choice: JSONObject) -> str:
    """Return the text of one of OpenAI's choices: of a prompt's, a chat's, or of a piece of either."""
    message = member(choice, "message") or member(choice, "delta")
    return text_of(choice, "text") or text_of(message, "content")


def _generated(generation: JSONObject) -> str:
    return text_of(generation, "text")


def _data(completion: JSONObject) -> str:
    return text_of(completion.get("data"), "text")


def _output(answer: JSONObject) -> list[TextCompletionChoice]:
    blocks = members(member(answer["output"], "message"), "content")
    return [_choice(0, "".join(text_of(block, "text") for block in blocks), answer.get("stopReason"), {})]


def _content(answer: JSONObject) -> list[TextCompletionChoice]:
    blocks: JSON = answer.get("content")
    texts = [text_of(block, "text") for block in blocks] if is_list(blocks) else []
    return [_choice(0, "".join(texts), answer.get("stop_reason"), {})]


def _delta(event: JSONObject) -> list[TextCompletionChoice]:
    """Read what Anthropic's events add: a text, or why it ended."""
    delta = member(event, "delta")
    reason = finish_reason(delta.get("stop_reason"))
    text = text_of(delta, "text")
    return [TextCompletionChoice(text=text, finish_reason=reason)] if text or reason else []


def _block_delta(event: JSONObject) -> list[TextCompletionChoice]:
    return [TextCompletionChoice(text=text_of(member(event["contentBlockDelta"], "delta"), "text"))]


def _message_stop(event: JSONObject) -> list[TextCompletionChoice]:
    return [TextCompletionChoice(finish_reason=finish_reason(text_of(event["messageStop"], "stopReason")))]


def _ended(event: JSONObject) -> list[TextCompletionChoice]:
    """Read the last event of Cohere's chats, which says the whole text again."""
    return [TextCompletionChoice(finish_reason=finish_reason(event.get("finish_reason")))]


_READERS: Mapping[str, Callable[[JSONObject], list[TextCompletionChoice]]] = {
    "results": _listed("results", lambda result: text_of(result, "outputText"), "completionReason"),
    "outputText": _plain("outputText", "completionReason"),
    "generation": _plain("generation", "stop_reason"),
    "generations": _listed("generations", _generated, "finish_reason"),
    "outputs": _listed("outputs", _generated, "stop_reason"),
    "completions": _listed("completions", _data, "finishReason"),
    "completion": _plain("completion", "stop_reason"),
    "choices": lambda answer: [
        _choice(index, _said(item), item.get("finish_reason") or item.get("stop_reason"), item)
        for index, item in enumerate(members(answer, "choices"))
    ],
    "output": _output,
    "content": _content,
    "contentBlockDelta": _block_delta,
    "messageStop": _message_stop,
    "delta": _delta,
    "response": _ended,
    "text": _plain("text", "finish_reason"),
    "is_finished": _ended,
}
"""How a text is read, by the member that tells the family."""

MEMBERS = frozenset(_READERS)
"""The members that hold texts."""
