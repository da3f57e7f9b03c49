"""OpenAI's completions of a text: https://platform.openai.com/docs/api-reference/completions."""

from __future__ import annotations

from itertools import accumulate

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_chat_extras import token_logprobs
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import (
    DONE,
    EVENTS,
    chunk,
    encode,
    head,
    model_of,
    refuse,
    texts_of,
)
from any_llm.testing.mock.wires.overlay import Facts, lay
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSON, JSONObject, is_object


def read_completion(request: MockRequest) -> Asked:
    """Read a request for the rest of a text."""
    body = request.object
    check = manner_of(request).check
    if check is not None:
        check(request)
    prompts = texts_of(body.get("prompt", "<|endoftext|>"))
    if not prompts:
        raise refuse("prompt", "'prompt' must be a text, a list of texts, or of tokens.")
    options, stop = body.get("stream_options"), body.get("stop") or ()
    return Asked(
        model=model_of(request, body),
        stream=body.get("stream") is True,
        inputs=prompts,
        max_tokens=body.get("max_tokens", 16),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        n=(body.get("n") or 1) * len(prompts),
        usage=is_object(options) and options.get("include_usage") is True,
        options={"logprobs": body.get("logprobs"), "echo": body.get("echo") is True, "suffix": body.get("suffix")},
    )


def render_completion(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say an answer as the rest of a text."""
    start: JSONObject = {
        "id": context.ids.take("cmpl-", 29),
        "object": "text_completion",
        "created": int(context.now),
        "model": asked.model,
    }
    if asked.stream:
        return Rendered(headers=head(context, answer, EVENTS), pieces=_pieces(answer, asked, start, context))
    usage = answer.usage_for(asked)
    choices = [
        {
            "text": (text := _said(choice, asked, index)),
            "index": index,
            "logprobs": _logprobs(text, asked),
            "finish_reason": "length" if choice.finish_reason == "length" else "stop",
        }
        for index, choice in enumerate(answer.choices(asked))
    ]
    body = {**start, "choices": choices, "usage": _usage(answer, asked)}
    manner = manner_of(context.request)
    if manner.completion:
        lay(body, manner.completion, Facts(usage, asked, context))
    return Rendered(headers=head(context, answer), body=encode(body), tokens=usage.output)


def _said(answer: Answer, asked: Asked, index: int) -> str:
    """Return the text of a choice, behind its prompt where that is asked for."""
    each = max(asked.n // max(len(asked.inputs), 1), 1)
    return (asked.inputs[index // each] if asked.options.get("echo") else "") + answer.text


def _pieces(answer: Answer, asked: Asked, start: JSONObject, context: Context) -> tuple[Piece, ...]:
    made: list[Piece] = []
    template, facts = manner_of(context.request).completion_chunk, Facts(answer.usage_for(asked), asked, context)
    start = {name: value for name, value in start.items() if name not in template}

    def piece(index: int, text: str, finish: str | None, role: str) -> None:
        choice = {"text": text, "index": index, "logprobs": _logprobs(text, asked), "finish_reason": finish}
        extra: JSONObject = {"usage": None} if asked.usage else {}
        made.append(chunk(lay({**start, "choices": [choice], **extra}, template, facts), role, 1 if text else 0))

    for index, choice in enumerate(answer.choices(asked)):
        for text in tokens_of(_said(choice, asked, index)):
            piece(index, text, None, "delta")
        piece(index, "", "length" if choice.finish_reason == "length" else "stop", "finish")
    if asked.usage:
        made.append(chunk({**start, "choices": [], "usage": _usage(answer, asked)}, "usage"))
    return (*made, DONE)


def _usage(answer: Answer, asked: Asked) -> JSONObject:
    usage = answer.usage_for(asked)
    return {"prompt_tokens": usage.input, "completion_tokens": usage.output, "total_tokens": usage.total}


def _logprobs(text: str, asked: Asked) -> JSON:
    wish = asked.options.get("logprobs")
    if wish is None or not text:
        return None
    found = token_logprobs(text, int(wish))
    tokens = [each["token"] for each in found]
    return {
        "tokens": tokens,
        "token_logprobs": [each["logprob"] for each in found],
        "top_logprobs": [{top["token"]: top["logprob"] for top in each["top_logprobs"]} for each in found],
        "text_offset": [0, *accumulate(map(len, tokens))][: len(tokens)],
    }


WIRE = Wire(
    name="openai.completions",
    vendor="openai",
    routes=(
        Route(
            method="POST",
            path="/completions",
            operation="text_completion",
            read=read_completion,
            render=render_completion,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
