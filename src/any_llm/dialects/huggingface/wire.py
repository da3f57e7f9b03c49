"""What the tasks share: where they are, and what the answers are that are no JSON.

https://huggingface.co/docs/inference-providers/providers/hf-inference
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.dialects.huggingface.errors import error_from
from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Options, Target
from any_llm.types.json import JSON, decode_json, is_object
from any_llm.types.report import Warning as CallWarning

_ROUTER = "router.huggingface.co"
_MODELS, _PIPELINE = "/models", "/pipeline/"


def path(target: Target, task: str, own: str = "/") -> str:
    """Return where a task is done.

    That is below the model's name at Hugging Face's router, and below a base URL that ends in `/models` or in
    `/pipeline/` and a task. Any other base URL is a server of one's own, which has one model, and the route `own`.
    """
    base = target.base_url
    model = quote(target.model, safe="/")
    if urlsplit(base).netloc == _ROUTER:
        pipeline = f"{_PIPELINE}{task}" if task else ""
        return f"https://{_ROUTER}/hf-inference{_MODELS}/{model}{pipeline}"
    if base.endswith(_MODELS) or _PIPELINE in base:
        return f"/{model}"
    return base.removesuffix("/v1") + own


def parse(raw: bytes) -> JSON:
    """Parse the JSON of a whole answer.

    Raises:
        MalformedResponseError: it is none.
    """
    try:
        tree: JSON = decode_json(raw)
    except msgspec.DecodeError as error:
        raise MalformedResponseError(f"the answer is not JSON: {error}") from error
    return tree


def refuse(answer: JSON) -> AnyLLMError:
    """Return the error of an answer that is not what it should be."""
    if is_object(answer) and answer.get("error"):
        return error_from(answer, 200)
    shown = sorted(answer) if is_object(answer) else answer
    return MalformedResponseError(f"an answer of another kind: {shown!r:.200}")


def dropped(options: Options, reasons: Mapping[str, str]) -> tuple[CallWarning, ...]:
    """Return a warning for each parameter that is said and has no place in the format."""
    return tuple(
        CallWarning("dropped", name, reason) for name, reason in reasons.items() if options.get(name) is not None
    )
