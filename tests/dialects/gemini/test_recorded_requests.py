"""The dialect's requests, compared with those that were recorded, in meaning."""

from __future__ import annotations

import copy
import json

import pytest

from any_llm.dialects.gemini import COMPLETION
from any_llm.dialects.gemini.embeddings import EMBEDDING
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.gemini_chats import SENTINEL, camel, intent, meaning
from any_llm.types.json import JSONObject
from tests.dialects.gemini.calls import body_of, target
from tests.testing.reading.shared_folder import WIRE

REFUSED = {
    "vertex.gemini.generate.error_400.bd843b54",
}
"""The vendor refused these requests for what no chat can say: a role that there is not."""


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings that hold a request."""
    loaded = [item for folder in ("gemini", "vertex") for item in load_recordings(WIRE / folder)[0]]
    return [item for item in loaded if item.request is not None and item.request.body and item.id not in REFUSED]


def told_of(recording: Recording) -> tuple[JSONObject, str]:
    """Return the body and the URL of a request."""
    assert recording.request is not None
    body: JSONObject = json.loads(recording.request.body)
    return body, recording.request.url


def unmarked(body: JSONObject) -> JSONObject:
    """Return a meaning without the mark that stands for a missing signature."""
    plain = copy.deepcopy(body)
    for part in (part for content in plain["contents"] for part in content["parts"]):
        if part.get("thoughtSignature") == SENTINEL:
            del part["thoughtSignature"]
    return plain


def test_every_request_is_sent_as_it_was(recordings: list[Recording]) -> None:
    compared = 0
    for recording in [item for item in recordings if item.api == "gemini.generate"]:
        body, url = told_of(recording)
        wanted = meaning(body)
        base, _, rest = url.partition("/models/")
        model, _, verb = rest.partition(":")
        options = intent(copy.deepcopy(wanted)) | ({"stream": True} if verb.startswith("stream") else {})
        before = copy.deepcopy(options)
        encoded = COMPLETION.encode(target(model, base), options)
        assert options == before
        assert unmarked(meaning(body_of(encoded))) == unmarked(wanted), recording.id
        assert encoded.path.partition("?")[0] == f"/models/{model}:{verb.partition('?')[0]}"
        compared += 1
    assert compared > 230


def test_every_request_for_embeddings_is_sent_as_it_was(recordings: list[Recording]) -> None:
    compared = 0
    for recording in [item for item in recordings if item.api == "gemini.embed"]:
        body, url = told_of(recording)
        told: JSONObject = camel(body)
        base, _, rest = url.partition("/models/")
        model, _, verb = rest.partition(":")
        requests = told.get("requests", [told])
        texts = [request["content"]["parts"][0]["text"] for request in requests]
        own = {name: value for name, value in requests[0].items() if name not in {"content", "model"}}
        own |= {"dimensions": own.pop("outputDimensionality")} if "outputDimensionality" in own else {}
        encoded = EMBEDDING.encode(target(model, base), {"inputs": texts if "requests" in told else texts[0], **own})
        for request in requests:
            request["content"].pop("role", None)
        assert body_of(encoded) == {name: value for name, value in told.items() if name != "model"}
        assert encoded.path == f"/models/{model}:{verb.partition('?')[0]}"
        compared += 1
    assert compared == 5
