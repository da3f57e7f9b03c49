"""Texts beside the answer's own: what is spoken, cited or noted has its masks back, and begins anew with a restart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.pipeline.entry import decode_json
from any_llm.sanitising.streams import ChangedTexts
from any_llm.sanitising.texts import change_answer
from any_llm.sanitising.vault import Unmasking, Vault
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.json import JSON
from any_llm.types.messages import MessageResponse, MessageStreamEvent
from any_llm.types.restart import Restart

EMAIL = "bob@example.com"
MASKED, PLAIN = "Ask [EMAIL_1], [EMAIL_2] or [x", f"Ask {EMAIL}, [EMAIL_2] or [x"
CITATION = {"type": "char_location", "cited_text": "by [EMAIL_1]", "document_title": "[EMAIL_1]", "document_index": 0}
CITED = {"type": "char_location", "cited_text": f"by {EMAIL}", "document_title": EMAIL, "document_index": 0}


def vault() -> Vault:
    made = Vault([])
    assert made.mask_of("EMAIL", EMAIL) == "[EMAIL_1]"
    return made


def changed() -> ChangedTexts:
    values = vault()
    return ChangedTexts(lambda in_json: Unmasking(values, in_json=in_json), values.unmask)


def of(kind: JSON, said: JSON) -> JSON:
    return decode_json(kind, msgspec.Raw(msgspec.json.encode(said)))


def chunk(delta: JSON, finish: str | None = None) -> JSON:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return of(ChatCompletionChunk, {"id": "1", "object": "chat.completion.chunk", "choices": [choice]})


def run(changing: ChangedTexts, items: Iterable[JSON]) -> list[JSON]:
    return [*(out for item in items for out in changing.feed(item)), *changing.finish()]


def pieces_of(text: str, size: int) -> Sequence[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_what_is_spoken_has_its_masks_back_at_any_split(size: int) -> None:
    said = [chunk({"audio": {"id": "a", "transcript": piece}}) for piece in pieces_of(MASKED, size)]
    out = run(changed(), [*said, chunk({}, "stop")])
    deltas = [item.choices[0].delta.audio for item in out]
    assert "".join(delta["transcript"] for delta in deltas if delta) == PLAIN
    assert deltas[0]["id"] == "a"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_the_arguments_of_a_function_of_older_models_have_their_masks_back(size: int) -> None:
    for last in ({"function_call": {"arguments": ""}}, {}):
        said = [chunk({"function_call": {"arguments": piece}}) for piece in pieces_of(MASKED, size)]
        calls = [item.choices[0].delta.function_call for item in run(changed(), [*said, chunk(last, "function_call")])]
        assert "".join(call.arguments for call in calls if call) == PLAIN
        assert calls[-1].arguments == "[x"


def test_notes_beside_a_text_have_their_masks_back() -> None:
    note = {"type": "url_citation", "url_citation": {"title": "[EMAIL_1]", "url": "https://e.example/[EMAIL_1]"}}
    (out,) = run(changed(), [chunk({"annotations": [note]})])
    told = out.choices[0].delta.annotations[0]["url_citation"]
    assert told == {"title": EMAIL, "url": "https://e.example/[EMAIL_1]"}


def test_what_is_cited_has_its_masks_back_whole_and_streamed() -> None:
    block = {"type": "text", "text": "[EMAIL_1]", "citations": [CITATION]}
    whole = of(MessageResponse, {"id": "1", "content": [block], "role": "assistant", "type": "message"})
    change_answer(whole, vault().unmask)
    assert whole.content[0].citations[0].to_dict() == CITED
    delta = {"type": "citations_delta", "citation": CITATION}
    (out,) = run(changed(), [of(MessageStreamEvent, {"type": "content_block_delta", "index": 0, "delta": delta})])
    assert out.delta.citation.to_dict() == CITED


@given(st.integers(0, len(MASKED)), st.integers(1, 9))
def test_what_is_held_back_when_an_answer_begins_anew_is_forgotten(cut: int, size: int) -> None:
    before = [chunk({"content": piece}) for piece in pieces_of(MASKED[:cut], size)]
    after = [chunk({"content": piece}) for piece in pieces_of(MASKED, size)]
    out = run(changed(), [*before, Restart(), *after, chunk({}, "stop")])
    begins = next(place for place, item in enumerate(out) if isinstance(item, Restart))
    assert "".join(item.choices[0].delta.content or "" for item in out[begins + 1 :]) == PLAIN
