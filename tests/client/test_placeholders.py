"""Names in base URLs: where their values come from, and what may go into a URL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from any_llm import AnyLLM, Provider
from any_llm.auth.finders import FINDERS, find
from any_llm.client.credentials import find_base_url
from any_llm.client.placeholders import arguments, fill, find_placeholders
from any_llm.engine.settings_file import load_settings
from any_llm.exceptions import ConfigurationError
from any_llm.providers.catalog import BY_NAME
from any_llm.providers.places import GOOGLE_CLOUD
from any_llm.spec.provider import Operation, Placeholder
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest

CLOUD = Provider(
    name="cloud",
    base_url="https://{account}.example.com/{zone}/v1",
    placeholders={
        "account": Placeholder(variables=("CLOUD_ACCOUNT", "OLD_ACCOUNT"), aliases=("account_id",)),
        "zone": Placeholder(variables=("CLOUD_ZONE",), default="here"),
        "team": Placeholder(variables=("CLOUD_TEAM",)),
    },
    auth="none",
    operations=frozenset({Operation.COMPLETION}),
)
VERTEX = Provider(
    name="mine", base_url="https://{host}/v1/projects/{project}/locations/{location}", placeholders=GOOGLE_CLOUD
)
NOWHERE = {"HOME": "/nowhere"}


@pytest.mark.parametrize(
    ("given", "environment", "url"),
    [
        ({"account": "a"}, {}, "https://a.example.com/here/v1"),
        ({"account": "a", "zone": "z"}, {"CLOUD_ACCOUNT": "b", "CLOUD_ZONE": "y"}, "https://a.example.com/z/v1"),
        ({}, {"CLOUD_ACCOUNT": "b", "OLD_ACCOUNT": "c"}, "https://b.example.com/here/v1"),
        ({}, {"CLOUD_ACCOUNT": " ", "OLD_ACCOUNT": " c "}, "https://c.example.com/here/v1"),
    ],
)
def test_a_value_is_the_argument_then_the_environment_then_the_default(
    given: Mapping[str, str], environment: Mapping[str, str], url: str
) -> None:
    assert fill(CLOUD.base_url, CLOUD, find_placeholders(CLOUD, given, environment)) == url


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("", "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_one_placeholder_may_decide_another(location: str, host: str) -> None:
    environment = NOWHERE | {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": location}
    where = location or "global"
    assert find_base_url(VERTEX, None, environment) == f"https://{host}/v1/projects/p/locations/{where}"


def test_a_value_may_stand_in_the_vendors_own_file(tmp_path: Path) -> None:
    (tmp_path / "adc.json").write_text('{"type": "service_account", "project_id": "of-the-file"}')
    environment = NOWHERE | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "adc.json")}
    assert find_placeholders(VERTEX, {}, environment)["project"] == "of-the-file"
    assert "project" not in find_placeholders(VERTEX, {}, NOWHERE)
    (tmp_path / "config").write_text("[default]\nregion = eu-south-1\n")
    found = find_placeholders(BY_NAME["bedrock"], {}, NOWHERE | {"AWS_CONFIG_FILE": str(tmp_path / "config")})
    assert found == {"region": "eu-south-1"}


def test_a_finder_is_found_by_its_name() -> None:
    assert {name: find(name, NOWHERE, {}) for name in FINDERS} == {"aws-region": None, "google-project": None}
    with pytest.raises(KeyError):
        find("magic", {}, {})


def test_the_region_is_that_of_the_profile_that_the_program_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-south-1\n[profile work]\nregion = ap-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert "bedrock-runtime.ap-east-1." in repr(AnyLLM.create("bedrock", profile_name="work"))
    assert "bedrock-runtime.eu-south-1." in repr(AnyLLM.create("bedrock"))


def test_what_is_decided_by_an_unknown_value_is_unknown() -> None:
    record = Provider(
        name="x",
        base_url="https://{host}",
        placeholders={"zone": Placeholder(variables=("ZONE",)), "host": Placeholder(of="zone", default="{zone}.x")},
    )
    assert find_placeholders(record, {}, {}) == {}
    with pytest.raises(ConfigurationError, match="x needs a zone: pass zone= or set ZONE"):
        find_base_url(record, None, {})


def test_a_default_with_an_unknown_name_is_none() -> None:
    record = Provider(name="x", placeholders={"a": Placeholder(), "b": Placeholder(default="{a}-b")})
    assert find_placeholders(record, {}, {}) == {}
    assert find_placeholders(record, {"a": "1"}, {}) == {"a": "1", "b": "1-b"}


@pytest.mark.parametrize("value", ["evil.example/", "evil@", "a b", "x?y", "x#y", "", "a\\b", "{zone}"])
def test_no_value_ends_the_host_or_begins_another(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"letters, digits|needs a account"):
        fill(CLOUD.base_url, CLOUD, find_placeholders(CLOUD, {"account": value}, {}))


def test_a_missing_value_is_named_with_its_argument_and_its_variables() -> None:
    with pytest.raises(ConfigurationError, match="pass account= or set CLOUD_ACCOUNT or OLD_ACCOUNT, or pass api_base"):
        find_base_url(CLOUD, None, {})


def test_a_name_that_nobody_declares_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="x needs a zone: pass zone=, or pass api_base"):
        find_base_url(Provider(name="x", base_url="https://{zone}.x"), None, {})


def test_a_base_url_of_the_users_own_may_hold_names_too() -> None:
    assert find_base_url(CLOUD, "https://proxy/{zone}", {}) == "https://proxy/here"


def test_placeholders_that_decide_by_others_are_no_arguments() -> None:
    assert set(arguments(VERTEX)) == {"project", "project_id", "location", "region"}


@pytest.mark.parametrize("argument", ["account", "account_id"])
async def test_a_client_is_told_by_argument_and_its_calls_go_there(argument: str) -> None:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> Scripted:
        seen.append(request)
        return Scripted(status=400, chunks=(b"{}",))

    client = AnyLLM.create("cloud", providers={"cloud": CLOUD}, transport=Replay(answer), **{argument: "mine"})
    with pytest.raises(Exception, match="cloud"):
        await client.acompletion("m", [{"role": "user", "content": "?"}])
    assert seen[0].url == "https://mine.example.com/here/v1/chat/completions"


def test_the_usual_settings_hold_for_a_client_that_is_told_where() -> None:
    client = AnyLLM.create("bedrock", region_name="eu-west-3", api_key="k")
    assert "bedrock-runtime.eu-west-3.amazonaws.com" in repr(client)


@pytest.mark.parametrize("value", [3, "", "  "])
def test_an_argument_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"region is {value!r}; it must be a text"):
        AnyLLM.create("bedrock", region=value)


def test_an_argument_that_is_none_leaves_it_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ca-west-1")
    assert "ca-west-1" in repr(AnyLLM.create("bedrock", region=None))


def test_only_providers_that_declare_an_argument_understand_it() -> None:
    with pytest.raises(ConfigurationError, match="does not understand region"):
        AnyLLM.create("openai", api_key="k", region="eu")
    with pytest.raises(ConfigurationError, match=r"does not understand bananas; .*region_name"):
        AnyLLM.create("bedrock", api_key="k", region="eu-west-3", bananas=1)


def test_a_configuration_file_declares_placeholders(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text(
        """
        [providers.mine]
        base_url = "https://{resource}.example.com"
        [providers.mine.placeholders.resource]
        variables = ["MINE_RESOURCE"]
        """,
        "utf-8",
    )
    record = load_settings({"ANY_LLM_CONFIG": str(file)}).providers["mine"]
    assert find_base_url(record, None, {"MINE_RESOURCE": "r-1"}) == "https://r-1.example.com"


def test_a_misspelt_item_of_a_placeholder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "any-llm.toml"
    file.write_text("[providers.mine.placeholders.zone]\nvariable = 'ZONE'\n", "utf-8")
    with pytest.raises(ConfigurationError, match="unknown field `variable`"):
        load_settings({"ANY_LLM_CONFIG": str(file)})


def test_records_with_placeholders_can_be_keys() -> None:
    assert hash(CLOUD.placeholders["zone"]) == hash(Placeholder(variables=("CLOUD_ZONE",), default="here"))
    assert hash(BY_NAME["bedrock"]) == hash(BY_NAME["bedrock"])
