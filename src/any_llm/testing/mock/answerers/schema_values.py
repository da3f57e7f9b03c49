"""Values that fit a JSON schema (draft 2020-12), made by a seed: the same schema and seed give the same value.

Understood are types, enums, constants, `$ref`, `anyOf`, `oneOf`, `allOf`, objects, arrays, and the usual limits of
numbers and texts, as vendors' structured outputs take them. Not understood are `not`, `if` and what compares properties
with each other; a value may break such a rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import cast

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answerers.patterns import sample
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping

_WORDS: Sequence[str] = (
    "amber", "birch", "cedar", "delta", "ember", "flint", "grove", "hazel", "indigo", "juniper", "kelp", "linen",
    "maple", "north", "ochre", "pearl", "quartz", "river", "stone", "thyme", "umber", "velvet", "willow", "zephyr",
)  # fmt: skip
_FORMATS: Mapping[str, Callable[[Random], str]] = {
    "date": lambda random: f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
    "time": lambda random: f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:00Z",
    "date-time": lambda random: f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}T12:00:00Z",
    "duration": lambda random: f"PT{random.randint(1, 59)}M",
    "email": lambda random: f"{random.choice(_WORDS)}@example.com",
    "hostname": lambda random: f"{random.choice(_WORDS)}.example.com",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 9999):x}",
    "uri": lambda random: f"https://example.com/{random.choice(_WORDS)}",
    "uuid": lambda random: f"{random.getrandbits(32):08x}-0000-4000-8000-{random.getrandbits(48):012x}",
}
_DEEPEST = 6
"""From this depth on nothing is made that need not be, so that schemas which hold themselves come to an end."""

_ANYWHERE = 1_000
_TRIES = 200


def value_for(schema: JSON, random: Random) -> JSON:
    """Return a value that fits a schema.

    Raises:
        ConfigurationError: the schema refers to what is not there, or no value can fit it.
    """
    return _Maker(schema, random).make(schema, 0)


class _Maker:
    def __init__(self, root: JSON, random: Random) -> None:
        self._root, self._random = root, random
        self._makers: Mapping[str, Callable[[JSONObject, int], JSON]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _depth: self._random.random() < 0.5,
            "null": lambda _schema, _depth: None,
        }

    def make(self, schema: JSON, depth: int) -> JSON:
        """Return a value for a schema that stands so deep in the value."""
        if not is_mapping(schema):
            return self._random.choice(_WORDS)
        if depth > 50:
            raise ConfigurationError("The schema holds itself without an end, so that no value can fit it")
        flat = self._flat(schema, depth)
        if "const" in flat:
            return flat["const"]
        if flat.get("enum"):
            return self._random.choice(flat["enum"])
        return self._makers[_type_of(flat, self._random, depth)](flat, depth)

    def _flat(self, schema: Mapping[str, JSON], depth: int) -> JSONObject:
        """Return a schema without references, alternatives and conjunctions."""
        flat = dict(schema)
        steps = 0
        while "$ref" in flat:
            flat = {**self._find(flat.pop("$ref")), **flat}
            steps += 1
            if steps > _DEEPEST**2:
                raise ConfigurationError("A $ref of the schema leads back to itself")
        for word in ("anyOf", "oneOf"):
            if branches := flat.pop(word, None):
                flat = _both(flat, self._flat(self._branch(branches, depth), depth))
        for part in flat.pop("allOf", ()):
            flat = _both(flat, self._flat(part, depth))
        return flat

    def _branch(self, branches: Sequence[JSON], depth: int) -> Mapping[str, JSON]:
        if depth < _DEEPEST:
            return self._random.choice(branches)
        return min(branches, key=lambda branch: _type_rank(dict(branch)))

    def _find(self, reference: str) -> Mapping[str, JSON]:
        found = self._root
        for name in reference.removeprefix("#").split("/")[1:]:
            key = name.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if is_mapping(found) else None
        if not is_mapping(found):
            raise ConfigurationError(f"The schema has no {reference!r}; only references within it are followed")
        return found

    def _object(self, schema: JSONObject, depth: int) -> JSON:
        properties: Mapping[str, JSON] = schema.get("properties") or {}
        required = schema.get("required") or ()
        wanted = [name for name in properties if name in required or depth < _DEEPEST]
        made = {name: self.make(properties[name], depth + 1) for name in wanted}
        made.update({name: self.make({}, depth + 1) for name in required if name not in properties})
        others = schema.get("additionalProperties", True)
        while len(made) < schema.get("minProperties", 0):
            made[f"{self._random.choice(_WORDS)}_{len(made)}"] = self.make(others, depth + 1)
        if is_mapping(others) and not properties and depth < _DEEPEST and schema.get("maxProperties", 1):
            made.setdefault(self._random.choice(_WORDS), self.make(others, depth + 1))
        return made

    def _array(self, schema: JSONObject, depth: int) -> JSON:
        first: Sequence[JSON] = schema.get("prefixItems") or ()
        least = max(schema.get("minItems", 0), len(first))
        most = schema.get("maxItems", least + 2)
        count = least if depth >= _DEEPEST else self._random.randint(min(max(least, 1), most), max(most, least))
        made = [self.make(each, depth + 1) for each in first]
        items = schema.get("items", {})
        for _ in range(_TRIES):
            if len(made) >= min(count, most) or items is False:
                break
            item = self.make(items, depth + 1)
            if not (schema.get("uniqueItems") and item in made):
                made.append(item)
        return made

    def _string(self, schema: JSONObject, _depth: int) -> JSON:
        if pattern := schema.get("pattern"):
            return self._fitting(schema, lambda: sample(pattern, self._random))
        if make := _FORMATS.get(schema.get("format", "")):
            return make(self._random)
        text = self._random.choice(_WORDS)
        while len(text) < schema.get("minLength", 0):
            text += f" {self._random.choice(_WORDS)}"
        return text[: schema.get("maxLength")]

    def _fitting(self, schema: JSONObject, make: Callable[[], str]) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        for _ in range(_TRIES):
            if least <= len(text := make()) <= most:
                return text
        raise ConfigurationError(f"No text found that fits the pattern {schema['pattern']!r} and its lengths")

    def _integer(self, schema: JSONObject, _depth: int) -> JSON:
        low, high = _range(schema, 1)
        step = schema.get("multipleOf", 1)
        step = int(step) if step >= 1 else 1
        first, last = math.ceil(low / step), math.floor(high / step)
        if first > last:
            raise ConfigurationError(f"No whole number fits {schema!r}")
        return self._random.randint(first, last) * step

    def _number(self, schema: JSONObject, _depth: int) -> JSON:
        low, high = _range(schema, 0.01)
        if step := schema.get("multipleOf"):
            return self._random.randint(math.ceil(low / step), math.floor(high / step)) * step
        return min(max(round(self._random.uniform(low, high), 2), low), high)


def _range(schema: JSONObject, step: float) -> tuple[float, float]:
    """Return the lowest and the highest value; where one limit is missing it is not far from the other."""
    lows = [schema[name] + extra for name, extra in (("minimum", 0), ("exclusiveMinimum", step)) if name in schema]
    highs = [schema[name] - extra for name, extra in (("maximum", 0), ("exclusiveMaximum", step)) if name in schema]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is None:
        low = 0 if high is None or high >= 0 else high - _ANYWHERE
    return low, low + _ANYWHERE if high is None else high


_RANKS: Sequence[str] = ("null", "boolean", "integer", "number", "string", "array", "object")


def _type_rank(schema: JSONObject) -> int:
    named = schema.get("type")
    return _RANKS.index(named) if named in _RANKS else len(_RANKS)


_TELLING: Mapping[str, str] = {
    "properties": "object",
    "additionalProperties": "object",
    "required": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "pattern": "string",
    "format": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
}
"""The type of a value that no `type` is said of, by what else is."""


def _type_of(schema: JSONObject, random: Random, depth: int) -> str:
    named = schema.get("type")
    if is_list(named):
        some = [cast("str", each) for each in named]
        named = random.choice(some) if depth < _DEEPEST else min(some, key=_RANKS.index)
    if named is None:
        named = next((kind for word, kind in _TELLING.items() if word in schema), "string")
    if named not in _RANKS:
        raise ConfigurationError(f"The schema has the type {named!r}; JSON has {', '.join(_RANKS)}")
    return str(named)


def _both(first: JSONObject, second: JSONObject) -> JSONObject:
    """Return what two schemas say together."""
    made = {**first, **second}
    for word in ("properties", "required"):
        if word in first and word in second:
            one, other = first[word], second[word]
            made[word] = {**one, **other} if is_mapping(one) else [*one, *(name for name in other if name not in one)]
    return made
