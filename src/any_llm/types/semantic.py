"""When a question that only means the same is answered from the cache."""

from __future__ import annotations

from typing import cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number

_MOST_CHARACTERS = 100_000
_MOST_KEPT = 10_000


class Semantic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How alike the last turn of a user must be to an earlier one to have its answer; all else must be the same.

    Never so answered are calls with tools, with media in the last turn, or with a form for the answer, nor questions
    that differ in a number, a name, a negation or the like, however alike they are.

    Attributes:
        model: the model that turns texts into vectors, as `provider:model`.
        threshold: the least cosine similarity of the vectors, up to 1; `any-llm cache eval` measures which is safe.
        veto: whether questions are compared word by word, too, so that those which differ in what matters stay apart.
        max_characters: a longer turn is not compared: the longer a text, the less one word changes its vector.
        max_entries: how many questions are compared for each set of everything else; the oldest goes first.
        min_precision: with one, such as 0.99, the model is first measured with the shipped pairs of questions, and
            refused where fewer of those that it would answer are the same; `None` trusts the threshold.
    """

    model: str
    threshold: float = 0.97
    veto: bool = True
    max_characters: int = 1_000
    max_entries: int = 500
    min_precision: float | None = None

    def __post_init__(self) -> None:
        provider, _, model = str(self.model).partition(":")
        if not provider or not model:
            raise ConfigurationError(f"semantic.model is {self.model!r}; give provider:model")
        for name in ("threshold", "min_precision"):
            part: object = getattr(self, name)
            if not (name == "min_precision" and part is None) and not (is_number(part) and 0 < part <= 1):
                raise ConfigurationError(f"semantic.{name} is {part!r}; give a number above 0 and up to 1")
        for name, most in (("max_characters", _MOST_CHARACTERS), ("max_entries", _MOST_KEPT)):
            count = cast("object", getattr(self, name))
            if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= most:
                raise ConfigurationError(f"semantic.{name} is {count!r}; give a whole number from 1 to {most}")
