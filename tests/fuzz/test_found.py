"""What fuzzing has found, each as the smallest case that showed it."""

from __future__ import annotations

import asyncio
import gc
import math
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
import pydantic
import pytest

from any_llm.engine.settings import Settings
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import AnyLLMError, ConfigurationError, InvalidMessageError, ResponseFormatError
from any_llm.schemas.formats import encode_format
from any_llm.schemas.partial import PartialJson
from any_llm.spec.provider import Operation, Provider
from any_llm.tools import prepare_tools
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.transport.replay import Scripted
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import decode_json
from any_llm.types.secret import Secret, redact
from tests.dialects.odd_calls import call, cases, outcome
from tests.fuzz.subjects import arguments, conversions, redaction
from tests.fuzz.subjects.wires import Turn
from tests.transport.conftest import Serve, serve
from tests.transport.peers import HEAD, Peer, Received, piece

__all__ = ["serve"]

KEY = "sk-canary-5f2d7c41b8e94a60"


def refused(content: bytes, folder: Path) -> ConfigurationError:
    """Return why a configuration is refused."""
    path = folder / "any-llm.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"ANY_LLM_CONFIG": str(path)})
    return caught.value


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"error":' * 100_000, b'{"error":"\xff"}'], ids=["list", "object", "bytes"]
)
@pytest.mark.parametrize(("name", "operation"), list(cases()), ids=str)
def test_a_refusal_in_json_that_cannot_be_read_is_our_error(name: str, operation: Operation, body: bytes) -> None:
    scripted = Scripted(status=400, headers={"content-type": "application/json"}, chunks=[body])
    assert isinstance(asyncio.run(outcome(call(name, operation), lambda _: scripted)), AnyLLMError)


@pytest.mark.parametrize("text", ["[" * 100_000, b'"\xff"', '"\ud800"'], ids=["deep", "bytes", "surrogate"])
def test_json_that_cannot_be_read_is_no_json(text: str | bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match=r"nested too deeply|not UTF-8"):
        decode_json(text)


def test_a_form_that_arrives_nested_too_deeply_is_our_error() -> None:
    with pytest.raises(ResponseFormatError, match="nested too deeply"):
        arguments.values_of(["[" * 100_000])


def test_a_text_that_arrives_takes_time_in_proportion_to_its_length() -> None:
    partial = PartialJson()
    partial.feed('[{"a": "b"}, ' * 50_000 + "[" * 50_000)
    assert partial._safe == 13 * 50_000 + 50_000


def test_a_whole_form_that_is_nested_too_deeply_is_our_error() -> None:
    parser = encode_format(list[object]).parser
    assert parser is not None
    with pytest.raises(ResponseFormatError):
        parser('{"value":' + "[" * 100_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"max_connections = " + b"1" * 5_000, "4300 digits"),
        (b"media = 0x" + b"f" * 5_000, "digits"),
        (b"a = " + b"[" * 3_000, "nested too deeply"),
        (b"on_unsupported = 'x'\nmax_connections = 0x" + b"f" * 5_000, "on_unsupported is 'x'"),
    ],
    ids=["digits", "hexadecimal", "depth", "beside"],
)
def test_numbers_and_lists_without_end_in_a_configuration_are_told(content: bytes, words: str, tmp_path: Path) -> None:
    assert words in refused(content, tmp_path).message


@pytest.mark.parametrize(
    "content",
    [
        f'headers = {{Authorization = ["{KEY}"]}}',
        f'headers = {{Authorization = ["hunter22"], X = "{KEY}"}}',
        f'[providers.mine]\nheaders = {{X-Api-Key = ["{KEY}"]}}',
        f'media = "{KEY}"',
        f'[models."a:b"]\n{KEY} = 1',
        f"{KEY} = 1",
    ],
)
def test_a_configuration_that_is_refused_shows_no_key_of_it(content: str, tmp_path: Path) -> None:
    told = "".join(traceback.format_exception(refused(content.encode(), tmp_path)))
    assert KEY not in told
    assert "hunter22" not in told


