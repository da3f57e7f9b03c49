"""The bridges over real answers of many vendors: they say what the chat says, and vendors' own SDKs accept them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import anthropic.types
import msgspec
import openai.types.responses
import pytest
from pydantic import TypeAdapter, ValidationError

from any_llm.bridges.message_answer import message_of
from any_llm.bridges.messages import bridge_messages
from any_llm.bridges.response_answer import response_of
from any_llm.bridges.responses import bridge_responses
from any_llm.dialects.anthropic import DIALECT as ANTHROPIC
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import Codec, Target
from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.bridges.chat import CHAT, asked, folded, target
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # hundreds of values take the ways that the tests beside this take

CODECS = {
    "openai.chat": OPENAI.operations[Operation.COMPLETION],
    "anthropic.messages": ANTHROPIC.operations[Operation.COMPLETION],
}
# Vendors' annotations of kinds that the SDKs do not know, kept as they came.
OWN_ANNOTATIONS = frozenset({"char_location", "page_location", "content_block_location", "file"})


class Read(NamedTuple):
    """One recorded answer as a completion, and as a codec reads it; `events` is empty for a whole answer."""

    recording: Recording
    at: Target
    completion: ChatCompletion
    bridged: JSON
    events: list[JSON]


def read(codec: Codec[JSON, JSON], recording: Recording, at: Target) -> tuple[JSON, list[JSON]]:
    """Return what a codec makes of a recorded answer: the whole, and the events it came in."""
    response = recording.response
    if not response.streamed:
        return codec.decode(at, HttpResponse(response.status, response.headers, response.body)), []
    assert codec.stream is not None
    decoder = codec.stream(at, {"messages": [], "input_data": [], "stream": True})
    framing = FRAMINGS["sse"]()
    events = [event for frame in [*framing.feed(response.body), *framing.finish()] for event in decoder.feed(frame)]
    events += decoder.finish()
    return folded(codec, events), events


def readings(bridge: Callable[[Codec[JSON, JSON]], Codec[JSON, JSON]]) -> Iterator[Read]:
    """Read every recorded answer that is one, with the chat's codec and with a bridge over it."""
    recordings, _ = load_recordings(WIRE)
    for recording in recordings:
        chat = CODECS.get(recording.api)
        if chat is None or recording.response.status != 200:
            continue
        dialect = "openai" if chat is CODECS["openai.chat"] else "anthropic"
        at = target(recording.provider, dialect)
        try:
            completion, _ = read(chat, recording, at)
        except (AnyLLMError, msgspec.DecodeError) as error:
            with pytest.raises(type(error)):
                read(bridge(chat), recording, at)
            continue
        yield Read(recording, at, completion, *read(bridge(chat), recording, at))


def refusals(adapter: TypeAdapter[JSON], dumped: JSONObject) -> str:
    """Return why the SDK refuses a value, if it does."""
    try:
        adapter.validate_python(dumped)
    except ValidationError as error:
        return str(error)[:2_000]
    return ""


def annotated_in_own_words(answer: JSON) -> bool:
    """Say whether a vendor annotated the answer with what the SDKs do not know."""
    return any(f'"type":"{kind}"' in answer.model_dump_json() for kind in OWN_ANNOTATIONS)


def spoken(completion: ChatCompletion) -> JSONObject:
    """Return what a completion says, as the chat's own codec reads it."""
    choice = completion.choices[0] if completion.choices else None
    message = choice.message if choice else None
    calls = (message.tool_calls if message else None) or []
    functions = [call.function for call in calls]
    if message and message.function_call:
        functions.append(message.function_call)
    usage = completion.usage
    return {
        "text": (message.content or "") + (message.refusal or "") if message else "",
        "reasoning": (message.reasoning or "") if message else "",
        "calls": [function.name for function in functions],
        "ids": [call.id for call in calls if call.id],
        "arguments": [parsed(function.arguments) for function in functions],
        "tokens": (usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0),
    }


def made_here(call_id: str, answer_id: str) -> bool:
    """Say whether the bridge has made the id of a call, since the vendor sent none."""
    return call_id.startswith(f"call_{answer_id}_")


def parsed(arguments: str) -> JSON:
    """Return what arguments mean; text that is no JSON means itself."""
    try:
        return msgspec.json.decode(arguments or "{}")
    except msgspec.DecodeError:
        return arguments


