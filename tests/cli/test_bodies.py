"""The bodies of the commands: each is found, and takes what its signature hands on."""

from __future__ import annotations

import inspect

import pytest

from any_llm.cli import bodies, signatures


@pytest.mark.parametrize("name", bodies.__all__)
def test_every_body_is_found(name: str) -> None:
    assert callable(getattr(bodies, name))


def test_no_other_name_is_a_body() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = bodies.nothing


def test_wire_takes_what_its_signature_says() -> None:
    shown, taken = (inspect.signature(one).parameters for one in (signatures.wire, bodies.wire))
    assert list(shown) == list(taken)
