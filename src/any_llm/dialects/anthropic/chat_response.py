"""A whole answer of the Messages API as a chat completion."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.anthropic.wire import FINISH_REASONS, VENDOR, beyond, completion_usage, decode_answer, named_facts
from any_llm.spec.dialect import Target
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    Choice,
    Function,
    Reasoning,
)
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.messages import (
    Citation,
    ContentBlock,
    MessageResponse,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from any_llm.types.value import keep_extra

_SAID = frozenset({"end_turn", "max_tokens", "tool_use"})
"""Stop reasons that OpenAI's words tell in full."""


def decode_completion(_target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer.

    What a later turn must send back stands in the message's `extra_content["anthropic"]`: `signature` and the exact
    `thinking_blocks`; all blocks as `content` where text and calls of tools do not tell them all; the `stop_reason`,
    `stop_sequence`, `stop_details`, `container` and `context_management` where they say more than `finish_reason`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither content nor an error.
    """
    whole = decode_answer(MessageResponse, response, "content")
    message = _message(whole.content)
    message.extra_content = vendor_extra(whole, message.extra_content)
    message.refusal = refusal_of(whole)
    completion = ChatCompletion(
        id=whole.id,
        model=whole.model,
        choices=[Choice(finish_reason=finish_reason(whole.stop_reason), message=message)],
        service_tier=whole.usage.service_tier,
        usage=completion_usage(whole.usage),
    )
    keep_extra(completion, beyond(response))
    return completion


def finish_reason(stop_reason: str | None) -> str | None:
    """Return a stop reason in OpenAI's words; an unknown one is kept."""
    return FINISH_REASONS.get(stop_reason, stop_reason) if stop_reason else None


def refusal_of(whole: MessageResponse) -> str | None:
    """Return how the vendor explains that the model refused."""
    explanation = (whole.stop_details or {}).get("explanation")
    return explanation if isinstance(explanation, str) else None


def vendor_extra(whole: MessageResponse, extra: JSONObject | None) -> JSONObject | None:
    """Return `extra_content` with what an answer says beyond OpenAI's words."""
    facts = named_facts(
        {
            "stop_reason": whole.stop_reason if whole.stop_reason not in _SAID else None,
            "stop_sequence": whole.stop_sequence,
            "stop_details": whole.stop_details,
            "container": whole.container,
            "context_management": whole.context_management,
            "content": None if tells_all(whole.content) else [dump_block(block) for block in whole.content],
        }
    )
    if not facts:
        return extra
    return {VENDOR: {**((extra or {}).get(VENDOR) or {}), **facts}}


def tells_all(blocks: Sequence[ContentBlock]) -> bool:
    """Tell whether thinking, one text and calls of tools, in this order, are all that there is."""
    stage = 0
    for block in blocks:
        match block:
            case ThinkingBlock() | RedactedThinkingBlock():
                rank = 0
            case TextBlock(citations=None):
                rank = 1
            case ToolUseBlock(caller=None | {"type": "direct"}):
                rank = 2
            case _:
                return False
        if rank < stage or rank == stage == 1:
            return False
        stage = rank
    return True


def dump_block(block: ContentBlock) -> JSONObject:
    """Return the exact JSON of a block, as a later turn sends it back."""
    return block.model_dump(exclude_none=True)


def dump_arguments(block: ToolUseBlock) -> str:
    """Return the input of a tool as JSON text."""
    return msgspec.json.encode(block.input).decode()


def thinking_extra(block: ThinkingBlock | RedactedThinkingBlock) -> JSONObject:
    """Return the `extra_content` that carries one block of thinking to a later turn."""
    kept: JSONObject = {"thinking_blocks": [dump_block(block)]}
    if isinstance(block, ThinkingBlock):
        kept["signature"] = block.signature
    return {VENDOR: kept}


def _message(blocks: Sequence[ContentBlock]) -> ChatCompletionMessage:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ChatCompletionMessageToolCall] = []
    annotations: list[JSONObject] = []
    thinking: JSONObject = {}
    length = 0
    for block in blocks:
        if isinstance(block, TextBlock):
            texts.append(block.text)
            end = length + len(block.text)
            if block.citations:
                annotations += [annotation(citation, length, end) for citation in block.citations]
            length = end
        elif isinstance(block, ToolUseBlock):
            function = Function(name=block.name, arguments=dump_arguments(block))
            calls.append(ChatCompletionMessageToolCall(id=block.id, function=function))
        elif isinstance(block, ThinkingBlock | RedactedThinkingBlock):
            thoughts.append(getattr(block, "thinking", ""))
            more = thinking_extra(block)[VENDOR]
            thinking = {
                **thinking,
                **more,
                "thinking_blocks": [*thinking.get("thinking_blocks", ()), *more["thinking_blocks"]],
            }
    return ChatCompletionMessage(
        content="".join(texts) if texts else None,
        tool_calls=calls or None,
        reasoning=Reasoning("".join(thoughts)) if any(thoughts) else None,
        annotations=annotations or None,
        extra_content={VENDOR: thinking} if thinking else None,
    )


def annotation(citation: Citation, start: int, end: int) -> JSONObject:
    """Return a citation as an annotation of the characters `start` to `end`; one without a URL keeps its own shape."""
    place = {"start_index": start, "end_index": end}
    if citation.url is None:
        return {"type": citation.type, citation.type: citation.model_dump(exclude_none=True) | place}
    return {"type": "url_citation", "url_citation": {"url": citation.url, "title": citation.title or "", **place}}
