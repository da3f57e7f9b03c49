"""What the operations of Workers AI share: where a model is run, and the envelope around what comes of it.

https://developers.cloudflare.com/api/resources/ai/methods/run
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from any_llm.dialects.cloudflare.errors import error_from
from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_object
from any_llm.types.report import Warning as CallWarning

_COMPATIBLE = ("/ai/v1", "/workers-ai/v1")
"""How a base URL ends that is for chats in OpenAI's format: that of the API, and that of the AI Gateway."""


def run_path(target: Target) -> str:
    """Return where a model is run."""
    model = quote(target.model, safe="/@")
    for ending in _COMPATIBLE:
        if target.base_url.endswith(ending):
            root = target.base_url.removesuffix("/v1")
            return f"{root}/{model}" if ending.startswith("/workers-ai") else f"{root}/run/{model}"
    return f"/run/{model}"


def result_of(response: HttpResponse) -> JSONObject:
    """Return the result in an envelope; a gateway may hand on the result alone.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    tree = parse(response.body)
    answer: JSONObject = tree if is_object(tree) else {}
    result: JSON = answer.get("result", answer)
    if answer.get("success") is False or not is_object(result):
        raise refuse(answer, response.status)
    return result


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


def refuse(answer: Mapping[str, JSON], status: int = 200) -> AnyLLMError:
    """Return the error of an answer that is not what it should be."""
    if answer.get("errors") or answer.get("error"):
        return error_from(answer, status)
    return MalformedResponseError(f"an answer of another kind: it has {sorted(answer) or 'nothing'}")


def dropped(options: Options, reasons: Mapping[str, str]) -> tuple[CallWarning, ...]:
    """Return a warning for each parameter that is said and has no place in the format."""
    return tuple(
        CallWarning("dropped", name, reason) for name, reason in reasons.items() if options.get(name) is not None
    )
