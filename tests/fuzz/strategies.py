"""What is made up: JSON, texts, turns of talks, configurations, signatures, and where all of it is cut."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from any_llm.spec.provider import Provider
from any_llm.types.json import JSON, JSONObject
from tests.fuzz.subjects import conversions, redaction, tool_schemas
from tests.fuzz.subjects.wires import Turn

S = TypeVar("S", str, bytes)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), texts
)
trees: st.SearchStrategy[JSON] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(texts, trees, max_size=3)


def cut(whole: S, chance: random.Random, most: int = 6) -> list[S]:
    """Cut a text or bytes anywhere."""
    places: list[int] = sorted(chance.randrange(len(whole) + 1) for _ in range(chance.randrange(most)))
    return [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]


def words(*each: S) -> st.SearchStrategy[S]:
    """Return texts or bytes that are made of words, in any order."""
    return st.lists(st.sampled_from(each), max_size=14).map(each[0][:0].join)


turns = st.builds(
    Turn,
    thought=st.sampled_from(["", "[t:hm]", "[t:\u2028é]"]),
    pieces=st.lists(texts, min_size=1, max_size=3).map(lambda pieces: ["[a:", *pieces, "]"]),
    calls=st.lists(st.tuples(st.sampled_from(conversions.TOOLS), objects), max_size=2).map(
        lambda calls: [(name, {**told, "place": place}) for place, (name, told) in enumerate(calls)]
    ),
)
talks = st.builds(
    conversions.Conversation,
    question=texts.map(lambda text: f"[q:{text}]"),
    turn=turns,
    results=st.just(["[r0:sunny]", "[r1:{}]"]),
    follow_up=texts.map(lambda text: f"[f:{text}]"),
)

_said = st.sampled_from(
    ["", "KEY", "Bearer KEY", "http://u:KEY@proxy:1", "https://h/{x}", "https://h/v1", "bearer", "aws", "sse", "openai",
     "warn", "strict", "a:b", "x-api-key", "Authorization", "local", "gemini", "completion", "mine"]
)  # fmt: skip
_leaves = _said | texts | st.integers() | st.floats() | st.booleans() | st.dates()
_values: st.SearchStrategy[JSON] = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_said, inner, max_size=3), max_leaves=6
)
_SIMPLE = (
    "default_model", "on_unsupported", "media", "fetch_allow", "sdk_types", "proxy", "ca", "max_connections",
    "middleware", "unheard_of",
)  # fmt: skip
_facts = st.dictionaries(st.sampled_from(["context_window", "vision", "price", "released", "KEY"]), _values, max_size=2)
_record = st.dictionaries(st.sampled_from(Provider.__struct_fields__), _values, max_size=3)


def _picked(fields: Sequence[str]) -> st.SearchStrategy[JSONObject]:
    tables = {
        "headers": st.dictionaries(_said, _values, max_size=3),
        "providers": st.dictionaries(_said | texts, _record, max_size=2),
        "timeouts": st.dictionaries(st.sampled_from(["connect", "idle", "total"]), _values, max_size=2),
        "models": st.dictionaries(_said | texts, _facts, max_size=2),
    }
    return st.fixed_dictionaries({field: tables.get(field, _values) for field in fields})


configurations = st.lists(
    st.sampled_from([*_SIMPLE, "headers", "providers", "timeouts", "models"]), max_size=3, unique=True
).flatmap(_picked)


def toml(value: JSON) -> str:
    """Write a value as TOML does."""

    def quoted(said: str) -> str:
        plain = (f"\\U{ord(each):08x}" if each in '"\\' or not each.isprintable() else each for each in said)
        return f'"{"".join(plain)}"'

    kinds: dict[type, Callable[[JSON], str]] = {
        bool: lambda said: str(said).lower(),
        str: quoted,
        list: lambda said: f"[{','.join(map(toml, said))}]",
        dict: lambda said: "{" + ",".join(f"{toml(name)}={toml(each)}" for name, each in said.items()) + "}",
        dt.date: str,
    }  # fmt: skip
    return kinds.get(type(value), repr)(value)


_given = scalars | st.floats() | st.sampled_from(["\ud800", "red", [], {}, [1]])
_types: st.SearchStrategy[JSON] = st.recursive(
    st.sampled_from(sorted(tool_schemas.LEAVES)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(tool_schemas.GENERICS)), inner).map(list),
        st.tuples(st.sampled_from(["union", "fixed"]), inner, inner).map(list),
        st.tuples(st.just("annotated"), inner, _given).map(list),
        st.tuples(st.just("limited"), inner).map(list),
        st.lists(_given, min_size=1, max_size=3).map(lambda values: ["literal", *values]),
    ),
    max_leaves=5,
)


def _name_of(parameter: JSONObject) -> str:
    return str(parameter["name"])


_parameters: st.SearchStrategy[JSONObject] = st.fixed_dictionaries(
    {"name": st.sampled_from(["city", "days", "self", "é", "description", "_"])},
    optional={"type": _types, "default": _given, "kind": st.sampled_from(tool_schemas.KINDS)},
)
_listed: st.SearchStrategy[JSON] = st.lists(_parameters, max_size=4, unique_by=_name_of)
_documented: st.SearchStrategy[JSON] = texts | st.just("Do.\n\nArgs:\n    city: where\n    days (int): how many")
signatures = st.fixed_dictionaries({"parameters": _listed, "doc": _documented})

_bodies = st.sampled_from(
    [
        b'{"error":{"message":"bad key KEY","code":"KEY","type":"KEY","param":"KEY"}}',
        b"<p>KEY</p>" * 9,
        b'{"message":"KEY","detail":[{"msg":"KEY","loc":["KEY"]}]}',
        b'data: {"error":{"message":"KEY KEY"}}\n\n',
        b'data: {"x": KEY}\n\n',
        b'event: error\ndata: {"type":"error","error":{"type":"KEY","message":"KEY"}}\n\n',
        b'{"error":"KEY","error_description":"KEY KEY KEY"}',
        b"x" * 1990 + b"KEY",
        b"KEY",
    ]
)
failures = st.builds(
    redaction.Case,
    name=st.sampled_from(redaction.NAMES),
    way=st.integers(0, 3),
    status=st.sampled_from(redaction.STATUSES),
    kind=st.sampled_from(redaction.KINDS),
    body=_bodies,
    stream=st.booleans(),
    cut=st.booleans(),
    place=st.integers(0, 7),
    operation=st.integers(0, 30),
)
