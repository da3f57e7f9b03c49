"""What tests over recordings and real servers show: gathered from a replay, kept beside this module, read offline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from any_llm.providers.catalog import BY_NAME
from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording
from any_llm.testing.wire.intent import Intent, intent_of
from any_llm.testing.wire.scopes import scope_of
from any_llm.testing.wire.verdict import Verdict

EVIDENCE = Path(__file__).parent / "evidence.json"
"""The file with the evidence, made by `scripts/matrix.py --evidence FOLDER`."""

TEST = "tests/testing/wire/test_recorded_operations.py::test_recordings_pass"
"""The test that replays the recordings of one operation of one provider, which its parameter names."""

SERVER_TESTS: Mapping[str, Mapping[str, str]] = {
    "local": {
        "completion": "tests/local/test_runtime.py",
        "embedding": "tests/local/test_runtime.py",
    },
    "llamacpp": {
        "completion": "tests/peers/test_chat.py",
        "embedding": "tests/peers/test_embeddings.py",
        "messages": "tests/peers/test_messages.py",
        "responses": "tests/peers/test_responses.py",
    },
}
"""Tests that ask a real server, by provider and operation."""

SHOWN: Mapping[str, str] = {
    "tool_call_out": "tools",
    "vision": "image_input",
    "json_schema": "structured_output",
    "reasoning": "reasoning",
    "stream": "streaming",
    "cache_hit": "prompt_caching",
    "hosted_web_search": "web_search",
}
"""What a model has shown in a recording, by the recording's feature."""

_FIRST_FAILURE = 300
_RECORDED_AS: Mapping[str, str] = {"azure": "azureopenai", "gpt-oss": "openai", "vertex": "vertexai"}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What the recordings of one operation of one provider show.

    `parameters` counts the requests that were said again as they were recorded, by the parameters said in them.
    """

    recordings: int
    parameters: dict[str, int] = {}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown, by provider and operation, and by model as `provider:model`."""

    operations: dict[str, dict[str, Proof]]
    models: dict[str, dict[str, int]]


@cache
def evidence() -> Evidence:
    """Return the evidence that is kept."""
    return msgspec.json.decode(EVIDENCE.read_bytes(), type=Evidence)


def test_of(provider: str, operation: str) -> str:
    """Return the id of the test over the recordings of an operation of a provider."""
    return f"{TEST}[{provider}-{operation}]"


def place_of(recording: Recording) -> tuple[str, Operation]:
    """Return the provider, by its name in the catalogue where it has one, and the operation of a recording."""
    named = _RECORDED_AS.get(recording.provider, recording.provider)
    return (named if named in BY_NAME else recording.provider), scope_of(recording).operation


def gather(replayed: Iterable[tuple[Recording, Verdict]]) -> Evidence:
    """Return what passing recordings of successful answers show."""
    counts: Counter[tuple[str, str]] = Counter()
    said: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    models: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for recording, verdict in replayed:
        if verdict.faults or recording.response.status >= _FIRST_FAILURE:
            continue
        provider, operation = place_of(recording)
        key = (provider, operation.value)
        counts[key] += 1
        if verdict.encoded:
            said[key].update(_parameters_of(recording))
        if recording.model:
            shown = {SHOWN[feature] for feature in recording.features & SHOWN.keys()}
            models[f"{provider}:{recording.model}"].update(shown)
    operations: defaultdict[str, dict[str, Proof]] = defaultdict(dict)
    for key in sorted(counts):
        provider, name = key
        operations[provider][name] = Proof(recordings=counts[key], parameters=dict(sorted(said[key].items())))
    return Evidence(
        operations=dict(operations),
        models={model: dict(sorted(shown.items())) for model, shown in sorted(models.items()) if shown},
    )


def _parameters_of(recording: Recording) -> set[str]:
    intent = intent_of(recording, scope_of(recording))
    if not isinstance(intent, Intent):
        return set()
    return {name for name, value in intent.arguments.items() if value is not None}
