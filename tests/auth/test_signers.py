"""Signers that see the whole request."""

from __future__ import annotations

import subprocess
import sys

import pytest

from any_llm.auth.aws import sign_for_aws
from any_llm.auth.headers import SIGNERS
from any_llm.auth.signers import ARGUMENTS, REQUEST_SIGNERS, request_signer

IMPORTED = "import sys, any_llm.engine.dispatch; print('any_llm.auth.aws' in sys.modules)"


def test_a_signer_is_found_by_its_name() -> None:
    assert request_signer("aws") is sign_for_aws
    names = [getattr(request_signer(name), "__name__", "") for name in REQUEST_SIGNERS]
    assert names == [f"sign_for_{name}" for name in REQUEST_SIGNERS]


def test_only_signers_have_arguments_of_their_own() -> None:
    assert REQUEST_SIGNERS.keys() >= ARGUMENTS.keys()


def test_a_name_stands_for_one_signer() -> None:
    assert SIGNERS.keys().isdisjoint(REQUEST_SIGNERS)
    with pytest.raises(KeyError):
        request_signer("bearer")


def test_a_signer_is_imported_when_it_is_needed() -> None:
    told = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
