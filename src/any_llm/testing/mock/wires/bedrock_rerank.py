"""Bedrock's reranking: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.vectors import scores_of
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.bedrock_errors import check, claims, failure_pieces, render_failure
from any_llm.types.json import JSON, is_list, is_object


def _read(request: MockRequest) -> Asked:
    body = request.object
    config = _member(_member(body, "rerankingConfiguration"), "bedrockRerankingConfiguration")
    queries = body.get("queries")
    query: Mapping[str, JSON] = (
        _member(queries[0], "textQuery") if is_list(queries) and queries and is_object(queries[0]) else {}
    )
    return Asked(
        model=str(_member(config, "modelConfiguration").get("modelArn", "")),
        query=str(query.get("text", "")),
        inputs=tuple(_text(source) for source in body.get("sources") or () if is_object(source)),
        options={"top": config.get("numberOfResults")},
    )


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "x-amzn-requestid": context.ids.uuid(), **answer.headers}
    scores = enumerate(scores_of(answer.scores, asked.query, asked.inputs))
    best = sorted(scores, key=lambda pair: pair[1], reverse=True)[: asked.options.get("top") or len(asked.inputs)]
    results = [{"index": index, "relevanceScore": score} for index, score in best]
    return Rendered(headers=headers, body=msgspec.json.encode({"results": results}))


def _text(source: Mapping[str, JSON]) -> str:
    inline = _member(source, "inlineDocumentSource")
    if "jsonDocument" in inline:
        return msgspec.json.encode(inline["jsonDocument"]).decode()
    return str(_member(inline, "textDocument").get("text", ""))


def _member(tree: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    found = tree.get(name)
    return found if is_object(found) else {}


WIRE = Wire(
    name="bedrock.rerank",
    vendor="bedrock",
    routes=(Route(method="POST", path="/rerank", operation="rerank", read=_read, render=_render),),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
    check=check,
)
