"""What the operations on SageMaker's endpoints share: paths, and the lines inside the frames of streams.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from any_llm.dialects.sagemaker.errors import EXCEPTION, error_from, frame_error
from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Encoded, Target
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject, decode_json, is_mapping
from any_llm.types.report import Warning as CallWarning

_EVENT_STREAM: Mapping[str, str] = {"X-Amzn-SageMaker-Accept": "application/json"}
_DATA = b"data:"
_NOT_DATA = (b"event:", b"id:", b"retry:", b":")


def invoke(target: Target, body: JSONObject, warnings: list[CallWarning], *, streamed: bool = False) -> Encoded:
    """Return the request that hands a body to an endpoint, whose name is the model's."""
    begin = f"/endpoints/{quote(target.model, safe='')}"
    told = tuple(warnings)
    if streamed:
        encoded = msgspec.json.encode({**body, "stream": True})
        return Encoded(f"{begin}/invocations-response-stream", encoded, _EVENT_STREAM, told)
    return Encoded(f"{begin}/invocations", msgspec.json.encode(body), warnings=told)


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


def refuse(answer: Mapping[str, JSON]) -> AnyLLMError:
    """Return the error of an answer that is not what it should be."""
    told: JSON = answer.get("error") or answer.get("message")
    if told:
        inner: JSON = told.get("message") if is_mapping(told) else told
        return error_from(None, {"message": inner}, None)
    return MalformedResponseError(f"an answer of another kind: it has {sorted(answer) or 'nothing'}")


class Lines:
    """Puts together the lines that an endpoint's server has written: frames cut them anywhere.

    A server writes server-sent events or JSON lines; of both, what is told is the data.
    """

    def __init__(self) -> None:
        self._held = b""

    def feed(self, frame: Frame) -> list[bytes]:
        """Return the data of the lines that a frame completes.

        Raises:
            AnyLLMError: the frame is an error.
        """
        if frame.event.startswith(EXCEPTION):
            raise frame_error(frame)
        *lines, self._held = (self._held + frame.data).split(b"\n")
        return [data for line in lines if (data := _data(line))]

    def finish(self) -> list[bytes]:
        """Return the data of a last line that nothing has ended."""
        data, self._held = _data(self._held), b""
        return [data] if data else []


def _data(line: bytes) -> bytes:
    return b"" if line.startswith(_NOT_DATA) else line.removeprefix(_DATA).strip()
