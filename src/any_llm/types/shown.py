"""JSON objects whose members are attributes too: parts of answers that some programs read one way, some the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "BetaContainer",
    "BetaContextManagementResponse",
    "BetaDiagnostics",
    "ChoiceDeltaAudio",
    "ImageContent",
    "ImageURL",
    "MessageIterationUsage",
    "ShownObject",
]


class ShownObject(dict[str, Any]):
    """A JSON object as it was sent. A member that its class names, and that was not sent, is `None` as an attribute."""

    def model_dump(self, **_options: object) -> dict[str, Any]:
        """Return a plain copy, as models of pydantic do."""
        return dict(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in self:
                return self[name]
            if name in type(self).__annotations__:
                return None
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)


class ImageURL(ShownObject):
    """Where an image of an answer is: an address or a data URI."""

    url: str


class ImageContent(ShownObject):
    """An image of an answer, as OpenRouter has them: https://openrouter.ai/docs/features/multimodal/image-generation."""

    type: str

    @property
    def image_url(self) -> ImageURL:
        """Where the image is."""
        return ImageURL(self.get("image_url") or {})


class ChoiceDeltaAudio(ShownObject):
    """The sound of an answer, or a piece of it: `data` is base64, `expires_at` seconds since 1970.

    https://platform.openai.com/docs/api-reference/chat/object
    """

    id: str | None
    data: str | None
    transcript: str | None
    expires_at: int | None


class BetaContainer(ShownObject):
    """Where Anthropic ran an answer's code; `expires_at` is a date: https://platform.claude.com/docs/en/api/beta/messages."""

    id: str
    expires_at: str | None
    skills: list[dict[str, Any]] | None


class BetaContextManagementResponse(ShownObject):
    """What Anthropic took out of a conversation that was too long."""

    applied_edits: list[dict[str, Any]] | None


class BetaDiagnostics(ShownObject):
    """What Anthropic says about the making of an answer, such as why a cache was not used."""

    cache_miss_reason: dict[str, Any] | None


class MessageIterationUsage(ShownObject):
    """Tokens of one of the rounds that an answer took at Anthropic."""

    type: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_creation_input_tokens: int | None
    cache_read_input_tokens: int | None
    cache_creation: dict[str, Any] | None
