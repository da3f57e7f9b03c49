"""What the provider of the snippets answers beside conversations: media, files, batches, ranking and judging."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

Fields: TypeAlias = dict[str, object]
Event: TypeAlias = tuple[str, Fields]

CREATED = 1_760_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
MP3 = b"ID3\x04" + bytes(60)
MP4 = bytes(4) + b"ftypisom" + bytes(48)
ANSWER = "The capital of France is Paris."
SAID = "We ship on Friday."
WORDS = SAID.split()


class Asked(NamedTuple):
    """A request: its path, what stands in the place of the path's wildcard, its JSON, and its body as it came."""

    path: str
    part: str
    fields: Fields
    body: bytes

    def field(self, name: str) -> str:
        """Return a field of a form, empty where there is none."""
        pattern = rb'name="' + name.encode() + rb'"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--'
        found = re.search(pattern, self.body, re.DOTALL)
        return found[1].decode("utf-8", "replace") if found else ""

    @property
    def file(self) -> bytes:
        """The content of the form's file."""
        found = re.search(rb'filename="[^"]*"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', self.body, re.DOTALL)
        return found[1] if found else b""

    @property
    def filename(self) -> str:
        """The name of the form's file."""
        found = re.search(rb'filename="([^"]*)"', self.body)
        return found[1].decode() if found else ""


class Said(NamedTuple):
    """An answer: JSON, bytes with their media type, or events."""

    fields: Fields | None = None
    content: bytes = b""
    media_type: str = "application/json"
    events: Sequence[Event] | None = None


Answer: TypeAlias = Callable[[Asked], Said]

FILES: dict[str, tuple[Fields, bytes]] = {}
"""The files that were uploaded: what is known about each, and its content."""

BATCHES: dict[str, tuple[str, list[Fields]]] = {}
"""The endpoints and the requests of the batches that were created."""


def _image() -> Fields:
    return {"b64_json": base64.b64encode(PNG).decode()}


def images(asked: Asked) -> Said:
    """Draw, whole or piece by piece."""
    usage = {"input_tokens": 9, "output_tokens": 4160, "total_tokens": 4169}
    if asked.fields.get("stream"):
        shared: Fields = {"created_at": CREATED, "output_format": "png", "size": "1024x1024", **_image()}
        partials = cast("int", asked.fields.get("partial_images") or 0)
        events: list[Fields] = [
            {"type": "image_generation.partial_image", "partial_image_index": index, **shared}
            for index in range(partials)
        ]
        events.append({"type": "image_generation.completed", "usage": usage, **shared})
        return Said(events=[(str(event["type"]), event) for event in events])
    count = int(str(asked.fields.get("n") or asked.field("n") or 1))
    return Said({"created": CREATED, "data": [_image() for _ in range(count)], "usage": usage})


def speech(_asked: Asked) -> Said:
    """Speak."""
    return Said(content=MP3, media_type="audio/mpeg")


def transcription(asked: Asked) -> Said:
    """Write down, in the form that was asked for."""
    if asked.field("stream") == "true":
        events: list[Fields] = [{"type": "transcript.text.delta", "delta": f"{word} "} for word in WORDS]
        events.append({"type": "transcript.text.done", "text": SAID})
        return Said(events=[("", event) for event in events])
    answer: Fields = {"text": SAID}
    form = asked.field("response_format")
    if form == "verbose_json":
        words = [{"word": word, "start": at / 2, "end": at / 2 + 0.4} for at, word in enumerate(WORDS)]
        segments = [{"id": 0, "start": 0.0, "end": 2.0, "text": SAID}]
        answer |= {"language": "english", "duration": 2.0, "words": words, "segments": segments}
    if form == "diarized_json":
        segment = {"type": "transcript.text.segment", "id": "seg_1", "start": 0.0, "end": 2.0, "text": SAID}
        answer |= {"duration": 2.0, "segments": [segment | {"speaker": "A"}]}
    return Said(answer)


def video(asked: Asked) -> Said:
    """Begin a video; or, asked about one, say that it is made."""
    made: Fields = {"status": "completed", "progress": 100} if asked.part else {"status": "queued", "progress": 0}
    return Said({"id": "video_1", "object": "video", "model": "sora-2", "created_at": CREATED, "seconds": "4"} | made)


def video_content(_asked: Asked) -> Said:
    """Give the video."""
    return Said(content=MP4, media_type="video/mp4")


def upload(asked: Asked) -> Said:
    """Keep a file."""
    known: Fields = {
        "id": f"file-{len(FILES) + 1}",
        "object": "file",
        "bytes": len(asked.file),
        "created_at": CREATED,
        "filename": asked.filename,
        "purpose": asked.field("purpose"),
        "status": "processed",
    }
    FILES[str(known["id"])] = known, asked.file
    return Said(known)


def listed(_asked: Asked) -> Said:
    """List the files."""
    return Said({"object": "list", "data": [known for known, _ in FILES.values()], "has_more": False})


def known_file(asked: Asked) -> Said:
    """Say what is known about a file."""
    return Said(FILES[asked.part][0])


def deleted(asked: Asked) -> Said:
    """Forget a file."""
    FILES.pop(asked.part, None)
    return Said({"id": asked.part, "object": "file", "deleted": True})


