"""Settings from arguments, environment and file; what is wrong is named by file, item and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from any_llm import Audit, Logs, LogStore
from any_llm.engine.settings import DEFAULT_MODEL, Settings
from any_llm.engine.settings_file import config_path, load_settings
from any_llm.exceptions import ConfigurationError
from any_llm.spec.provider import Operation
from any_llm.types.http import Timeouts

FILE = """
default_model = "mine:small"
on_unsupported = "error"
media = "strict"
fetch_allow = ["cdn.internal"]
proxy = "http://proxy:3128"
max_connections = 7
[timeouts]
first_token = 20
[headers]
X-Team = "a"
[providers.Mine]
base_url = "http://localhost:9000/v1/"
key = "MINE_API_KEY"
drop = ["seed"]
capabilities = ["streaming"]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(folder: Path, text: str, name: str = "any-llm.toml") -> dict[str, str]:
    """Write a configuration file and return the environment that names it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return {"ANY_LLM_CONFIG": str(path)}


def test_without_a_file_and_an_environment_there_are_defaults(home: Path) -> None:
    assert config_path({}) is None
    assert load_settings({}) == Settings(default_model=DEFAULT_MODEL)


def test_a_file_says_everything(home: Path) -> None:
    settings = load_settings(write(home, FILE, "else.toml"))
    assert settings.default_model == "mine:small"
    assert settings.on_unsupported == "error"
    assert (settings.media, settings.fetch_allow) == ("strict", ("cdn.internal",))
    assert settings.timeouts == Timeouts(first_token=20)
    assert (settings.proxy, settings.max_connections, settings.headers) == ("http://proxy:3128", 7, {"X-Team": "a"})
    mine = settings.providers["mine"]
    assert (mine.name, mine.base_url, mine.key, mine.drop) == (
        "mine",
        "http://localhost:9000/v1",
        "MINE_API_KEY",
        ("seed",),
    )
    assert mine.operations == {Operation.COMPLETION, Operation.EMBEDDING, Operation.LIST_MODELS}


def test_the_environment_goes_before_the_file(home: Path) -> None:
    environment = write(home, FILE) | {
        "ANY_LLM_MODEL": "groq:m",
        "ANY_LLM_ON_UNSUPPORTED": "drop",
        "ANY_LLM_CA": "/ca.pem",
        "ANY_LLM_MEDIA": "inline",
    }
    settings = load_settings(environment)
    assert settings.media == "inline"
    assert (settings.default_model, settings.on_unsupported, settings.ca) == ("groq:m", "drop", "/ca.pem")


def test_the_file_is_looked_for_here_and_then_at_home(home: Path) -> None:
    write(home, FILE, ".config/any-llm/config.toml")
    assert config_path({}) == home / ".config" / "any-llm" / "config.toml"
    assert config_path({"XDG_CONFIG_HOME": str(home / "other")}) is None
    write(home, FILE)
    assert config_path({}) == Path("any-llm.toml")


def test_a_file_that_is_not_there_is_an_error(home: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ANY_LLM_CONFIG is 'nowhere.toml', which is not a file"):
        load_settings({"ANY_LLM_CONFIG": "nowhere.toml"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = 1\nb = ?", ["cannot be read", "line 2"]),
        ("bananas = 1", ["unknown field `bananas`"]),
        ("max_connections = 'many'", ["max_connections", "found 'many'"]),
        ("max_connections = 0", ["max_connections is 0"]),
        ("[timeouts]\nconnect = 'soon'", ["timeouts.connect", "found 'soon'"]),
        ("[timeouts]\nconnect = -1", ["connect is -1", "timeouts"]),
        ("on_unsupported = 'panic'", ["on_unsupported is 'panic'", "warn, error, drop"]),
        ("middleware = [3]", ["middleware[0]", "found 3"]),
        ("middleware = ['nobody']", ["middleware 'nobody' is not installed or broken; installed: none"]),
        ("[headers]\nx = 1", ["headers[...]", "found {'x': 1}"]),
        ("[providers.mine]\nbase_url = 3", ["providers.mine", "base_url", "found 3"]),
        ("[providers.mine]\nbananas = 3", ["providers.mine has unknown items ['bananas']", "base_url"]),
        ("[providers.mine]\nbase_url = 'ftp://x'", ["providers.mine.base_url is 'ftp://x'", "https://host/path"]),
        ("[providers.mine]\nauth = 'magic'", ["providers.mine.auth is 'magic'", "bearer"]),
        ("[providers.mine]\nframing = 'x'", ["providers.mine.framing is 'x'", "sse"]),
        ("[providers.mine]\ntransport = 'x'", ["providers.mine.transport is 'x'", "http, local"]),
        ("[providers.mine]\noperations = ['sing']", ["providers.mine", "operations[0]", "found 'sing'"]),
    ],
)
def test_what_is_wrong_in_a_file_is_named(home: Path, text: str, words: list[str]) -> None:
    environment = write(home, text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environment)
    for word in words:
        assert word in caught.value.message


def test_a_file_that_is_no_text_is_an_error(home: Path) -> None:
    (home / "any-llm.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"any-llm.toml' cannot be read"):
        load_settings({})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"media": "maybe"}, "media is 'maybe'; use one of auto, inline, strict"),
        ({"fetch_allow": "cdn.internal"}, "fetch_allow is 'cdn.internal'; give hosts"),
        ({"fetch_allow": ("",)}, "fetch_allow is"),
    ],
)
def test_a_policy_about_media_that_is_none_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Settings(**values)  # type: ignore[arg-type]  # what is wrong is the point


def test_a_file_may_say_what_is_logged_kept_and_audited(tmp_path: Path) -> None:
    path = tmp_path / "any-llm.toml"
    path.write_text(
        "log_store = true\n[logs]\nto = 'calls.log'\nfields = 'ecs'\n"
        "[audit]\nplace = 'sqlite:a.db'\n[audit.retention]\naccess = 190\n"
    )
    settings = load_settings({"ANY_LLM_CONFIG": str(path)})
    assert settings.logs == Logs(to="calls.log", fields="ecs")
    assert settings.log_store == LogStore()
    assert settings.audit == Audit(place="sqlite:a.db", retention={"access": 190})
    path.write_text("[audit]\ncontent = 'all'\n")
    with pytest.raises(ConfigurationError, match=r"content"):
        load_settings({"ANY_LLM_CONFIG": str(path)})
