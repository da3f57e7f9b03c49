"""Every form of an operation is made from its async method."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.surface.files import root, surfaces
from scripts.surface.forms import async_functions, function_doc
from scripts.surface.operations import read
from scripts.surfaces import PACKAGE, main

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]
WEATHER = '''"""Operations that only these tests have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, overload

from any_llm.client.arguments import said
from any_llm.client.calling import Calling
from any_llm.client.signatures import spell_out
from any_llm.pipeline.stream import EventStream
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.options import CallOptions

if TYPE_CHECKING:
    from typing import Unpack


class ReciteOptions(CallOptions, total=False):
    """Parameters of `recite`."""

    speed: float | None


class ForecastOptions(CallOptions, total=False):
    """Parameters of `retrieve_forecast`."""

    days: int | None


class OrderOptions(CallOptions, total=False):
    """Parameters of `create_forecast`."""


class AsyncWeatherOperations(Calling):
    """Asks for the weather."""

    @overload
    async def arecite(
        self, model: str, input: str, voice: str, *, stream: Literal[True], **options: Unpack[ReciteOptions]
    ) -> EventStream[bytes]: ...
    @overload
    async def arecite(
        self, model: str, input: str, voice: str, *, stream: None = None, **options: Unpack[ReciteOptions]
    ) -> bytes: ...
    @overload
    async def arecite(
        self, model: str, input: str, voice: str, *, stream: bool | None = None, **options: Unpack[ReciteOptions]
    ) -> bytes | EventStream[bytes]: ...
    @spell_out(ReciteOptions)
    async def arecite(
        self, model: str, input: str, voice: str, *, stream: bool | None = None, **options: Unpack[ReciteOptions]
    ) -> bytes | EventStream[bytes]:
        """Say a forecast; providers without a voice write it.

        Args:
            model: the model's name at this provider.
            input: what to say.
            voice: whose voice it is.
            stream: whether to return a stream.
            **options: see `ReciteOptions`.

        Raises:
            AnyLLMError: the subclass says what went wrong.
        """
        return await self._answer(Operation.RERANK, model, said(input=input, voice=voice, stream=stream, **options))

    @spell_out(ForecastOptions)
    async def aretrieve_forecast(self, forecast_id: str, **options: Unpack[ForecastOptions]) -> Mapping[str, JSON]:
        """Return a forecast."""
        return await self._aretrieve_forecast(forecast_id, **options)

    @spell_out(OrderOptions)
    async def acreate_forecast(
        self, place: str, day: str, *, window: str = "24h", **options: Unpack[OrderOptions]
    ) -> Mapping[str, JSON]:
        """Order a forecast.

        Args:
            place: where.
            day: when.
            window: how long it may take.
            **options: see `OrderOptions`.
        """
        return {"place": place, "day": day, "window": window, **options}

    async def _aretrieve_forecast(self, forecast_id: str, **options: JSON) -> Mapping[str, JSON]:
        return {"id": forecast_id, **options}

    async def atmosphere(self) -> None:
        """Be no operation: it is not marked."""
