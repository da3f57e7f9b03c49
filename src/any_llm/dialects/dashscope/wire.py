"""What the operations of DashScope's own format share: places, the frame of a request, counts, tasks.

A request is a model, an `input` and `parameters`; an answer an `output`, a `usage` and a `request_id`. What takes long
is a task, which is asked about until it has ended: https://www.alibabacloud.com/help/en/model-studio/dashscope-api-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.dialects.dashscope.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Encoded, FollowUp, Options, Target
from any_llm.types.completion import CompletionTokensDetails, CompletionUsage, PromptTokensDetails
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.report import Warning as CallWarning

ASYNC: Mapping[str, str] = {"X-DashScope-Async": "enable"}
"""Says that a task shall be made, rather than an answer be waited for."""

_NATIVE = "/api/v1"
_WAIT = 3.0
_UNFINISHED = frozenset({"PENDING", "RUNNING"})


def place(target: Target, route: str) -> str:
    """Return where a route is: below the base URL, or on its host where the base URL is that of another format."""
    if target.base_url.endswith(_NATIVE):
        return route
    parts = urlsplit(target.base_url)
    return f"{parts.scheme}://{parts.netloc}{_NATIVE}{route}"


def request(
    target: Target, route: str, given: JSONObject, parameters: JSONObject, warnings: list[CallWarning]
) -> Encoded:
    """Return a request with an input and parameters."""
    body = {"model": target.model, "input": given, "parameters": parameters}
    return Encoded(place(target, route), msgspec.json.encode(body), warnings=tuple(warnings))


def read_output(response: HttpResponse) -> tuple[JSONObject, JSONObject]:
    """Return the output of an answer, and all of it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no output.
    """
    return output_of(msgspec.json.decode(response.body), response.status)


def output_of(tree: JSON, status: int) -> tuple[JSONObject, JSONObject]:
    """Return the output of a parsed answer or piece of one, and all of it; it raises what `read_output` does."""
    answer: JSONObject = tree if is_object(tree) else {}
    output: JSON = answer.get("output")
    if is_object(output):
        return output, answer
    if answer.get("code"):
        raise error_from(answer, status)
    raise MalformedResponseError(f"an answer without an output: it has {sorted(answer) or 'nothing'}")


def usage_of(answer: JSONObject) -> CompletionUsage | None:
    """Return token counts in OpenAI's shape; what else is counted stays readable on them."""
    told: JSON = answer.get("usage")
    if not is_object(told):
        return None
    prompt, output = int(told.get("input_tokens") or 0), int(told.get("output_tokens") or 0)
    counted = CompletionUsage(
        prompt_tokens=prompt,
        completion_tokens=output,
        total_tokens=int(told.get("total_tokens") or prompt + output),
    )
    read: JSON = told.get("prompt_tokens_details")
    if is_object(read) and read.get("cached_tokens") is not None:
        counted.prompt_tokens_details = PromptTokensDetails(cached_tokens=read["cached_tokens"])
    made: JSON = told.get("output_tokens_details")
    if is_object(made) and made.get("reasoning_tokens") is not None:
        counted.completion_tokens_details = CompletionTokensDetails(reasoning_tokens=made["reasoning_tokens"])
    names = {"input_tokens", "output_tokens", "total_tokens", "prompt_tokens_details"}
    vars(counted).update({name: value for name, value in told.items() if name not in names})
    return counted


def ask_about(target: Target, task: str) -> Encoded:
    """Return the question how far a task is: https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks."""
    return Encoded(place(target, f"/tasks/{task}"))


def await_task(target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the next question about a task that has not ended yet."""
    output, _ = read_output(response)
    if output.get("task_status") not in _UNFINISHED:
        return None
    return FollowUp(ask_about(target, str(output.get("task_id"))), _WAIT)
