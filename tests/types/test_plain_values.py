"""Secrets, requests, timeouts and parameters as values."""

from __future__ import annotations

import pickle

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.types.completion import CompletionParams as SameCompletionParams
from any_llm.types.decode import convert, tagged
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSON, is_list, is_mapping, is_object, is_sequence
from any_llm.types.messages import MessagesParams as SameMessagesParams
from any_llm.types.params import CompletionParams, MessagesParams, ResponsesParams
from any_llm.types.responses import ResponsesParams as SameResponsesParams
from any_llm.types.secret import Secret, redact, redact_headers

KEY = "sk-canary-0123456789abcdefghij"


def test_a_secret_is_shown_by_nothing_but_reveal() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(secret)


def test_secrets_equal_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


@pytest.mark.parametrize(
    ("text", "key", "shown"),
    [
        (f"key {KEY}!", KEY, "key ********!"),
        ("it is hush-hush", "hush-hush", "it is ********"),
        ('{"k": "a\\"b\\\\c"}', 'a"b\\c', '{"k": "********"}'),
        ("it is hush-hu", "hush-hush", "it is ********"),
        ("it is hus", "hush-hush", "it is hus"),
        ("the key of abc", "abc", "the key of abc"),
        ("nothing", None, "nothing"),
        ("Authorization: Bearer abcdefgh.1234", None, "Authorization: Bearer ********"),
        ("AIzaSyA0123456789abcdefgh", None, "********"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", None, "********"),
        ("sk-short", None, "sk-short"),
    ],
)
def test_secrets_are_taken_out_of_texts(text: str, key: str | None, shown: str) -> None:
    assert redact(text, Secret(key) if key else None) == shown


def test_headers_that_carry_credentials_are_not_shown() -> None:
    shown = redact_headers({"Authorization": "x", "X-API-Key": "y", "Accept": "json", "X-Echo": KEY})
    assert shown == {"Authorization": "********", "X-API-Key": "********", "Accept": "json", "X-Echo": "********"}
    request = HttpRequest("POST", "https://host", {"authorization": "Bearer x"}, b"abc")
    assert repr(request) == "HttpRequest('POST', 'https://host', {'authorization': '********'}, body of 3 bytes)"


@pytest.mark.parametrize(("name", "value"), [("connect", 0), ("idle", -1.0), ("total", "5"), ("first_token", True)])
def test_a_timeout_that_cannot_be_is_named(name: str, value: JSON) -> None:
    with pytest.raises(
        ConfigurationError, match=f"{name} is {value!r}; it must be a positive number of seconds, or None"
    ):
        Timeouts(**{name: value})


def test_a_timeout_may_be_absent() -> None:
    assert Timeouts(connect=None, first_token=None, idle=None, total=None).connect is None


def test_parameters_tell_what_was_said() -> None:
    params = CompletionParams(model_id="m", messages=[{"role": "user"}], seed=0)
    assert params.options() == params.model_dump()
    assert params.options() == {"model_id": "m", "messages": [{"role": "user"}], "seed": 0, "reasoning_effort": "auto"}
    assert ResponsesParams(model="m", input="x").options() == {"model": "m", "input": "x"}
    assert MessagesParams(model="m", messages=[], max_tokens=1).options()["max_tokens"] == 1


def test_parameters_refuse_what_nobody_knows() -> None:
    more: JSON = {"bananas": 1}
    with pytest.raises(TypeError, match="bananas"):
        CompletionParams(model_id="m", messages=[1], **more)
    with pytest.raises(ValueError, match="`messages` list cannot be empty"):
        CompletionParams(model_id="m", messages=[])


def test_parameters_stand_where_the_drop_in_has_them() -> None:
    assert SameCompletionParams is CompletionParams
    assert SameResponsesParams is ResponsesParams
    assert SameMessagesParams is MessagesParams


def test_pieces_of_json_are_told_apart() -> None:
    assert is_object({})
    assert not is_object([])
    assert is_list([])
    assert not is_list(())
    assert is_mapping({})
    assert not is_mapping([])
    values: list[object] = [[], (), "x", b"x", {}, 3]
    assert [is_sequence(value) for value in values] == [True, True, False, False, False, False]


def test_plain_values_convert_strictly() -> None:
    assert convert([1, 2], list[int]) == [1, 2]
    assert tagged("text")
