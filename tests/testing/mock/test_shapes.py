"""What is sent is compared with what vendors send."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from any_llm.testing.mock.shapes import (
    Finding,
    Sample,
    Shape,
    Shapes,
    compare,
    count_shapes,
    load_shapes,
    paths,
    samples_of,
)

ROWS = Shapes([
    Shape("acme", "chat", "ok", "body", 10, ".id", "str", 1.0),
    Shape("acme", "chat", "ok", "body", 10, ".tier", "str", 0.5),
    Shape("acme", "chat", "ok", "body", 10, ".tier", "null", 0.5),
    Shape("acme", "chat", "ok", "body", 10, ".score", "float", 0.4),
    Shape("acme", "chat", "ok", "body", 10, ".refusal", "null", 0.4),
    Shape("other", "chat", "ok", "body", 2, ".refusal", "str", 1.0),
    Shape("other", "chat", "ok", "body", 2, ".extra", "int", 1.0),
    Shape("other", "chat", "err429", "body", 2, ".error", "obj", 1.0),
    Shape("acme", "embeddings", "ok", "body", 2, ".nothing", "null", 1.0),
])  # fmt: skip


def found(*values: object, kind: str = "ok") -> list[tuple[str, str]]:
    findings = compare(ROWS, "acme", "chat", [Sample(kind, "body", value) for value in values])
    return [(finding.problem, finding.path) for finding in findings]


def test_what_the_vendor_sends_itself_is_found_right() -> None:
    assert found({"id": "1", "tier": None}, {"id": "2", "tier": "x", "score": 0.5}) == []


def test_a_path_that_is_always_sent_is_missed_whatever_its_types() -> None:
    assert found({"score": 1.5}) == [("missing", ".id"), ("missing", ".tier")]


def test_a_path_is_there_when_one_sample_has_it() -> None:
    assert found({"id": "1"}, {"tier": "x"}) == []


def test_a_path_of_another_provider_is_not_invented() -> None:
    assert found({"id": "1", "tier": "x", "extra": 1}) == []


def test_a_path_that_nobody_has_is_invented() -> None:
    assert found({"id": "1", "tier": "x", "colour": "red"}) == [("invented", ".colour")]


def test_a_path_of_another_api_is_invented() -> None:
    assert found({"id": "1", "tier": "x", "nothing": None}) == [("invented", ".nothing")]


def test_another_type_is_told_with_both_types() -> None:
    findings = compare(ROWS, "acme", "chat", [Sample("ok", "body", {"id": 1, "tier": "x"})])

    assert findings == (Finding("type", "ok", "body", ".id", "sent as int, recorded as str"),)


@pytest.mark.parametrize("value", [1, 1.5])
def test_a_whole_number_passes_for_a_fraction(value: float) -> None:
    assert found({"id": "1", "tier": "x", "score": value}) == []


def test_a_fraction_does_not_pass_for_a_whole_number() -> None:
    assert found({"id": "1", "tier": "x", "extra": 1.5}) == [("type", ".extra")]


def test_where_the_vendor_only_sent_null_the_types_of_others_pass() -> None:
    assert found({"id": "1", "tier": "x", "refusal": "no"}) == []
    assert found({"id": "1", "tier": "x", "refusal": 1}) == [("type", ".refusal")]


def test_where_everybody_only_sent_null_any_type_passes() -> None:
    assert compare(ROWS, "acme", "embeddings", [Sample("ok", "body", {"nothing": 1})]) == ()


def test_null_where_nobody_sends_it_is_another_type() -> None:
    assert found({"id": None, "tier": "x"}) == [("type", ".id")]


def test_an_error_is_held_against_errors_with_any_status() -> None:
    assert found({"error": {}}, kind="err500") == []
    assert found({"id": "1"}, kind="err500") == [("invented", ".id")]


def test_the_units_and_shares_of_a_provider_can_be_listed() -> None:
    assert ROWS.units("acme", "chat") == {"body"}
    assert ROWS.units("acme", "chat", "err429") == set()
    assert ROWS.shares("acme", "chat", "ok", "body")[".tier"] == {"str": 0.5, "null": 0.5}


def test_every_path_of_a_value_is_told_once_and_what_users_sent_is_left_out() -> None:
    value = {"a": [{"b": 1}, {"b": 2}], "metadata": {"mine": True}, "c": None, "d": [1.5], "e": [[{"f": True}]]}

    assert paths(value) == (
        (".a", "list"), (".a[].b", "int"), (".metadata", "obj"), (".c", "null"), (".d", "list"), (".e", "list"),
        (".e[][].f", "bool"),
    )  # fmt: skip


def test_shapes_are_counted_and_read_from_a_file(tmp_path: Path) -> None:
    counted = count_shapes([
        ("acme", "chat", Sample("ok", "body", {"id": "1"})),
        ("acme", "chat", Sample("ok", "body", {"id": None})),
    ])  # fmt: skip
    lines = ["provider\tapi\tclass\tunit\tsamples\tpath\ttype\tshare"]
    lines += ["\t".join(map(str, row)) for row in counted.rows]
    file = tmp_path / "shapes.tsv"
    file.write_text("\n".join(lines) + "\n")

    assert counted.shares("acme", "chat", "ok", "body") == {".id": {"str": 0.5, "null": 0.5}}
    assert load_shapes(file).rows == counted.rows


def test_a_body_of_json_is_one_sample() -> None:
    assert samples_of(404, "application/json", b'{"error":{}}') == [Sample("err404", "body", {"error": {}})]
    assert samples_of(200, "application/json", b'[{"a":1}]') == [Sample("ok", "body", [{"a": 1}])]


def test_a_body_that_is_no_json_gives_no_sample() -> None:
    assert samples_of(200, "audio/mpeg", b"\xff\xf3") == []
    assert samples_of(200, "text/plain", b"hello") == []


def test_events_are_called_by_what_they_say_they_are() -> None:
    body = (
        b'data: {"type":"a","object":"x"}\n\ndata: {"object":"b"}\n\ndata: {"event_type":"c"}\n\n'
        b"data: {}\n\ndata: [DONE]\n\n"
    )

    assert [sample.unit for sample in samples_of(200, "text/event-stream", body)] == [
        "ev:a",
        "ev:b",
        "ev:c",
        "ev:chunk",
    ]


def test_lines_of_json_are_called_by_whether_they_are_the_last() -> None:
    body = b'{"done":false}\n{"done":true}\n{"event_type":"x"}\n\n'

    units = [sample.unit for sample in samples_of(200, "application/x-ndjson", body)]

    assert units == ["ev:line", "ev:done", "ev:x"]


def _message(name: str, payload: bytes) -> bytes:
    headers = b"".join(
        bytes([len(key)]) + key + b"\x07" + len(value).to_bytes(2, "big") + value
        for key, value in ((b":message-type", b"event"), (b":event-type", name.encode()))
    )
    size = 12 + len(headers) + len(payload) + 4
    return size.to_bytes(4, "big") + len(headers).to_bytes(4, "big") + bytes(4) + headers + payload + bytes(4)


def test_messages_of_amazon_are_called_by_their_type_and_chunks_are_opened() -> None:
    inner = base64.b64encode(b'{"text":"Hi"}').decode()
    body = _message("metadata", b'{"usage":{}}') + _message("chunk", f'{{"bytes":"{inner}","p":"ab"}}'.encode())

    samples = samples_of(200, "application/vnd.amazon.eventstream", body)

    assert samples == [Sample("ok", "ev:metadata", {"usage": {}}), Sample("ok", "ev:chunk", {"text": "Hi"})]
