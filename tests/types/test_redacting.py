"""What looks like a key is found whatever stands around it, though most texts are passed by at a glance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.types.secret import _LIKELY_KEY, redact

KEYS = (
    "sk-" + "a" * 16, "hf_" + "B" * 17, "AKIA" + "Z" * 16, "github_pat_" + "c" * 20, "ya29." + "d" * 16,
    "hvs." + "e" * 16, "hvb." + "f" * 16, "hvr." + "0" * 16, "Bearer " + "g" * 8, "BASIC " + "h" * 8,
    "eyJ" + "i" * 10 + "." + "j" * 10 + ".",
)  # fmt: skip
BESIDE = st.sampled_from(
    [" ", "\n", ".", "-", "x", "key: ", "basic ", "eyJ", "word", "0" * 20, "ä", '"', "sk-", "Bearer"]
)


@pytest.mark.parametrize("key", KEYS)
def test_each_kind_of_key_is_found_by_itself(key: str) -> None:
    assert "********" in redact(f"say {key} again")


@given(st.lists(st.one_of(BESIDE, st.sampled_from(KEYS), st.text(max_size=20)), max_size=12).map("".join))
def test_a_glance_misses_nothing_that_looks_like_a_key(text: str) -> None:
    assert redact(text) == _LIKELY_KEY.sub("********", text)
