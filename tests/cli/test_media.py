"""`any-llm image`, `speak`, `transcribe` and `rerank`: what is sent, and what is printed and written where."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from typing_extensions import override

from any_llm.cli.exits import Exit
from tests.cli.conftest import Command
from tests.docs.operations import MP3, PNG, SAID, Asked, Said, find
from tests.docs.provider import Handler

QUIET = ("-m", "openai:gpt-4o-mini-tts", "-v", "alloy")
DRAWING = ("-m", "openai:gpt-image-1")


class Provider(NamedTuple):
    """A running provider: what it was asked, and what it is to answer whatever it is asked."""

    asked: list[Asked]
    answers: list[Said]


@pytest.fixture
def asked(any_llm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Provider]:
    """Serve the provider of the documentation, and work in an empty folder."""
    provider = Provider([], [])

    class Recording(Handler):
        @override
        def operate(self, asked: Asked) -> Said | None:
            provider.asked.append(asked)
            return provider.answers[0] if provider.answers else super().operate(asked)

    with ThreadingHTTPServer(("127.0.0.1", 0), Recording) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("COHERE_API_KEY", "k")
        monkeypatch.setenv("COHERE_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.chdir(tmp_path)
        yield provider
        server.shutdown()
        thread.join()


def test_image_is_written_and_its_path_printed(any_llm: Command, asked: Provider) -> None:
    done = any_llm("image", "A", "cat", *DRAWING, "-o", "cat.png", "--size", "1024x1024", "--option", "user=me")
    assert done == (0, "cat.png\n", "")
    assert Path("cat.png").read_bytes() == PNG
    assert asked.asked[0].fields == {"model": "gpt-image-1", "prompt": "A cat", "size": "1024x1024", "user": "me"}


def test_several_images_get_numbers_and_a_usual_name(any_llm: Command, asked: Provider) -> None:
    assert any_llm("image", "A cat", *DRAWING, "-n", "2").out == "image-1.png\nimage-2.png\n"
    assert Path("image-2.png").read_bytes() == PNG


@pytest.mark.parametrize(("name", "form"), [("a.jpg", "jpeg"), ("a.webp", "webp")])
def test_the_ending_says_the_format_of_an_image(any_llm: Command, asked: Provider, name: str, form: str) -> None:
    any_llm("image", "A cat", *DRAWING, "-o", name)
    assert asked.asked[0].fields["output_format"] == form


def test_an_image_that_is_given_is_changed(any_llm: Command, asked: Provider) -> None:
    Path("cat.png").write_bytes(PNG)
    done = any_llm("image", "Make it blue", *DRAWING, "-i", "cat.png", "-o", "blue.png", "--json")
    assert (asked.asked[0].path, asked.asked[0].file) == ("/images/edits", PNG)
    told = json.loads(done.out)
    assert told["files"] == [{"path": "blue.png", "bytes": len(PNG)}]
    assert (told["provider"], told["model"], told["usage"]["total_tokens"]) == ("openai", "gpt-image-1", 4169)


def test_an_image_that_the_provider_keeps_is_told_by_its_address(any_llm: Command, asked: Provider) -> None:
    asked.answers.append(Said({"created": 1, "data": [{"url": "https://images.test/1.png"}]}))
    done = any_llm("image", "A cat", *DRAWING)
    assert done.out == "https://images.test/1.png\n"
    assert "b64_json" in done.err


def test_a_folder_that_is_not_there_is_told(any_llm: Command, asked: Provider) -> None:
    done = any_llm("image", "A cat", *DRAWING, "-o", "none/cat.png")
    assert done.code == 2
    assert done.err == "any-llm: --output 'none/cat.png' cannot be written: No such file or directory\n"


@pytest.mark.parametrize(("command", "rest"), [("image", DRAWING), ("speak", QUIET)])
def test_nothing_to_make_is_told(any_llm: Command, asked: Provider, command: str, rest: tuple[str, ...]) -> None:
    done = any_llm(command, *rest)
    assert done.code == 2
    assert done.err.startswith("any-llm: No ")
    assert asked.asked == []


def test_speech_is_written_in_the_format_of_the_ending(any_llm: Command, asked: Provider) -> None:
    assert any_llm("speak", "Hello", *QUIET, "-o", "hello.wav", "--speed", "1.5") == (0, "hello.wav\n", "")
    assert Path("hello.wav").read_bytes() == MP3
    assert asked.asked[0].fields == {
        "model": "gpt-4o-mini-tts",
        "input": "Hello",
        "voice": "alloy",
        "speed": 1.5,
        "response_format": "wav",
    }


def test_what_is_piped_in_is_spoken(any_llm: Command, asked: Provider) -> None:
    done = any_llm("speak", *QUIET, "--json", stdin="Hello\n")
    assert asked.asked[0].fields["input"] == "Hello"
    assert json.loads(done.out) == {
        "provider": "openai",
        "model": "gpt-4o-mini-tts",
        "files": [{"path": "speech.mp3", "bytes": len(MP3)}],
        "media_type": "audio/mpeg",
        "warnings": [],
    }


def test_bytes_go_to_standard_output(any_llm: Command, asked: Provider) -> None:
    assert any_llm("speak", "Hello", *QUIET, "-o", "-").out.encode() == MP3
    assert list(Path().iterdir()) == []


def test_bytes_do_not_go_to_a_terminal(drawn: Command, asked: Provider) -> None:
    done = drawn("speak", "Hello", *QUIET, "-o", "-")
    assert done.code == 2
    assert "a terminal cannot show" in done.out


@pytest.fixture
def meeting(asked: Provider) -> str:
    """Return the path of a recording."""
    Path("meeting.mp3").write_bytes(MP3)
    return "meeting.mp3"


def test_what_is_said_is_printed(any_llm: Command, asked: Provider, meeting: str) -> None:
    done = any_llm("transcribe", meeting, "-m", "openai:whisper-1", "--language", "en")
    assert done == (0, f"{SAID}\n", "")
    assert (asked.asked[0].field("language"), asked.asked[0].file) == ("en", MP3)


def test_words_are_printed_with_their_times(any_llm: Command, meeting: str) -> None:
    done = any_llm("transcribe", meeting, "-m", "openai:whisper-1", "--words")
    assert done.out.splitlines()[:2] == ["0.00\t0.40\tWe", "0.50\t0.90\tship"]


def test_speakers_are_printed(any_llm: Command, meeting: str) -> None:
    done = any_llm("transcribe", meeting, "-m", "openai:gpt-4o-transcribe-diarize", "--speakers")
    assert done.out == f"A\t{SAID}\n"


def test_recording_is_translated(any_llm: Command, asked: Provider, meeting: str) -> None:
    assert any_llm("transcribe", meeting, "-m", "openai:whisper-1", "--translate").out == f"{SAID}\n"
    assert asked.asked[0].path == "/audio/translations"


def test_transcription_is_told_as_json(any_llm: Command, meeting: str) -> None:
    told = json.loads(any_llm("transcribe", meeting, "-m", "openai:whisper-1", "--words", "--json").out)
    assert (told["provider"], told["text"], told["duration"], told["warnings"]) == ("openai", SAID, 2.0, [])
    assert told["words"][0] == {"word": "We", "start": 0.0, "end": 0.4}


def test_a_recording_that_is_not_there_is_told(any_llm: Command, asked: Provider) -> None:
    done = any_llm("transcribe", "none.mp3", "-m", "openai:whisper-1")
    assert done.code == Exit.USAGE
    assert "none.mp3" in done.err
    assert asked.asked == []


def test_texts_are_ranked(any_llm: Command, asked: Provider) -> None:
    done = any_llm("rerank", "the capital", "bread", "the capital is Paris", "-m", "cohere:rerank-v3.5")
    assert done.out == "score\tindex\tdocument\n0.2000\t1\tthe capital is Paris\n0.0000\t0\tbread\n"


def test_lines_are_ranked(any_llm: Command, asked: Provider) -> None:
    flags = ("-m", "cohere:rerank-v3.5", "--top-n", "1", "--json")
    done = any_llm("rerank", "capital", *flags, stdin="bread\n\nthe capital is Paris\n")
    (told,) = map(json.loads, done.out.splitlines())
    assert told == {"index": 1, "relevance_score": 0.1, "document": "the capital is Paris"}


def test_nothing_to_rank_is_told(any_llm: Command, asked: Provider) -> None:
    done = any_llm("rerank", "capital", "-m", "cohere:rerank-v3.5")
    assert (done.code, asked.asked) == (2, [])
    assert "No texts to rank" in done.err


@pytest.mark.parametrize("path", ["/nothing", "/models/x"])
def test_the_provider_answers_only_what_it_knows(path: str) -> None:
    assert find("POST", path) is None
