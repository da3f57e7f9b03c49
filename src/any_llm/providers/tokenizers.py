"""How many tokens a text is, without asking anybody: by the model's own vocabulary where that is public.

The vocabularies come in the wheel of `splintr-rs` (the extra `tokens`), so that nothing is fetched. Without it, and for
models whose vocabulary is secret, the number is estimated from the characters.

https://github.com/ml-rust/splintr
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from any_llm.types.usage import TextCount

if TYPE_CHECKING:
    from collections.abc import Callable


class Family(NamedTuple):
    """Models with one vocabulary.

    Attributes:
        models: a regular expression that is found in their names.
        vocabulary: what the package calls it; empty where it is not public.
        characters: about how many characters of English one token is.
        like: the public vocabulary that comes near a secret one, and by how much more tokens the secret one makes.
        more: see `like`.
    """

    models: re.Pattern[str]
    vocabulary: str
    characters: float = 4.0
    like: str = "o200k_base"
    more: float = 1.0


def _family(models: str, vocabulary: str, characters: float = 4.0, more: float = 1.0) -> Family:
    return Family(re.compile(models, re.IGNORECASE), vocabulary, characters, vocabulary or "o200k_base", more)


FAMILIES = (
    _family(r"gpt-oss", "gpt-oss", 4.4),
    _family(r"text-embedding|gpt-4(?![o.])|gpt-3\.?5|davinci-002|babbage-002", "cl100k_base", 4.3),
    _family(r"(?:^|[/.:])(?:gpt|o[134]|chatgpt|codex|computer-use)[-\d]|(?:^|/)o[134](?:$|-)", "o200k_base", 4.4),
    _family(r"claude", "", 3.4, 1.25),
    _family(r"gemini|gemma|learnlm", "", 4.3, 1.0),
    _family(r"deepseek", "deepseek_v3", 4.2),
    _family(r"qwen|qwq|qvq", "qwen3", 4.2),
    _family(r"llama-?2|vicuna|tinyllama", "llama2", 3.5),
    _family(r"llama", "llama3", 4.3),
    _family(r"mixtral-8x7b|mistral-7b|mistral-tiny", "mistral_v1", 3.6),
    _family(r"mistral|ministral|pixtral|magistral|devstral|voxtral|codestral", "mistral_v3", 4.2),
    _family(r"glm-", "glm4", 4.2),
    _family(r"kimi|moonshot", "kimi", 4.3),
    _family(r"phi-?4", "phi4", 4.3),
    _family(r"grok", "", 4.2, 1.0),
    _family(r"command|cohere", "", 4.0, 1.1),
    _family(r"nova|titan", "", 4.0, 1.1),
)
"""What is known about vocabularies, the first match counts.

The factors of secret ones, and the characters of a token, were measured on recorded requests and answers.
"""

_OTHER = Family(re.compile(""), "", 4.0, "o200k_base", 1.1)
_DENSE = 1.6


def family_of(model: str) -> Family:
    """Return the family that a model belongs to, by its name."""
    return next((family for family in FAMILIES if family.models.search(model)), _OTHER)


def count_text(text: str, model: str) -> TextCount:
    """Return how many tokens a text is for a model.

    Text that looks like a special token, such as `<|endoftext|>`, counts as the text it is.

    Args:
        text: of any length.
        model: the model's name, with its provider or without.
    """
    family = family_of(model)
    encode = _encoder(family.like)
    if encode is None:
        return TextCount(_by_characters(text, family), exact=False, by="characters")
    count = len(encode(text))
    if family.vocabulary:
        return TextCount(count, exact=True, by=family.vocabulary)
    return TextCount(round(count * family.more), exact=False, by=f"{family.like} × {family.more:g}")


def _by_characters(text: str, family: Family) -> int:
    """Return about how many tokens a text is; scripts other than Latin take more for each character."""
    if not text:
        return 0
    plain = len(text) if text.isascii() else sum(character.isascii() for character in text)
    return max(1, round(plain / family.characters + (len(text) - plain) / _DENSE))


@lru_cache(maxsize=32)
def _encoder(vocabulary: str) -> Callable[[str], list[int]] | None:
    """Return what encodes with a vocabulary, loaded once; `None` without the extra."""
    try:
        # Loaded by the first text that is counted: the vocabularies take 40 ms and 30 MB.
        from splintr import Tokenizer  # noqa: PLC0415
    except ImportError:
        return None
    encode: Callable[[str], list[int]] = Tokenizer.from_pretrained(vocabulary).encode_ordinary
    return encode
