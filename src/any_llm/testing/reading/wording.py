"""What a refusal means whose vendor tells the reason in words alone: whole sentences, read from their beginning.

Each pattern is a sentence that the vendor named beside it is known to say; hosts pass on those of others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOO_LONG = (
    # Anthropic, and Fireworks behind Ollama's cloud
    r"prompt is too long: ",
    r"the prompt is too long: \d+, model maximum context length: \d+",
    r"input length and `?max_tokens`? exceed context limit: \d+ \+ \d+ > \d+",
    # OpenAI, xAI, OpenRouter, Groq
    r"this model's maximum (context length is \d+ tokens|prompt length is \d+ but the request contains)",
    r"this endpoint's maximum context length is \d+ tokens",
    r"your input exceeds the context window of this model",
    r"input tokens exceed the configured limit of \d+ tokens",
    r"please reduce the length of the messages or completion",
    # vLLM, SGLang
    r"'max_tokens' or 'max_completion_tokens' is too large: \d+\. this model's maximum context length is \d+ tokens",
    r"you passed \d+ input tokens and requested \d+ output tokens\. however, the model's context length is only \d+",
    r"the (decoder )?prompt \(length \d+\) is longer than the maximum model length of \d+",
    r"the input \(\d+ tokens\) is longer than the model's context length",
    r"requested token count exceeds the model's maximum context length",
    # llama.cpp, LM Studio, Ollama
    r"(the request|request \(\d+ tokens\)) exceeds the available context size",
    r"the number of tokens to keep from the initial prompt is greater than the context length",
    r"trying to keep the first \d+ tokens when context",
    r"prompt too long; exceeded max context length",
    r"the input length exceeds the context length",
    # Hugging Face's TGI
    r"input validation error: `inputs` tokens \+ `max_new_tokens` must be <= \d+",
    r"input validation error: `inputs` must have less than \d+ tokens",
    # Google
    r"the input token count( \(\d+\))? exceeds the maximum number of tokens allowed",
    r"unable to submit request because the input token count is \d+ but",
    # Amazon Bedrock
    r"input is too long for requested model",
    r"input tokens exceeded: number of input tokens exceeds maximum length",
    r"too many input tokens\. max input tokens: \d+",
    # Cohere
    r"too many tokens: (size limit exceeded by|total number of tokens|minimal context could not be added)",
    # Mistral, Moonshot, MiniMax, DashScope
    r"prompt contains \d+ tokens( and \d+ draft tokens)?, too large for model with \d+",
    r"(invalid request: )?your request exceeded model token limit: \d+",
    r"invalid params, context window exceeds limit",
    r"(<\d+> internalerror\.algo\.invalidparameter: )?range of input length should be \[",
    # watsonx.ai, Voyage AI
    r"invalid input argument for model '.*: the number of input tokens \d+ cannot exceed the total tokens limit",
    r"request to model '.*does not fit into the model's context window of \d+ tokens",
)
_BY_SENTENCE: Mapping[str, str] = {
    "|".join(_TOO_LONG): "ContextLengthExceededError",
    r"your credit balance is too low to access": "InsufficientFundsError",
    r"you have reached your specified (workspace )?api usage limits": "QuotaExhaustedError",
    r"output blocked by content filtering policy": "ContentFilterError",
}
_PREFACES = r"(the model returned the following errors: )?(400 bad request: )?"
_SAYS_NOTHING = re.compile(
    r"error|[45]\d\d|3051|bad[ _]?request(_?error)?|client specified an invalid argument"
    r"|invalid_request(_error|_entity|_invalid_args)?|invalid(-|_|_input_)argument|invalid_?parameter(_error)?"
    r"|validation(exception)?|model(stream)?errorexception",
    re.IGNORECASE,
)


def refined(error: str, message: str | None, *words: str | None) -> str:
    """Return the error that a message tells, where its codes and types leave no more than a refused request."""
    if error != "InvalidRequestError" or not all(_SAYS_NOTHING.fullmatch(word) for word in words if word):
        return error
    said = (message or "").lower()
    return next(
        (meant for sentence, meant in _BY_SENTENCE.items() if re.match(f"{_PREFACES}({sentence})", said)), error
    )
