"""What every test of the client uses: a scripted server, and a client of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from any_llm import AnyLLM
from tests.client.answers import KEY
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Script, Server

__all__ = ["serve"]

Client: TypeAlias = Callable[..., AnyLLM]


@pytest.fixture
def client(serve: Serve) -> Client:
    """Make a client of a server that follows a script; the server is the client's attribute `server`."""

    def make(script: Script, **client_args: object) -> AnyLLM:
        return client_of(serve(script), **client_args)

    return make


def client_of(server: Server, **client_args: object) -> AnyLLM:
    """Make a client of a server."""
    return AnyLLM.create("openai", api_key=KEY, api_base=server.url("/v1"), **client_args)
