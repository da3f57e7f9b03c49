"""What speech, moderation and batches cost: by what answers tell, else by what requests do."""

from __future__ import annotations

import base64
import io
import json
import wave
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from any_llm import AnyLLM, Ledger, Price, Settings
from any_llm.engine.metered import metered_by
from any_llm.engine.pricing import Pricing
from any_llm.pipeline.call import Call
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.stores.ledger.opening import open_book
from any_llm.stores.ledger.questions import Span, attempts, spent
from any_llm.stores.ledger.writer import Writer
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.batch import BatchResult, BatchResultItem
from any_llm.types.binary import Binary
from any_llm.types.completion import ChatCompletion, CompletionUsage
from any_llm.types.cost import Cost, together
from any_llm.types.http import FileSource
from any_llm.types.json import JSON
from any_llm.types.media import Media
from any_llm.types.report import Report
from any_llm.types.usage import Usage

TEXT = "Good morning, Zoë"
SOUND = base64.b64encode(b"sound").decode()


def client_of(provider: str, *answers: Scripted, **settings: JSON) -> AnyLLM:
    coming = list(answers)
    replay = Replay(lambda _request: coming.pop(0) if len(coming) > 1 else coming[0])
    return AnyLLM.create(provider, api_key="k", settings=Settings(transport=replay, **settings))


def sound(*pieces: bytes) -> Scripted:
    return Scripted(headers={"content-type": "audio/mpeg"}, chunks=pieces)


def told(body: JSON, kind: str = "application/json") -> Scripted:
    chunks = (
        [json.dumps(body).encode()]
        if kind == "application/json"
        else [f"data: {json.dumps(one)}\n\n".encode() for one in body]
    )
    return Scripted(headers={"content-type": kind}, chunks=tuple(chunks))


def test_speech_costs_what_its_characters_do_whole_streamed_and_left_half_way() -> None:
    client = client_of("openai", sound(b"so", b"und"))

    whole = client.speech("tts-1", TEXT, voice="alloy")
    streamed = client.speech("tts-1", TEXT, voice="alloy", stream=True)
    assert b"".join(streamed) == b"sound"
    left = client.speech("tts-1", TEXT, voice="alloy", stream=True)
    next(iter(left))
    left.close()

    costs = [whole.cost, streamed.cost, left.cost]
    assert [cost.total for cost in costs if cost is not None] == [Decimal("0.000255")] * 3
    assert whole.cost is not None
    assert (whole.cost.usage, whole.cost.source) == (Usage(characters=17), "genai-prices")
    assert whole.costs.answer == whole.cost.total


def test_speech_that_is_billed_by_tokens_which_nobody_tells_has_an_unknown_cost(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    client = client_of("openai", sound(b"sound"), ledger=Ledger(store=place))

    answer = client.speech("gpt-4o-mini-tts", TEXT, voice="alloy")
    client.speech("tts-1", TEXT, voice="alloy")
    for made in client.settings.surroundings.kept.values():
        if isinstance(made, Writer):
            made.close()

    assert (answer.cost, answer.costs.unknown) == (None, 1)
    book = open_book(place)
    (all_of_it,) = spent(book, (), Span())
    usages = [row.usage for row in attempts(book, Span())]
    book.close()
    assert (all_of_it.cost, all_of_it.unknown) == (Decimal("0.000255"), 1)
    assert usages == [Usage(characters=17), Usage(characters=17)]


GEMINI_USED = {
    "promptTokenCount": 11,
    "candidatesTokenCount": 111,
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 111}],
}


def gemini(used: JSON = None, **more: JSON) -> JSON:
    part = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": SOUND}}
    answer = {"candidates": [{"content": {"parts": [part]}, **more}]}
    return answer if used is None else answer | {"usageMetadata": used}


