"""How the families of models take a prompt by InvokeModel, as data.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html and the pages below it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class PromptForm(msgspec.Struct, frozen=True, kw_only=True):
    """How models are given a prompt whose ids contain one of `models`.

    Attributes:
        models: parts of the ids of the models.
        prompt: the member of the body that is the prompt.
        turn: where that member is a list of messages, how one says its text: `text` or `parts`; else empty.
        inside: the member in which the parameters stand; empty where they stand beside the prompt.
        names: what OpenAI's parameters are called.
        scaled: parameters, by OpenAI's names, that stand in an object as its `scale`.
        fixed: members that every body has.
        limit: the limit of tokens that is sent where a model demands one and the caller says none.
        told: a body says itself that the answer is streamed.
        spoken: the prompt must be a dialogue of `Human:` and `Assistant:`.
    """

    models: tuple[str, ...]
    prompt: str = "prompt"
    turn: str = ""
    inside: str = ""
    names: Mapping[str, str] = {}
    scaled: frozenset[str] = frozenset()
    fixed: Mapping[str, str] = {}
    limit: int = 0
    told: bool = False
    spoken: bool = False


_SAME: Mapping[str, str] = {"max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "stop": "stop"}
_PENALTIES: Mapping[str, str] = {
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
}
_CAMEL: Mapping[str, str] = {
    "max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences",
}  # fmt: skip
_ANTHROPIC: Mapping[str, str] = {**_SAME, "stop": "stop_sequences"}
_COHERE: Mapping[str, str] = {**_ANTHROPIC, "top_p": "p"}

FORMS: tuple[PromptForm, ...] = (
    PromptForm(
        models=("titan",),
        prompt="inputText",
        inside="textGenerationConfig",
        names={**_CAMEL, "max_tokens": "maxTokenCount"},
    ),
    PromptForm(
        models=("nova",),
        prompt="messages",
        turn="parts",
        inside="inferenceConfig",
        names=_CAMEL,
        fixed={"schemaVersion": "messages-v1"},
    ),
    PromptForm(
        models=("claude-v", "claude-instant"),
        names={**_ANTHROPIC, "max_tokens": "max_tokens_to_sample"},
        limit=1_024,
        spoken=True,
    ),
    PromptForm(
        models=("claude",),
        prompt="messages",
        turn="text",
        names=_ANTHROPIC,
        fixed={"anthropic_version": "bedrock-2023-05-31"},
        limit=4_096,
    ),
    PromptForm(models=("meta.",), names={**_SAME, "max_tokens": "max_gen_len"}),
    PromptForm(models=("mistral-7b", "mixtral", "mistral-large-2402", "mistral-small-2402"), names=_SAME),
    PromptForm(models=("cohere.command-r",), prompt="message", names={**_COHERE, **_PENALTIES}),
    PromptForm(
        models=("cohere.command",),
        names={**_COHERE, "n": "num_generations", "logit_bias": "logit_bias"},
        told=True,
    ),
    PromptForm(
        models=("ai21.j2",),
        names={
            **_CAMEL,
            "n": "numResults",
            "presence_penalty": "presencePenalty",
            "frequency_penalty": "frequencyPenalty",
        },
        scaled=frozenset({"presence_penalty", "frequency_penalty"}),
    ),
    PromptForm(models=("deepseek.r1", "arn:"), names=_SAME),
    PromptForm(models=("",), prompt="messages", turn="text", names={**_SAME, **_PENALTIES, "n": "n"}),
)
"""The forms; the first of which a part of a name is in a model's id is its form, the last is OpenAI's chat.

A model behind an ARN that tells no name, such as one of one's own, takes a prompt as most servers do.
"""


def form_of(model: str) -> PromptForm:
    """Return the form of a model's prompts by its id."""
    return next(form for form in FORMS if any(name in model for name in form.models))
