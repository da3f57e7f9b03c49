"""Counting tokens, ranking, making images and listing models on Bedrock."""

from __future__ import annotations

import base64

import msgspec
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from any_llm.dialects.bedrock import DIALECT
from any_llm.exceptions import ContentFilterError, InvalidRequestError, MalformedResponseError
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject
from any_llm.types.secret import Secret
from tests.dialects.bedrock.calls import HELLO, MODEL, body_of, complaints, respond, target, warned
from tests.dialects.bedrock.invoked import ask, read

RERANK, COHERE = "amazon.rerank-v1:0", "cohere.rerank-v3-5:0"
CANVAS, STABLE, DIFFUSION = "amazon.nova-canvas-v1:0", "stability.sd3-5-large-v1:0", "stability.stable-diffusion-xl-v1"


def count(**options: JSON) -> JSONObject:
    """Return the body of a request for a count, which botocore's model of the service finds valid."""
    encoded = DIALECT.operations[Operation.COUNT_TOKENS].encode(target(), options)
    body = body_of(encoded)
    checked: JSONObject = msgspec.json.decode(encoded.body)
    if "invokeModel" in checked["input"]:
        checked["input"]["invokeModel"]["body"] = base64.b64decode(checked["input"]["invokeModel"]["body"])
    assert complaints("CountTokens", {"modelId": MODEL, **checked}) == ""
    assert encoded.path.endswith("/count-tokens")
    return body


def test_tokens_of_a_chat_are_counted_as_converse_would_take_them() -> None:
    body = count(messages=[HELLO], system="Be terse.", reasoning_effort="low", max_tokens=9)
    converse = body["input"]["converse"]

    assert converse["messages"] == [{"role": "user", "content": [{"text": "Hello"}]}]
    assert converse["system"] == [{"text": "Be terse."}]
    assert "inferenceConfig" not in converse


def test_tokens_of_anthropics_own_body_are_counted_as_it_is() -> None:
    own = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [HELLO]}

    packed = count(**own)["input"]["invokeModel"]["body"]

    assert msgspec.json.decode(base64.b64decode(packed)) == own


def test_a_count_is_read() -> None:
    assert read(Operation.COUNT_TOKENS, MODEL, {"inputTokens": 11}).input_tokens == 11


@pytest.mark.parametrize("body", [{}, {"inputTokens": "many"}])
def test_an_answer_without_a_count_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        read(Operation.COUNT_TOKENS, MODEL, body)


def test_documents_are_ranked_by_the_api_beside_the_models() -> None:
    options = {"query": "q", "documents": ["a", {"text": "b"}, {"title": "c"}], "top_n": 2, "return_documents": True}
    encoded = DIALECT.operations[Operation.RERANK].encode(target(COHERE), {**options, "max_tokens_per_doc": 9})
    body = body_of(encoded)
    shape = get_session().get_service_model("bedrock-agent-runtime").operation_model("Rerank").input_shape

    assert ParamValidator().validate(body, shape).generate_report() == ""
    assert encoded.path == "https://bedrock-agent-runtime.us-east-1.amazonaws.com/rerank"
    wanted = body["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    assert wanted == {
        "modelConfiguration": {
            "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{COHERE}",
            "additionalModelRequestFields": {"max_tokens_per_doc": 9},
        },
        "numberOfResults": 2,
    }
    assert [source["inlineDocumentSource"]["type"] for source in body["sources"]] == ["TEXT", "TEXT", "JSON"]
    assert warned(encoded) == [("dropped", "return_documents")]


def test_a_model_may_be_named_by_its_arn() -> None:
    arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.rerank-v1:0"
    encoded = DIALECT.operations[Operation.RERANK].encode(target(arn), {"query": "q", "documents": ["a"]})
    wanted = body_of(encoded)["rerankingConfiguration"]["bedrockRerankingConfiguration"]

    assert wanted == {"modelConfiguration": {"modelArn": arn}}


@pytest.mark.parametrize(("model", "more"), [(COHERE, {"api_version": 2}), (RERANK, {})])
def test_with_a_key_of_bedrocks_the_model_itself_ranks(model: str, more: JSONObject) -> None:
    keyed = msgspec.structs.replace(target(model), key=Secret("k"))
    options = {"query": "q", "documents": ["a", {"text": "b"}, {"title": "c"}], "top_n": 2}

    encoded = DIALECT.operations[Operation.RERANK].encode(keyed, options)

    assert body_of(encoded) == {"query": "q", "documents": ["a", "b", '{"title":"c"}'], "top_n": 2, **more}
    assert encoded.path.endswith("/invoke")
    assert warned(encoded) == [("emulated", "documents[2]")]


def test_at_a_host_of_ones_own_the_model_itself_ranks() -> None:
    own = msgspec.structs.replace(target(RERANK), base_url="https://proxy.example")

    assert (
        DIALECT.operations[Operation.RERANK].encode(own, {"query": "q", "documents": ["a"]}).path.startswith("/model")
    )