@pytest.mark.parametrize("wanted", [None, "wav"])
def test_geminis_speech_costs_the_tokens_that_it_tells_of(wanted: str | None) -> None:
    ended = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": GEMINI_USED}
    client = client_of(
        "gemini",
        told(gemini(GEMINI_USED, finishReason="STOP")),
        told([gemini(), gemini(GEMINI_USED, finishReason="STOP")], "text/event-stream"),
        told([gemini(), ended], "text/event-stream"),
    )
    asked: JSON = {"voice": "Kore"} | ({"response_format": wanted} if wanted else {})
    model = "gemini-2.5-flash-preview-tts"

    whole: JSON = client.speech(model, TEXT, **asked)
    streams = [client.speech(model, TEXT, stream=True, **asked) for _ in range(2)]
    lengths = [len(b"".join(stream)) for stream in streams]

    costs = [whole.cost, *(stream.cost for stream in streams)]
    assert [cost.total for cost in costs if cost is not None] == [Decimal("0.0011155")] * 3
    assert lengths[1] == len(whole)


def test_a_stream_of_events_tells_what_its_speech_used() -> None:
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
    client = client_of(
        "openai",
        told(
            [{"type": "speech.audio.delta", "audio": SOUND}, {"type": "speech.audio.done", "usage": usage}],
            "text/event-stream",
        ),
    )
    events: JSON = {"stream_format": "sse"}
    stream = client.speech("gpt-4o-mini-tts", TEXT, voice="alloy", stream=True, **events)

    assert b"".join(stream) == b"sound"
    assert stream.cost is not None
    assert stream.cost.total == Decimal("0.001206")


def test_mistrals_speech_is_billed_by_characters_where_one_says_a_price() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110}
    events = [{"type": "speech.audio.delta", "audio_data": SOUND}, {"type": "speech.audio.done", "usage": usage}]
    price = Price(character_price=Decimal(16), source="https://mistral.ai/pricing")
    client = client_of(
        "mistral", told(events, "text/event-stream"), told({"audio_data": SOUND}), prices={"mistral:v": price}
    )

    stream = client.speech("v", TEXT, voice="x", stream=True)
    assert b"".join(stream) == b"sound"
    assert stream.cost is not None
    assert stream.cost.usage == Usage(input_tokens=10, output_tokens=100, characters=17)
    assert (stream.cost.total, stream.cost.complete) == (Decimal("0.000272"), True)
    whole = client.speech("v", TEXT, voice="x")
    assert isinstance(whole, Binary)
    assert whole.cost is not None
    assert (whole.cost.total, whole.cost.source) == (Decimal("0.000272"), "https://mistral.ai/pricing")


def recording(seconds: float, *, endless: bool = False) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8_000)
        written.writeframes(bytes(int(seconds * 16_000)))
    sound = bytearray(file.getvalue())
    if endless:
        sound[40:44] = b"\xff\xff\xff\x7f"
    return bytes(sound)


