"""The other commands, and what holds for all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import any_llm as package
from any_llm.cli import commands, main
from any_llm.cli.commands import COMMANDS, overview
from any_llm.cli.providers import records
from tests.cli.conftest import KEY, Command
from tests.cli.provider import MODEL_FILE, VECTOR, LoopbackProvider


def test_overview_names_every_command_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = overview()
    assert all(f"\n  {command.name} " in text for command in COMMANDS)
    assert (
        max(len(line) for line in text.splitlines() if "any-llm chat -m" not in line and "git diff" not in line) <= 60
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)], ids=str)
def test_help_is_the_overview(shell: Command, arguments: tuple[str, ...]) -> None:
    done = shell(*arguments, COLUMNS="80")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: any-llm COMMAND")


def test_version_is_told(shell: Command) -> None:
    assert shell("--version") == (0, f"{package.__version__}\n", "")


def test_help_loads_no_command_and_no_heavy_package(environment: dict[str, str]) -> None:
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sorted({n.partition('.')[0] for n in sys.modules}), file=sys.stderr))\n"
        "from any_llm.cli import main\nsys.argv = ['any-llm', '--help']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert not {"cyclopts", "rich", "aiohttp", "asyncio", "msgspec"} & set(done.stderr.split())


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_speaks_json(any_llm: Command, command: str) -> None:
    assert "--json" in any_llm(command, "--help").out


def test_package_runs_as_the_command(environment: dict[str, str]) -> None:
    program = [sys.executable, "-m", "any_llm"]
    told = subprocess.run([*program, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == f"{package.__version__}\n"
    wrong = subprocess.run([*program, "nonsense"], env=environment, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("any-llm: Unknown command")


def test_unknown_command_is_told_with_the_closest(any_llm: Command) -> None:
    done = any_llm("chta")
    assert done.code == 2
    assert 'Did you mean "chat"?' in done.err


def test_bug_is_told_in_one_line_with_its_own_code(monkeypatch: pytest.MonkeyPatch, any_llm: Command) -> None:
    broken = (commands.Command("chat", "any_llm.cli.no_such_module:chat", ""),)
    monkeypatch.setattr("any_llm.cli.application.COMMANDS", broken)
    done = any_llm("chat", "Hi")
    assert done.code == 1
    assert done.err.startswith("any-llm: unexpected ImportError: ")
    assert done.err.count("\n") == 1


def test_debug_after_two_dashes_is_a_word(any_llm: Command) -> None:
    assert any_llm("chat", "--", "--debug") == (0, "You said: --debug\n", "")


def test_completion_can_be_installed(any_llm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    assert any_llm("--install-completion", "--shell", "bash").code == 0
    (script,) = (path for path in tmp_path.rglob("*any-llm*") if path.is_file())
    assert "providers" in script.read_text()


def test_complete_continues_the_text_and_prints_nothing_else(any_llm: Command, provider: LoopbackProvider) -> None:
    flags = ("--max-tokens", "5", "--temperature", "0", "--stop", "END", "--stop", "\n\n")
    assert any_llm("complete", "Once", "upon", *flags) == (0, "You said: Once upon\n", "")
    (body,) = provider.requests
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "Continue" in body["messages"][0]["content"]
    assert body["stop"] == ["END", "\n\n"]


def test_complete_reads_standard_input_as_it_is(any_llm: Command, provider: LoopbackProvider) -> None:
    assert any_llm("complete", "--echo", stdin="Once upon ").out == "Once upon You said: Once upon \n"
    assert provider.requests[0]["messages"][1]["content"] == "Once upon "
    assert json.loads(any_llm("complete", "--json", stdin="Once upon ").out)["content"] == "You said: Once upon "


def test_complete_needs_a_text(any_llm: Command) -> None:
    done = any_llm("complete")
    assert done.code == 2
    assert "No text" in done.err


def test_embed_prints_a_line_of_json_for_each_text(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("embed", "one", "two words", "--dimensions", "3", "-o", "user=me")
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"index": 0, "text": "one", "embedding": VECTOR},
        {"index": 1, "text": "two words", "embedding": VECTOR},
    ]
    (body,) = provider.requests
    assert (body["input"], body["dimensions"], body["user"]) == (["one", "two words"], 3, "me")


def test_embed_takes_each_line_of_standard_input(any_llm: Command, provider: LoopbackProvider) -> None:
    assert len(any_llm("embed", "--api-base", f"{provider.origin}/v1", stdin="one\n\ntwo\n").out.splitlines()) == 2
    assert provider.requests[0]["input"] == ["one", "two"]


def test_embed_needs_texts(any_llm: Command) -> None:
    done = any_llm("embed")
    assert done.code == 2
    assert "No texts" in done.err


def test_embed_shows_a_summary_on_a_terminal(drawn: Command) -> None:
    code, shown, _ = drawn("embed", "one")
    assert code == 0
    assert "dimensions" in shown
    assert "0.5000 -0.2500" in shown
    assert "3 tokens" in shown


def test_embed_shows_no_usage_that_it_does_not_know(drawn: Command) -> None:
    assert "tokens" not in drawn("embed", "one", "-m", "openai:untold").out


def test_models_of_a_provider_are_listed_by_name(any_llm: Command) -> None:
    assert any_llm("models", "openai").out == "model\towner\tcreated\nalpha\t\t\nzeta\tus\t2023-11-14\n"
    told = json.loads(any_llm("models", "openai", "--json").out)
    assert [model["id"] for model in told] == ["alpha", "zeta"]
    assert told[1]["owned_by"] == "us"


@pytest.mark.parametrize("arguments", [("models",), ("models", "local"), ("models", "list")], ids=str)
def test_local_models_are_listed_without_a_network(any_llm: Command, arguments: tuple[str, ...]) -> None:
    out = any_llm(*arguments).out
    assert "qwen2.5-coder-0.5b\tno\t491 MB\tApache-2.0" in out
    (small,) = (entry for entry in json.loads(any_llm(*arguments, "--json").out) if entry["id"] == "smollm2")
    assert (small["installed"], small["path"], small["bytes"]) == (False, None, 98_362_432)


def test_default_local_model_is_marked(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_LLM_MODEL", "local:smollm2")
    assert "smollm2 (default)\tno" in any_llm("models").out


def test_model_is_pulled_listed_and_removed(any_llm: Command, provider: LoopbackProvider) -> None:
    url = f"{provider.origin}/tiny.gguf"
    pulled = any_llm("models", "pull", url)
    assert (pulled.code, pulled.out) == (0, f"{url} is installed\n")
    (entry,) = (entry for entry in json.loads(any_llm("models", "--json").out) if entry["id"] == url)
    assert (entry["installed"], entry["bytes"], entry["licence"]) == (True, len(MODEL_FILE), None)
    assert Path(entry["path"]).read_bytes() == MODEL_FILE
    assert any_llm("models", "pull", url).code == 0
    assert any_llm("models", "remove", url).code == 0
    assert not Path(entry["path"]).exists()
    gone = any_llm("models", "remove", url)
    assert gone.code == 4
    assert "is not in the cache" in gone.err


def test_pull_shows_a_bar_on_a_terminal(drawn: Command, provider: LoopbackProvider) -> None:
    code, shown, _ = drawn("models", "pull", f"{provider.origin}/tiny.gguf", COLUMNS="160")
    assert code == 0
    assert "Fetching" in shown
    assert "is installed" in shown


def test_a_server_of_ones_own_is_had_to_pull_a_model(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("models", "pull", "--provider", "ollama", "--api-base", provider.origin, "qwen3:4b")
    assert (done.code, done.out) == (0, "qwen3:4b is at ollama\n")
    assert provider.requests == [{"model": "qwen3:4b", "stream": True}]
    unnamed = any_llm("models", "pull", "--provider", "ollama")
    assert unnamed.code == 2
    assert "Say which models" in unnamed.err


def test_the_pulling_of_a_server_is_drawn_on_a_terminal(drawn: Command, provider: LoopbackProvider) -> None:
    base = ("--api-base", provider.origin)
    code, shown, _ = drawn("models", "pull", "--provider", "ollama", *base, "qwen3:4b", COLUMNS="160")
    assert code == 0
    assert "Pulling qwen3:4b" in shown


def test_providers_tell_whose_keys_are_set_but_never_a_key(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "")
    told = {entry["name"]: entry for entry in json.loads(any_llm("providers", "--json").out)}
    assert told["openai"]["key_set"]
    assert told["openai"]["ready"]
    assert told["openai"]["base_url"].startswith("http://127.0.0.1:")
    assert (told["anthropic"]["key_set"], told["anthropic"]["ready"]) == (False, False)
    assert (told["local"]["needs_key"], told["local"]["ready"]) == (False, True)
    assert told["azureopenai"]["base_url"] is None
    table = any_llm("providers").out
    assert "openai\tOPENAI_API_KEY is set\t" in table
    assert "anthropic\tset ANTHROPIC_API_KEY\t" in table
    assert "local\tnot needed\tin this process" in table
    assert KEY not in table
    assert "anthropic" not in any_llm("providers", "--with-key").out


def test_providers_are_drawn_as_a_table_on_a_terminal(drawn: Command) -> None:
    code, shown, _ = drawn("providers", COLUMNS="200")
    assert code == 0
    assert "──" in shown
    assert "OPENAI_API_KEY is set" in shown


def diagnose(any_llm: Command, *flags: str) -> tuple[int, dict[str, dict[str, str]], list[str]]:
    done = any_llm("doctor", "--json", *flags)
    told = json.loads(done.out)
    assert {"python", "platform", "packages", "default_model", "local", "providers", "advice"} == set(told)
    return done.code, {entry["name"]: entry for entry in told["providers"]}, told["advice"]


def test_doctor_asks_those_whose_key_is_set(any_llm: Command) -> None:
    code, told, advice = diagnose(any_llm)
    assert code == 0
    assert (told["openai"]["status"], told["openai"]["detail"]) == ("answers", "2 models")
    assert told["anthropic"]["status"] == "not set up"
    assert told["anthropic"]["detail"] == "ANTHROPIC_API_KEY is not set"
    assert told["azureopenai"]["detail"] == "AZURE_OPENAI_ENDPOINT is not set"
    assert told["local"]["status"] == "in this process"
    assert any("any-llm models pull" in text for text in advice)


def test_doctor_says_what_to_do_about_refused_keys(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.provider.Handler.do_GET", refuse)
    code, told, advice = diagnose(any_llm)
    assert code == 1
    assert told["openai"]["status"] == "key refused"
    assert any(
        "openai refuses OPENAI_API_KEY: make a new key at https://platform.openai.com" in text for text in advice
    )


def refuse(handler: object) -> None:
    handler.answer(401, {"error": {"message": "bad key"}})  # type: ignore[attr-defined]  # a handler of the provider


def test_doctor_tells_servers_that_do_not_answer(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    code, told, advice = diagnose(any_llm)
    assert code == 1
    assert told["openai"]["status"] == "fails"
    assert told["ollama"]["status"] in {"not running", "answers", "fails"}
    assert any(text.startswith("openai fails at http://127.0.0.1:9/v1") for text in advice)


def test_doctor_gives_up_on_servers_that_hang(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.provider.Handler.do_GET", lambda _: time.sleep(1))
    _, told, _ = diagnose(any_llm, "--timeout", "0.3")
    assert (told["openai"]["status"], told["openai"]["detail"]) == ("fails", "no answer in 0.3 s")


@pytest.mark.parametrize("own", [None, "attempts:5"], ids=["by default", "unless the user says otherwise"])
def test_doctor_gives_up_early_on_dead_name_servers(
    any_llm: Command, monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    monkeypatch.delenv("RES_OPTIONS", raising=False)
    if own:
        monkeypatch.setenv("RES_OPTIONS", own)
    seen: list[str | None] = []

    def look(handler: object) -> None:
        seen.append(os.environ.get("RES_OPTIONS"))
        refuse(handler)

    monkeypatch.setattr("tests.cli.provider.Handler.do_GET", look)
    know_only(monkeypatch, "openai")
    diagnose(any_llm)
    assert seen == [own or "timeout:3 attempts:1"]
    assert os.environ.get("RES_OPTIONS") == own


def test_doctor_tells_errors_of_providers(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.provider.Handler.do_GET", lambda handler: handler.answer(500, {"error": "broken"}))
    _, told, _ = diagnose(any_llm)
    assert told["openai"]["status"] == "fails"


def know_only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the doctor know some providers only."""
    monkeypatch.setattr("any_llm.cli.doctor.records", lambda: [one for one in records() if one.name in names])


