"""Events of the Realtime API, both ways."""

from __future__ import annotations

import json
import typing

import msgspec
import pytest
from openai.types.realtime import realtime_client_event, realtime_server_event

from any_llm.types import realtime
from any_llm.types.json import JSON
from any_llm.types.realtime import (
    ClientEvent,
    ServerEvent,
    decode_client_event,
    decode_server_event,
    encode_client_event,
)
from any_llm.types.realtime_client import InputAudioBufferAppendEvent, SessionUpdateEvent
from any_llm.types.realtime_parts import OtherRealtimeEvent, RateLimit, RealtimeError, RealtimeResponse
from any_llm.types.realtime_session import RateLimitsUpdatedEvent, RealtimeErrorEvent, SessionOutputAudioDeltaEvent


def tags(union: JSON) -> set[str]:
    """Return the types of a union of ours."""
    configs = [member.__struct_config__ for member in typing.get_args(union)]
    return {config.tag for config in configs} - {"*"}


def told(union: JSON) -> set[str]:
    """Return the types of a union of OpenAI's SDK."""
    (members, *_) = typing.get_args(union)
    return {typing.get_args(member.model_fields["type"].annotation)[0] for member in typing.get_args(members)}


def test_every_event_of_the_sdk_has_a_class() -> None:
    assert told(realtime_client_event.RealtimeClientEvent) == tags(ClientEvent)
    ours = tags(ServerEvent)
    assert told(realtime_server_event.RealtimeServerEvent) < ours
    assert all("session." in tag for tag in ours - told(realtime_server_event.RealtimeServerEvent))


@pytest.mark.parametrize("tag", sorted(tags(ServerEvent)))
def test_every_event_of_the_server_is_read_by_its_type(tag: str) -> None:
    event = decode_server_event(json.dumps({"type": tag, "event_id": "e1", "brand_new": 1}))
    assert (event.type, event.event_id) == (tag, "e1")
    assert event.model_extra == {"brand_new": 1}
    assert not isinstance(event, OtherRealtimeEvent)


@pytest.mark.parametrize("tag", sorted(tags(ClientEvent)))
def test_every_event_of_a_program_comes_back_as_it_was_said(tag: str) -> None:
    event = decode_client_event(json.dumps({"type": tag}))
    assert json.loads(encode_client_event(event))["type"] == tag


def test_what_a_program_says_is_a_message() -> None:
    said = encode_client_event(InputAudioBufferAppendEvent(audio="AAAA"))
    assert json.loads(said) == {"type": "input_audio_buffer.append", "audio": "AAAA"}
    update = SessionUpdateEvent(session={"type": "realtime"})
    assert json.loads(encode_client_event(update)) == {"type": "session.update", "session": {"type": "realtime"}}
    assert encode_client_event({"type": "new.one"}) == '{"type":"new.one"}'


def test_parts_of_events_have_types() -> None:
    limits = decode_server_event(
        b'{"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "remaining": 3}]}'
    )
    assert isinstance(limits, RateLimitsUpdatedEvent)
    assert limits.rate_limits == [RateLimit(name="tokens", remaining=3)]
    failed = decode_server_event(b'{"type": "error", "error": {"type": "x", "message": "No."}}')
    assert isinstance(failed, RealtimeErrorEvent)
    assert failed.error == RealtimeError(type="x", message="No.")
    done: JSON = decode_server_event(b'{"type": "response.done", "response": {"id": "r", "output": [{"id": "i"}]}}')
    assert isinstance(done.response, RealtimeResponse)
    assert done.response.output == [{"id": "i"}]


def test_an_event_nobody_knows_is_kept() -> None:
    event = decode_server_event('{"type": "brand.new", "x": 1}')
    assert isinstance(event, OtherRealtimeEvent)
    assert (event.type, event.model_extra) == ("brand.new", {"x": 1})


def test_what_deviates_is_kept_as_it_was_sent() -> None:
    event: JSON = decode_server_event('{"type": "session.output_audio.delta", "delta": "AQID", "sample_rate": "high"}')
    assert isinstance(event, SessionOutputAudioDeltaEvent)
    rate: JSON = event.sample_rate
    assert rate == "high"


@pytest.mark.parametrize("raw", ["[1]", "null", "x"])
def test_what_is_no_object_is_refused(raw: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_server_event(raw)


def test_the_module_says_how_a_session_is_made() -> None:
    assert realtime.__doc__ is not None
    assert "/realtime/client_secrets" in realtime.__doc__
