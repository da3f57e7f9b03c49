"""Aleph Alpha's completions."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    OverloadedError,
    QuotaExhaustedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from tests.dialects.plain_calls import Calls, answers, body_of, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

TEXT = Operation.TEXT_COMPLETION
CALLS = Calls("aleph-alpha")
ANSWER = {
    "completions": [
        {"completion": " one", "finish_reason": "maximum_tokens", "raw_completion": " one "},
        {"completion": " two", "finish_reason": "odd"},
    ],
    "model_version": "2022-04",
    "num_tokens_prompt_total": 9,
    "num_tokens_generated": 4,
}


def test_a_prompt_is_sent_with_the_vendors_names() -> None:
    encoded = CALLS.encode(TEXT, "luminous-base", prompt=["hi"], max_tokens=4, stop="a", top_k=3, stream=True, seed=1)
    assert encoded.path == "/complete"
    assert body_of(encoded) == {
        "model": "luminous-base",
        "prompt": "hi",
        "maximum_tokens": 4,
        "stop_sequences": ["a"],
        "top_k": 3,
    }
    assert warned(encoded) == [("dropped", "seed"), ("dropped", "stream")]
    parts = [{"type": "text", "data": "hi"}]
    assert body_of(CALLS.encode(TEXT, prompt=parts, stop=["a"])) == {
        "model": "m",
        "prompt": parts,
        "stop_sequences": ["a"],
    }
    with pytest.raises(InvalidRequestError, match="one prompt"):
        CALLS.encode(TEXT, prompt=["a", "b"])


def test_completions_are_read_with_their_reasons_and_counts() -> None:
    answer = CALLS.decode(TEXT, ANSWER, model="luminous-base")
    assert [(one.index, one.text, one.finish_reason) for one in answer.choices] == [
        (0, " one", "length"),
        (1, " two", "odd"),
    ]
    assert (answer.model, answer.usage.prompt_tokens, answer.usage.total_tokens) == ("luminous-base", 9, 13)
    assert answer.model_extra["model_version"] == "2022-04"
    assert answer.choices[0].model_extra == {"raw_completion": " one "}
    bare = CALLS.decode(TEXT, {"completions": [{}]})
    assert (bare.choices[0].text, bare.choices[0].finish_reason, bare.usage) == ("", None, None)
    bodies: tuple[JSON, ...] = ({}, {"completions": []}, [])
    for body in bodies:
        with pytest.raises(MalformedResponseError):
            CALLS.decode(TEXT, body)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": "Invalid token", "code": "UNAUTHENTICATED"}, AuthenticationError),
        (402, {"error": "None left", "code": "OUT_OF_QUOTA"}, QuotaExhaustedError),
        (503, {"error": "Busy", "code": "QUEUE_FULL"}, OverloadedError),
        (400, {}, InvalidRequestError),
    ],
)
def test_errors_are_told_by_code_and_then_by_status(status: int, body: JSON, kind: type) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert error.code == body.get("code")


async def test_a_text_over_a_socket(serve: Serve) -> None:
    server = serve(answers(ANSWER))
    client = AnyLLM.create("aleph-alpha", api_key="k-1", api_base=server.url(""))
    assert (await client.atext_completion("luminous-base", "hi")).choices[0].text == " one"
    assert (server.requests[0].target, server.requests[0].headers["authorization"]) == ("/complete", "Bearer k-1")
