"""What else a model may be called in the data: without its date, its region, its vendor or its variant."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ARN = re.compile(r"^arn:[\w-]+:(?:bedrock|sagemaker):.*?/(?P<rest>.+)$")
_FINE_TUNED = re.compile(r"^ft:(?P<rest>[^:]+):.*$")
_TAG = re.compile(r"^(?P<rest>.+[^:]):(?:latest|free|online|nitro|floor|thinking|beta|extended|exacto|default)$")
_LATEST = re.compile(r"^(?P<rest>.+)[-@](?:latest|default)$")
_DATE = re.compile(r"^(?P<rest>.+?)[-@](?:20\d{6}|20\d\d-\d\d-\d\d|\d{4}|\d\d-20\d\d|\d\d-\d\d|0\d\d)$")
_VERSION = re.compile(r"^(?P<rest>.+?)(?:-v\d+)?:\d+(?::\d+k|:mm)?$")
_REGION = re.compile(r"^(?:us|eu|apac|au|jp|global|ca|sa|us-gov)\.(?P<rest>[a-z0-9]+\..+)$")
_MAKER = re.compile(
    r"^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|google|qwen|nvidia|xai|zai|moonshotai)\.(?P<rest>.+)$"
)
_PATH = re.compile(r"^(?:~)?(?:[^/]+/)+(?P<rest>[^/]+)$")
_SEPARATOR = re.compile(r"[^a-z0-9+]")
_UNDATED = re.compile(r"^[-@](?:20\d{6}|20\d\d-\d\d-\d\d)(?:-v\d+:\d+)?$")

_STEPS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("alias", _ARN),
    ("region", _REGION),
    ("variant", _FINE_TUNED),
    ("variant", _TAG),
    ("alias", _LATEST),
    ("snapshot", _DATE),
    ("snapshot", _VERSION),
    ("vendor", _PATH),
    ("vendor", _MAKER),
)
"""What is taken off a name, and how the match is called then; those that change the least come first."""

_WEIGHT = ("exact", "alias", "vendor", "region", "snapshot", "variant")
"""Kinds of matches, from the closest to the loosest: a name that was changed twice is called by the looser."""


def other_names(model: str) -> Iterator[tuple[str, str]]:
    """Give the name itself, then what is left of it after one change, after two, and so on, with the kind of match."""
    seen = {model}
    waiting = [(model, "exact")]
    while waiting:
        name, kind = waiting.pop(0)
        yield name, kind
        for step, pattern in _STEPS:
            found = pattern.match(name)
            if found and found["rest"] not in seen:
                seen.add(found["rest"])
                waiting.append((found["rest"], max(kind, step, key=_WEIGHT.index)))


def bare(model: str) -> str:
    """Return a model's name without the vendor in front of it and without how it is spelled."""
    return _SEPARATOR.sub("", model.rpartition("/")[2].lower())


def is_snapshot_of(model: str, alias: str) -> bool:
    """Say whether a model's name is another's with a date at its end."""
    return model.startswith(alias) and _UNDATED.match(model[len(alias) :]) is not None
