"""What is known about a model before it is called, and who has the last word."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from any_llm import Capabilities, Fact, Provider, Settings, capabilities
from any_llm.client.observations import Observation, forget, observations_path, remember
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import ConfigurationError, UnsupportedProviderError
from any_llm.providers.capabilities import models_of
from any_llm.types.capabilities import FACTS, UNKNOWN, convert_value

TODAY = dt.date(2026, 11, 28)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what probes saw in a folder of the test's own."""
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_known_model_has_more_than_thirty_facts_with_source_and_date() -> None:
    known = [fact for _, fact in capabilities("openai:gpt-5") if fact.known]
    assert len(known) > 30
    assert all(fact.source and fact.date for fact in known)


def test_values_are_what_they_should_be() -> None:
    known = capabilities("openai:gpt-5")
    assert known.context_window.value == 400_000
    assert known.input_price.value == Decimal("1.25")
    assert known.retirement_date.value == dt.date(2026, 12, 11)
    assert known.input_modalities.value is not None
    assert "image" in known.input_modalities.value
    assert (known.structured_output.value, known.streaming.value) == ("json_schema", True)


def test_every_value_of_every_model_of_large_providers_has_its_type() -> None:
    for provider in ("openai", "anthropic", "gemini", "bedrock", "openrouter"):
        for model in models_of(provider):
            for name, fact in capabilities(model, provider=provider):
                assert fact.value is None or convert_value(name, fact.value) == fact.value


def test_conflicts_are_listed_with_their_sources() -> None:
    known = capabilities("anthropic:claude-sonnet-4-5")
    window = known.conflicts["context_window"]
    assert window.value not in [other.value for other in window.conflicts]
    assert all(other.source and other.date for other in window.conflicts)


def test_a_provider_may_be_given_apart() -> None:
    assert capabilities("gpt-5", provider="OpenAI") == capabilities("openai:gpt-5")


def test_an_unknown_model_is_marked_and_no_error() -> None:
    known = capabilities("openai:gtp-5-minni")
    assert (known.known, known.match, known.entry) == (False, "none", "")
    assert "gpt-5-mini" in known.closest
    assert known.context_window == UNKNOWN
    assert not known.tools
    assert (known.tools.value, known.tools.kind) == (None, "unknown")


def test_a_fact_counts_as_true_only_when_its_value_does() -> None:
    assert Fact(value=True, kind="probed")
    assert not Fact(value=False, kind="probed")
    assert Fact(value=False, kind="probed").known


def test_an_unknown_provider_is_an_error_that_names_the_closest() -> None:
    with pytest.raises(UnsupportedProviderError, match="openai"):
        capabilities("opnai:gpt-5")
    with pytest.raises(ConfigurationError, match="provider:model"):
        capabilities("gpt-5")


def test_a_provider_that_cannot_be_called_is_told_by_its_data() -> None:
    known = capabilities("deepgram:nova-3")
    assert known.operations.value == ("transcription",)
    assert known.logprobs == UNKNOWN


def test_a_provider_of_ones_own_borrows_what_its_model_can() -> None:
    settings = Settings(providers={"mine": Provider(name="mine", base_url="http://localhost:1/v1", drop=("seed",))})
    known = capabilities("mine:openai/gpt-4.1", settings=settings)
    assert (known.match, known.entry) == ("borrowed", "openai:gpt-4.1")
    assert (known.tools.value, known.seed.value, known.input_price) == (True, False, UNKNOWN)


def test_a_provider_whose_dialect_is_not_installed_has_its_data_still() -> None:
    settings = Settings(providers={"mine": Provider(name="mine", dialect="nonsense")})
    known = capabilities("mine:gpt-4.1", settings=settings)
    assert (known.tools.value, known.streaming) == (True, UNKNOWN)


def test_what_runs_on_this_machine_is_known_best_by_its_runtime() -> None:
    known = capabilities("local:qwen2.5-coder-0.5b")
    assert (known.tools.value, known.structured_output.value) == (True, "json_schema")
    assert known.input_price.value == 0
    assert known.context_window.source.endswith("Qwen2.5-Coder-0.5B")


@given(st.text(max_size=60))
@example("a/" * 200 + "b")
@example("-" * 500 + "2025-01-01")
@example(":" * 300)
def test_any_text_is_a_name(model: str) -> None:
    if model:
        known = capabilities(model, provider="openai")
        assert known.model == model


def test_settings_have_the_last_word() -> None:
    settings = Settings(models={"openai:gpt-5": {"context_window": 1000, "input_price": "0.5", "tools": True}})
    known = capabilities("openai:gpt-5", settings=settings)
    window = known.context_window
    assert (window.value, window.source, window.kind) == (1000, "settings", "declared")
    assert 400_000 in [other.value for other in window.conflicts]
    assert known.input_price.value == Decimal("0.5")
    assert known.tools.source == "settings"
    assert known.tools.confirmed_by
    assert known.tools.conflicts == ()