def test_messages_say_what_the_chat_says() -> None:
    adapter: TypeAdapter[JSON] = TypeAdapter(anthropic.types.RawMessageStreamEvent)
    whole: TypeAdapter[JSON] = TypeAdapter(anthropic.types.Message)
    refused: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for recording, at, completion, answer, events in readings(bridge_messages):
        blocks = answer.content
        calls = [block for block in blocks if block.type == "tool_use"]
        usage = answer.usage
        from_cache = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        assert spoken(completion) == {
            "text": "".join(block.text for block in blocks if block.type == "text"),
            "reasoning": "".join(block.thinking for block in blocks if block.type == "thinking"),
            "calls": [block.name for block in calls],
            "ids": [block.id for block in calls if not made_here(block.id, answer.id)],
            "arguments": [
                parsed(extra["partial_json"]) if (extra := block.model_extra) else block.input for block in calls
            ],
            "tokens": (usage.input_tokens + from_cache, usage.output_tokens),
        }, recording.id
        if not annotated_in_own_words(answer) and "image" not in {block.type for block in blocks}:
            refused[refusals(whole, answer.model_dump(exclude_none=True))] += 1
            refused.update(refusals(adapter, event.model_dump(exclude_none=True)) for event in events)
        again = message_of(completion, at.provider.name)
        seen["streams" if events else "wholes"] += 1
        seen["alike" if again == answer else "ordered otherwise"] += 1
        # A signature that comes last in a stream stands last; the next turn is the same all the same.
        assert replayed(answer.content, at) == replayed(again.content, at), recording.id
        assert (again.id, again.model, again.usage) == (answer.id, answer.model, answer.usage), recording.id
        assert again.stop_reason == answer.stop_reason, recording.id
    assert set(refused) == {""}
    assert seen["streams"] > 400
    assert seen["wholes"] > 600
    assert seen["ordered otherwise"] < 10


def test_responses_say_what_the_chat_says() -> None:
    adapter: TypeAdapter[JSON] = TypeAdapter(openai.types.responses.ResponseStreamEvent)
    whole: TypeAdapter[JSON] = TypeAdapter(openai.types.responses.Response)
    refused: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for recording, at, completion, answer, events in readings(bridge_responses):
        calls = [item for item in answer.output if item.type == "function_call"]
        parts = [part for item in answer.output if item.type == "message" for part in item.content]
        thoughts = [part for item in answer.output if item.type == "reasoning" for part in item.summary]
        usage = answer.usage
        assert spoken(completion) == {
            "text": "".join(part.text if part.type == "output_text" else part.refusal for part in parts),
            "reasoning": "".join(part.text for part in thoughts),
            "calls": [item.name for item in calls],
            "ids": [item.call_id for item in calls if not made_here(item.call_id, answer.id)],
            "arguments": [parsed(item.arguments) for item in calls],
            "tokens": (usage.input_tokens, usage.output_tokens) if usage else (0, 0),
        }, recording.id
        if not annotated_in_own_words(answer):
            refused[refusals(whole, answer.model_dump())] += 1
            refused.update(refusals(adapter, event.model_dump()) for event in events)
        assert [event.sequence_number for event in events] == list(range(len(events)))
        again = response_of(completion, at.provider.name)
        seen["streams" if events else "wholes"] += 1
        seen["alike" if again == answer else "ordered otherwise"] += 1
        assert replayed_items(answer.output, at) == replayed_items(again.output, at), recording.id
        assert (again.id, again.model, again.usage) == (answer.id, answer.model, answer.usage), recording.id
        assert (again.status, again.incomplete_details) == (answer.status, answer.incomplete_details), recording.id
    assert set(refused) == {""}
    assert seen["streams"] > 400
    assert seen["wholes"] > 600
    assert seen["ordered otherwise"] < 10


def replayed(content: JSON, at: Target) -> JSON:
    """Return the chat messages that an answer becomes in the next turn."""
    return asked(bridge_messages(CHAT), at, messages=[{"role": "assistant", "content": content}])[0]["messages"]


def replayed_items(items: JSON, at: Target) -> JSON:
    """Return what the items of an answer become in the next turn, whatever the order of text and calls."""
    messages = asked(bridge_responses(CHAT), at, input_data=items)[0]["messages"]
    return [
        "".join(message.get("content") or "" for message in messages if message["role"] == "assistant"),
        [call for message in messages for call in message.get("tool_calls") or ()],
        [
            message.get(name)
            for name in ("extra_content", "reasoning_details")
            for message in messages
            if name in message
        ],
    ]
