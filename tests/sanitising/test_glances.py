"""A glance at a text before all patterns are tried in it: it never overlooks what a pattern would find."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from any_llm.sanitising.detectors import PERSONAL, SECRETS, Detector

PATTERNS = {**SECRETS, **PERSONAL}
FULL = re.compile("|".join(f"(?P<{label}>{pattern})" for label, pattern in PATTERNS.items()))
FILLING = "nothing to be found in these words, which are here to make the text a long one. "
FRAGMENTS = (
    "AKIA", "ABCDEFGHIJKLMNOP", "ghp_", "github_pat_", "xoxb-", "sk_live_", "AIza", "sk-", "hf_", "eyJ", ".", "a@b",
    "-----BEGIN PRIVATE KEY-----", "DE89", "3704 0044 0532 0130 00", "4111 1111 1111 1111", "123-45-6789", "1.2.3.4",
    "fe80::1", "+49 30 1234567", " ", "-", "_", "0123456789abcdef", "com", ":",
)  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12), st.integers(0, 40))
def test_what_the_patterns_find_is_found(pieces: list[str], start: int) -> None:
    text = FILLING + "".join(pieces)
    found = [(each.label, each.start, each.end) for each in Detector(("secrets", "personal"), {}).find(text, start)]
    assert found == [(each.lastgroup, *each.span()) for each in FULL.finditer(text, start)]


@given(st.sampled_from(sorted(PATTERNS)), st.data())
def test_whatever_a_pattern_matches_is_found_in_a_long_text(label: str, data: st.DataObject) -> None:
    matched = data.draw(st.from_regex(re.compile(PATTERNS[label], re.ASCII)).filter(lambda text: text.isascii()))
    text = f"{FILLING}{matched}"
    expected = [(each.start(), each.end()) for each in re.finditer(PATTERNS[label], text)]
    assert [(each.start, each.end) for each in Detector((label,), {}).find(text)] == expected


def test_a_pattern_of_ones_own_is_always_tried_whatever_it_is_called() -> None:
    detector = Detector(("personal",), {"EMAIL": "Ada|Grace"})
    assert [each.label for each in detector.find(FILLING + "Ada and Grace")] == ["EMAIL", "EMAIL"]


def test_a_text_without_any_mark_holds_nothing() -> None:
    assert list(Detector(("secrets", "personal"), {}).find(FILLING * 10)) == []
