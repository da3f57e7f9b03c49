from __future__ import annotations

import pytest

from any_llm.spec.provider import Operation
from any_llm.testing.wire.intent import Intent, Unsaid, fallback_of, intent_of
from any_llm.testing.wire.scopes import SCOPES
from tests.testing.wire.recorded import ASKED, recording, request

CHAT = SCOPES["openai.chat"]


def said(asked: object, api: str = "openai.chat") -> Intent:
    intent = intent_of(recording(api, request=asked, body={}), SCOPES[api])
    assert isinstance(intent, Intent)
    return intent


def test_the_members_of_the_body_are_the_arguments() -> None:
    intent = said(request({**ASKED, "stream": True, "new_member": 1}))
    assert intent.arguments == {**ASKED, "stream": True, "new_member": 1}
    assert intent.streamed
    assert intent.body == {**ASKED, "stream": True, "new_member": 1}


def test_a_member_with_the_name_of_an_argument_of_ours_goes_into_the_body_alone() -> None:
    assert said(request({**ASKED, "timeout": 3})).arguments == {**ASKED, "extra_body": {"timeout": 3}}


def test_a_model_that_only_the_url_names_is_that_of_the_recording() -> None:
    body = {"messages": ASKED["messages"]}
    assert said(request(body)).arguments == {**body, "model": "acme-1"}


def test_the_query_and_the_beta_flags_are_said_too() -> None:
    url = "https://api.acme.test/v1/messages?beta=true"
    asked = request({**ASKED, "max_tokens": 5}, url, headers={"anthropic-beta": "one, two"})
    arguments = said(asked, "anthropic.messages").arguments
    assert arguments == {**ASKED, "max_tokens": 5, "extra_query": {"beta": "true"}, "betas": ["one", "two"]}


@pytest.mark.parametrize(
    ("api", "route", "name"),
    [("openai.responses", "responses", "input_data"), ("openai.embeddings", "embeddings", "inputs")],
)
def test_what_has_another_name_is_said_by_that(api: str, route: str, name: str) -> None:
    intent = said(request({"model": "m", "input": "Hi"}, f"https://api.acme.test/v1/{route}"), api)
    assert intent.arguments == {"model": "m", name: "Hi"}


def test_a_list_of_models_needs_no_arguments() -> None:
    asked = {"method": "GET", "url": "https://api.acme.test/v1/models", "headers": {}}
    assert said(asked, "openai.models").arguments == {}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (None, "only the answer was recorded"),
        (request(url="https://api.acme.test/v1/other"), "POST /v1/other is not POST /chat/completions"),
        (request(method="GET"), "GET /v1/chat/completions is not POST /chat/completions"),
        (request({"model": "m"}), "the recorded body has no messages"),
        (request([1]), "the recorded body has no messages"),
        (
            {
                **ASKED,
                "method": "POST",
                "url": "https://a.test/chat/completions",
                "headers": {},
                "body_text": "not JSON",
            },
            "the recorded body has no messages",
        ),
    ],
)
def test_what_cannot_be_said_has_a_reason(asked: object, reason: str) -> None:
    assert intent_of(recording(request=asked, body={}), CHAT) == Unsaid(reason)


def test_any_answer_can_be_asked_for_with_plain_arguments() -> None:
    plain = fallback_of(recording(body={}), Operation.COMPLETION, streamed=True)
    assert plain == {"model": "acme-1", "messages": ({"role": "user", "content": "Hello"},), "stream": True}
    assert fallback_of(recording("openai.models", body={}), Operation.LIST_MODELS, streamed=False) == {}
