"""What is known of an answer while its chunks arrive."""

from __future__ import annotations

from typing import TypeVar

from any_llm.bridges.items import object_in
from any_llm.bridges.segments import Segmenter, Step, whole_choices
from any_llm.bridges.signatures import NATIVE, REPLAYED
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, CompletionUsage
from any_llm.types.json import JSONObject
from any_llm.types.value import Value

U = TypeVar("U", bound=Value)


class Answer:
    """Takes chunks, and keeps what they say about the answer as a whole. Only the first answer of several counts.

    Attributes:
        id: the vendor's id, from the first chunk that has one.
        model: the model that answers.
        created: seconds since 1970.
        service_tier: the vendor's word for how urgently it answers.
        finish_reason: why the answer ended, as far as it has.
        usage: the tokens, as last counted.
        extras: what vendors said beyond OpenAI's words.
        facts: what Anthropic said about the answer beyond OpenAI's words, such as its `stop_sequence`.
        started: whether there was a chunk.
    """

    def __init__(self) -> None:
        self.id = ""
        self.model = ""
        self.created = 0
        self.service_tier: str | None = None
        self.finish_reason: str | None = None
        self.usage: CompletionUsage | None = None
        self.extras: list[JSONObject] = []
        self.facts: JSONObject = {}
        self.started = False
        self._segmenter = Segmenter()

    @property
    def called(self) -> bool:
        """Whether a tool was called so far."""
        return self._segmenter.called

    def take(self, chunk: ChatCompletionChunk) -> list[Step]:
        """Take one chunk into account; returns what happens to the segments of the answer."""
        self.started = True
        self.id = self.id or chunk.id
        self.model = self.model or chunk.model
        self.created = self.created or chunk.created
        self.service_tier = chunk.service_tier or self.service_tier
        self.usage = chunk.usage or self.usage
        steps: list[Step] = []
        for choice in chunk.choices:
            if choice.index == 0:
                self.finish_reason = choice.finish_reason or self.finish_reason
                self._note(choice.delta.extra_content)
                steps += self._segmenter.feed(choice, self.id)
        return steps

    def _note(self, extra: JSONObject | None) -> None:
        if extra:
            self.extras.append(extra)
            own = object_in(extra.get(NATIVE))
            self.facts.update({name: own[name] for name in own.keys() - REPLAYED})

    def billed(self, usage: U) -> U:
        """Return the tokens in another shape, with what that cannot say kept for those who reckon what they cost.

        Other shapes have no words for tokens of sound, searches, tiers and what the vendor says that the answer cost.
        """
        if self.usage is not None:
            choices = [{"message": {"extra_content": extra}} for extra in self.extras]
            vars(usage)["_billed"] = {"usage": self.usage, "service_tier": self.service_tier, "choices": choices}
        return usage

    def finish(self) -> list[Step]:
        """Return what happens to the segments that are still open."""
        return self._segmenter.finish()


def whole_chunk(completion: ChatCompletion) -> ChatCompletionChunk:
    """Return the one chunk that says what a whole answer says."""
    chunk = ChatCompletionChunk(
        id=completion.id,
        created=completion.created,
        model=completion.model,
        service_tier=completion.service_tier,
        usage=completion.usage,
    )
    for choice in completion.choices[:1]:
        chunk.choices = list(whole_choices(choice.message, choice.logprobs))
        chunk.choices[-1].finish_reason = choice.finish_reason
    return chunk