def test_a_transcription_costs_what_its_recording_is_long_where_its_answer_does_not_tell(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(recording(1.5))
    text = told({"text": "Hello"})
    longer = told({"text": "Hello", "duration": 60.0})
    tokens = told({"text": "Hello", "usage": {"type": "tokens", "input_tokens": 10, "output_tokens": 2}})
    client = client_of("openai", text, text, longer, text, text, text, tokens)

    costs = [
        client.transcription(model, file).cost
        for model, file in (
            ("whisper-1", recording(1.5)),
            ("whisper-1", tmp_path / "a.wav"),
            ("whisper-1", recording(1.5)),
            ("whisper-1", recording(1.5, endless=True)),
            ("whisper-1", b"RIFF and nothing more"),
            ("whisper-1", b"ID3 of another kind"),
            ("gpt-4o-transcribe", recording(1.5)),
        )
    ]

    assert [None if cost is None else cost.total for cost in costs] == [
        *[Decimal("0.00015")] * 2, Decimal("0.006"), None, None, None, Decimal("0.000045"),
    ]  # fmt: skip
    assert costs[-1] is not None
    assert (costs[-1].usage.seconds, costs[-1].complete) == (Decimal("1.5"), True)


def test_a_recording_that_is_gone_when_its_answer_comes_has_no_length(tmp_path: Path) -> None:
    call = Call(
        operation=Operation.TRANSCRIPTION,
        target=Target(provider=Provider(name="p"), model="m", base_url="http://p.example"),
        options={"file": Media(kind="audio", content=FileSource(tmp_path / "gone.wav"))},
    )
    assert metered_by(call) is None


def test_moderation_that_is_free_costs_nothing_and_says_who_says_so() -> None:
    body = {"id": "m", "model": "omni-moderation-latest", "results": [{"flagged": False}]}
    free = client_of("openai", told(body)).moderation("omni-moderation-latest", "Hello")
    unknown = client_of("openai", told(body | {"model": "gpt-5"})).moderation("gpt-5", "Hello")

    assert free.cost is not None
    assert (free.cost.total, free.cost.source) == (
        Decimal(0),
        "https://platform.openai.com/docs/guides/moderation: free of charge",
    )
    # It has a price by tokens, and nobody told how many there were.
    assert unknown.cost is None


def long(tokens: int, model: str = "m") -> ChatCompletion:
    return ChatCompletion(
        model=model, usage=CompletionUsage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
    )


def test_each_result_of_a_batch_has_its_own_length_and_model() -> None:
    prices = {
        "p:m": (
            Price(
                tier="batch",
                input_price=Decimal(1),
                price_tiers=cast("JSON", ({"above": 200_000, "input_price": "2"},)),
            ),
        ),
        "p:other": (Price(input_price=Decimal(10)),),
    }
    pricing = Settings(prices=prices)
    result = BatchResult(
        results=[
            BatchResultItem(result=one) for one in (long(150_000), long(150_000), long(300_000), long(100_000, "other"))
        ]
    )

    cost = Pricing(pricing.prices, {}).cost(result, Report(provider="p"))

    assert cost is not None
    assert cost.total == cost.input == Decimal("1.9")
    assert (cost.usage.requests, cost.usage.tier, cost.complete) == (4, "batch", True)


def test_a_result_that_nobody_has_a_price_for_is_counted() -> None:
    pricing = Pricing(Settings(prices={"p:m": (Price(input_price=Decimal(1)),)}).prices, {})
    some = BatchResult(results=[BatchResultItem(result=long(1_000_000)), BatchResultItem(result=long(5, "of-nobody"))])
    none = BatchResult(results=[BatchResultItem(result=long(5, "of-nobody")), BatchResultItem()])

    cost = pricing.cost(some, Report(provider="p"))

    assert cost is not None
    assert cost.total == 1
    assert cost.unpriced == {"requests": 1}
    assert pricing.cost(none, Report(provider="p")) is None
    assert pricing.cost(BatchResult(), Report(provider="p")) is None


def test_what_vendors_told_of_several_requests_adds_up() -> None:
    one = Cost(
        total=Decimal("0.1"), counts="vendor", vendor=Decimal("0.1"), unpriced={"pages": 1}, notes=("a",), entry="p:m"
    )
    other = Cost(total=Decimal("0.2"), computed=Decimal("0.2"), unpriced={"pages": 2}, notes=("a", "b"), entry="p:n")

    both, twice = together([one, other], Usage()), together([one, one], Usage())

    assert both is not None
    assert twice is not None
    assert (both.total, both.counts, both.vendor, both.computed, both.entry) == (
        Decimal("0.3"),
        "computed",
        None,
        None,
        "",
    )
    assert (both.unpriced, both.notes) == ({"pages": 3}, ("a", "b"))
    assert (twice.total, twice.counts, twice.vendor, twice.entry) == (Decimal("0.2"), "vendor", Decimal("0.2"), "p:m")
