"""The mock servers of others; the tests of each are collected where it could be installed.

`scripts/test` installs them, and says so loudly when it could not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection

import pytest

from any_llm.types.json import JSON, JSONObject
from tests.peers.mocks.places import AIMOCK, ANSWERS, LLMOCK, NODE, serving

collect_ignore = [
    *([] if AIMOCK.is_file() and NODE else ["test_aimock.py"]),
    *([] if LLMOCK.is_file() else ["test_llmock.py"]),
]


@pytest.fixture(scope="session")
def aimock() -> Iterator[str]:
    """The URL of aimock, with answers of ours."""
    command = [str(NODE), str(AIMOCK), "-p", "0", "-f", str(ANSWERS)]
    with serving(command, re.compile(r"listening on (http://\S+)"), os.environ) as url:
        yield url


class Llmock:
    """llmock, which breaks what it is told to, and judges the client.

    Args:
        url: where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._address = url.removeprefix("http://")

    def prepare(self, *behaviours: JSONObject) -> None:
        """Forget everything, and behave so from now on."""
        self._ask("POST", "/reset")
        if behaviours:
            self._ask("POST", "/scenario", {"behaviors": behaviours})

    @property
    def verdict(self) -> tuple[int, Sequence[str]]:
        """How many attempts there were, and what is to be said against them."""
        judged = self._ask("GET", "/verdict")
        return judged["attempts"], [finding["code"] for finding in judged["findings"]]

    def _ask(self, method: str, path: str, body: JSON = None) -> JSON:
        connection = HTTPConnection(self._address, timeout=30)
        try:
            connection.request(method, f"/_llmock{path}", None if body is None else json.dumps(body))
            return json.load(connection.getresponse())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def breaker() -> Iterator[Llmock]:
    """A running llmock that says what it hears."""
    command = [str(LLMOCK.with_name("python")), "-m", "uvicorn", "llmock.main:app", "--port", "0", "--no-access-log"]
    environment = {**os.environ, "LLMOCK_RESPONSE_STYLE": "echo"}
    with serving(command, re.compile(r"running on (http://\S+)"), environment) as url:
        yield Llmock(url)
