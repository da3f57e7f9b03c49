"""Images: by Imagen's `predict`, or by a Gemini model that answers in images.

https://ai.google.dev/gemini-api/docs/image-generation and
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from any_llm.dialects.gemini.generated import data_parts, ended, nothing_made, read_answer, text_in
from any_llm.dialects.gemini.media import media_bytes, media_part
from any_llm.dialects.gemini.places import on_cloud, path
from any_llm.dialects.gemini.wire import camel, completion_usage, entries, members, text_of
from any_llm.exceptions import ContentFilterError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse, ImagesUsage, ImagesUsageDetails
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_SIZES = frozenset({"512px", "1K", "2K", "4K"})
_INEXPRESSIBLE: Mapping[str, str] = {
    "background": "ask for it in words",
    "input_fidelity": "the API has no such setting",
    "moderation": "say safetySettings",
    "output_compression": "say outputOptions",
    "partial_images": "the API does not show unfinished images",
    "quality": "say size as 1K, 2K or 4K",
    "stream": "the API does not show unfinished images",
    "style": "ask for it in words",
    "user": "the API does not ask who is asking",
}
_FILTERED = "raiFilteredReason"
"""What Imagen says instead of an image that it held back."""

_TRANSLATED = _INEXPRESSIBLE.keys() | {
    "aspect_ratio", "image", "mask", "n", "negative_prompt", "output_format", "prompt", "response_format", "seed",
    "size",
}  # fmt: skip


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the vendor's own parameters go where the model's method has its settings."""
    warnings = _warnings(options)
    if _is_imagen(target.model):
        instance: JSONObject = {"prompt": options["prompt"]}
        return _encode_predict(target, options, instance, warnings)
    return _encode_generate(target, options, [{"text": options["prompt"]}], warnings)


def encode_image_edit(target: Target, options: Options) -> Encoded:
    """Encode a request: the images stand before the words; Imagen, on Vertex AI, takes them as references.

    Raises:
        InvalidRequestError: an image is a file that has not been read yet.
    """
    warnings = _warnings(options)
    if _is_imagen(target.model):
        instance = {"prompt": options["prompt"], "referenceImages": _references(options)}
        return _encode_predict(target, options, instance, warnings)
    if options.get("mask") is not None:
        warnings.append(CallWarning("dropped", "mask", "say in words what is to change"))
    parts = [media_part(media, "image") for media in options["image"]]
    return _encode_generate(target, options, [*parts, {"text": options["prompt"]}], warnings)


def ask_for_another(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for one more image, of a model that makes one at a time."""
    wanted = options.get("n") or 1
    if _is_imagen(target.model) or len(response.earlier) + 1 >= wanted:
        return None
    encode = encode_image_edit if "image" in options else encode_image_generation
    return FollowUp(msgspec.structs.replace(encode(target, options), warnings=()))


def _is_imagen(model: str) -> bool:
    return model.rpartition("/")[2].startswith("imagen")


def _warnings(options: Options) -> list[CallWarning]:
    warnings = [
        CallWarning("dropped", name, reason) for name, reason in _INEXPRESSIBLE.items() if options.get(name) is not None
    ]
    if options.get("response_format") == "url":
        warnings.append(CallWarning("dropped", "response_format", "the API gives images as base64"))
    return warnings


def _own(options: Options) -> JSONObject:
    """Return the vendor's own parameters."""
    return {camel(name): value for name, value in options.items() if name not in _TRANSLATED and value is not None}


def _shape(options: Options, warnings: list[CallWarning]) -> JSONObject:
    """Return the form of the images: `aspectRatio` and, where it was said in the vendor's words, `imageSize`."""
    shape: JSONObject = {}
    size: JSON = options.get("size")
    if size in _SIZES:
        shape["imageSize"] = size
    elif isinstance(size, str) and size != "auto":
        ratio = _nearest_ratio(size)
        if ratio is None:
            warnings.append(CallWarning("dropped", "size", f"one such as 1024x1024, 1K or 2K is taken, not {size!r}"))
        else:
            shape["aspectRatio"] = ratio
            warnings.append(CallWarning("approximated", "size", f"its form {ratio} was sent for {size!r}"))
    if options.get("aspect_ratio") is not None:
        shape["aspectRatio"] = options["aspect_ratio"]
    return shape


def _nearest_ratio(size: str) -> str | None:
    width, _, height = size.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(height) and int(width)):
        return None
    wanted = Fraction(int(width), int(height))
    return min(_RATIOS, key=lambda ratio: abs(Fraction(*map(int, ratio.split(":"))) / wanted - 1))


def _encode_predict(target: Target, options: Options, instance: JSONObject, warnings: list[CallWarning]) -> Encoded:
    shape = _shape(options, warnings)
    parameters: JSONObject = {"sampleCount": options["n"]} if options.get("n") is not None else {}
    parameters |= {"sampleImageSize" if name == "imageSize" else name: value for name, value in shape.items()}
    for name in ("seed", "negative_prompt"):
        if options.get(name) is not None:
            parameters[camel(name)] = options[name]
    if options.get("output_format") is not None:
        parameters["outputOptions"] = {"mimeType": f"image/{options['output_format']}"}
    parameters |= _own(options)
    body = {"instances": [instance]} | ({"parameters": parameters} if parameters else {})
    return Encoded(path(target, "predict"), msgspec.json.encode(body), warnings=tuple(warnings))