def test_settings_and_providers_show_no_key_of_their_headers() -> None:
    record = Provider(name="mine", base_url="https://me:hunter22@host/v1", headers={"X-Api-Key": "hunter22"})
    settings = Settings(providers={"mine": record}, headers={"Authorization": "hunter22"}, proxy="http://me:hunter22@p")
    assert "hunter22" not in f"{record!r} {settings!r}"
    assert "'mine'" in repr(settings)


def infinite(limit: float = math.inf) -> None:
    """Wait."""


def halved(mood: Literal["\ud800"]) -> None:
    """Feel."""


def unspeakable(city: Callable[..., object]) -> None:
    """Travel."""


unspeakable.__annotations__["city"] = "list["


class Uncallable(pydantic.BaseModel):
    """A model that JSON cannot hold."""

    when_done: Callable[[int], int] = abs


def foreign(model: Uncallable) -> None:
    """Wait."""


def test_a_default_that_json_cannot_hold_is_left_out_of_the_schema() -> None:
    (tool,) = prepare_tools([infinite])
    assert tool["function"]["parameters"]["properties"]["limit"] == {
        "type": "number",
        "description": "Parameter limit of type float",
    }


@pytest.mark.parametrize("func", [halved, unspeakable, foreign])
def test_a_signature_that_cannot_be_told_is_refused(func: Callable[..., object]) -> None:
    with pytest.raises(InvalidMessageError, match=r"tools\[0\]"):
        prepare_tools([func])


@pytest.mark.parametrize(
    "written",
    ["a%2Fb%2Bc%3D%3D", "a%2Fb%2Bc%3D%3D".replace("%2F", "/"), r"a\/b+c==", "a/b+c==", "a/b+"],
    ids=["form", "url", "php", "plain", "cut"],
)
def test_a_key_is_found_however_it_is_escaped(written: str) -> None:
    assert redact(f"it was {written}", Secret("a/b+c==")) == "it was ********"


@pytest.mark.parametrize("written", ["x\\u003cy\\u003e\\u0026", "x&lt;y&gt;&amp;", "x%3Cy%3E%26"])
def test_a_key_is_found_where_it_was_made_safe_for_a_page(written: str) -> None:
    assert redact(f"it was {written}.", Secret("x<y>&")) == "it was ********."


def test_a_request_shows_no_key_that_stands_in_its_url() -> None:
    shown = repr(HttpRequest("GET", "https://host/a?alt=media&key=hunter22&X-Goog-Signature=hunter23#x", {}))
    assert "hunter2" not in shown
    assert "alt=media" in shown


def test_what_a_program_gave_to_a_signer_is_removed_too() -> None:
    redaction.check_case(redaction.Case("bedrock", way=1, body=b'{"message":"KEY KEY"}'))


def test_an_error_of_a_token_is_not_kept_in_the_context_of_the_callers() -> None:
    redaction.check_case(redaction.Case("watsonx", place=2))


@pytest.mark.parametrize("name", ["anthropic", "bedrock", "dashscope"])
def test_members_that_nobody_knows_are_kept(name: str) -> None:
    answer = conversions.heard(name, Turn(pieces=["Hi"]))
    assert answer.model_extra["x_unknown"] == {"told": ["as it was", 1]}


def test_replicate_takes_messages_that_are_values() -> None:
    messages = [{"role": "user", "content": "a"}, ChatCompletionMessage(content="b"), {"role": "user", "content": "c"}]
    encoded = conversions.encoded("replicate", Operation.COMPLETION, {"messages": messages})
    assert b"User: a\\n\\nAssistant: b\\n\\nUser: c" in encoded.body


def test_a_dropped_answer_whose_connection_broke_as_it_arrived_gives_its_connection_back(serve: Serve) -> None:
    """The error's traceback held the frames of the event loop, those its task, and that the answer itself."""

    async def cut(peer: Peer, received: Received) -> None:
        peer.say(HEAD + piece(b"data: 1\n\n"))
        peer.hang_up()

    pool, server = Pool(PoolSettings(max_connections=1)), serve(cut)
    with asyncio.Runner() as runner:
        for _ in range(8):
            with suppress(AnyLLMError):
                runner.run(pool.send(HttpRequest("GET", server.url(), {}), Timeouts(connect=2)))
            gc.collect()
            runner.run(asyncio.sleep(0.001))
        (connections, _), *_ = pool._held.values()
        assert not connections.live
