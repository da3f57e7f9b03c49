"""OpenAI's images: https://platform.openai.com/docs/api-reference/images."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from any_llm.testing.mock.answer import Answer, Blob
from any_llm.testing.mock.asked import Asked, count_tokens
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import EVENTS, event, head, refuse, whole
from any_llm.testing.mock.wires.samples import picture
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSON, JSONObject

_IMAGE_TOKENS = 272
"""What a picture of low quality costs."""

_OLD = ("dall-e-2", "dall-e-3")
"""The models that give addresses, and neither usage nor settings."""


def read_generation(request: MockRequest) -> Asked:
    """Read a request for pictures."""
    return _asked(request, request.object, "image_generation")


def read_edit(request: MockRequest) -> Asked:
    """Read a request to change pictures, which come as the parts of a form or in JSON."""
    return _asked(request, request.fields or request.object, "image_edit")


def read_variation(request: MockRequest) -> Asked:
    """Read a request for pictures that are like another one."""
    fields = {name: value for name, value in request.fields.items() if name != "prompt"}
    return _asked(request, {"prompt": "A variation", **fields}, "image_edit")


def _asked(request: MockRequest, body: Mapping[str, JSON], event_name: str) -> Asked:
    check = manner_of(request).check
    if check is not None:
        check(request)
    prompt = str(body.get("prompt") or "")
    if not prompt:
        raise refuse("prompt")
    pictures = [part for part in request.form if part.name.startswith("image")] or body.get("images") or ()
    if event_name == "image_edit" and not pictures:
        raise refuse("image")
    return Asked(
        model=str(body.get("model") or "dall-e-2"),
        stream=str(body.get("stream")).lower() == "true",
        inputs=(prompt,),
        n=int(body.get("n") or 1),
        options={
            "event": event_name,
            "background": _chosen(body, "background", "opaque"),
            "output_format": _chosen(body, "output_format", "png"),
            "quality": _chosen(body, "quality", "low"),
            "size": _chosen(body, "size", "1024x1024"),
            "response_format": body.get("response_format"),
            "partial_images": int(body.get("partial_images") or 0),
            "pictures": len(pictures),
        },
    )


def _chosen(body: Mapping[str, JSON], name: str, usual: str) -> str:
    found = body.get(name)
    return usual if found in {None, "auto"} else str(found)


def render_images(answer: Answer, asked: Asked, context: Context) -> Rendered:
    """Say pictures: those of the answer, else small ones of one colour."""
    if asked.stream:
        return Rendered(headers=head(context, answer, EVENTS), pieces=tuple(_pieces(answer, asked, context)))
    body: JSONObject = {"created": int(context.now), "data": [_image(answer, asked, each) for each in range(asked.n)]}
    if asked.model not in _OLD:
        body |= {**_settings(asked), "usage": _usage(answer, asked)}
    return whole(body, context, answer, _IMAGE_TOKENS * asked.n)


def _settings(asked: Asked) -> JSONObject:
    return {name: asked.options[name] for name in ("background", "output_format", "quality", "size")}


def _data(answer: Answer, asked: Asked, number: int) -> bytes:
    given = answer.media
    blob = given[min(number, len(given) - 1)] if given else Blob("image/png", picture(f"{asked.text}{number}"))
    return blob.data


def _image(answer: Answer, asked: Asked, number: int) -> JSONObject:
    if asked.model in _OLD and asked.options["response_format"] != "b64_json":
        said: JSONObject = {"url": f"https://images.example.com/mock-{number}.png"}
    else:
        said = {"b64_json": base64.b64encode(_data(answer, asked, number)).decode()}
    if asked.model == _OLD[1]:
        said["revised_prompt"] = answer.text or asked.text
    return said


def _usage(answer: Answer, asked: Asked) -> JSONObject:
    read, made = _IMAGE_TOKENS * int(asked.options["pictures"]), _IMAGE_TOKENS * asked.n
    text = count_tokens(asked.text)
    if answer.usage is not None:
        text, made = answer.usage.input - read, answer.usage.output
    return {
        "input_tokens": text + read,
        "input_tokens_details": {"image_tokens": read, "text_tokens": text},
        "output_tokens": made,
        "output_tokens_details": {"image_tokens": made, "text_tokens": 0},
        "total_tokens": text + read + made,
    }


def _pieces(answer: Answer, asked: Asked, context: Context) -> Iterator[Piece]:
    name = asked.options["event"]
    shared = {"created_at": int(context.now), **_settings(asked)}
    for index in range(int(asked.options["partial_images"])):
        data = base64.b64encode(_data(answer, asked, index)).decode()
        partial = {"type": f"{name}.partial_image", "b64_json": data, "partial_image_index": index, **shared}
        yield event(partial, tokens=_IMAGE_TOKENS // 4)
    for number in range(asked.n):
        data = base64.b64encode(_data(answer, asked, number)).decode()
        done = {"type": f"{name}.completed", "b64_json": data, **shared, "usage": _usage(answer, asked)}
        yield event(done, "finish", _IMAGE_TOKENS)


WIRE = Wire(
    name="openai.images",
    vendor="openai",
    routes=(
        Route(
            method="POST",
            path="/images/generations",
            operation="image_generation",
            read=read_generation,
            render=render_images,
        ),
        Route(method="POST", path="/images/edits", operation="image_edit", read=read_edit, render=render_images),
        Route(
            method="POST",
            path="/images/variations",
            operation="image_variation",
            read=read_variation,
            render=render_images,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