def test_settings_of_a_model_hold_for_its_snapshots_too() -> None:
    settings = Settings(models={"openai:gpt-5": {"context_window": 1000}})
    assert capabilities("openai:gpt-5-2099-01-01", settings=settings).context_window.value == 1000


def test_settings_of_a_borrowed_model_hold_for_its_own_name_only() -> None:
    settings = Settings(
        providers={"mine": Provider(name="mine")},
        models={"mine:gpt-5": {"input_price": 0}, "openai:gpt-5": {"output_price": 9}},
    )
    known = capabilities("mine:gpt-5", settings=settings)
    assert (known.input_price.value, known.output_price) == (Decimal(0), UNKNOWN)


def test_a_configuration_file_says_more_about_models(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(
        '[models."openai:my-tune"]\ncontext_window = 32000\ninput_price = 0.25\nrelease_date = "2026-10-01"\n'
    )
    known = capabilities("openai:my-tune", settings=load_settings({"ANY_LLM_CONFIG": str(file)}))
    assert (known.context_window.value, known.input_price.value) == (32_000, Decimal("0.25"))
    assert known.release_date.value == dt.date(2026, 10, 1)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ({"gpt-5": {}}, "provider:model"),
        ({"openai:gpt-5": {"colour": "red"}}, "unknown item 'colour'"),
        ({"openai:gpt-5": {"context_window": "many"}}, "context_window is 'many'"),
        ({"openai:gpt-5": {"tools": 3}}, "tools is 3"),
    ],
)
def test_settings_that_nobody_understands_are_refused(models: dict[str, dict[str, object]], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Settings(models=models)


def test_what_a_probe_saw_goes_before_what_is_declared() -> None:
    remember("openai:gpt-5", {"image_input": Observation(value=False, kind="probed", date=TODAY)})
    remember("openai:gpt-5", {"reasoning": Observation(value=True, kind="observed", date=TODAY)})
    known = capabilities("openai:gpt-5")
    image = known.image_input
    assert (image.value, image.kind, image.date) == (False, "probed", TODAY)
    assert [other.value for other in image.conflicts] == [True] * len(image.conflicts) != []
    assert (known.reasoning.kind, bool(known.reasoning.confirmed_by)) == ("observed", True)
    forget("openai:gpt-5")
    forget("openai:gpt-5")
    assert capabilities("openai:gpt-5").image_input.kind == "declared"


def test_settings_go_before_what_a_probe_saw() -> None:
    remember("openai:gpt-5", {"seed": Observation(value=False, kind="probed", date=TODAY)})
    known = capabilities("openai:gpt-5", settings=Settings(models={"openai:gpt-5": {"seed": True}}))
    assert known.seed.value is True
    assert [other.kind for other in known.seed.conflicts] == ["probed"]


def test_a_damaged_file_of_observations_is_named() -> None:
    observations_path().parent.mkdir(parents=True)
    observations_path().write_text("{")
    with pytest.raises(ConfigurationError, match=r"probes\.json"):
        capabilities("openai:gpt-5")


def test_observations_of_another_version_are_passed_over() -> None:
    remember("openai:gpt-5", {"colour": Observation(value="red", kind="probed", date=TODAY)})
    assert capabilities("openai:gpt-5").known


@pytest.mark.parametrize("variables", [{"XDG_STATE_HOME": "x"}, {}], ids=["XDG", "home"])
def test_observations_lie_where_programs_keep_their_state(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ANY_LLM_STATE")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, folder in variables.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    expected = tmp_path / "x" if variables else tmp_path / ".local" / "state"
    assert observations_path() == expected / "any-llm" / "probes.json"


def test_everything_can_be_had_as_plain_values() -> None:
    known = capabilities("openai:gpt-5")
    plain = known.model_dump()
    assert plain["input_price"]["value"] == Decimal("1.25")
    assert set(plain) == set(Capabilities.__struct_fields__)
    shown = known.model_dump(mode="json", exclude_unknown=True)
    assert shown["input_price"]["value"] == "1.25"
    assert shown["retirement_date"]["value"] == "2026-12-11"
    assert "regions" not in shown
    assert msgspec.json.encode(shown)


def test_facts_are_iterated_by_name() -> None:
    assert tuple(name for name, _ in capabilities("openai:gpt-5")) == FACTS


def test_answers_come_in_less_than_a_millisecond_once_loaded() -> None:
    names = ["openai:gpt-5", "openai:gpt-5-mini", "openai:o3", "openai:gpt-4.1", "openai:gpt-4o"]
    capabilities("openai:gpt-4o-mini")
    best = min(_time_of(names[0]) for _ in range(20))
    assert best < 1e-3
    assert min(map(_time_of, names[1:])) < 5e-3


def _time_of(model: str) -> float:
    started = time.perf_counter()
    capabilities(model)
    return time.perf_counter() - started


def test_the_network_library_is_not_loaded_for_it() -> None:
    program = "import sys, any_llm; any_llm.capabilities('openai:gpt-5'); print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
