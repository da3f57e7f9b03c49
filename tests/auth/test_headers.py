"""Keys in headers: each signer says what its vendor reads, and nothing without a key."""

from __future__ import annotations

import pytest

from any_llm.auth.headers import SIGNERS
from any_llm.types.secret import Secret, redact_headers

WANTED = {
    "bearer": {"Authorization": "Bearer k-123"},
    "token": {"Authorization": "Token k-123"},
    "key": {"Authorization": "Key k-123"},
    "bare": {"Authorization": "k-123"},
    "x-api-key": {"x-api-key": "k-123"},
    "api-key": {"api-key": "k-123"},
    "x-goog-api-key": {"x-goog-api-key": "k-123"},
    "xi-api-key": {"xi-api-key": "k-123"},
    "x-gladia-key": {"x-gladia-key": "k-123"},
    "x-key": {"x-key": "k-123"},
    "none": {},
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signer_adds_the_key_where_its_vendor_reads_it(name: str) -> None:
    headers: dict[str, str] = {}
    SIGNERS[name](headers, Secret("k-123"))
    assert headers == WANTED[name]


@pytest.mark.parametrize("name", SIGNERS)
def test_without_a_key_nothing_is_added(name: str) -> None:
    headers: dict[str, str] = {}
    SIGNERS[name](headers, None)
    assert headers == {}


@pytest.mark.parametrize("name", SIGNERS)
def test_no_header_of_a_key_is_shown(name: str) -> None:
    headers: dict[str, str] = {}
    SIGNERS[name](headers, Secret("k-123"))
    assert "k-123" not in str(redact_headers(headers))
