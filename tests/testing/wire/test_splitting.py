from __future__ import annotations

from any_llm.testing.wire.splitting import cuts, splits

BODY = 'data: {"text": "Grüße"}\n\ndata: {"text": "🙂"}\n\ndata: [DONE]\n\n'.encode()


def test_pieces_add_up_to_the_body_whatever_the_split() -> None:
    found = list(splits(BODY, 7))
    assert [split.name for split in found] == ["every byte", "random pieces"]
    assert all(b"".join(split.pieces) == BODY for split in found)
    assert all(all(split.pieces) for split in found)


def test_the_same_seed_splits_in_the_same_way() -> None:
    assert splits(BODY, 7) == splits(BODY, 7)


def test_characters_are_split_inside() -> None:
    body = ("ü" * 5_000).encode()
    [split] = splits(body, 1)
    assert any(piece[-1:] == "ü".encode()[:1] for piece in split.pieces)


def test_an_empty_body_has_no_pieces_and_no_beginning() -> None:
    assert [split.pieces for split in splits(b"", 1)] == [(), ()]
    assert list(cuts(b"", 1)) == []


def test_beginnings_end_after_an_event_inside_one_and_somewhere() -> None:
    found = {cut.name: cut for cut in cuts(BODY, 7)}
    assert set(found) == {"somewhere", "after an event", "inside an event"}
    assert all(BODY.startswith(cut.body) and cut.body.startswith(cut.events) for cut in found.values())
    assert found["after an event"].body == found["after an event"].events
    assert len(found["inside an event"].body) > len(found["inside an event"].events)


def test_a_body_without_events_is_cut_somewhere_only() -> None:
    assert [(cut.name, cut.events) for cut in cuts(b"data: 1", 7)] == [("somewhere", b"")]