def content(asked: Asked) -> Said:
    """Give a file's content; of a batch's answers, an answer to each of its requests."""
    if asked.part in BATCHES:
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": CREATED, "model": "gpt-5-mini"}
        message = {"role": "assistant", "content": ANSWER}
        body = {**answer, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        lines = [
            json.dumps({"id": "r", "custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}})
            for request in BATCHES[asked.part][1]
        ]
        return Said(content="\n".join(lines).encode(), media_type="application/jsonl")
    return Said(content=FILES[asked.part][1], media_type="application/octet-stream")


def batch(asked: Asked) -> Said:
    """Take a batch, which is done when it is asked about."""
    if not asked.part:
        lines = FILES[str(asked.fields["input_file_id"])][1].splitlines()
        name = f"batch_{len(BATCHES) + 1}"
        BATCHES[name] = str(asked.fields["endpoint"]), [json.loads(line) for line in lines if line.strip()]
    name = asked.part or name
    endpoint, requests = BATCHES[name]
    known: Fields = {
        "id": name,
        "object": "batch",
        "endpoint": endpoint,
        "input_file_id": "file-1",
        "completion_window": "24h",
        "created_at": CREATED,
        "request_counts": {"total": len(requests), "completed": len(requests) if asked.part else 0, "failed": 0},
        "status": "completed" if asked.part else "validating",
    }
    return Said(known | ({"output_file_id": name} if asked.part else {}))


def batches(_asked: Asked) -> Said:
    """List the batches."""
    return Said({"object": "list", "data": [batch(Asked("", name, {}, b"")).fields for name in BATCHES]})


def moderation(asked: Asked) -> Said:
    """Find nothing wrong."""
    inputs = asked.fields["input"]
    count = len(cast("list[object]", inputs)) if isinstance(inputs, list) else 1
    result = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.01}}
    return Said({"id": "modr-1", "model": asked.fields.get("model", ""), "results": [result] * count})


def text_completion(asked: Asked) -> Said:
    """Go on, or fill the gap, in the shape of OpenAI and of Mistral's FIM at once."""
    text = "return a + b"
    message = {"role": "assistant", "content": text}
    return Said(
        {
            "id": "cmpl-1",
            "object": "text_completion",
            "created": CREATED,
            "model": asked.fields.get("model", ""),
            "choices": [{"index": 0, "text": text, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
        }
    )


def rerank(asked: Asked) -> Said:
    """Rank documents by how many words of the query they hold."""
    query = set(str(asked.fields["query"]).lower().strip("?").split())
    documents = cast("list[object]", asked.fields["documents"])
    scores = [len(query & set(str(document).lower().split())) / 10 for document in documents]
    best = sorted(range(len(documents)), key=lambda index: -scores[index])[
        : cast("int | None", asked.fields.get("top_n"))
    ]
    results = [{"index": index, "relevance_score": scores[index]} for index in best]
    return Said({"id": "r-1", "results": results, "meta": {"billed_units": {"search_units": 1}}})


def decide(_asked: Asked) -> Said:
    """Answer a yes-or-no question, a choice and a rating."""
    answers = {
        "angry": {"type": "noul", "noul": 0.97},
        "team": {
            "type": "choice",
            "choice": "billing",
            "confidence": 0.9,
            "probabilities": {"billing": 0.95, "shipping": 0.05},
        },
        "urgency": {
            "type": "score",
            "score": 1.4,
            "confidence": 0.8,
            "legend": {"0": "can wait", "1": "this week", "2": "today"},
            "probabilities": {"0": 0.0, "1": 0.6, "2": 0.4},
        },
    }
    return Said({"model": "jev-1.14.0", "answers": answers, "usage": {"input_tokens": 120, "output_tokens": 12}})


def tokens(_asked: Asked) -> Said:
    """Count."""
    return Said({"object": "response.input_tokens", "input_tokens": 14})


def ocr(_asked: Asked) -> Said:
    """Read a document."""
    page = {"index": 0, "markdown": "# Report\n\nSales grew by 4 %.", "images": [], "dimensions": None}
    return Said({"pages": [page], "model": "mistral-ocr-latest", "usage_info": {"pages_processed": 1}})


def store(asked: Asked) -> Said:
    """Make a vector store, which stands for the APIs that have no operation of their own."""
    return Said({"id": "vs_1", "object": "vector_store", "name": asked.fields.get("name")})


ROUTES: Mapping[tuple[str, str], Answer] = {
    ("POST", "/images/generations"): images,
    ("POST", "/images/edits"): images,
    ("POST", "/images/variations"): images,
    ("POST", "/audio/speech"): speech,
    ("POST", "/audio/transcriptions"): transcription,
    ("POST", "/audio/translations"): transcription,
    ("POST", "/videos"): video,
    ("GET", "/videos/*"): video,
    ("GET", "/videos/*/content"): video_content,
    ("POST", "/files"): upload,
    ("GET", "/files"): listed,
    ("GET", "/files/*"): known_file,
    ("DELETE", "/files/*"): deleted,
    ("GET", "/files/*/content"): content,
    ("POST", "/batches"): batch,
    ("GET", "/batches"): batches,
    ("GET", "/batches/*"): batch,
    ("POST", "/moderations"): moderation,
    ("POST", "/completions"): text_completion,
    ("POST", "/fim/completions"): text_completion,
    ("POST", "/rerank"): rerank,
    ("POST", "/v2/rerank"): rerank,
    ("POST", "/systemone"): decide,
    ("POST", "/responses/input_tokens"): tokens,
    ("POST", "/messages/count_tokens"): tokens,
    ("POST", "/ocr"): ocr,
    ("POST", "/vector_stores"): store,
}
"""By method and path, where `*` stands for one id."""


def find(method: str, path: str) -> tuple[Answer, str] | None:
    """Return what answers a request, and the id in its path; `None` where there is nothing, or no such file."""
    for (wanted, pattern), answer in ROUTES.items():
        found = re.fullmatch(pattern.replace("*", "([^/]+)"), path)
        lost = pattern == "/files/*" and found is not None and found[1] not in FILES
        if wanted == method and found and not lost:
            return answer, "".join(found.groups())
    return None
