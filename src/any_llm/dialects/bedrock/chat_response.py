"""A whole answer of Converse as a chat completion."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.bedrock.wire import (
    FINISH_REASONS,
    FORM_TOOL,
    VENDOR,
    completion_usage,
    decode_object,
    member,
    members,
    text_of,
)
from any_llm.schemas.shapes import is_list, is_object
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
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import Value, keep_extra

_SAID = frozenset({"end_turn", "max_tokens", "tool_use"})
"""Stop reasons that OpenAI's words tell in full."""

_READ = frozenset({"output", "p", "serviceTier", "stopReason", "usage"})
"""What of an answer has a place among OpenAI's fields; `p` fills an event of a stream up."""


def decode_completion(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer; its id is that of the request, since Converse gives it no other.

    What a later turn must send back stands in the message's `extra_content["bedrock"]`: the `signature` and the exact
    `reasoning_blocks`; all blocks as `content` where text and calls of tools do not tell them all; the `stop_reason`
    where it says more than `finish_reason`. `metrics`, `trace` and whatever else are members of the completion.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has neither a message nor an error.
    """
    answer = decode_object(response, "output")
    blocks = [plain_block(block) for block in members(member(answer["output"], "message"), "content")]
    reason = text_of(answer, "stopReason") or None
    message = _message(blocks)
    message.extra_content = vendor_extra(blocks, reason, message.extra_content)
    completion = ChatCompletion(
        id=response.headers.get("x-amzn-requestid", ""),
        model=target.model,
        choices=[Choice(finish_reason=finish_reason(reason, called=bool(message.tool_calls)), message=message)],
        service_tier=text_of(answer.get("serviceTier"), "type") or None,
        usage=completion_usage(answer["usage"]) if is_object(answer.get("usage")) else None,
    )
    add_facts(completion, answer)
    return completion


def finish_reason(stop_reason: str | None, *, called: bool) -> str | None:
    """Return a stop reason in OpenAI's words; calls that the caller is not to answer end an answer like text does."""
    if stop_reason == "tool_use" and not called:
        return "stop"
    return FINISH_REASONS.get(stop_reason, stop_reason) if stop_reason else None


def add_facts(value: Value, answer: JSONObject) -> None:
    """Keep on a value what an answer says about itself."""
    keep_extra(value, {name: said for name, said in answer.items() if name not in _READ and said})


def vendor_extra(blocks: Sequence[JSONObject], reason: str | None, extra: JSONObject | None) -> JSONObject | None:
    """Return `extra_content` with what an answer says beyond OpenAI's words."""
    facts: JSONObject = {}
    if reason is not None and reason not in _SAID:
        facts["stop_reason"] = reason
    if not tells_all(blocks):
        facts["content"] = [block for block in blocks if "reasoningContent" not in block or signed(block)]
    if not facts:
        return extra
    return {VENDOR: {**member(extra, VENDOR), **facts}}


def tells_all(blocks: Sequence[JSONObject]) -> bool:
    """Tell whether thoughts, one text and calls of tools, in this order, are all that there is."""
    stage = 0
    for block in blocks:
        rank = _rank(block)
        if rank is None or rank < stage or rank == stage == 1:
            return False
        stage = rank
    return True


def _rank(block: JSONObject) -> int | None:
    if "reasoningContent" in block:
        return 0
    if "text" in block or is_form(block):
        return 1
    return 2 if is_call(block) else None


def is_call(block: JSONObject) -> bool:
    """Tell whether a block is a call that the caller is to answer: the vendor answers those of its own tools."""
    call = member(block, "toolUse")
    return bool(call) and call.get("type") != "server_tool_use" and not is_form(block)


def is_form(block: JSONObject) -> bool:
    """Tell whether a block is an answer in the form of a tool's input."""
    return member(block, "toolUse").get("name") == FORM_TOOL


def signed(block: JSONObject) -> bool:
    """Tell whether a block of thoughts can be sent back: with a signature, or encrypted."""
    thought = member(block, "reasoningContent")
    return bool(thought.get("redactedContent") or member(thought, "reasoningText").get("signature"))


def plain_block(block: JSONObject) -> JSONObject:
    """Return a block as a later turn may send it: some answers name a type where requests have none."""
    kept = {name: value for name, value in block.items() if name != "type"}
    call = kept.get("toolUse")
    if is_object(call) and call.get("type") == "tool_use":
        kept["toolUse"] = {name: value for name, value in call.items() if name != "type"}
    return kept


def dump_input(call: JSONObject) -> str:
    """Return the input of a tool as JSON text."""
    return msgspec.json.encode(call.get("input") or {}).decode()


def reasoning_extra(block: JSONObject) -> JSONObject | None:
    """Return the `extra_content` that carries one block of thoughts to a later turn, if it is signed."""
    if not signed(block):
        return None
    kept: JSONObject = {"reasoning_blocks": [block]}
    signature: JSON = member(member(block, "reasoningContent"), "reasoningText").get("signature")
    if signature:
        kept["signature"] = signature
    return {VENDOR: kept}


def reasoning_text(block: JSONObject) -> str:
    """Return what a block of thoughts says in the clear."""
    return text_of(member(member(block, "reasoningContent"), "reasoningText"), "text")


def cited_text(block: JSONObject) -> str:
    """Return the text of a block: its own, or the one that is cited."""
    if "text" in block:
        return text_of(block, "text")
    return "".join(text_of(piece, "text") for piece in members(block.get("citationsContent"), "content"))


def annotation(citation: JSONObject, start: int, end: int) -> JSONObject:
    """Return a citation as an annotation of the characters `start` to `end`; one without a URL keeps its own shape."""
    place = {"start_index": start, "end_index": end}
    url = text_of(member(citation.get("location"), "web"), "url")
    if not url:
        return {"type": "citation", "citation": {**citation, **place}}
    return {"type": "url_citation", "url_citation": {"url": url, "title": text_of(citation, "title"), **place}}


def _message(blocks: Sequence[JSONObject]) -> ChatCompletionMessage:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ChatCompletionMessageToolCall] = []
    annotations: list[JSONObject] = []
    kept: JSONObject = {}
    length = 0
    for block in blocks:
        if "reasoningContent" in block:
            thoughts.append(reasoning_text(block))
            more = member(reasoning_extra(block), VENDOR)
            kept = {
                **kept,
                **more,
                "reasoning_blocks": [*kept.get("reasoning_blocks", ()), *more.get("reasoning_blocks", ())],
            }
        elif is_call(block):
            call = block["toolUse"]
            function = Function(name=text_of(call, "name"), arguments=dump_input(call))
            calls.append(ChatCompletionMessageToolCall(id=text_of(call, "toolUseId"), function=function))
        elif text := dump_input(block["toolUse"]) if is_form(block) else cited_text(block):
            texts.append(text)
            citations: JSON = member(block, "citationsContent").get("citations")
            if is_list(citations):
                annotations += [annotation(citation, length, length + len(text)) for citation in citations]
            length += len(text)
    return ChatCompletionMessage(
        content="".join(texts) if texts else None,
        tool_calls=calls or None,
        reasoning=Reasoning("".join(thoughts)) if any(thoughts) else None,
        annotations=annotations or None,
        extra_content={VENDOR: kept} if kept.get("reasoning_blocks") else None,
    )