def _references(options: Options) -> list[JSONObject]:
    """Return the images to edit, and the mask, as Imagen refers to them."""
    references: list[JSONObject] = [
        {"referenceType": "REFERENCE_TYPE_RAW", "referenceId": number, "referenceImage": media_bytes(media, "image")}
        for number, media in enumerate(options["image"], 1)
    ]
    if options.get("mask") is not None:
        references.append(
            {
                "referenceType": "REFERENCE_TYPE_MASK",
                "referenceId": len(references) + 1,
                "referenceImage": media_bytes(options["mask"], "mask"),
                "maskImageConfig": {"maskMode": "MASK_MODE_USER_PROVIDED"},
            }
        )
    return references


def _encode_generate(target: Target, options: Options, parts: list[JSONObject], warnings: list[CallWarning]) -> Encoded:
    config: JSONObject = {"responseModalities": ["TEXT", "IMAGE"]}
    shape = _shape(options, warnings)
    if options.get("output_format") is not None:
        if on_cloud(target):
            shape["imageOutputOptions"] = {"mimeType": f"image/{options['output_format']}"}
        else:
            warnings.append(CallWarning("dropped", "output_format", "the API chooses the format"))
    if shape:
        config["imageConfig"] = shape
    if options.get("seed") is not None:
        config["seed"] = options["seed"]
    if options.get("negative_prompt") is not None:
        warnings.append(CallWarning("dropped", "negative_prompt", "say in words what is not to be shown"))
    if (options.get("n") or 1) > 1:
        warnings.append(CallWarning("emulated", "n", "the model makes one image at a time, so it was asked n times"))
    own = _own(options)
    body: JSONObject = {
        name: own.pop(name) for name in ("safetySettings", "systemInstruction", "labels") if name in own
    }
    body["contents"] = [{"role": "user", "parts": parts}]
    body["generationConfig"] = config | members(own.pop("generationConfig", None)) | own
    return Encoded(path(target, "generateContent"), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode the images of an answer, or of several; words beside an image are its `revised_prompt`.

    What Imagen held back is told in `raiFilteredReason` of the whole, as far as some image is there.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        ContentFilterError: every image was held back.
        MalformedResponseError: there is no image, and no reason for that.
    """
    answers = [read_answer(each.body, each.status) for each in (*response.earlier, response)]
    images: list[Image] = []
    made = ImagesResponse()
    for answer in answers:
        images += _predicted(answer, made) if "predictions" in answer else _drawn(answer)
    if not images:
        raise _no_image(answers[-1], made)
    made.data = images
    made.usage = _usage(answers)
    return made


def _predicted(answer: JSONObject, made: ImagesResponse) -> list[Image]:
    images: list[Image] = []
    for prediction in map(members, entries(answer["predictions"])):
        data, url = text_of(prediction.get("bytesBase64Encoded")), text_of(prediction.get("gcsUri"))
        if data or url:
            facts = {"revised_prompt": prediction.get("prompt"), "mimeType": prediction.get("mimeType")}
            images.append(_image(facts, data, url))
        elif _FILTERED in prediction:
            setattr(made, _FILTERED, prediction[_FILTERED])
    return images


def _drawn(answer: JSONObject) -> list[Image]:
    said = text_in(answer).strip() or None
    return [
        _image({"revised_prompt": said, "mimeType": media}, data, "") for media, data in data_parts(answer, "image/")
    ]


def _image(facts: JSONObject, data: str, url: str) -> Image:
    image = revive(Image, {name: value for name, value in facts.items() if value is not None})
    image.b64_json, image.url = data or None, url or None
    return image


def _no_image(answer: JSONObject, made: ImagesResponse) -> Exception:
    reason = text_of(made.model_extra.get(_FILTERED))
    if reason:
        return ContentFilterError(reason, status_code=200, code=_FILTERED)
    if "candidates" in answer or "promptFeedback" in answer or ended(answer):
        return nothing_made(answer, "an image")
    return MalformedResponseError(f"the answer to a request for images has none, but {sorted(answer)}")


def _usage(answers: list[JSONObject]) -> ImagesUsage | None:
    told = [completion_usage(members(answer["usageMetadata"])) for answer in answers if "usageMetadata" in answer]
    if not told:
        return None
    details = [usage.completion_tokens_details for usage in told if usage.completion_tokens_details is not None]
    output, drawn = sum(usage.completion_tokens for usage in told), sum(one.image_tokens or 0 for one in details)
    return ImagesUsage(
        input_tokens=sum(usage.prompt_tokens for usage in told),
        output_tokens=output,
        total_tokens=sum(usage.total_tokens for usage in told),
        output_tokens_details=ImagesUsageDetails(image_tokens=drawn, text_tokens=output - drawn) if details else None,
    )


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_images, follow_up=ask_for_another
)
"""The operation `image_generation`."""

IMAGE_EDIT: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_edit, decode=decode_images, follow_up=ask_for_another
)
"""The operation `image_edit`."""
