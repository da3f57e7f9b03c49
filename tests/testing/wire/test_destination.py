from __future__ import annotations

import pytest

from any_llm.providers.catalog import BY_NAME
from any_llm.spec.provider import Operation
from any_llm.testing.wire.destination import base_url_of, crossed, record_of
from any_llm.testing.wire.scopes import SCOPES
from tests.testing.wire.recorded import recording, request

CHAT = SCOPES["openai.chat"]


def test_a_provider_of_the_catalogue_is_its_own_record_with_the_recorded_operation() -> None:
    record = record_of(recording("openai.embeddings", provider="groq", body={}), SCOPES["openai.embeddings"])
    assert record.base_url == BY_NAME["groq"].base_url
    assert record.operations == BY_NAME["groq"].operations | {Operation.EMBEDDING}


@pytest.mark.parametrize(
    ("headers", "auth"),
    [({}, "bearer"), ({"api-key": "<redacted>"}, "api-key"), ({"authorization": "Bearer <redacted>"}, "bearer")],
)
def test_an_unknown_provider_is_signed_as_it_was_recorded(headers: object, auth: str) -> None:
    record = record_of(recording(request=request(headers=headers), body={}), CHAT)
    assert (record.name, record.dialect, record.auth) == ("acme", "openai", auth)


def test_a_provider_that_is_known_by_another_format_gets_a_record_of_the_recorded_one() -> None:
    record = record_of(recording(provider="anthropic", body={}), CHAT)
    assert (record.name, record.dialect, record.operations) == (
        "anthropic",
        "openai",
        frozenset({Operation.COMPLETION}),
    )


def test_the_base_url_is_the_recorded_one_without_the_route() -> None:
    url = "https://host.test:8443/a/b/chat/completions?x=1"
    known = recording(request=request(url=url), body={})
    assert base_url_of(known, CHAT, record_of(known, CHAT)) == "https://host.test:8443/a/b"


def test_without_a_request_the_base_url_is_that_of_the_record_or_nobodys() -> None:
    known, unknown = recording(provider="groq", body={}), recording(body={})
    assert base_url_of(known, CHAT, record_of(known, CHAT)) == BY_NAME["groq"].base_url
    assert base_url_of(unknown, CHAT, record_of(unknown, CHAT)) == "https://recorded.invalid/v1"


def test_another_shape_is_reached_by_way_of_the_recorded_one_only() -> None:
    record = BY_NAME["openai"]
    assert crossed(record, CHAT, Operation.RESPONSES).operations == {Operation.COMPLETION}
    messages = SCOPES["anthropic.messages"]
    assert crossed(record, messages, Operation.COMPLETION).operations == {Operation.MESSAGES, Operation.COMPLETION}