def test_doctor_asks_everybody_without_a_key(
    any_llm: Command, provider: LoopbackProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "any-llm.toml"
    start = f'base_url = "{provider.origin}/v1"\nkey = "OTHER_KEY"\noperations'
    mine = f'[providers.mine]\n{start} = ["list_models"]\n'
    config.write_text(f'{mine}[providers.chatty]\n{start} = ["completion"]\nkey_optional = true\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    monkeypatch.setattr("tests.cli.provider.Handler.do_GET", refuse)
    know_only(monkeypatch, "mine", "chatty")
    code, told, advice = diagnose(any_llm, "--all")
    assert code == 0
    assert (told["mine"]["status"], told["chatty"]["status"]) == ("can be reached", "not asked")
    assert any("OPENAI_API_KEY" in text for text in advice)


def test_doctor_without_providers_and_with_a_local_model_has_nothing_to_advise_about_it(
    any_llm: Command, provider: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_only(monkeypatch, "local")
    any_llm("models", "pull", f"{provider.origin}/tiny.gguf")
    done = any_llm("doctor")
    assert done.code == 0
    assert "tiny.gguf" in done.out
    assert "models pull" not in done.out
    assert "not set up" not in done.out


def test_doctor_speaks_to_people_too(drawn: Command) -> None:
    code, shown, _ = drawn("doctor", COLUMNS="150")
    assert code == 0
    assert "asking providers" in shown
    assert "answers" in shown
    assert "more providers are not set up" in shown
    assert "→ " in shown


def test_doctor_advises_the_local_runtime_where_it_is_missing(
    any_llm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("any_llm.cli.doctor.find_spec", lambda name: None)
    monkeypatch.setattr("any_llm.cli.doctor._PACKAGES", ("any-llm", "no-such-package"))
    done = any_llm("doctor")
    assert "Local runtime not installed" in done.out
    assert "pip install 'any-llm[local]'" in done.out
    assert "no-such-package" not in done.out


def test_main_runs_the_command_and_exits_with_its_code(
    any_llm: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    for arguments, code in ((["--help"], 0), (["--version"], 0), (["nonsense"], 2)):
        monkeypatch.setattr(sys, "argv", ["any-llm", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        shown.append("".join(capsys.readouterr()).partition("\n")[0])
    assert shown[:2] == ["Usage: any-llm COMMAND [ARGUMENTS]", package.__version__]
    assert "nonsense" in shown[2]


def test_reader_that_leaves_is_no_failure_of_ours(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        done = any_llm("providers")
    assert (done.code, done.err) == (141, "")


def interrupted() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def test_interrupt_has_its_own_code(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_llm.cli.application.COMMANDS", (commands.Command("chat", f"{__name__}:interrupted", ""),))
    assert any_llm("chat") == (130, "", "any-llm: interrupted\n")
