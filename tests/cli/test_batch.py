"""`any-llm batch`: a file goes in, results come out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from any_llm.cli.batch import _done, _shown
from any_llm.types.batch import Batch, BatchResultItem
from any_llm.types.moderation import ModerationResponse
from any_llm.types.responses import Response, ResponseOutputMessage
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice
from tests.cli.conftest import Command
from tests.docs.operations import ANSWER, Asked, Said
from tests.docs.provider import Handler

REQUEST = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions"}
BODY = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def states(any_llm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Serve the provider of the documentation, whose batches go through these states before they are done."""
    told: list[str] = []

    class Slow(Handler):
        @override
        def operate(self, asked: Asked) -> Said | None:
            said = super().operate(asked)
            if told == ["fails"] and asked.path.endswith("/content"):
                error = {"custom_id": "a", "response": None, "error": {"code": "batch_expired", "message": "Too late."}}
                return Said(content=json.dumps(error).encode(), media_type="application/jsonl")
            if told and told != ["fails"] and asked.path.startswith("/batches/"):
                assert said is not None
                return Said((said.fields or {}) | {"status": told.pop(0)})
            return said

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.chdir(tmp_path)
        Path("requests.jsonl").write_text(json.dumps({**REQUEST, "body": BODY}) + "\n")
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture
def batch(any_llm: Command, states: list[str]) -> str:
    """Return the id of a batch that was created."""
    done = any_llm("batch", "create", "openai", "requests.jsonl")
    assert (done.code, done.err) == (0, "")
    return done.out.strip()


def test_a_batch_is_created_asked_about_and_read(any_llm: Command, batch: str) -> None:
    assert any_llm("batch", "status", "openai", batch) == (0, "completed\t1 of 1\n", "")
    assert any_llm("batch", "results", "openai", batch) == (0, f"a\t{ANSWER}\n", "")


def test_everything_is_told_as_json(any_llm: Command, batch: str) -> None:
    created = json.loads(any_llm("batch", "create", "openai", "requests.jsonl", "--json").out)
    assert (created["status"], created["endpoint"]) == ("validating", "/v1/chat/completions")
    assert json.loads(any_llm("batch", "status", "openai", batch, "--json").out)["request_counts"]["completed"] == 1
    result = json.loads(any_llm("batch", "results", "openai", batch, "--json").out)
    assert result["custom_id"] == "a"
    assert result["result"]["choices"][0]["message"]["content"] == ANSWER
    assert batch in [one["id"] for one in json.loads(any_llm("batch", "openai", "--json").out)]


def test_batches_are_listed(any_llm: Command, batch: str) -> None:
    assert f"{batch}\tcompleted\t1 of 1\n" in any_llm("batch", "openai").out


def test_waiting_tells_each_change_once(any_llm: Command, states: list[str], batch: str) -> None:
    states += ["validating", "in_progress", "in_progress"]
    done = any_llm("batch", "status", "openai", batch, "--wait", "--every", "0")
    assert done.out == "completed\t1 of 1\n"
    assert done.err == "any-llm: validating 1 of 1\nany-llm: in_progress 1 of 1\n"


def test_results_of_a_batch_that_is_not_done_are_refused(any_llm: Command, states: list[str], batch: str) -> None:
    states += ["in_progress"]
    done = any_llm("batch", "results", "openai", batch)
    assert done.code not in {0, 1}
    assert "in_progress" in done.err


def test_a_request_that_failed_is_told_with_the_exit_code(any_llm: Command, states: list[str], batch: str) -> None:
    states += ["fails"]
    assert any_llm("batch", "results", "openai", batch) == (1, "a\tfailed: Too late.\n", "")


def test_a_file_that_is_not_there_is_told(any_llm: Command, states: list[str]) -> None:
    done = any_llm("batch", "create", "openai", "none.jsonl")
    assert done.code == 2
    assert "'none.jsonl' is no file" in done.err


def test_a_batch_whose_requests_are_not_counted_has_no_count() -> None:
    assert _done(Batch(id="b")) == ""


def message(text: str) -> ResponseOutputMessage:
    return ResponseOutputMessage.model_validate({"content": [{"type": "output_text", "text": text}]})


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"result": TextCompletion(choices=[TextCompletionChoice(text="on")])}, "on"),
        ({"result": Response(output=[message("two\nlines")])}, "two\nlines"),
        ({"result": ModerationResponse(id="m")}, '{"id":"m","model":"","results":[]}'),
        ({"error": {"code": "full", "message": ""}}, "failed: full"),
    ],
    ids=["text", "response", "other", "error"],
)
def test_any_result_is_shown_on_a_line(fields: dict[str, object], shown: str) -> None:
    assert _shown(BatchResultItem.model_validate({"custom_id": "a", **fields})) == shown
