"""A key is in nothing that is written of a call: no span, event, measure, log line, ledger, log store or audit log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from prometheus_client import CollectorRegistry

from any_llm import AnyLLM, Audit, Ledger, Logs, LogStore, Metrics, Retry, Settings
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.telemetry.backends.prometheus import exposition
from any_llm.transport.replay import Replay
from any_llm.types.json import JSON, JSONObject
from tests.client.answers import MESSAGES
from tests.client.test_canary import CANARY, ENCODED, FAULTS, Telling
from tests.observers.listening import Listening


class Books:
    """Everything that can be written of a call, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listening = Listening()
        self.registry = CollectorRegistry()
        self.lines: list[JSONObject] = []
        self.surroundings = Surroundings()

    def settings(self, transport: Replay) -> Settings:
        return Settings(
            transport=transport,
            retry=Retry(max_attempts=1),
            surroundings=self.surroundings,
            telemetry=self.listening.policy(content="SPAN_AND_EVENT"),
            metrics=Metrics(backends=("prometheus",), registry=self.registry),
            logs=Logs(to=self.lines.append),
            ledger=Ledger(store=f"sqlite:{self.folder}/ledger.db"),
            log_store=LogStore(path=str(self.folder / "log.db")),
            audit=Audit(place=f"sqlite:{self.folder}/audit.db", content="redacted"),
        )

    def texts(self) -> Iterator[str]:
        """Yield all that was written."""
        for kept in tuple(self.surroundings.kept.values()):
            flush: JSON = getattr(kept, "flush", None)
            if flush is not None:
                assert flush(10.0)
        yield from map(ReadableSpan.to_json, self.listening.spans)
        yield from (repr(event.log_record) for event in self.listening.events)
        yield exposition(registry=self.registry).body.decode()
        yield repr(self.lines)
        for file in sorted(self.folder.iterdir()):
            yield file.read_bytes().decode("latin-1")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_canary_key_is_in_nothing_that_is_written(
    fault: str, *, stream: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    books = Books(tmp_path)
    telling = Telling(fault, "well", stream=stream)
    client = AnyLLM.create("openai", api_key=CANARY, settings=books.settings(Replay(telling.answer)))
    with caplog.at_level(logging.DEBUG):
        try:
            reply: JSON = await client.acompletion("m", [*MESSAGES, {"role": "user", "content": CANARY}], stream=stream)
            _ = [piece async for piece in reply] if stream else None
        except AnyLLMError:
            # What the fault is does not matter here: all of it is written down.
            pass
    texts = [*books.texts(), caplog.text]
    assert len(texts) > 6
    assert sum(map(len, texts)) > 10_000
    assert [text[:200] for text in texts if CANARY in text or ENCODED in text] == []
