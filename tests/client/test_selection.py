"""Models are chosen by what is needed, the best first, with the reasons."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from any_llm import Provider, Settings, select
from any_llm.client.selection import NEEDS
from any_llm.exceptions import ConfigurationError, UnsupportedProviderError

MINE = Settings(
    providers={"mine": Provider(name="mine", base_url="http://localhost:1/v1")},
    models={
        "mine:cheap": {
            "operations": ["completion"], "tools": True, "input_price": 1, "output_price": 2, "context_window": 8_000,
            "release_date": "2026-01-01",
        },
        "mine:dear": {
            "operations": ["completion"], "tools": True, "image_input": True, "structured_output": "json_schema",
            "input_price": 3, "output_price": 9, "context_window": 900_000, "release_date": "2026-09-01",
        },
        "mine:free": {"operations": ["completion"], "tools": False, "input_price": 0, "output_price": 0},
        "mine:gone": {
            "operations": ["completion"], "tools": True, "input_price": 0, "output_price": 0,
            "retirement_date": "2026-01-01",
        },
        "mine:vectors": {"operations": ["embedding"], "input_price": "0.1"},
        "other:model": {"tools": True},
    },
)  # fmt: skip


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_LLM_STATE", str(tmp_path))


def names(*needs: str, **wishes: object) -> list[str]:
    found = select(needs, providers=["mine"], settings=MINE, **wishes)  # type: ignore[arg-type]  # wishes of each test's own
    return [model.model for model in found if model.chosen]


def test_the_cheapest_comes_first() -> None:
    assert names() == ["free", "cheap", "dear"]


def test_needs_must_be_known_to_be_met() -> None:
    assert names("tools") == ["cheap", "dear"]
    assert names("vision", "tools", "json_schema") == ["dear"]
    assert names("web_search") == []


def test_what_is_over_the_price_is_left_out() -> None:
    assert names("tools", max_price=5) == ["cheap"]
    assert names("tools", max_price=Decimal(9)) == ["cheap", "dear"]
    assert names("embedding", max_price=5) == []


def test_the_context_must_be_large_enough() -> None:
    assert names(min_context=8_001) == ["dear"]


def test_preferences_change_the_order() -> None:
    assert names("tools", prefer="context") == ["dear", "cheap"]
    assert names("tools", prefer="newest") == ["dear", "cheap"]
    assert names(prefer="newest", limit=1) == ["dear"]


def test_an_operation_replaces_chat() -> None:
    assert names("embedding") == ["vectors"]


def test_each_reason_tells_the_fact_its_value_and_its_source() -> None:
    (found,) = select(["tools"], max_price=5, min_context=10, providers=["mine"], settings=MINE)
    assert found.reference == "mine:cheap"
    assert found.reasons == (
        "chat: operations is completion (settings)",
        "tools: tools is yes (settings)",
        "input_price is 1 (settings), at most 5 asked",
        "output_price is 2 (settings), at most 5 asked",
        "context_window is 8000 (settings), at least 10 asked",
    )


def test_those_left_out_are_told_on_request_with_what_they_lack() -> None:
    found = select(["tools"], max_price=5, providers=["mine"], settings=MINE, include_dropped=True)
    lacks = {model.model: model.reasons for model in found if not model.chosen}
    assert found[0].chosen
    assert lacks["free"] == ("tools: tools is no (settings)",)
    assert lacks["dear"] == ("output_price is 9 (settings), at most 5 asked",)
    assert lacks["gone"] == ("retirement_date is 2026-01-01 (settings): it is turned off",)
    assert "tools: tools is not known" in lacks["vectors"]
    assert any("operations is embedding" in reason for reason in lacks["vectors"])


def test_a_single_need_may_be_a_text() -> None:
    assert [model.model for model in select("tools", providers=["mine"], settings=MINE)] == ["cheap", "dear"]


@pytest.mark.unmeasured
def test_without_providers_all_that_can_be_called_are_searched() -> None:
    found = select(["vision", "tools"], max_price=5, limit=None)
    assert len({model.provider for model in found}) > 10
    prices = [model.capabilities.input_price.value for model in found]
    assert all(price is not None and price <= 5 for price in prices)


@pytest.mark.parametrize("need", NEEDS)
def test_every_need_can_be_asked_for(need: str) -> None:
    assert all(model.chosen for model in select([need], providers=["openai", "cohere"], limit=3))


def test_what_nobody_understands_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="flying"):
        select(["flying"])
    with pytest.raises(ConfigurationError, match="max_price is 'cheap'"):
        select(max_price="cheap")
    with pytest.raises(ConfigurationError, match="max_price is -1"):
        select(max_price=-1)
    with pytest.raises(ConfigurationError, match="prefer is 'nice'"):
        select(prefer="nice")  # type: ignore[arg-type]  # the wrong word is the point
    with pytest.raises(UnsupportedProviderError):
        select(providers=["no-such-provider"])
