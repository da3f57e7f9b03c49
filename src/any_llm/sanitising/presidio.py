"""Microsoft Presidio's recognisers of personal data, without the language model that it downloads otherwise.

Those that go by patterns, check sums and the library of telephone numbers need none. Names, places and whatever else
only a model can tell are found by an `AnalyzerEngine` that the program sets up itself.
https://microsoft.github.io/presidio/supported_entities/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.types.guards import Span

_NOT_PERSONAL = frozenset({"DATE_TIME", "URL", "UUID"})
"""What is found only where it is named: it is in most texts, and tells about nobody by itself."""


class Presidio:
    """Finds what Presidio takes for personal data; one of the `finders` of `Guards`.

    A text is looked at within the event loop, at about a millisecond for each thousand characters.

    Args:
        entities: what is found, such as `EMAIL_ADDRESS` and `US_SSN`; all but dates, URLs and UUIDs if empty.
        language: the language of the texts, as Presidio calls it.
        threshold: how sure Presidio must be at least, from 0 to 1.
        analyzer: an `AnalyzerEngine` of the program's own, with whichever models it was set up with.

    Raises:
        MissingExtraError: Presidio is not installed.
    """

    def __init__(
        self, entities: Collection[str] = (), *, language: str = "en", threshold: float = 0.4, analyzer: object = None
    ) -> None:
        if analyzer is None and find_spec("presidio_analyzer") is None:
            raise MissingExtraError("presidio", "presidio-analyzer", reason="guards look for personal data with it")
        self._entities = frozenset(entities)
        self._language = language
        self._threshold = threshold
        self._analyzer: JSON = analyzer

    def __call__(self, text: str) -> Iterator[Span]:
        """Yield the label, the beginning and the end of what is found."""
        for found in self._results(text):
            if found.score >= self._threshold and self._wanted(found.entity_type):
                yield _label(found.entity_type), found.start, found.end

    def _wanted(self, entity: str) -> bool:
        return entity in self._entities if self._entities else entity not in _NOT_PERSONAL

    def _results(self, text: str) -> Iterator[JSON]:
        if self._analyzer is not None:
            entities = sorted(self._entities) or None
            yield from self._analyzer.analyze(text, language=self._language, entities=entities)
            return
        recognizers = _recognizers(self._language)
        known = {entity for recognizer in recognizers for entity in recognizer.supported_entities}
        if unknown := self._entities - known:
            raise ConfigurationError(
                f"Presidio has no recogniser for {', '.join(sorted(unknown))} in {self._language!r} that needs no "
                f"model; it has {', '.join(sorted(known)) or 'none'}"
            )
        for recognizer in recognizers:
            if any(map(self._wanted, recognizer.supported_entities)):
                yield from recognizer.analyze(text, recognizer.supported_entities, None) or ()


@cache
def _recognizers(language: str) -> tuple[JSON, ...]:
    """Return Presidio's recognisers for a language that need no model."""
    library: JSON = import_module("presidio_analyzer")
    registry = library.RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language])
    model: JSON = import_module("presidio_analyzer.predefined_recognizers").SpacyRecognizer
    found = [each for each in registry.recognizers if not isinstance(each, model)]
    for recognizer in found:
        if type(recognizer).__name__ == "EmailRecognizer":
            # It would fetch a list of domains from the network, in the middle of a call.
            recognizer.validate_result = _is_address
    return tuple(found)


def _is_address(text: str) -> bool:
    return bool(_domains()(text).fqdn)


@cache
def _domains() -> JSON:
    """Return what knows the public suffixes that came with its package."""
    library: JSON = import_module("tldextract")
    return library.TLDExtract(cache_dir=None, suffix_list_urls=())


@cache
def _label(entity: str) -> str:
    """Return what a mask calls an entity: capital letters and underscores."""
    return re.sub("[^A-Z]+", "_", entity.upper()).strip("_")[:31] or "FOUND"
