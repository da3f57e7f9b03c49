"""The files of a new plug-in package, which passes its own tests as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from any_llm.exceptions import ConfigurationError

_PROJECT = Template("""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "$summary"
requires-python = ">=3.11"
dependencies = ["any-llm"]

[project.entry-points."any_llm.$group"]
$name = "$module:$attribute"

[tool.hatch.build.targets.wheel]
packages = ["src/$module"]
""")

_TEST = Template('''\
"""The plug-in keeps the promises of its kind."""

import asyncio

from any_llm.testing.conformance import verify
from $module import $attribute


def test_it_keeps_its_promises() -> None:
    findings = asyncio.run(verify("$kind", "$name", $attribute))
    assert [finding for finding in findings if not finding.kept] == []
''')

_README = Template("""\
# $distribution

$summary

```sh
pip install -e .
any-llm plugins verify $name
```
""")

_PROVIDER = Template('''\
"""The provider `$name`, which speaks OpenAI's format."""

from any_llm import Provider
from any_llm.spec.provider import Operation

PROVIDER = Provider(
    name="$name",
    base_url="https://api.$host.example/v1",
    key="${variable}_API_KEY",
    docs="https://$host.example/docs",
    operations=frozenset({Operation.COMPLETION, Operation.EMBEDDING, Operation.LIST_MODELS}),
)
''')

_DIALECT = Template('''\
"""The wire format `$name`: `{"prompt": …}` goes out, `{"text": …}` comes back."""

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Codec, Dialect, Encoded, Options, Target
from any_llm.spec.errors import error_for_status
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion, ChatCompletionMessage, Choice
from any_llm.types.http import HttpResponse
from any_llm.types.report import Warning as CallWarning

_SAID = frozenset({"messages", "max_tokens", "stream"})


class _Answer(msgspec.Struct):
    text: str


def encode(target: Target, options: Options) -> Encoded:
    """Encode a request; what the format cannot say is a warning."""
    prompt = "\\n".join(str(message["content"]) for message in options["messages"])
    body = {"model": target.model, "prompt": prompt, "limit": options.get("max_tokens")}
    unsaid = [name for name in options if name not in _SAID]
    warnings = tuple(CallWarning("dropped", name, "$name has no such parameter") for name in unsaid)
    return Encoded("/generate", msgspec.json.encode(body), warnings=warnings)


def decode(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode an answer."""
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.DecodeError as error:
        raise MalformedResponseError(f"the answer is not the JSON it should be: {error}", error) from error
    message = ChatCompletionMessage(content=answer.text)
    return ChatCompletion(model=target.model, choices=[Choice(message=message, finish_reason="stop")])


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Return the error of an unsuccessful answer."""
    message = response.body.decode("utf-8", "replace") or f"HTTP {response.status}"
    return error_for_status(response.status)(message, status_code=response.status)


DIALECT = Dialect(
    name="$name",
    operations={Operation.COMPLETION: Codec(encode=encode, decode=decode)},
    decode_error=decode_error,
)
''')

_MIDDLEWARE = Template('''\
"""The middleware `$name`."""

from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.stream import Outcome
from any_llm.pipeline.tap import tap


async def middleware(call: Call, call_on: Handler) -> Reply:
    """See every call, and how its reply ends, whole or streamed."""
    reply = await call_on(call)

    def ended(outcome: Outcome) -> None:
        """Told exactly once: `outcome.ending` is `complete`, `failed`, `cancelled` or `closed`."""

    return tap(reply, ended)
''')

_STORE = Template('''\
"""The store `$name`, in memory."""

import time


class Store:
    """Keeps bytes by name."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float]] = {}

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        value, until = self._kept.get(name, (None, 0.0))
        return value if until > time.monotonic() else None

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        self._kept[name] = (value, float("inf") if seconds is None else time.monotonic() + seconds)

    async def delete(self, name: str) -> None:
        """Forget a value."""
        self._kept.pop(name, None)


STORE = Store()
''')

_COMMAND = Template('''\
"""The command `any-llm $name`."""


def command(*words: str) -> None:
    """Say some words.

    Args:
        words: What to say.
    """
    print(*words)
''')

TEMPLATES: Mapping[str, tuple[str, str, Template]] = {
    "provider": ("providers", "PROVIDER", _PROVIDER),
    "dialect": ("dialects", "DIALECT", _DIALECT),
    "middleware": ("middleware", "middleware", _MIDDLEWARE),
    "store": ("stores", "STORE", _STORE),
    "command": ("commands", "command", _COMMAND),
}
"""By the kind of plug-in: its group, what its module defines, and the module."""


def files_of(kind: str, name: str) -> Mapping[str, str]:
    """Return the files of a new package by their paths.

    Raises:
        ConfigurationError: the name is not one that a package and an entry point can have.
    """
    word = name.replace("-", "_")
    if not word.isidentifier() or not name.islower() or not name.isascii():
        raise ConfigurationError(f"A plug-in cannot be called {name!r}; use lower-case letters, digits and dashes")
    group, attribute, body = TEMPLATES[kind]
    # A wire format is imported by its name, so that its name is one word.
    values = {
        "attribute": attribute,
        "distribution": f"any-llm-{name.replace('_', '-')}",
        "group": group,
        "host": name.replace("_", "-"),
        "kind": kind,
        "module": f"any_llm_{word}",
        "name": word if kind == "dialect" else name,
        "summary": f"The {kind} {name} for any-llm.",
        "variable": word.upper(),
    }
    return {
        "pyproject.toml": _PROJECT.substitute(values),
        "README.md": _README.substitute(values),
        f"src/any_llm_{word}/__init__.py": body.substitute(values),
        f"tests/test_{word}.py": _TEST.substitute(values),
    }


def write_package(directory: Path, kind: str, name: str) -> list[Path]:
    """Write a new package into a folder and return its files.

    Raises:
        ConfigurationError: the folder holds something already, or the name cannot be one.
    """
    files = files_of(kind, name)
    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"The folder {str(directory)!r} is not empty; name another with --directory")
    for path, text in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return [directory / path for path in files]
