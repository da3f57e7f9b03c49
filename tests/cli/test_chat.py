"""`any-llm chat`: what is sent, and what is printed where."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from any_llm.cli.asking import tell_warnings
from any_llm.types.report import Report, Warning  # noqa: A004  # its name
from tests.cli.conftest import KEY, Command, Terminal
from tests.cli.provider import MARKDOWN, Handler, LoopbackProvider

COLOUR = re.compile(r"\x1b\[(?:\d+;)*3[0-7]m")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def test_answer_is_printed_and_nothing_else(any_llm: Command) -> None:
    assert any_llm("chat", "Hello there") == (0, "You said: Hello there\n", "")


def test_words_of_the_prompt_need_no_quotes_and_flags_may_follow(any_llm: Command, provider: LoopbackProvider) -> None:
    done = any_llm("chat", "Hello", "there", "-m", "openai:markdown", "-s", "Be brief.", "--temperature", "0.5")
    assert done.out == MARKDOWN
    (body,) = provider.requests
    assert (body["model"], body["temperature"], body["stream"]) == ("markdown", 0.5, True)
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello there"},
    ]
    assert provider.keys == [f"Bearer {KEY}"]


def test_every_flag_reaches_the_provider(any_llm: Command, provider: LoopbackProvider) -> None:
    flags = ("--max-tokens", "9", "--reasoning-effort", "low", "-o", "top_p=0.5", "-o", 'stop=["a"]', "-o", "user=me")
    assert any_llm("chat", "Hi", "--no-stream", *flags) == (0, "You said: Hi\n", "")
    (body,) = provider.requests
    assert "stream" not in body
    assert {name: body[name] for name in ("reasoning_effort", "top_p", "stop", "user")} == {
        "reasoning_effort": "low",
        "top_p": 0.5,
        "stop": ["a"],
        "user": "me",
    }
    assert 9 in {body.get("max_tokens"), body.get("max_completion_tokens")}


def test_other_base_url_is_called(
    any_llm: Command, provider: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert any_llm("chat", "Hi", "--api-base", f"{provider.origin}/v1").out == "You said: Hi\n"


@pytest.mark.parametrize(
    ("arguments", "piped", "asked"),
    [
        (("chat",), "From a pipe.\n", "From a pipe."),
        (("chat", "Sum up:"), "From a pipe.\n", "Sum up:\n\nFrom a pipe."),
        (("chat", "Sum up:", "--no-stdin"), "From a pipe.\n", "Sum up:"),
        (("chat", "Sum up:", "--stdin"), "", "Sum up:"),
    ],
    ids=["prompt", "added", "unread", "empty"],
)
def test_piped_input_is_the_prompt_or_is_added_to_it(
    any_llm: Command, provider: LoopbackProvider, arguments: tuple[str, ...], piped: str, asked: str
) -> None:
    assert any_llm(*arguments, stdin=piped).code == 0
    assert provider.requests[0]["messages"][-1]["content"] == asked


def test_images_and_files_become_parts_of_the_message(
    any_llm: Command, provider: LoopbackProvider, tmp_path: Path
) -> None:
    image, pdf, text = tmp_path / "a.png", tmp_path / "b.pdf", tmp_path / "c.md"
    image.write_bytes(PNG)
    pdf.write_bytes(b"%PDF-1.7")
    text.write_text("Some ```code``` here.\n")
    link = "https://example.com/x.jpg"
    arguments = ("-i", str(image), "-i", link, "-f", str(pdf), "-f", str(text))
    assert any_llm("chat", "Look", *arguments).code == 0
    parts = provider.requests[0]["messages"][0]["content"]
    assert parts == [
        {
            "type": "file",
            "file": {
                "filename": "b.pdf",
                "file_data": f"data:application/pdf;base64,{base64.b64encode(b'%PDF-1.7').decode()}",
            },
        },
        {"type": "text", "text": "File c.md:\n````\nSome ```code``` here.\n````"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}},
        {"type": "image_url", "image_url": {"url": link}},
        {"type": "text", "text": "Look"},
    ]


def test_image_alone_is_enough_of_a_prompt(any_llm: Command, provider: LoopbackProvider) -> None:
    assert any_llm("chat", "-i", "https://example.com/x.jpg").code == 0
    assert len(provider.requests[0]["messages"][0]["content"]) == 1


def test_json_is_one_stable_object(any_llm: Command) -> None:
    done = any_llm("chat", "-m", "openai:thinker", "Hi", "--json")
    assert json.loads(done.out) == {
        "provider": "openai",
        "model": "thinker",
        "id": "c1",
        "content": "You said: Hi",
        "refusal": None,
        "reasoning": "Let me think.",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        "warnings": [],
    }


def test_json_of_an_empty_answer_has_the_same_members(any_llm: Command) -> None:
    told = json.loads(any_llm("chat", "-m", "openai:silent", "Hi", "--json").out)
    assert (told["content"], told["finish_reason"], told["usage"]["total_tokens"]) == (None, None, 12)


def test_refusal_is_printed(any_llm: Command) -> None:
    assert any_llm("chat", "-m", "openai:refuser", "Hi", "--no-stream").out == "I will not.\n"
    assert json.loads(any_llm("chat", "-m", "openai:refuser", "Hi", "--json").out)["refusal"] == "I will not."


def test_thoughts_stay_out_of_a_pipe(any_llm: Command) -> None:
    assert any_llm("chat", "-m", "openai:thinker", "Hi").out == "You said: Hi\n"
    assert any_llm("chat", "-m", "openai:thinker", "Hi", "--no-stream").out == "You said: Hi\n"


def test_empty_answer_prints_nothing(any_llm: Command) -> None:
    assert any_llm("chat", "-m", "openai:empty", "Hi") == (0, "", "")
    assert any_llm("chat", "-m", "openai:empty", "Hi", "--no-stream") == (0, "", "")


def test_schema_is_sent_and_the_answer_parsed(any_llm: Command, provider: LoopbackProvider, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "properties": {"name": {"type": "string"}}}')
    arguments = ("chat", "-m", "openai:json", "--schema", str(schema), "Who?")
    assert any_llm(*arguments).out == '{"name": "A"}\n'
    assert json.loads(any_llm(*arguments, "--json").out)["parsed"] == {"name": "A"}
    sent = provider.requests[0]["response_format"]["json_schema"]["schema"]
    assert sent["properties"] == {"name": {"type": "string"}}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("-m", "opnai:x", "Hi"), 2, "'opnai' is not a supported provider. Did you mean 'openai'"),
        (("-m", "x", "Hi"), 2, "'x'"),
        (("-i", "/no/such.png", "Hi"), 2, "--image '/no/such.png' cannot be read: No such file or directory"),
        (("-i", __file__, "Hi"), 2, "is no image that is known"),
        (("-f", "/no/such.txt", "Hi"), 2, "--file '/no/such.txt' cannot be read: No such file or directory"),
        (("--schema", "/no/such.json", "Hi"), 2, "--schema '/no/such.json' cannot be read"),
        (("--schema", __file__, "Hi"), 2, "is no JSON schema"),
        (("-o", "top_p", "Hi"), 2, "--option 'top_p': write NAME=VALUE"),
        (("--temperature", "warm", "Hi"), 2, "--temperature"),
        (("--no-such-flag", "Hi"), 2, "--no-such-flag"),
        ((), 2, "No prompt: give one as an argument or on standard input"),
        (("--json",), 2, "No prompt"),
        (("-m", "anthropic:x", "Hi"), 3, "ANTHROPIC_API_KEY"),
        (("-m", "openai:status-401", "Hi"), 3, "no luck with status-401"),
        (("-m", "openai:status-400", "Hi"), 4, "no luck with status-400"),
        (("-m", "openai:status-404", "Hi"), 4, "no luck with status-404"),
        (("-m", "openai:status-429", "Hi"), 5, "no luck with status-429"),
        (("-m", "openai:status-402", "Hi"), 5, "no luck with status-402"),
        (("-m", "openai:status-500", "Hi"), 6, "no luck with status-500"),
        (("-m", "openai:endless", "-o", "timeout=0.000001", "Hi"), 7, ""),
        (("--api-base", "http://127.0.0.1:9/v1", "Hi"), 8, "127.0.0.1:9"),
        (("-m", "local:no-such-model", "Hi"), 4, "No local model is called 'no-such-model'"),
    ],
    ids=str,
)
def test_failure_is_one_line_and_an_exit_code(
    any_llm: Command, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = any_llm("chat", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1 or "--json" in arguments
    assert told in done.err
    assert KEY not in done.err


def test_binary_file_is_refused(any_llm: Command, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(b"\xff\x00\xfe")
    done = any_llm("chat", "-f", str(file), "Hi")
    assert done.code == 2
    assert "is neither text nor of a kind that is known" in done.err
    file.write_bytes(b"text" * 2_000 + b"\xff")
    assert "begins like a text in UTF-8, and is none" in any_llm("chat", "-f", str(file), "Hi").err


def test_recordings_and_videos_are_files_too(any_llm: Command, provider: LoopbackProvider, tmp_path: Path) -> None:
    sound, film = tmp_path / "a.mp3", tmp_path / "b.mp4"
    sound.write_bytes(b"ID3\x04")
    film.write_bytes(b"\x00\x00\x00\x20ftypisom")
    assert any_llm("chat", "-f", str(sound), "-f", str(film), "Hi").code == 0
    parts = provider.requests[0]["messages"][0]["content"]
    assert parts[0] == {"type": "input_audio", "input_audio": {"data": "SUQzBA==", "format": "mp3"}}
    assert parts[1]["video_url"]["url"].startswith("data:video/mp4;base64,")


def test_answer_that_breaks_off_is_kept_and_told(any_llm: Command) -> None:
    done = any_llm("chat", "-m", "openai:breaks", "Hi")
    assert done.code == 6
    assert done.out == "You said: Hi\n"
    assert done.err.startswith("any-llm: ")


@pytest.mark.parametrize(("model", "code"), [("cut", 9), ("prose", 9)])
def test_answer_that_cannot_be_parsed_has_its_own_code(any_llm: Command, tmp_path: Path, model: str, code: int) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object"}')
    assert any_llm("chat", "-m", f"openai:{model}", "--schema", str(schema), "Hi", "--json").code == code


def test_json_failure_is_json_too(any_llm: Command) -> None:
    done = any_llm("chat", "-m", "openai:status-429", "Hi", "--json")
    error = json.loads(done.err)["error"]
    assert (error["type"], error["status_code"], error["exit_code"]) == ("RateLimitError", 429, 5)
    usage = json.loads(any_llm("chat", "--nonsense", "--json").err)["error"]
    assert (usage["type"], usage["exit_code"]) == ("usage", 2)


def test_debug_shows_where_an_error_comes_from(any_llm: Command) -> None:
    done = any_llm("chat", "-m", "openai:status-401", "Hi", "--debug")
    assert done.code == 3
    assert "Traceback" in done.err
    assert KEY not in done.err


def test_what_the_provider_cannot_express_is_a_warning(
    any_llm: Command, provider: LoopbackProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "any-llm.toml"
    config.write_text(f'[providers.mine]\nbase_url = "{provider.origin}/v1"\ndrop = ["seed"]\n')
    monkeypatch.setenv("ANY_LLM_CONFIG", str(config))
    done = any_llm("chat", "-m", "mine:echo", "-o", "seed=3", "Hi")
    assert done.code == 0
    assert done.err.startswith("any-llm: warning: seed was dropped")
    assert any_llm("chat", "-m", "mine:echo", "-o", "seed=3", "Hi", "--json").err == done.err


def test_limit_that_a_vendor_demands_is_news_only_to_those_who_gave_one(capsys: pytest.CaptureFixture[str]) -> None:
    added = Warning("emulated", "max_tokens", "the API demands a limit")
    report = Report(warnings=(added, Warning("emulated", "tools"), Warning("dropped", "seed")))
    tell_warnings(report, {"seed": 3})
    others = "any-llm: warning: tools was emulated\nany-llm: warning: seed was dropped\n"
    assert capsys.readouterr().err == others
    tell_warnings(report, {"max_tokens": 5})
    assert capsys.readouterr().err == f"any-llm: warning: {added}\n{others}"


def test_limit_that_a_vendor_demands_stays_in_json(any_llm: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.provider.Handler.do_POST", answer_as_anthropic)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    base = ("--api-base", os.environ["OPENAI_BASE_URL"].removesuffix("/v1"))
    asked = ("-m", "anthropic:claude-sonnet-4-5", *base, "Hi")
    assert any_llm("chat", *asked, "--no-stream") == (0, "Hello\n", "")
    done = any_llm("chat", *asked, "--json")
    assert done.err == ""
    (warning,) = json.loads(done.out)["warnings"]
    assert warning.startswith("max_tokens was emulated")


def answer_as_anthropic(handler: Handler) -> None:
    handler.rfile.read(int(handler.headers["Content-Length"]))
    content = [{"type": "text", "text": "Hello"}]
    usage = {"input_tokens": 1, "output_tokens": 1}
    whole = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": content}
    handler.answer(200, {**whole, "stop_reason": "end_turn", "usage": usage})


def test_text_goes_through_a_real_pipe(shell: Command) -> None:
    assert shell("chat", "Sum up:", stdin="From a pipe.") == (0, "You said: Sum up:\n\nFrom a pipe.\n", "")


def test_markdown_is_drawn_on_a_terminal(drawn: Command) -> None:
    done = drawn("chat", "-m", "openai:markdown", "Hi")
    assert done.code == 0
    assert "Title" in done.out
    assert "```" not in done.out
    assert "\x1b[3m" in done.out
    assert "\x1b[36m 1 \x1b[0mone" in done.out


def test_whole_answer_is_drawn_as_markdown_too(drawn: Command) -> None:
    assert "\x1b[36m 1 \x1b[0mone" in drawn("chat", "-m", "openai:markdown", "Hi", "--no-stream").out
    shown = drawn("chat", "-m", "openai:thinker", "Hi", "--no-stream").out
    assert shown.index("Let me think.") < shown.index("You said: Hi")


def test_plain_text_is_shown_when_asked_for(drawn: Command) -> None:
    assert drawn("chat", "-m", "openai:markdown", "Hi", "--plain").out == MARKDOWN


def test_terminal_that_cannot_draw_gets_plain_text(drawn: Command) -> None:
    assert drawn("chat", "-m", "openai:markdown", "Hi", TERM="dumb").out == MARKDOWN


def test_thoughts_are_shown_on_a_terminal_before_the_answer(drawn: Command) -> None:
    shown = drawn("chat", "-m", "openai:thinker", "Hi").out
    assert "\x1b[2mLet me think.\x1b[22m" in shown
    assert shown.index("think.") < shown.index("You said: Hi")


def test_no_color_leaves_colours_out(drawn: Command) -> None:
    coloured, plain = (drawn("chat", "-m", "openai:markdown", "Hi", NO_COLOR=value).out for value in ("", "1"))
    assert COLOUR.search(coloured)
    assert "print" in plain
    assert not COLOUR.search(plain)


def test_prompt_is_asked_for_on_a_terminal(drawn: Command, provider: LoopbackProvider) -> None:
    done = drawn("chat", typed="One\n/exit\n")
    assert done.code == 0
    assert "You said: One" in done.out
    assert provider.requests[0]["messages"] == [{"role": "user", "content": "One"}]


def test_interrupt_closes_the_stream(terminal: Callable[..., Terminal], provider: LoopbackProvider) -> None:
    screen = terminal("chat", "-m", "openai:endless", "Hi")
    screen.read_until("more more")
    screen.process.send_signal(signal.SIGINT)
    shown = screen.read_to_end()
    assert screen.close() == 130
    assert "any-llm: interrupted" in shown
    assert "Traceback" not in shown
    assert provider.closed.wait(10)


def test_conversation_goes_on_after_mistakes_and_interruptions(
    terminal: Callable[..., Terminal], provider: LoopbackProvider
) -> None:
    screen = terminal("chat", "-s", "Be kind.")
    screen.read_until("/help lists commands")
    screen.type("First\n")
    screen.read_until("You said: First")
    screen.type('"""two\nlines"""\n')
    screen.read_until("You said: two")
    screen.type("/model openai:status-500\n")
    screen.read_until("talking to openai:status-500")
    screen.type("Third\n")
    screen.read_until("no luck with status-500")
    screen.type("/model openai:endless\n")
    screen.read_until("talking to openai:endless")
    screen.type("Fourth\n")
    screen.read_until("more more")
    screen.process.send_signal(signal.SIGINT)
    screen.read_until("any-llm: stopped")
    assert provider.closed.wait(10)
    screen.type("/nonsense\n")
    screen.read_until("unknown command '/nonsense'")
    screen.read_until("/exit           leave")
    screen.type("/exit\n")
    screen.read_to_end()
    assert screen.close() == 0
    contents = [[message["content"] for message in body["messages"]] for body in provider.requests]
    assert contents[:2] == [
        ["Be kind.", "First"],
        ["Be kind.", "First", "You said: First", "two\nlines"],
    ]
    assert contents[2] == [*contents[1], "You said: two\nlines", "Third"]
    assert contents[3] == [*contents[1], "You said: two\nlines", "Fourth"]


def test_reader_that_leaves_ends_the_command_quietly(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -c 'from any_llm.cli import main; main()' chat -m openai:endless Hi | head -c 20"
    script = f"set -o pipefail; {command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")
    assert done.stdout == "You said: Himore mor"
