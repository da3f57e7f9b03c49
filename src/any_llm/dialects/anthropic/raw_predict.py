"""Requests as Vertex AI takes them: the model in the URL, the version of the API in the body.

https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from any_llm.spec.dialect import Encoded, Target

RAW_PREDICT = "raw_predict"
"""The quirk of a provider that takes requests so."""

VERSION = "vertex-2023-10-16"
"""The version of the API there."""

_COUNTING = "/messages/count_tokens"
_COUNTER = "count-tokens"
_OWN_VERSION = "anthropic-version"


def addressed(target: Target, encoded: Encoded) -> Encoded:
    """Return a request as the provider takes it: unchanged, unless it has the quirk."""
    if RAW_PREDICT not in target.provider.quirks:
        return encoded
    body = msgspec.json.decode(encoded.body, type=dict[str, msgspec.Raw])
    body.setdefault("anthropic_version", msgspec.Raw(msgspec.json.encode(VERSION)))
    streamed = bytes(body.get("stream", b"")) == b"true"
    if encoded.path.endswith(_COUNTING):
        model = _COUNTER
        body["model"] = msgspec.Raw(msgspec.json.encode(target.model))
    else:
        model = target.model
        del body["model"]
    path = f"/models/{quote(model, safe='@')}:{'streamRawPredict' if streamed else 'rawPredict'}"
    headers = {name: value for name, value in encoded.headers.items() if name != _OWN_VERSION}
    return msgspec.structs.replace(encoded, path=path, body=msgspec.json.encode(body), headers=headers)
