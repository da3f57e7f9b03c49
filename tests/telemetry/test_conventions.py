"""The names of the conventions are those that OpenTelemetry's own packages state."""

from __future__ import annotations

from any_llm.providers.catalog import CATALOG
from any_llm.providers.conventional_names import CONVENTIONAL, conventional_name
from any_llm.telemetry import conventions, measures
from tests.telemetry.conventions import installed, pinned


def test_the_pinned_copy_is_what_the_installed_packages_state() -> None:
    copy = pinned()
    copy.pop("spans")
    copy.pop("instruments")
    assert copy == installed()


def test_every_name_of_ours_is_pinned_or_marked_as_our_own() -> None:
    copy = pinned()
    known = {*copy["attributes"], *copy["newest"], *copy["metrics"]}
    stated = {
        value
        for name, value in vars(conventions).items()
        if name.isupper() and isinstance(value, str) and "." in value and "/" not in value
    }
    stated |= set(conventions.REQUEST_NUMBERS.values())
    ours = {name for name in stated if name.startswith(conventions.OWN)}
    # Newer than the packages, and one of Langfuse's own.
    newer = {conventions.EXCEPTION_EVENT, conventions.TOOL_EXCEPTION_EVENT, conventions.TOLD_COST}
    assert stated - ours - known == newer


def test_the_metrics_have_the_prescribed_buckets() -> None:
    buckets = pinned()["buckets"]
    for name in pinned()["metrics"]:
        instrument = measures.INSTRUMENTS.get(name)
        if instrument is not None:
            assert list(instrument.buckets) == buckets[instrument.unit]
    assert {name for name in measures.INSTRUMENTS if name.startswith("gen_ai.client.")} == {
        name for name in pinned()["metrics"] if name.startswith("gen_ai.client.")
    }


def test_the_metrics_have_the_prescribed_units_and_attributes() -> None:
    read = pinned()["instruments"]
    for name, instrument in measures.INSTRUMENTS.items():
        if not name.startswith("gen_ai."):
            continue
        assert instrument.unit == read["units"].get(name, "s")
        assert instrument.kind == "histogram"
        assert set(instrument.labels) <= {*read["common"], *read["more"].get(name, ())}
        if name.startswith("gen_ai.client."):
            assert set(read["required"]) <= set(instrument.labels)


def test_every_name_of_a_provider_is_one_of_the_conventions() -> None:
    from opentelemetry.semconv._incubating.attributes.gen_ai_attributes import (  # noqa: PLC0415  # slow to load
        GenAiProviderNameValues as Known,
    )

    known = {each.value for each in Known} | {"moonshot_ai"}
    catalogue = {provider.name for provider in CATALOG}
    assert set(CONVENTIONAL) <= catalogue
    assert set(CONVENTIONAL.values()) <= known
    assert {conventional_name(each) for each in ("openai", "anthropic", "groq", "cohere", "deepseek")} <= known
