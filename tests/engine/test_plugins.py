"""Plug-ins by entry points, from a real distribution on the path: found without being imported, loaded when used."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

ENTRY_POINTS = """
[any_llm.providers]
acme = acme_plugin.provider:ACME
broken = acme_plugin.broken:NOTHING
wrong = acme_plugin.provider:WRONG
[any_llm.dialects]
shout = acme_plugin.dialect:SHOUT
[any_llm.middleware]
stamp = acme_plugin.middleware:stamp
"""
PROVIDER = """
from any_llm.spec.provider import Provider
ACME = Provider(name="acme", base_url="https://acme.example/v1", key="ACME_API_KEY", dialect="shout")
WRONG = 3
"""
DIALECT = """
import msgspec
from any_llm.dialects.openai import DIALECT as OPENAI
SHOUT = msgspec.structs.replace(OPENAI, name="shout")
"""
MIDDLEWARE = """
import msgspec
async def stamp(call, inner):
    return await inner(msgspec.structs.replace(call, headers={**call.headers, "X-Stamp": "acme"}))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Install a distribution with plug-ins into a folder."""
    package = tmp_path / "acme_plugin"
    information = tmp_path / "acme_plugin-1.0.dist-info"
    package.mkdir()
    information.mkdir()
    (package / "__init__.py").write_text("")
    (package / "provider.py").write_text(PROVIDER)
    (package / "broken.py").write_text("raise ImportError('half installed')")
    (package / "dialect.py").write_text(DIALECT)
    (package / "middleware.py").write_text(MIDDLEWARE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "any-llm.toml").write_text('middleware = ["stamp"]\n')
    return tmp_path


def run(site: Path, program: str, *flags: str) -> list[str]:
    """Run a program with the distribution on its path; return what it prints."""
    code = f"import sys; sys.path.insert(0, {str(site)!r})\n" + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=site, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_plug_ins_are_found_without_being_imported(site: Path) -> None:
    program = """
        import any_llm
        print("acme" in any_llm.AnyLLM.get_supported_providers(), "acme_plugin" in sys.modules)
        any_llm.AnyLLM.create("openai", "k")
        print(sorted(name for name in sys.modules if name.startswith("acme_plugin.")))
    """
    (site / "any-llm.toml").unlink()
    assert run(site, program, "-W", "error") == ["True False", "[]"]


def test_a_provider_a_dialect_and_a_middleware_work_together(site: Path) -> None:
    program = """
        import asyncio, any_llm
        from any_llm.transport.replay import Replay, Scripted
        body = b'{"choices": [{"message": {"content": "hi"}}]}'
        replay = Replay(lambda _: Scripted(headers={"content-type": "application/json"}, chunks=[body]))
        client = any_llm.AnyLLM.create("acme", "k-12345678", transport=replay)
        print(asyncio.run(client.acompletion("m", [{"role": "user", "content": "x"}])).choices[0].message.content)
        request = replay.requests[0]
        print(request.url, request.headers["X-Stamp"], type(client).__name__)
        print(sorted(name for name in sys.modules if name.startswith("acme_plugin.")))
        print(any_llm.AnyLLM.resolve_provider_key("ACME"))
    """
    assert run(site, program, "-W", "error") == [
        "hi",
        "https://acme.example/v1/chat/completions acme AcmeProvider",
        "['acme_plugin.dialect', 'acme_plugin.middleware', 'acme_plugin.provider']",
        "acme",
    ]


@pytest.mark.parametrize(("name", "reason"), [("broken", "half installed"), ("wrong", "it yields int, not Provider")])
def test_a_broken_plug_in_is_named_in_a_warning_and_skipped(site: Path, name: str, reason: str) -> None:
    program = f"""
        import warnings, any_llm
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                any_llm.AnyLLM.create("{name}")
            except any_llm.UnsupportedProviderError as error:
                print(str(error).split(" Supported")[0].split(".")[0])
        print(caught[0].message)
    """
    refused, warned = run(site, program)
    assert refused == f"'{name}' is not a supported provider"
    assert warned.startswith(f"plug-in '{name}' of any_llm.providers (acme_plugin")
    assert reason in warned


def test_a_dialect_that_nobody_installed_is_named(site: Path) -> None:
    program = """
        import asyncio, any_llm
        class Odd(any_llm.AnyLLM):
            PROVIDER = any_llm.Provider(name="odd", base_url="https://odd.example", dialect="klingon")
        try:
            asyncio.run(Odd().acompletion("m", [{"role": "user", "content": "x"}]))
        except any_llm.AnyLLMError as error:
            print(error)
    """
    assert run(site, program) == ["[odd] provider 'odd' speaks the dialect 'klingon', which is not installed"]
