"""Signatures and configurations, whatever they are: a schema and settings, or one of our errors."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from any_llm.types.json import JSONObject
from tests.fuzz.strategies import configurations, signatures, toml, words
from tests.fuzz.subjects import settings_file, tool_schemas


@given(described=signatures)
def test_any_signature_is_a_tool_or_is_refused(described: JSONObject) -> None:
    with suppress(ValueError, TypeError, SyntaxError):
        called = tool_schemas.function_of(described)
    if "called" in locals():
        tool_schemas.check_function(called)
        tool_schemas.check_partial(called, {"city": 1})


@given(tree=configurations)
def test_any_configuration_is_settings_or_is_refused_and_shows_no_key(tree: JSONObject) -> None:
    settings_file.check_file("\n".join(f"{name} = {toml(value)}" for name, value in tree.items()).encode())


@given(
    content=st.binary(max_size=60)
    | words(b"[providers.", b"mine", b"]\n", b"headers", b" = ", b'"KEY"', b"\n", b"{", b"}", b"[", b"1", b"1979-05-27")
)
def test_any_bytes_are_settings_or_are_refused(content: bytes) -> None:
    settings_file.check_file(content)
