"""The name of a kept answer: the same for the same request however it is said, and another for any other."""

from __future__ import annotations

from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.pipeline.cache_key import NoKeyError, cache_key
from any_llm.pipeline.call import Call
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.caller import Caller
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON
from any_llm.types.media import Media
from any_llm.types.secret import Secret

TARGET = Target(provider=Provider(name="p"), model="m", base_url="http://p.example/v1", key=Secret("sk-one"))
CALL = Call(
    operation=Operation.COMPLETION,
    target=TARGET,
    options={
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    },
    addressed={"p": {"x": 1}},
    extra_body={"y": 2},
    headers={"X-Beta": "a"},
)
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def changed(**changes: JSON) -> Call:
    return msgspec.structs.replace(CALL, **changes)


def with_options(**options: JSON) -> Call:
    return changed(options={**CALL.options, **options})


def reversed_tree(tree: JSON) -> JSON:
    """Return the same JSON with the members of all objects in another order, in other containers."""
    if isinstance(tree, dict):
        return MappingProxyType({name: reversed_tree(tree[name]) for name in reversed(list(tree))})
    return tuple(map(reversed_tree, tree)) if isinstance(tree, list) else tree


@given(TREES)
def test_the_order_of_members_and_the_kind_of_containers_make_no_difference(tree: JSON) -> None:
    assert cache_key(with_options(tree=tree), "") == cache_key(with_options(tree=reversed_tree(tree)), "")


@given(TREES, TREES)
def test_different_json_has_different_names(one: JSON, other: JSON) -> None:
    same = msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    keys = {cache_key(with_options(tree=tree), "") for tree in (one, other)}
    assert len(keys) == 1 or not same
    if len(keys) == 1 and not same:
        # What is left are numbers that are spelt differently.
        assert one == other


PROVIDERS = {
    "headers": Provider(name="p", headers={"x-beta": "1"}),
    "other headers": Provider(name="p", headers={"x-beta": "2"}),
    "path": Provider(name="p", paths={"completion": "/chat"}),
    "names of parameters": Provider(name="p", rename={"max_tokens": "max"}),
    "dropped parameters": Provider(name="p", drop=("seed",)),
    "quirks": Provider(name="p", quirks=("q",)),
    "dialect for an operation": Provider(name="p", dialects={Operation.COMPLETION: "anthropic"}),
}
DIFFERENT: dict[str, Call] = {
    "operation": changed(operation=Operation.RESPONSES),
    "provider": changed(target=msgspec.structs.replace(TARGET, provider=Provider(name="q"))),
    "dialect": changed(target=msgspec.structs.replace(TARGET, provider=Provider(name="p", dialect="anthropic"))),
    **{
        f"the provider's {name}": changed(target=msgspec.structs.replace(TARGET, provider=provider))
        for name, provider in PROVIDERS.items()
    },
    "model": changed(target=msgspec.structs.replace(TARGET, model="m2")),
    "base URL": changed(target=msgspec.structs.replace(TARGET, base_url="http://q.example/v1")),
    "region": changed(target=msgspec.structs.replace(TARGET, placeholders={"region": "eu"})),
    "message": with_options(messages=[{"role": "user", "content": "hello"}]),
    "temperature": with_options(temperature=0.6),
    "one option more": with_options(seed=1),
    "a tool": with_options(tools=[{"type": "function", "function": {"name": "g", "parameters": {"type": "object"}}}]),
    "a tool's schema": with_options(
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]
    ),
    "addressed options": changed(addressed={"p": {"x": 2}}),
    "extra body": changed(extra_body={}),
    "query": changed(query={"version": "2"}),
    "headers": changed(headers={"X-Beta": "b"}),
    "what is done about the unsupported": changed(on_unsupported="drop"),
    "tenant": changed(caller=Caller(tenant="t")),
    "bytes": with_options(file=b"1"),
    "other bytes": with_options(file=b"2"),
    "media": with_options(file=Media(kind="image", content=b"1")),
    "other media": with_options(file=Media(kind="image", content=b"2")),
}


def test_whatever_changes_the_answer_changes_the_name() -> None:
    keys = {cache_key(call, "") for call in DIFFERENT.values()}
    assert len(keys | {cache_key(CALL, ""), cache_key(CALL, "v2"), cache_key(CALL, "@")}) == len(DIFFERENT) + 3


SAME: dict[str, Call] = {
    "another record of the provider": changed(
        target=msgspec.structs.replace(
            TARGET, provider=Provider(name="p", docs="https://p.example", headers={"User-Agent": "me"})
        )
    ),
    "request id": changed(request_id="r"),
    "timeouts": changed(timeouts=Timeouts(total=1.0), deadline=3.0),
    "stream": with_options(stream=True, stream_options={"include_usage": True}),
    "key": changed(target=msgspec.structs.replace(TARGET, key=Secret("sk-other"))),
    "user": with_options(user="u", metadata={"a": "b"}, safety_identifier="s"),
    "prompt caching": with_options(cache="auto", prompt_cache_key="k"),
    "tags": changed(caller=Caller(tags=("a",), priority=3)),
    "headers of the request": changed(headers={"x-beta": "a", "X-Request-Id": "1", "traceparent": "2"}),
    "spelling of a number": with_options(temperature=0.50),
    "a value instead of a dictionary": with_options(messages=[ChatCompletionMessage(role="user", content="Hello")]),
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_change_the_answer_does_not_change_the_name(name: str) -> None:
    assert cache_key(SAME[name], "") == cache_key(CALL, "")


@pytest.mark.parametrize("options", [{"n": 1.0}, {"n": True}])
def test_a_number_has_one_spelling_and_is_no_truth_value(options: JSON) -> None:
    same = cache_key(with_options(n=1), "") == cache_key(with_options(**options), "")
    assert same == (options["n"] is not True)


@pytest.mark.parametrize(
    "options",
    [
        {"x": object()},
        {"conversation": "c"},
        {"background": True},
        {"x": "\ud800"},
        {"x": Media(kind="file", url="u"), "y": iter([])},
    ],
)
def test_what_cannot_be_told_by_its_content_has_no_name(options: JSON) -> None:
    with pytest.raises(NoKeyError):
        cache_key(with_options(**options), "")


def test_a_name_tells_whose_it_is() -> None:
    call = changed(caller=Caller(tenant="a/b"), target=msgspec.structs.replace(TARGET, model="org/model:1"))
    assert cache_key(call, "v1").startswith("v1/a%2Fb/p:org%2Fmodel%3A1/")
    assert "sk-one" not in cache_key(call, "v1")
