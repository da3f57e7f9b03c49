"""What the mock sends for Anthropic, Bedrock, Vertex AI and Cohere has the shape of what was recorded of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.testing.mock.shapes import Finding, Sample, compare
from tests.testing.mock.recorded_shapes import listed, recorded, sent

VERSION = {"anthropic-version": "2023-06-01"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FOUND = {
    "type": "web_search_result",
    "title": "Rome",
    "url": "https://example.com",
    "encrypted_content": "Eo8B",
    "page_age": None,
}
CITED = {
    "type": "web_search_result_location",
    "cited_text": "Rome is big",
    "url": "https://example.com",
    "title": "Rome",
    "encrypted_index": "Eo8B",
}
SEARCH = [
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": "Rome"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01", "content": [FOUND]},
    {"type": "text", "text": "Rome is big.", "citations": [CITED]},
]
THOUGHT = Answer(
    text="It is so", reasoning="Let me think", tool_calls=(ToolCall("weather", {"city": "Rome"}),),
    usage=Usage(input=50, output=20, cached=10, cache_written=5, reasoning=3),
)  # fmt: skip
SEARCHED = Answer(value={"content": SEARCH})
PLAIN = Answer(text="Hello there")
CALL = Answer(tool_calls=(ToolCall("weather", {"city": "Rome"}),))


def assert_agrees(provider: str, api: str, samples: Sequence[Sample], *, every: bool = True) -> None:
    """Demand that no unit which was recorded is lacking (`every`), and that nothing in them differs."""
    units = listed().units(provider, api)
    known = [sample for sample in samples if sample.kind != "ok" or sample.unit in units]
    findings: Sequence[Finding] = compare(recorded(), provider, api, known)
    assert list(findings) == []
    assert not every or set(units) <= {sample.unit for sample in samples}


def answering(answer: Answer | Failure) -> Mock:
    return Mock(lambda _request: answer)


MESSAGE = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hello there"}]}


def test_messages_of_anthropic_agree() -> None:
    samples = [
        sample
        for answer in (THOUGHT, SEARCHED, PLAIN)
        for stream in (False, True)
        for sample in sent(answering(answer), "/anthropic/v1/messages", {**MESSAGE, "stream": stream}, **VERSION)
    ]

    assert_agrees("anthropic", "anthropic.messages", samples)


def test_messages_of_vertex_agree() -> None:
    place = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-3-7-sonnet@20250219"
    body = {**MESSAGE, "anthropic_version": "vertex-2023-10-16"}
    samples = [
        sample
        for answer in (CALL, PLAIN)
        for verb, stream in (("rawPredict", False), ("streamRawPredict", True))
        for sample in sent(answering(answer), f"{place}:{verb}", {**body, "stream": stream})
    ]

    assert_agrees("vertex", "anthropic.messages", samples)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_errors_of_anthropic_agree(status: int) -> None:
    samples = sent(answering(Failure(status=status)), "/anthropic/v1/messages", MESSAGE, **VERSION)

    assert [sample.kind for sample in samples] == [f"err{status}"]
    assert_agrees("anthropic", "anthropic.messages", samples, every=False)


def test_the_count_and_the_completions_of_anthropic_agree() -> None:
    counted = sent(Mock(), "/anthropic/v1/messages/count_tokens", MESSAGE, **VERSION)
    asked = {"model": "claude-2.1", "prompt": "\n\nHuman: hello\n\nAssistant:", "max_tokens_to_sample": 9}
    told = [
        sample
        for stream in (False, True)
        for sample in sent(Mock(), "/anthropic/v1/complete", {**asked, "stream": stream}, **VERSION)
    ]

    assert_agrees("anthropic", "anthropic.count_tokens", counted)
    assert_agrees("anthropic", "anthropic.complete", told)


def test_batches_of_anthropic_agree() -> None:
    mock = Mock()
    place = "/anthropic/v1/messages/batches"
    requests = [{"custom_id": str(number), "params": MESSAGE} for number in range(2)]
    samples = sent(mock, place, {"requests": requests}, **VERSION)
    batch = samples[0].value["id"]
    samples += sent(mock, f"{place}/{batch}", b"", "GET", **VERSION)
    samples += sent(mock, f"{place}/{batch}/results", b"", "GET", **VERSION)

    assert_agrees("anthropic", "anthropic.batches", samples)


def test_files_of_anthropic_agree() -> None:
    mock = Mock()
    form = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    samples = sent(mock, "/anthropic/v1/files", form, **VERSION, **kind)
    samples += sent(mock, f"/anthropic/v1/files/{samples[0].value['id']}", b"", "DELETE", **VERSION)

    assert_agrees("anthropic", "anthropic.files", samples)


def test_the_models_of_anthropic_agree_as_far_as_they_were_recorded() -> None:
    samples = sent(Mock(), "/anthropic/v1/models", b"", "GET", **VERSION)

    said = compare(recorded(), "anthropic", "anthropic.models", samples)
    # The only recording of the list has one page, whose members beside `data` its suite has cut.
    assert {finding.path for finding in said} <= {".has_more", ".first_id", ".last_id"}


CONVERSE = {"messages": [{"role": "user", "content": [{"text": "hello there"}]}]}
CITED_BLOCK = {
    "citationsContent": {
        "content": [{"text": "Rome is big."}],
        "citations": [{
            "title": "Rome", "sourceContent": [{"text": "Rome is big."}],
            "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 9}},
        }],
    }
}  # fmt: skip


def test_converse_agrees() -> None:
    place = "/bedrock/model/us.amazon.nova-lite-v1%3A0"
    samples = [
        sample
        for answer in (THOUGHT, Answer(value={"content": [CITED_BLOCK]}), PLAIN)
        for verb in ("converse", "converse-stream")
        for sample in sent(answering(answer), f"{place}/{verb}", CONVERSE)
    ]
    # Of a stream nobody has recorded a thought that is redacted.
    redacted = Answer(value={"content": [{"reasoningContent": {"redactedContent": "Eo8B"}}]})
    samples += sent(answering(redacted), f"{place}/converse", CONVERSE)

    assert_agrees("bedrock", "bedrock.converse", samples)


def test_errors_and_counts_of_bedrock_agree() -> None:
    refused = sent(answering(Failure(status=400)), "/bedrock/model/x/converse", CONVERSE)
    counted = sent(Mock(), "/bedrock/model/x/count-tokens", {"input": {"converse": CONVERSE}})
    counted += sent(Mock(), "/bedrock/model/x/count-tokens", {"input": {"invokeModel": {"body": "bm8="}}})

    assert_agrees("bedrock", "bedrock.converse", refused, every=False)
    assert_agrees("bedrock", "bedrock.count_tokens", counted)
    assert {sample.kind for sample in counted} == {"ok", "err400"}


CLAUDE = {"anthropic_version": "bedrock-2023-05-31", **MESSAGE}
OLD = {"prompt": "\n\nHuman: hello\n\nAssistant:", "max_tokens_to_sample": 9}
BOTH = ("invoke", "invoke-with-response-stream")
WHOLE, STREAMED = BOTH[:1], BOTH[1:]
"""How a family was recorded."""
PROMPT = {"prompt": "hello there", "max_tokens": 50}


@pytest.mark.parametrize(
    ("model", "body", "verbs"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", CLAUDE, BOTH),
        ("anthropic.claude-v2", OLD, BOTH),
        ("amazon.nova-micro-v1:0", CONVERSE, BOTH),
        ("amazon.titan-tg1-large", {"inputText": "hello", "textGenerationConfig": {"maxTokenCount": 9}}, BOTH),
        ("meta.llama3-70b-instruct-v1:0", {"prompt": "hello there", "max_gen_len": 9}, BOTH),
        ("mistral.mistral-7b-instruct-v0:2", PROMPT, BOTH),
        ("cohere.command-r-v1:0", {"message": "hello there"}, STREAMED),
        ("cohere.command-text-v14", PROMPT, BOTH),
        ("ai21.jamba-1-5-mini-v1:0", {"messages": [{"role": "user", "content": "hello"}]}, WHOLE),
        ("ai21.j2-ultra-v1", {"prompt": "hello", "maxTokens": 9}, WHOLE),
        ("amazon.titan-embed-text-v1", {"inputText": "hello"}, WHOLE),
        ("amazon.titan-embed-text-v2:0", {"inputText": "hello", "dimensions": 8}, WHOLE),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a", {"inputText": "hello"}, WHOLE),
        ("cohere.embed-english-v3", {"texts": ["hello"], "input_type": "search_query"}, WHOLE),
        ("cohere.embed-v4:0", {"texts": ["hello"], "input_type": "search_query"}, WHOLE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_bodies_of_each_family_behind_invoke_model_agree(model: str, body: object, verbs: Sequence[str]) -> None:
    answers = (PLAIN, CALL) if "claude-s" in model or "nova" in model else (PLAIN,)

    samples = [
        sample
        for answer in answers
        for verb in verbs
        for sample in sent(answering(answer), f"/bedrock/model/{model.replace('/', '%2F')}/{verb}", body)
    ]

    assert {sample.unit for sample in samples} == {"body" if verb == "invoke" else "ev:chunk" for verb in verbs}
    assert_agrees("bedrock", "bedrock.invoke", samples, every=False)


CHAT = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "hello there"}]}
DOCUMENTS = [{"id": "doc:0", "data": {"title": "facts", "text": "Ruby was made in 1993."}}]


def test_chats_of_cohere_agree() -> None:
    thoughtful = Answer(text="It is so", reasoning="Let me think")
    samples = [
        sample
        for answer in (thoughtful, CALL, PLAIN)
        for stream in (False, True)
        for sample in sent(answering(answer), "/cohere/v2/chat", {**CHAT, "documents": DOCUMENTS, "stream": stream})
    ]

    assert_agrees("cohere", "cohere.v2.chat", samples)


def test_chats_and_completions_of_the_first_version_of_cohere_agree() -> None:
    asked = {
        "model": "command-r",
        "message": "hello there",
        "chat_history": [{"role": "System", "message": "Be terse"}],
    }
    documents = [{"id": "a", "title": "t", "snippet": "s"}]
    chats = sent(Mock(), "/cohere/v1/chat", asked)
    chats += sent(Mock(), "/cohere/v1/chat", {**asked, "stream": True})
    # Citations were recorded of streams only.
    chats += sent(Mock(), "/cohere/v1/chat", {**asked, "documents": documents, "stream": True})
    written = [
        sample
        for stream in (False, True)
        for sample in sent(Mock(), "/cohere/v1/generate", {"prompt": "hello there", "stream": stream})
    ]

    assert_agrees("cohere", "cohere.v1.chat", chats)
    assert_agrees("cohere", "cohere.v1.generate", written)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_vectors_and_rankings_of_cohere_agree(version: str) -> None:
    asked = {"model": "embed-v4.0", "texts": ["a", "b"], "input_type": "search_query"}
    kinds = {"v1": ({}, {"embedding_types": ["float", "int8"]}), "v2": ({"embedding_types": ["float"]}, {})}[version]
    vectors = [sample for kind in kinds for sample in sent(Mock(), f"/cohere/{version}/embed", {**asked, **kind})]
    query = {"model": "rerank-v3.5", "query": "a", "documents": ["a b", "c"]}
    ranked = sent(Mock(), f"/cohere/{version}/rerank", query)
    ranked += sent(Mock(), f"/cohere/{version}/rerank", {**query, "return_documents": version == "v1"})

    assert_agrees("cohere", f"cohere.{version}.embed", vectors)
    assert_agrees("cohere", f"cohere.{version}.rerank", ranked)


def test_the_rest_of_cohere_agrees() -> None:
    refused = sent(answering(Failure(status=404)), "/cohere/v1/chat", {"message": "hello"})
    tokens = sent(Mock(), "/cohere/v1/tokenize", {"model": "m", "text": "hello"})
    model = sent(Mock(), "/cohere/v1/models/command-a-03-2025", b"", "GET")

    assert_agrees("cohere", "cohere.v1.chat", refused, every=False)
    assert list(compare(recorded(), "cohere", "cohere.v1.tokenize", tokens)) == []
    assert list(compare(recorded(), "cohere", "cohere.v1.models", model)) == []
