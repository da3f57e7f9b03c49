"""What the operations of watsonx.ai share: paths with the version of the API, and on whose account a request is made.

https://cloud.ibm.com/apidocs/watsonx-ai#versioning
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from any_llm.dialects.watsonx.errors import error_from
from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Options, Target
from any_llm.types.compatible import object_of
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

VERSION = "2025-02-11"
"""The date of the API's version that is asked for where nobody says another in the placeholder `version`."""

DEPLOYED = "deployment/"
"""How the name of a model begins that is a deployment of one's own."""

_API, _BETA = "/ml/v1", "/ml/v1-beta"
_BETA_ROUTES: Mapping[str, str] = {
    "/text/generation": "/generation/text",
    "/text/generation_stream": "/generation/text_stream",
}
"""What routes were called before the first version; servers of one's own may still have them."""

_FORBIDS = "parallel_tool_calls"
"""The switch that asks for something when it is off; any other that is off asks for nothing."""


def path(target: Target, route: str) -> str:
    """Return the path of a route below the base URL, which may already end in the API's version."""
    version = f"?version={quote(target.placeholders.get('version', VERSION), safe='')}"
    if target.base_url.endswith(_BETA):
        return _BETA_ROUTES.get(route, route) + version
    begin = "" if target.base_url.endswith(_API) else _API
    if target.model.startswith(DEPLOYED) and route.startswith("/text/"):
        return f"{begin}/deployments/{quote(target.model.removeprefix(DEPLOYED), safe='')}{route}{version}"
    return begin + route + version


def body_for(target: Target, options: Options) -> JSONObject:
    """Return the members that every body has: the model, and the project or the space that pays.

    A deployment knows both itself.
    """
    if target.model.startswith(DEPLOYED):
        return {}
    body: JSONObject = {"model_id": target.model}
    if not any(options.get(name) for name in ("project_id", "space_id")):
        known = ((name, target.placeholders.get(name)) for name in ("project_id", "space_id"))
        body |= dict([(name, value) for name, value in known if value][:1])
    return body


def read_answer(response: HttpResponse, wanted: str) -> JSONObject:
    """Return the JSON of a whole answer, which must have the member `wanted`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    answer = object_of(response.body)
    if answer.get(wanted) is None:
        raise refuse(answer, response.status)
    return answer


def refuse(answer: Mapping[str, JSON], status: int = 200) -> AnyLLMError:
    """Return the error of an answer that is not what it should be."""
    if answer.get("errors") or answer.get("error"):
        return error_from(answer, status)
    return MalformedResponseError(f"an answer of another kind: it has {sorted(answer) or 'nothing'}")


def dropped(options: Options, reasons: Mapping[str, str]) -> list[CallWarning]:
    """Return a warning for each parameter that is said and has no place in the format."""
    return [
        CallWarning("dropped", name, reason)
        for name, reason in reasons.items()
        if options.get(name) is not None and options[name] is not (name == _FORBIDS)
    ]


def encode(body: JSONObject) -> bytes:
    """Return a body as JSON."""
    return msgspec.json.encode(body)
