"""Having an Ollama server fetch a model, and asking about one."""

from __future__ import annotations

import pytest

from any_llm.dialects.ollama.models import RETRIEVE_MODEL
from any_llm.dialects.ollama.pulling import PULL_MODEL, PullStream
from any_llm.exceptions import MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from any_llm.types.pulling import PullFold, PullProgress
from tests.dialects.ollama.calls import MODEL, MOMENT, body_of, respond, target


def play(*lines: JSON) -> tuple[list[PullProgress], PullProgress]:
    decoder, fold = PullStream(target(), {}), PullFold()
    steps = [step for sent in lines for step in decoder.feed(Frame("", respond(sent).body))]
    assert decoder.finish() == ()
    for step in steps:
        fold.add(step)
    return steps, fold.result()


def test_a_pull_is_streamed_unless_it_shall_not_be() -> None:
    encoded = PULL_MODEL.encode(target(), {"insecure": True})
    assert encoded.path == "/api/pull"
    assert body_of(encoded) == {"model": MODEL, "stream": True, "insecure": True}
    assert body_of(PULL_MODEL.encode(target(), {"stream": False}))["stream"] is False


def test_progress_is_told_in_bytes() -> None:
    part = {"status": "pulling 7cd4", "digest": "sha256:7cd4", "total": 80, "completed": 20}
    steps, last = play({"status": "pulling manifest"}, part, {"status": "success"})
    assert [(step.status, step.digest, step.total, step.completed) for step in steps] == [
        ("pulling manifest", None, None, None),
        ("pulling 7cd4", "sha256:7cd4", 80, 20),
        ("success", None, None, None),
    ]
    assert last.status == "success"


def test_a_whole_answer_tells_the_last_status() -> None:
    assert PULL_MODEL.decode(target(), respond({"status": "success"})).status == "success"
    with pytest.raises(MalformedResponseError, match="status"):
        PULL_MODEL.decode(target(), respond({}))


def test_a_line_may_be_an_error() -> None:
    with pytest.raises(ProviderError, match="file does not exist"):
        play({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"})


def test_a_line_that_is_no_object_is_malformed() -> None:
    with pytest.raises(MalformedResponseError, match="an object"):
        play(["success"])


def test_a_stream_that_ends_before_success_is_cut() -> None:
    with pytest.raises(StreamTruncatedError):
        play({"status": "pulling manifest"})


def test_what_is_told_of_a_model_stays_readable() -> None:
    encoded = RETRIEVE_MODEL.encode(target(), {"verbose": True})
    assert (encoded.path, body_of(encoded)) == ("/api/show", {"model": MODEL, "verbose": True})
    told = {"details": {"family": "qwen3"}, "capabilities": ["tools"], "modified_at": MOMENT}
    model = RETRIEVE_MODEL.decode(target(), respond(told))
    assert (model.id, model.owned_by, model.created > 1_700_000_000) == (MODEL, "ollama", True)
    assert (model.model_extra["details"], model.model_extra["capabilities"]) == ({"family": "qwen3"}, ["tools"])