'''
USE = """
import inspect, json
import any_llm
from any_llm import AnyLLM, api
from any_llm.client.methods.every import HOOKS

names = sorted(set(any_llm.__all__) & {"recite", "arecite", "retrieve_forecast", "acreate_forecast", "atmosphere"})
retrieved = any_llm.retrieve_forecast("openai", "f1", api_key="k", days=3)
created = AnyLLM.create("openai", "k").create_forecast("Bonn", "today")


class Own(AnyLLM):
    async def _aretrieve_forecast(self, forecast_id, **options):
        return {"own": forecast_id}


print(json.dumps({
    "names": names,
    "in api": [name for name in names if hasattr(api, name)],
    "hook": "_aretrieve_forecast" in HOOKS,
    "private": AnyLLM._speech is AnyLLM.speech,
    "recite": list(inspect.signature(any_llm.recite).parameters)[:6],
    "create": list(inspect.signature(any_llm.acreate_forecast).parameters),
    "retrieved": retrieved,
    "created": created,
    "own": Own("k", "http://host").retrieve_forecast("f2"),
}))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the package, with operations of the tests' own."""
    copied = tmp_path / "any_llm"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "client" / "operations_weather.py").write_text(WEATHER, "utf-8")
    return copied


def test_the_forms_are_those_of_the_operations_of_today() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "surfaces.py"), "--check"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.stdout, outcome.returncode) == ("", 0)


def test_a_new_module_of_operations_is_all_that_a_new_operation_takes(package: Path) -> None:
    assert main([], package) == 0
    done = subprocess.run(
        [sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(package.parent)},
    )
    assert json.loads(done.stdout) == {
        "names": ["acreate_forecast", "arecite", "recite", "retrieve_forecast"],
        "in api": ["acreate_forecast", "arecite", "recite", "retrieve_forecast"],
        "hook": True,
        "private": True,
        "recite": ["model", "input", "voice", "stream", "allow_running_loop", "timeout"],
        "create": [
            *("provider", "place", "day", "window", "timeout", "deadline", "max_retries", "tenant"),
            *("project", "tags", "priority"),
            *("cache", "guards", "extra_headers", "extra_query", "extra_body"),
            *("api_key", "api_base", "client_args", "kwargs"),
        ],
        "retrieved": {"id": "f1", "days": 3},
        "created": {"place": "Bonn", "day": "today", "window": "24h"},
        "own": {"own": "f2"},
    }


def test_the_made_forms_pass_the_type_checker_with_their_overloads(package: Path) -> None:
    main([], package)
    (package.parent / "use.py").write_text(
        "from typing import assert_type\n"
        "import any_llm\n"
        "from any_llm import AnyLLM, EventStream, Stream\n"
        "def use(client: AnyLLM) -> None:\n"
        '    assert_type(any_llm.recite("m", "hi", "v", stream=True), Stream[bytes])\n'
        '    assert_type(client.recite("m", "hi", voice="v"), bytes)\n'
        "async def ause(client: AnyLLM) -> None:\n"
        '    assert_type(await any_llm.arecite("m", "hi", "v", stream=True), EventStream[bytes])\n'
        '    assert_type(await client.arecite("m", "hi", "v"), bytes)\n',
        "utf-8",
    )
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "mypy",
                "--strict",
                "--no-warn-return-any",
                "--follow-imports=silent",
                "--config-file",
                "/dev/null",
            ),
            *(
                "--cache-dir",
                str(package.parent / "cache"),
                "use.py",
                *map(str, sorted(package.glob("client/*/*_weather.py"))),
            ),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=package.parent,
        env={"MYPYPATH": str(package.parent)},
    )
    assert (done.stdout, done.returncode) == ("Success: no issues found in 4 source files\n", 0)


def test_a_stale_a_missing_and_a_left_over_file_are_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "client" / "methods" / "blocking_old.py").write_text("", "utf-8")
    assert main(["--check"], package) == 1
    said = capsys.readouterr().out
    assert "api.py is stale: run `make tables`" in said
    assert "client/functions/blocking_weather.py is stale" in said
    assert "client/methods/blocking_old.py is stale" in said
    assert "client/methods/blocking.py" not in said
    assert main([], package) == 0
    assert not (package / "client" / "methods" / "blocking_old.py").exists()
    capsys.readouterr()
    assert (main(["--check"], package), capsys.readouterr().out) == (0, "")


def test_an_operation_that_is_gone_is_no_longer_exported(package: Path) -> None:
    main([], package)
    (package / "client" / "operations_weather.py").unlink()
    before = (package / "__init__.py").read_text("utf-8")
    after = root(before, read(package / "client"))
    assert "arecite" in before
    assert "arecite" not in after
    assert "'acompletion'" in after


def test_a_group_that_grew_too_long_is_told_to_divide(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = package / "client" / "operations_weather.py"
    head, _, method = WEATHER.partition("    @spell_out(ForecastOptions)")
    many = "".join(
        f"    @spell_out(ForecastOptions){method.partition('    @spell_out(OrderOptions)')[0]}".replace(
            "retrieve_forecast", f"retrieve_{number}"
        )
        for number in range(60)
    )
    module.write_text(head + many, "utf-8")
    assert main([], package) == 1
    assert (
        "client/functions/blocking_weather.py has more than 400 lines: divide its operations" in capsys.readouterr().out
    )


def test_two_kinds_of_operation_cannot_share_their_options(package: Path) -> None:
    module = package / "client" / "operations_weather.py"
    module.write_text(WEATHER.replace("ForecastOptions", "ReciteOptions"), "utf-8")
    with pytest.raises(SystemExit, match="retrieve_forecast needs options of its own, not ReciteOptions"):
        surfaces(package)


def test_the_words_about_the_model_and_the_options_change_in_a_functions_docstring(package: Path) -> None:
    operations = {each.name: each for group in read(package / "client") for each in group.operations}
    recite, create, listed = (function_doc(operations[name]) for name in ("recite", "create_forecast", "list_models"))
    assert "    model: `provider:model`, or the model's name when `provider` is given.\n    input: what" in recite
    assert "    **options: see `ReciteOptions` and `ClientOptions`.\n\nRaises:\n    AnyLLMError" in recite
    assert "Args:\n    provider: the provider's name.\n    place: where." in create
    assert create.endswith("    **options: see `OrderOptions` and `ReachOptions`.\n")
    assert "    api_base: where its API begins, instead of the usual place.\n" in listed
    assert "without one, the default model" in function_doc(operations["completion"])
    assert '    """Say a forecast; providers without a voice write it.' in async_functions(operations["recite"])