def test_scores_of_either_api_are_read_best_first() -> None:
    apart = {"results": [{"index": 1, "relevanceScore": 0.1}, {"index": 0, "relevanceScore": 0.9}], "nextToken": "t"}
    model = {"results": [{"index": 0, "relevance_score": 0.9, "document": {"text": "a"}}, {}]}

    ranked = read(Operation.RERANK, RERANK, apart, x_amzn_requestid="r-1")
    itself = read(Operation.RERANK, RERANK, model)

    assert [row.index for row in ranked.results] == [0, 1]
    assert (ranked.id, ranked.model_extra["nextToken"]) == ("r-1", "t")
    assert itself.results[0].model_extra["document"] == {"text": "a"}


def test_nova_and_titan_are_asked_for_an_image() -> None:
    body, encoded = ask(
        Operation.IMAGE_GENERATION,
        CANVAS,
        prompt="a cat",
        negative_prompt="dogs",
        n=2,
        size="512x256",
        quality="hd",
        seed=7,
        user="me",
        response_format="b64_json",
    )

    assert body == {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "a cat", "negativeText": "dogs"},
        "imageGenerationConfig": {"numberOfImages": 2, "width": 512, "height": 256, "quality": "premium", "seed": 7},
    }
    assert warned(encoded) == [("approximated", "quality"), ("dropped", "user")]


def test_an_image_needs_nothing_but_a_prompt() -> None:
    body, encoded = ask(Operation.IMAGE_GENERATION, CANVAS, prompt="a cat", size="auto", quality="best", n=None)

    assert body == {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a cat"}}
    assert warned(encoded) == [("dropped", "quality")]
    assert ask(Operation.IMAGE_GENERATION, CANVAS, prompt="a", quality="premium")[1].warnings == ()


def test_stability_is_asked_for_an_image() -> None:
    body, encoded = ask(
        Operation.IMAGE_GENERATION, STABLE, prompt="a cat", aspect_ratio="1:1", n=1, size="1x1", mode="x"
    )

    assert body == {"prompt": "a cat", "aspect_ratio": "1:1", "mode": "x"}
    assert warned(encoded) == [("dropped", "size")]


def test_stabilitys_older_model_is_asked_for_an_image() -> None:
    body, _ = ask(Operation.IMAGE_GENERATION, DIFFUSION, prompt="a cat", negative_prompt="dogs", n=2, size="512x256")

    assert body == {
        "text_prompts": [{"text": "a cat", "weight": 1}, {"text": "dogs", "weight": -1}],
        "width": 512,
        "height": 256,
        "samples": 2,
    }
    assert ask(Operation.IMAGE_GENERATION, DIFFUSION, prompt="a")[0] == {"text_prompts": [{"text": "a", "weight": 1}]}


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        ask(Operation.IMAGE_GENERATION, CANVAS, prompt="a cat", size="large")


def test_images_are_read() -> None:
    canvas = read(Operation.IMAGE_GENERATION, CANVAS, {"images": ["aGk="], "seeds": [7], "error": None})
    older = read(Operation.IMAGE_GENERATION, DIFFUSION, {"artifacts": [{"base64": "aGk="}, {"base64": None}]})

    assert [image.data for answer in (canvas, older) for image in answer.data] == [b"hi", b"hi"]
    assert canvas.model_extra["seeds"] == [7]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"images": [], "error": "filtered"}, "filtered"),
        ({"images": [None], "finish_reasons": ["Filter reason: prompt"]}, "Filter reason: prompt"),
        ({"images": []}, "The answer has no images"),
    ],
)
def test_images_that_were_held_back_are_an_error(body: JSON, told: str) -> None:
    with pytest.raises(ContentFilterError, match=told):
        read(Operation.IMAGE_GENERATION, CANVAS, body)


def test_models_are_listed_by_the_control_plane() -> None:
    codec = DIALECT.operations[Operation.LIST_MODELS]
    summary = {"modelId": "amazon.nova", "providerName": "Amazon", "inputModalities": ["TEXT"]}
    models = codec.decode(target(), respond({"modelSummaries": [summary]}))

    assert codec.encode(target(), {}).path == "https://bedrock.us-east-1.amazonaws.com/foundation-models"
    assert (models[0].id, models[0].owned_by) == ("amazon.nova", "Amazon")
    assert models[0].model_extra["inputModalities"] == ["TEXT"]


def test_one_model_is_looked_up() -> None:
    codec = DIALECT.operations[Operation.RETRIEVE_MODEL]
    own = msgspec.structs.replace(target("amazon.nova:0"), base_url="https://proxy.example")

    assert codec.encode(own, {}).path == "/foundation-models/amazon.nova%3A0"
    assert codec.decode(target(), respond({"modelDetails": {"modelId": "amazon.nova:0"}})).id == "amazon.nova:0"


@pytest.mark.parametrize("operation", [Operation.LIST_MODELS, Operation.RETRIEVE_MODEL, Operation.RERANK])
def test_what_is_no_answer_is_malformed(operation: Operation) -> None:
    with pytest.raises(MalformedResponseError):
        DIALECT.operations[operation].decode(target(), respond({"message": "m"}))
