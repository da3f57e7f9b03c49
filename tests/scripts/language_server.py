"""A small client of a language server: what an editor asks when somebody types."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self


class LanguageServer:
    """basedpyright's language server over its standard input and output."""

    def __init__(self, folder: Path, *places: Path, python: str = sys.executable) -> None:
        self._folder, self._places, self._python, self._asked = folder, places, python, 0
        command = [str(Path(sys.executable).parent / "basedpyright-langserver"), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "workspaceFolders": [{"uri": folder.as_uri(), "name": "folder"}],
                "capabilities": {"workspace": {"configuration": True}},
            },
        )
        self._say({"method": "initialized", "params": {}})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ask("shutdown", None)
        self._say({"method": "exit"})
        self._process.communicate(timeout=30)

    def complete(self, text: str) -> list[str]:
        """Return what is proposed where the text has a bar, as the editor would insert it."""
        before, after = text.split("|")
        uri = (self._folder / f"use{self._asked}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": before + after}
        self._say({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        found = self._ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": place})
        return [item["label"] for item in (found or {"items": []})["items"]]

    def _ask(self, method: str, params: object) -> Any:  # noqa: ANN401  # foreign JSON
        self._asked += 1
        self._say({"id": self._asked, "method": method, "params": params})
        while True:
            heard = self._hear()
            if "method" not in heard and heard.get("id") == self._asked:
                return heard.get("result")
            if "method" in heard and "id" in heard:
                self._say({"id": heard["id"], "result": self._answer(heard)})

    def _answer(self, heard: Mapping[str, Any]) -> object:
        if heard["method"] != "workspace/configuration":
            return None
        settings = {"pythonPath": self._python, "analysis": {"extraPaths": [str(place) for place in self._places]}}
        return [settings for _ in heard["params"]["items"]]

    def _say(self, message: Mapping[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        stream: IO[bytes] = self._process.stdout
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        heard: dict[str, Any] = json.loads(stream.read(length))
        return heard
