"""Presidio's recognisers, the library itself, without a model and without the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.sanitising.detectors import Detector, Found
from any_llm.sanitising.presidio import Presidio
from any_llm.sanitising.vault import Masking, Vault, replace_found
from any_llm.types.guards import Span

TEXT = (
    "Dear Ann, write to bob@example.co.uk or call +1 202-555-0143. The card 4111 1111 1111 1111 pays into "
    "DE89370400440532013000, from 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ; see https://www.example.com on 2024-05-06."
)
FOUND = [
    ("EMAIL_ADDRESS", "bob@example.co.uk"),
    ("PHONE_NUMBER", "+1 202-555-0143"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("IBAN_CODE", "DE89370400440532013000"),
    ("CRYPTO", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"),
]


def told(spans: Iterator[Span], text: str) -> list[tuple[str, str]]:
    return sorted(((label, text[start:end]) for label, start, end in spans), key=lambda one: text.index(one[1]))


def test_what_presidio_knows_without_a_model_is_found_without_the_network() -> None:
    assert told(Presidio()(TEXT), TEXT) == FOUND


def test_what_is_found_and_how_surely_can_be_said() -> None:
    assert told(Presidio(["URL", "DATE_TIME"])(TEXT), TEXT)[-1] == ("DATE_TIME", "2024-05-06")
    assert told(Presidio(["PHONE_NUMBER"], threshold=0.5)(TEXT), TEXT) == []


def test_an_entity_that_needs_a_model_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no recogniser for PERSON in 'en' that needs no model; it has CREDIT"):
        list(Presidio(["PERSON"])("Ann"))


class Result(NamedTuple):
    entity_type: str
    start: int
    end: int
    score: float


class Analyzer:
    """Stands for an engine with a model of the program's own."""

    asked: tuple[str, list[str] | None] = ("", None)

    def analyze(self, text: str, *, language: str, entities: list[str] | None) -> list[Result]:
        self.asked = (language, entities)
        return [Result("PERSON", 0, 3, 0.9), Result("LOCATION", 4, 6, 0.1), Result("x1!", 4, 6, 0.9)]


def test_an_engine_of_ones_own_is_asked_and_its_labels_are_such_as_masks_have() -> None:
    engine = Analyzer()
    assert list(Presidio(analyzer=engine, language="de")("Ann in")) == [("PERSON", 0, 3), ("X", 4, 6)]
    assert list(engine.asked) == ["de", None]
    assert list(Presidio(["PERSON"], analyzer=engine)("Ann in")) == [("PERSON", 0, 3)]
    assert list(engine.asked) == ["en", ["PERSON"]]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(MissingExtraError, match=r"any-llm\[presidio\]"):
        Presidio()


def test_it_is_one_of_what_can_be_detected() -> None:
    found = [(each.label, TEXT[each.start : each.end]) for each in Detector(("presidio",), {}).find(TEXT)]
    assert found == FOUND


def test_what_several_find_at_one_place_is_found_once() -> None:
    detector = Detector(("EMAIL", "CARD"), {}, (lambda _: [("WORD", 0, 4), ("MAIL", 6, 11), ("NONE", 3, 3)],))
    text = "Write bob@example.com 4111 1111 1111 1112"
    assert list(detector.find(text)) == [
        Found("WORD", 0, 4),
        Found("EMAIL", 6, 21),
        Found("CARD", 22, 41, real=False),
    ]
    assert next(iter(detector.find(text, 4))).label == "EMAIL"


@pytest.mark.parametrize("size", [1, 7, 64, 300])
def test_masking_in_pieces_is_masking_the_whole(size: int) -> None:
    detector, text = Detector(("presidio", "secrets"), {}), f"{TEXT} {'and so on ' * 40}{TEXT}"

    def stars(each: Found, _: str) -> str:
        return f"<{each.label}>"

    masking = Masking(detector, stars)
    pieces = [masking.feed(text[start : start + size]) for start in range(0, len(text), size)]
    assert "".join([*pieces, masking.finish()]) == replace_found(text, detector.find(text), stars)


def test_what_it_finds_is_masked_and_comes_back() -> None:
    vault = Vault([TEXT])
    masked = replace_found(
        TEXT, Detector(("presidio",), {}).find(TEXT), lambda each, value: vault.mask_of(each.label, value)
    )
    assert "bob@" not in masked
    assert "[IBAN_CODE_1]" in masked
    assert vault.unmask(masked) == TEXT
