"""What a program does not use does not load: the operations beside its own, their options, and signatures."""

from __future__ import annotations

import copy
import inspect
import json
import subprocess
import sys

import pytest

from any_llm import AnyLLM
from any_llm.client.methods.blocking_media import BlockingMediaOperations
from any_llm.client.methods.every import LATE, EveryOperation
from any_llm.client.signatures import LateSignature, spell_out
from any_llm.types.options import CallOptions
from tests.client.conftest import client_of
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, whole

UNUSED = (
    "any_llm.auth.cache",
    "any_llm.client.capabilities",
    "any_llm.client.functions.options",
    "any_llm.client.operations_media",
    "any_llm.client.operations_stored",
    "any_llm.client.operations_text",
    "any_llm.dialects.openai.batches",
    "any_llm.dialects.openai.images",
    "any_llm.engine.delivery",
    "any_llm.engine.prompt_caching",
    "any_llm.engine.requests",
    "any_llm.transport.guard",
    "any_llm.types.audio",
    "any_llm.types.image",
    "any_llm.types.media_options",
)
PROGRAM = """
import json, sys, any_llm
any_llm.completion("openai:m", [{"role": "user", "content": "hi"}], api_key="k", api_base=sys.argv[1])
loaded = set(sys.modules)
any_llm.AnyLLM.speech
print(json.dumps([sorted(loaded), sorted(set(sys.modules) - loaded)]))
"""


def test_a_completion_loads_no_other_operation(serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(
            whole(b'{"choices": [{"message": {"content": "hello"}}]}', fields="content-type: application/json\r\n")
        )

    server = serve(script)
    command = [sys.executable, "-c", PROGRAM, server.url("/v1")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    loaded, later = json.loads(done.stdout)
    assert [name for name in UNUSED if name in loaded] == []
    assert "any_llm.client.operations_media" in later
    assert "any_llm.client.operations_stored" not in later


@pytest.mark.parametrize("name", [name for names in LATE.values() for name in names])
def test_every_late_method_is_the_method_of_its_class(name: str) -> None:
    found = getattr(EveryOperation, name)
    assert inspect.isfunction(found)
    assert getattr(AnyLLM, name) is found


def test_a_late_method_is_bound_to_its_client(serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(b"ID3", fields="content-type: audio/mpeg\r\n"))

    assert client_of(serve(script)).speech("m", "hi", "alloy") == b"ID3"
    assert AnyLLM.speech is BlockingMediaOperations.speech


def test_a_signature_is_worked_out_when_it_is_read() -> None:
    made: list[str] = []

    def plain() -> inspect.Signature:
        made.append("it")
        return inspect.Signature([inspect.Parameter("a", inspect.Parameter.KEYWORD_ONLY)], return_annotation=int)

    late = LateSignature.__new__(LateSignature)
    late.make = plain
    assert not made

    assert str(late) == "(*, a) -> int"
    assert late == plain()
    assert copy.copy(late).replace(return_annotation=str).return_annotation is str
    assert made == ["it", "it"]
    with pytest.raises(AttributeError):
        _ = late.unknown


def test_named_options_are_those_of_the_module_functions() -> None:
    @spell_out("CompletionCallOptions")
    def function(model: str, **options: object) -> None:
        """Do nothing."""

    @spell_out(CallOptions)
    def other(**options: object) -> None:
        """Do nothing."""

    assert {"model", "temperature", "api_key", "kwargs"} <= set(inspect.signature(function).parameters)
    assert "temperature" not in inspect.signature(other).parameters
