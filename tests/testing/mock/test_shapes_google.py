"""What the mock sends for Gemini, Vertex AI and Ollama has the shape of what was recorded of each."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from any_llm.testing import Answer, Mock, ToolCall, Usage
from any_llm.testing.mock.plan import Head
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.shapes import Finding, Sample, compare
from tests.testing.mock.recorded_shapes import listed, recorded, sent

KEY = {"x-goog-api-key": "mock"}
HELLO = {"contents": [{"role": "user", "parts": [{"text": "hello there you"}]}]}
TOOL = {"functionDeclarations": [{"name": "weather", "parameters": {"type": "OBJECT", "properties": {}}}]}
WISHES = (
    HELLO,
    {**HELLO, "generationConfig": {"thinkingConfig": {"includeThoughts": True}}},
    {**HELLO, "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
    {**HELLO, "tools": [TOOL], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
)
SEARCHING = {**HELLO, "tools": [{"googleSearch": {}}]}
PLACES = {
    "gemini": "/gemini/v1beta/models/gemini-2.5-flash",
    "vertex": "/vertexai/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
}
CACHED = Answer(text="It is so", usage=Usage(input=40, output=9, cached=20, reasoning=3))


def findings(provider: str, api: str, samples: list[Sample]) -> list[Finding]:
    """Return what differs in the units that were recorded of the provider often enough to be listed."""
    units = listed().units(provider, api)
    known = [sample for sample in samples if sample.kind != "ok" or sample.unit in units]
    assert known, f"nothing of {units} was sent"
    return list(compare(recorded(), provider, api, known))


@pytest.mark.parametrize("provider", PLACES)
def test_whole_content_agrees(provider: str) -> None:
    place = f"{PLACES[provider]}:generateContent"
    more = [SEARCHING] if provider == "gemini" else [{**HELLO, "generationConfig": {"responseLogprobs": True}}]
    samples = [sample for wish in (*WISHES, *more) for sample in sent(Mock(), place, wish, **KEY)]
    samples += sent(Mock(lambda _request: CACHED), place, HELLO, **KEY)

    assert findings(provider, "gemini.generate", samples) == []


@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("form", ["?alt=sse", ""])
def test_streamed_content_agrees(provider: str, form: str) -> None:
    place = f"{PLACES[provider]}:streamGenerateContent{form}"
    wishes = [wish for wish in WISHES if "responseModalities" not in wish.get("generationConfig", {})]
    more = [SEARCHING] if provider == "gemini" else []
    samples: list[Sample] = []
    for wish in (*wishes, *more):
        said = sent(Mock(), place, wish, **KEY)
        if not form:
            assert len(said) == 1
            said = [Sample("ok", "ev:chunk", item) for item in said[0].value]
        samples += said

    assert len(samples) > 10
    assert findings(provider, "gemini.generate", samples) == []


@pytest.mark.parametrize("provider", PLACES)
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_errors_agree(provider: str, status: int) -> None:
    fault = "" if status == 400 else f"status={status}"
    body = {"contents": []} if status == 400 else HELLO

    samples = sent(Mock(fault=fault), f"{PLACES[provider]}:generateContent", body, **KEY)

    assert [sample.kind for sample in samples] == [f"err{status}"]
    assert findings(provider, "gemini.generate", samples) == []


@pytest.mark.parametrize("provider", PLACES)
def test_a_wait_stands_in_the_details_as_it_was_recorded(provider: str) -> None:
    samples = sent(Mock(fault="429-seconds"), f"{PLACES[provider]}:generateContent", HELLO, **KEY)

    kinds = [detail["@type"].rpartition(".")[2] for detail in samples[0].value["error"]["details"]]
    assert kinds == ["QuotaFailure", "RetryInfo"]
    assert findings(provider, "gemini.generate", samples) == []


@pytest.mark.parametrize("provider", PLACES)
def test_counts_agree(provider: str) -> None:
    assert (
        findings(provider, "gemini.count_tokens", sent(Mock(), f"{PLACES[provider]}:countTokens", HELLO, **KEY)) == []
    )


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("embedContent", {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4}),
        ("batchEmbedContents", {"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 4}]}),
    ],
)
def test_embeddings_agree(verb: str, body: object) -> None:
    assert findings("gemini", "gemini.embed", sent(Mock(), f"{PLACES['gemini']}:{verb}", body, **KEY)) == []


def test_predictions_of_vertex_agree() -> None:
    body = {"instances": [{"content": "a b"}], "parameters": {"outputDimensionality": 4}}

    assert findings("vertex", "gemini.predict", sent(Mock(), f"{PLACES['vertex']}:predict", body, **KEY)) == []


@pytest.mark.parametrize("provider", PLACES)
def test_caches_agree(provider: str) -> None:
    mock, place = Mock(), PLACES[provider].partition("/models/")[0].removesuffix("/publishers/google")
    wish = {"model": "models/gemini-2.5-flash", "ttl": "300s", "displayName": "story", **HELLO}
    if provider == "vertex":
        del wish["displayName"]
    made = sent(mock, f"{place}/cachedContents", wish, **KEY)
    name = made[0].value["name"].rpartition("/")[2]
    changed = sent(mock, f"{place}/cachedContents/{name}", {"ttl": "600s"}, "PATCH", **KEY)
    seen = sent(mock, f"{place}/cachedContents/{name}", b"", "GET", **KEY)

    assert seen[0].value == changed[0].value
    assert findings(provider, "gemini.cache", [*made, *changed, *seen]) == []


def upload(mock: Mock, file: object) -> list[Sample]:
    """Return what the mock says of a file that it was sent."""
    headers = {**KEY, "x-goog-upload-command": "start", "x-goog-upload-header-content-type": "text/plain"}
    begin = request_of("POST", "/gemini/upload/v1beta/files", headers, msgspec.json.encode({"file": file}))
    head = next(step for step in asyncio.run(mock._responder.respond(begin)) if isinstance(step, Head))
    assert head.headers["x-goog-upload-status"] == "active"
    return sent(mock, head.headers["x-goog-upload-url"], b"hello", **{"x-goog-upload-command": "upload, finalize"})


def test_files_agree() -> None:
    mock = Mock()
    named, bare = upload(mock, {"displayName": "a.txt"}), upload(mock, {})
    seen = sent(mock, f"/gemini/v1beta/{bare[0].value['file']['name']}", b"", "GET", **KEY)

    assert findings("gemini", "gemini.files", [*named, *bare, *seen]) == []


def test_models_agree() -> None:
    assert (
        findings("gemini", "gemini.models", sent(Mock(), "/gemini/v1beta/models?pageSize=2", b"", "GET", **KEY)) == []
    )


@pytest.mark.parametrize("stream", [False, True])
def test_interactions_agree(stream: bool) -> None:
    full = Answer(reasoning="Let me think", text="It is so", tool_calls=(ToolCall("weather", {"city": "Rome"}),))
    samples: list[Sample] = []
    for answer in (full, Answer(text="It is so")):
        wish = {"model": "gemini-2.5-flash", "input": "hello", "stream": stream}
        samples += sent(Mock(lambda _request, answer=answer: answer), "/gemini/v1beta/interactions", wish, **KEY)

    # The thoughts of a whole answer were recorded without their summary.
    differing = findings("gemini", "gemini.interactions", samples)
    assert [each for each in differing if not each.path.startswith(".steps[].summary")] == []
    assert stream or {each.path for each in differing} <= {
        ".steps[].summary", ".steps[].summary[].text", ".steps[].summary[].type",
    }  # fmt: skip


CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello there you"}]}
OLLAMA_TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("stream", [False, True])
def test_chats_of_ollama_agree(stream: bool) -> None:
    full = Answer(reasoning="Let me think", text="It is so", tool_calls=(ToolCall("weather", {"city": "Rome"}),))
    samples: list[Sample] = []
    for answer in (full, Answer(text="It is so")):
        wish = {**CHAT, "tools": [OLLAMA_TOOL], "stream": stream}
        samples += sent(Mock(lambda _request, answer=answer: answer), "/ollama/api/chat", wish)

    assert findings("ollama", "ollama.chat", samples) == []


@pytest.mark.parametrize(
    ("api", "path", "body", "method"),
    [
        ("ollama.generate", "/generate", {"model": "m", "prompt": "hello there", "stream": False}, "POST"),
        ("ollama.generate", "/generate", {"model": "m", "prompt": "hello there"}, "POST"),
        ("ollama.embed", "/embed", {"model": "m", "input": ["a", "b"], "dimensions": 4}, "POST"),
        ("ollama.pull", "/pull", {"model": "m"}, "POST"),
        ("ollama.show", "/show", {"model": "m"}, "POST"),
    ],
)
def test_the_other_operations_of_ollama_agree(api: str, path: str, body: object, method: str) -> None:
    assert findings("ollama", api, sent(Mock(), f"/ollama/api{path}", body, method)) == []


@pytest.mark.parametrize("api", ["ollama.embeddings", "ollama.tags"])
def test_what_was_recorded_once_is_sent_likewise(api: str) -> None:
    body = {"model": "m", "prompt": "a"} if api == "ollama.embeddings" else b""
    samples = sent(Mock(), f"/ollama/api/{api.partition('.')[2]}", body, "POST" if body else "GET")

    assert list(compare(recorded(), "ollama", api, samples)) == []


@pytest.mark.parametrize("status", [400, 404, 429, 500])
def test_errors_of_ollama_agree(status: int) -> None:
    samples = sent(Mock(fault=f"status={status}"), "/ollama/api/chat", CHAT)

    assert samples[0].kind == f"err{status}"
    assert list(compare(recorded(), "ollama", "ollama.chat", samples)) == []
