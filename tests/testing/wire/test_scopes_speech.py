"""The scopes of vendors that speak, write down, draw and film, over recordings made here."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from any_llm.testing.reading import read_answer
from any_llm.testing.recordings import parse_recording
from any_llm.testing.wire.replaying import replay
from any_llm.testing.wire.verdict import Verdict

DEEPGRAM, ELEVENLABS, CARTESIA = "https://api.deepgram.com", "https://api.elevenlabs.io", "https://api.cartesia.ai"
REPLICATE, ALEPH = "https://api.replicate.com/v1", "https://api.aleph-alpha.com"
HEARD = {"metadata": {"duration": 1.5}, "results": {"channels": [{"alternatives": [{"transcript": "a"}]}]}}
WORD = {"text": "Hi", "start": 0.1, "end": 0.2, "type": "word", "speaker_id": "s"}
PREDICTION = {"id": "p", "model": "o/n", "status": "succeeded", "output": ["https://h/a.mp4"]}
MADE = {"completions": [{"completion": "a", "finish_reason": "end_of_text"}]}
COMPLETED = {"id": "t", "status": "completed", "text": "Hi"}
DONE = {"id": "j", "status": "done", "result": {"transcription": {"full_transcript": "Hi", "utterances": []}}}
SPOKEN = {"type": "text", "value": "Hi", "ts": 0.1, "end_ts": 0.2}
MONOLOGUES = {"monologues": [{"speaker": 0, "elements": [SPOKEN]}]}


async def play(api: str, asked: tuple[str, str, object] | None, answer: object) -> Verdict:
    """Replay a recording of a request (method, URL, body), or of none, and of its answer, which may be sound."""
    request = None
    if asked is not None:
        method, url, body = asked
        request = {"method": method, "url": url, "headers": {}} | ({"body": body} if body is not None else {})
    sound = isinstance(answer, bytes)
    told = {"body_b64": base64.b64encode(answer).decode()} if isinstance(answer, bytes) else {"body": answer}
    provider = api.partition(".")[0]
    content = {
        "id": f"{provider}.{api}.basic.00000000",
        "provider": provider,
        "api": api,
        "model": None,
        "request": request,
        "response": {"status": 200, "headers": {"content-type": "audio/mpeg" if sound else "application/json"}, **told},
    }
    return await replay(parse_recording(json.dumps(content).encode(), Path("one.json")))


@pytest.mark.parametrize(
    ("api", "asked", "answer"),
    [
        ("aleph-alpha.complete", ("POST", f"{ALEPH}/complete", {"model": "m", "prompt": "a"}), MADE),
        ("deepgram.listen", ("POST", f"{DEEPGRAM}/v1/listen?model=m&diarize=true", {"url": "https://h/a"}), HEARD),
        ("elevenlabs.audio", ("GET", f"{ELEVENLABS}/v1/models", None), [{"model_id": "m"}]),
        ("elevenlabs.audio", ("GET", f"{ELEVENLABS}/v2/voices", None), {"voices": []}),
        ("cartesia.tts", ("GET", f"{CARTESIA}/voices", None), {"data": []}),
        ("replicate.models", ("GET", f"{REPLICATE}/models", None), {"results": [{"owner": "o", "name": "n"}]}),
        ("replicate.models", ("GET", f"{REPLICATE}/models/o/n", None), {"owner": "o", "name": "n"}),
        ("replicate.predictions", ("GET", f"{REPLICATE}/predictions/p", None), PREDICTION),
        (
            "replicate.predictions",
            ("POST", f"{REPLICATE}/predictions", {"version": "v", "input": {"prompt": "a", "seed": 1}}),
            {**PREDICTION, "output": "https://h/a.mp4"},
        ),
        (
            "replicate.predictions",
            ("POST", f"{REPLICATE}/deployments/o/n/predictions", {"input": {"prompt": "a"}}),
            PREDICTION,
        ),
        ("replicate.predictions", ("GET", f"{REPLICATE}/predictions", None), {"results": []}),
        ("fal.run", ("POST", "https://fal.run/fal-ai/flux", {"prompt": "a"}), {"images": []}),
        ("revai.transcript", ("GET", "https://api.rev.ai/speechtotext/v1/jobs/j", None), {"id": "j"}),
        ("gladia.transcript", ("POST", "https://api.gladia.io/v2/pre-recorded", {"audio_url": "u"}), {"id": "j"}),
    ],
)
async def test_a_request_is_said_again_and_its_answer_read(
    api: str, asked: tuple[str, str, object], answer: object
) -> None:
    verdict = await play(api, asked, answer)
    if api == "fal.run":
        # Any request may be for anything, so it is said as it is.
        assert verdict.encoded
        return
    assert (verdict.faults, verdict.unsaid, verdict.encoded, verdict.decoded) == ((), None, True, True)


@pytest.mark.parametrize(
    ("api", "asked"),
    [
        (
            "elevenlabs.audio",
            (
                "POST",
                f"{ELEVENLABS}/v1/text-to-speech/v/stream?output_format=mp3_44100_128",
                {"text": "a", "model_id": "m"},
            ),
        ),
        ("elevenlabs.stt", ("POST", f"{ELEVENLABS}/v1/text-to-speech/v", {"text": "a", "model_id": "m", "seed": 1})),
        (
            "cartesia.tts",
            (
                "POST",
                f"{CARTESIA}/tts/bytes",
                {
                    "model_id": "m",
                    "transcript": "a",
                    "voice": {"mode": "id", "id": "v"},
                    "output_format": {"container": "mp3", "sample_rate": 44100, "bit_rate": 32000},
                },
            ),
        ),
        ("deepgram.speak", ("POST", f"{DEEPGRAM}/v1/speak?model=aura-2-thalia-en", {"text": "a"})),
    ],
)
async def test_speech_is_asked_for_again(api: str, asked: tuple[str, str, object]) -> None:
    verdict = await play(api, asked, b"ID3")
    assert verdict.encoded
    assert [fault for fault in verdict.faults if fault.step == "encode"] == []


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("assemblyai.transcript", COMPLETED),
        ("assemblyai.transcript", {"upload_url": "https://h/f"}),
        ("elevenlabs.audio", {"text": "Hi", "words": [WORD, {**WORD, "speaker_id": "t"}]}),
        ("fal.run", {"images": [{"url": "https://h/a.png"}]}),
        ("fal.run", {"text": "Hi", "chunks": [{"text": "Hi", "timestamp": [0, 1]}]}),
        ("fal.run", {"seed": 1}),
        ("gladia.transcript", DONE),
        ("revai.transcript", MONOLOGUES),
        ("replicate.hardware", [{"sku": "cpu"}]),
    ],
)
async def test_an_answer_alone_is_read_as_what_it_shows(api: str, answer: object) -> None:
    verdict = await play(api, None, answer)
    assert (verdict.faults, verdict.decoded) == ((), True)
    assert verdict.unsaid == "only the answer was recorded"


@pytest.mark.parametrize(
    ("api", "asked", "reason"),
    [
        ("replicate.predictions", ("POST", f"{REPLICATE}/predictions", {"version": "v", "input": {}}), "no prompt"),
        ("aleph-alpha.complete", ("POST", f"{ALEPH}/complete", {"prompt": [{"type": "image"}]}), "more than a text"),
    ],
)
async def test_what_has_no_words_is_named(api: str, asked: tuple[str, str, object], reason: str) -> None:
    verdict = await play(api, asked, PREDICTION if "replicate" in api else MADE)
    assert reason in (verdict.unsaid or "")


@pytest.mark.parametrize(
    ("api", "body"),
    [
        ("aleph-alpha.complete", b'{"completions": []}'),
        ("deepgram.listen", b'{"results": {}}'),
        ("replicate.predictions", b'{"detail": "no", "status": 404}'),
        ("replicate.models", b'{"detail": "no", "status": 404}'),
    ],
)
def test_what_is_no_answer_is_malformed(api: str, body: bytes) -> None:
    failure = read_answer(api, 200, "application/json", body).failure
    assert failure is not None
    assert failure.error == "MalformedResponseError"
