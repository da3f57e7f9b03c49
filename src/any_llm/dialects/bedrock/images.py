"""Images by InvokeModel, whose bodies are the models' own: Nova Canvas and Titan, Stability's newer and older ones.

https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from any_llm.dialects.bedrock.invoke import invoke
from any_llm.dialects.bedrock.wire import decode_object, members, text_of
from any_llm.exceptions import ContentFilterError, InvalidRequestError
from any_llm.schemas.shapes import is_list
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_OPENAI = frozenset({
    "aspect_ratio", "background", "moderation", "n", "negative_prompt", "output_compression", "output_format",
    "partial_images", "prompt", "quality", "response_format", "seed", "size", "stream", "style", "user",
})  # fmt: skip
_QUALITIES: Mapping[str, str] = {
    "hd": "premium", "high": "premium", "low": "standard", "medium": "standard", "premium": "premium",
    "standard": "standard",
}  # fmt: skip


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's are sent as they are.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    warnings: list[CallWarning] = []
    encode = next(encode for name, encode in _ENCODERS.items() if name in target.model)
    body, said = encode(options, warnings)
    for name in sorted((_OPENAI - said) & options.keys()):
        value = options[name]
        asked = value is not None and (name, value) not in {("n", 1), ("response_format", "b64_json")}
        if asked and not (name == "size" and value == "auto"):
            warnings.append(CallWarning("dropped", name, "the model has no such parameter"))
    more = {name: value for name, value in options.items() if name not in _OPENAI and value is not None}
    return invoke(target, {**body, **more}, warnings)


def _encode_canvas(options: Options, warnings: list[CallWarning]) -> tuple[JSONObject, frozenset[str]]:
    prompt: JSONObject = {"text": options["prompt"]}
    if options.get("negative_prompt"):
        prompt["negativeText"] = options["negative_prompt"]
    config: JSONObject = {}
    if options.get("n") is not None:
        config["numberOfImages"] = options["n"]
    if (size := _size(options)) is not None:
        config["width"], config["height"] = size
    quality: JSON = options.get("quality")
    if isinstance(quality, str) and quality in _QUALITIES:
        config["quality"] = _QUALITIES[quality]
        if quality != config["quality"]:
            warnings.append(CallWarning("approximated", "quality", f"sent as {config['quality']!r}"))
    elif quality not in (None, "auto"):
        warnings.append(CallWarning("dropped", "quality", "'standard' or 'premium' is taken"))
    if options.get("seed") is not None:
        config["seed"] = options["seed"]
    body: JSONObject = {"taskType": "TEXT_IMAGE", "textToImageParams": prompt}
    said = frozenset({"prompt", "negative_prompt", "n", "size", "quality", "seed"})
    return body | ({"imageGenerationConfig": config} if config else {}), said


def _encode_stability(options: Options, _warnings: list[CallWarning]) -> tuple[JSONObject, frozenset[str]]:
    names = ("prompt", "negative_prompt", "aspect_ratio", "seed", "output_format")
    return {name: options[name] for name in names if options.get(name) is not None}, frozenset(names)


def _encode_diffusion(options: Options, _warnings: list[CallWarning]) -> tuple[JSONObject, frozenset[str]]:
    prompts = [{"text": options["prompt"], "weight": 1}]
    if options.get("negative_prompt"):
        prompts.append({"text": options["negative_prompt"], "weight": -1})
    body: JSONObject = {"text_prompts": prompts}
    if (size := _size(options)) is not None:
        body["width"], body["height"] = size
    body |= {
        theirs: options[name]
        for name, theirs in (("n", "samples"), ("seed", "seed"), ("style", "style_preset"))
        if options.get(name) is not None
    }
    return body, frozenset({"prompt", "negative_prompt", "n", "size", "seed", "style"})


def _size(options: Options) -> tuple[int, int] | None:
    size = options.get("size")
    if size in (None, "auto"):
        return None
    width, _, height = str(size).partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InvalidRequestError(f"size is {size!r}; two numbers are needed, as in '1024x1024'", param="size")
    return int(width), int(height)


_ENCODERS: Mapping[str, Callable[[Options, list[CallWarning]], tuple[JSONObject, frozenset[str]]]] = {
    "stable-diffusion-xl": _encode_diffusion,
    "stability.": _encode_stability,
    "": _encode_canvas,
}
"""How an image is asked for, by a part of the models' ids; the last is Amazon's own."""


def decode_image_generation(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode an answer; what it says beyond the images are members of it.

    Raises:
        ContentFilterError: every image was held back.
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no images.
    """
    answer = decode_object(response, "images", "artifacts", "error")
    listed: JSON = answer.get("images")
    images = [Image(b64_json=image) for image in listed if isinstance(image, str)] if is_list(listed) else []
    images += [Image(b64_json=text_of(item, "base64")) for item in members(answer, "artifacts") if item.get("base64")]
    if not images:
        reasons: JSON = answer.get("finish_reasons")
        why = answer.get("error") or (reasons[0] if is_list(reasons) and reasons else None)
        raise ContentFilterError(str(why or "The answer has no images"), status_code=response.status)
    made = ImagesResponse(data=images)
    for name, value in answer.items():
        if name not in {"images", "artifacts"} and value is not None:
            setattr(made, name, value)
    return made


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(encode=encode_image_generation, decode=decode_image_generation)
"""The operation `image_generation`."""
