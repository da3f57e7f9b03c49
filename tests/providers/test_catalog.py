"""The catalogue: sound data for every provider, and one look-up that names the closest."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import any_llm
from any_llm.engine.codecs import codec_of, dialect_of, is_native
from any_llm.exceptions import ConfigurationError, UnsupportedProviderError
from any_llm.providers.catalog import BY_NAME, CATALOG
from any_llm.providers.names import LLMProvider
from any_llm.providers.registry import builtin_dialect, provider, provider_names
from any_llm.spec.provider import Capability, Operation, Provider
from any_llm.transport.framing import FRAMINGS

FIFTY_TWO = [
    "anthropic",
    "bedrock",
    "azure",
    "azureanthropic",
    "azureopenai",
    "atlascloud",
    "cascadia",
    "cerebras",
    "cohere",
    "databricks",
    "deepseek",
    "fireworks",
    "gemini",
    "github",
    "gmi",
    "groq",
    "huggingface",
    "inception",
    "kenari",
    "llama",
    "lmstudio",
    "llamafile",
    "llamacpp",
    "meta",
    "mistral",
    "moonshot",
    "mzai",
    "neosantara",
    "nebius",
    "ollama",
    "openai",
    "otari",
    "openrouter",
    "portkey",
    "qiniu",
    "requesty",
    "sambanova",
    "sagemaker",
    "together",
    "vertexai",
    "vertexaianthropic",
    "vllm",
    "voyage",
    "watsonx",
    "xai",
    "perplexity",
    "minimax",
    "dashscope",
    "deepinfra",
    "edenai",
    "zai",
    "telnyx",
]


def test_the_names_are_the_drop_ins_52_and_ours() -> None:
    assert len(FIFTY_TWO) == 52
    assert set(FIFTY_TWO) <= {member.value for member in LLMProvider}
    assert set(BY_NAME) == {member.value for member in LLMProvider}
    assert all(member.name == member.value.upper().replace("-", "_") for member in LLMProvider)


def test_a_name_is_found_whatever_its_case() -> None:
    assert LLMProvider.from_string(" OpenAI ") is LLMProvider.OPENAI
    assert LLMProvider.from_string(LLMProvider.GROQ) is LLMProvider.GROQ
    assert provider(" OPENAI ").name == "openai"
    with pytest.raises(UnsupportedProviderError, match="Did you mean 'openai'"):
        LLMProvider.from_string("opnai")


def test_the_catalogue_is_in_alphabetical_order() -> None:
    assert [entry.name for entry in CATALOG] == sorted(BY_NAME) == provider_names()


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.name)
def test_an_entry_is_sound(entry: Provider) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", entry.name)
    assert not entry.base_url.endswith("/")
    assert not entry.base_url or urlsplit(entry.base_url).scheme in {"http", "https", "local", "mock"}
    assert entry.base_url or entry.base_url_variable, "either we know where it is, or the user can say"
    assert re.fullmatch(r"[A-Z0-9_]*", entry.key)
    assert all(re.fullmatch(r"[A-Z0-9_]+", name) for name in (*entry.key_alternatives, entry.base_url_variable or "X"))
    assert entry.docs.startswith("https://")
    assert not entry.key or entry.key_optional or entry.key_page.startswith("https://")
    assert entry.framing in FRAMINGS
    assert entry.transport in {"http", "local", "mock"}
    assert entry.tier in {"verified", "community"}
    folder = Path(any_llm.__file__).parent / "dialects" / entry.dialect
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    assert [quirk for quirk in entry.quirks if f'"{quirk}"' not in source] == []
    assert entry.operations
    assert {capability.value for capability in Capability} & {operation.value for operation in entry.operations} <= {
        capability.value for capability in entry.capabilities
    }


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.name)
def test_what_an_entry_offers_its_dialect_has(entry: Provider) -> None:
    for operation in entry.operations:
        assert is_native(entry, operation)
        assert codec_of(entry, operation) is dialect_of(entry, operation).operations[operation]


def test_every_chat_provider_also_answers_in_the_other_shapes() -> None:
    cerebras = BY_NAME["cerebras"]
    assert not is_native(cerebras, Operation.MESSAGES)
    assert codec_of(cerebras, Operation.MESSAGES).encode is not codec_of(cerebras, Operation.COMPLETION).encode


def test_providers_of_ones_own_go_before_the_built_in_ones() -> None:
    own = Provider(name="openai", base_url="https://mine")
    assert provider("openai", {"openai": own}) is own
    assert provider_names(["zz", "openai"])[-1] == "zz"


def test_a_record_is_a_key_that_only_itself_is() -> None:
    record = Provider(name="a")
    assert len({record, record, Provider(name="a")}) == 2


@pytest.mark.parametrize("name", ["nothing", "", "not a name", "openai.chat_request"])
def test_a_dialect_that_is_not_there_is_none(name: str) -> None:
    assert builtin_dialect(name) is None


def test_a_module_that_holds_no_dialect_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("any_llm.dialects.odd")
    module.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]  # enough to be found
    module.DIALECT = 3  # type: ignore[attr-defined]  # what is wrong with it
    monkeypatch.setitem(sys.modules, "any_llm.dialects.odd", module)
    with pytest.raises(ConfigurationError, match=r"any_llm\.dialects\.odd\.DIALECT is 3, not a Dialect"):
        builtin_dialect("odd")
