"""Which error an unsuccessful HTTP status means, where the vendor's own code does not say more.

And which one a refused request means whose vendor tells the reason in words alone, under a code for refusals of all
kinds: only the fixed beginnings of sentences count that vendors are known to say. The sentences are in one table for
all formats, as hosts pass on what the servers behind them said.
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
    ContentFilterError,
    ContextLengthExceededError,
    GatewayTimeoutError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    ProviderFileNotFoundError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTimeoutError,
    RequestTooLargeError,
    UnsupportedOperationError,
    UpstreamProviderError,
)

STATUS_ERRORS: Mapping[int, type[AnyLLMError]] = {
    401: AuthenticationError,
    402: InsufficientFundsError,
    403: PermissionDeniedError,
    404: ModelNotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    410: ModelNotFoundError,
    413: RequestTooLargeError,
    425: ConflictError,
    429: RateLimitError,
    501: UnsupportedOperationError,
    502: UpstreamProviderError,
    503: OverloadedError,
    504: GatewayTimeoutError,
    # Cloudflare's, before servers of all kinds: https://developers.cloudflare.com/support/troubleshooting/http-status-codes
    521: UpstreamProviderError,
    522: UpstreamProviderError,
    523: UpstreamProviderError,
    524: GatewayTimeoutError,
    529: OverloadedError,
}

GENERAL_CODES = frozenset(
    {
        "3051",  # Mistral
        "bad request",
        "bad_request",
        "bad_request_error",
        "badrequest",
        "badrequesterror",
        "client specified an invalid argument",
        "error",
        "invalid-argument",
        "invalid_argument",
        "invalid_input_argument",
        "invalid_parameter_error",
        "invalid_request",
        "invalid_request_entity",
        "invalid_request_error",
        "invalid_request_invalid_args",
        "invalidparameter",
        "modelerrorexception",
        "modelstreamerrorexception",
        "validation",
        "validationexception",
    }
)
"""Codes and types that say no more than that the request was refused; in lower case."""

_HTTP_DIGITS = 3

SENTENCES: Mapping[str, type[AnyLLMError]] = {
    # Anthropic
    "prompt is too long:": ContextLengthExceededError,
    "input length and `max_tokens` exceed context limit:": ContextLengthExceededError,
    "input length and max_tokens exceed context limit:": ContextLengthExceededError,
    "your credit balance is too low to access": InsufficientFundsError,
    "you have reached your specified api usage limits": QuotaExhaustedError,
    "you have reached your specified workspace api usage limits": QuotaExhaustedError,
    "output blocked by content filtering policy": ContentFilterError,
    # OpenAI, DeepSeek, vLLM and Llama at Amazon Bedrock, as one has it from the other; xAI, OpenRouter, Groq
    "this model's maximum context length is tokens": ContextLengthExceededError,
    "this model's maximum prompt length is but the request contains tokens": ContextLengthExceededError,
    "this endpoint's maximum context length is tokens": ContextLengthExceededError,
    "your input exceeds the context window of this model": ContextLengthExceededError,
    "input tokens exceed the configured limit of": ContextLengthExceededError,
    "please reduce the length of the messages or completion": ContextLengthExceededError,
    # https://github.com/vllm-project/vllm and https://github.com/sgl-project/sglang, which Together and others run
    "'max_tokens' or 'max_completion_tokens' is too large: . this model's maximum context length is tokens": (
        ContextLengthExceededError
    ),
    "you passed input tokens and requested output tokens. however, the model's context length is only": (
        ContextLengthExceededError
    ),
    "the decoder prompt (length ) is longer than the maximum model length of": ContextLengthExceededError,
    "the prompt (length ) is longer than the maximum model length of": ContextLengthExceededError,
    "the input ( tokens) is longer than the model's context length": ContextLengthExceededError,
    "requested token count exceeds the model's maximum context length": ContextLengthExceededError,
    # https://github.com/ggml-org/llama.cpp, LM Studio, https://github.com/ollama/ollama and Fireworks
    "the request exceeds the available context size": ContextLengthExceededError,
    "request ( tokens) exceeds the available context size": ContextLengthExceededError,
    "the number of tokens to keep from the initial prompt is greater than the context length": (
        ContextLengthExceededError
    ),
    "trying to keep the first tokens when context": ContextLengthExceededError,
    "prompt too long; exceeded max context length": ContextLengthExceededError,
    "the input length exceeds the context length": ContextLengthExceededError,
    "the prompt is too long: , model maximum context length:": ContextLengthExceededError,
    # https://github.com/huggingface/text-generation-inference
    "input validation error: `inputs` tokens + `max_new_tokens` must be <=": ContextLengthExceededError,
    "input validation error: `inputs` must have less than tokens": ContextLengthExceededError,
    # Google
    "the input token count () exceeds the maximum number of tokens allowed": ContextLengthExceededError,
    "the input token count exceeds the maximum number of tokens allowed": ContextLengthExceededError,
    "unable to submit request because the input token count is but": ContextLengthExceededError,
    # Amazon Bedrock
    "input is too long for requested model": ContextLengthExceededError,
    "input tokens exceeded: number of input tokens exceeds maximum length": ContextLengthExceededError,
    "too many input tokens. max input tokens:": ContextLengthExceededError,
    # https://docs.cohere.com/reference/errors
    "too many tokens: size limit exceeded by": ContextLengthExceededError,
    "too many tokens: total number of tokens": ContextLengthExceededError,
    "too many tokens: minimal context could not be added to prompt": ContextLengthExceededError,
    # Mistral, Moonshot, MiniMax, https://www.alibabacloud.com/help/en/model-studio/error-code
    "prompt contains tokens, too large for model with": ContextLengthExceededError,
    "prompt contains tokens and draft tokens, too large for model with": ContextLengthExceededError,
    "invalid request: your request exceeded model token limit:": ContextLengthExceededError,
    "your request exceeded model token limit:": ContextLengthExceededError,
    "invalid params, context window exceeds limit": ContextLengthExceededError,
    "range of input length should be [": ContextLengthExceededError,
    "<> internalerror.algo.invalidparameter: range of input length should be [": ContextLengthExceededError,
    # watsonx.ai and Voyage AI, which name the model in between
    "invalid input argument for model '…: the number of input tokens cannot exceed the total tokens limit": (
        ContextLengthExceededError
    ),
    "request to model '…does not fit into the model's context window of tokens": ContextLengthExceededError,
}
"""How sentences begin that tell what no code tells: in lower case, without digits; `…` stands for anything.

They are from recorded answers, vendors' pages, the sources of open servers, and what users report word for word."""

_PREFACES = ("the model returned the following errors: ", "bad request: ")
"""What Amazon Bedrock puts before the words of a model's own server."""

_NO_DIGITS = str.maketrans("", "", "0123456789")
_BEGINNING = 400


def of_a_file(error: AnyLLMError) -> AnyLLMError:
    """Return an error as what it is of a request for a file: what was not found is then no model."""
    if type(error) is not ModelNotFoundError:
        return error
    lost = ProviderFileNotFoundError(error.message)
    vars(lost).update(vars(error))
    return lost


def error_for_status(status: int) -> type[AnyLLMError]:
    """Return the error class of an HTTP status."""
    if status in STATUS_ERRORS:
        return STATUS_ERRORS[status]
    return InvalidRequestError if 400 <= status < 500 else ProviderError


def error_in_words(fitting: type[AnyLLMError], message: str, *codes: str | None) -> type[AnyLLMError]:
    """Return what a vendor tells in words alone, else the error known without them.

    Args:
        fitting: the error that the vendor's code and the status mean; words only refine an `InvalidRequestError`.
        message: what the vendor says.
        codes: the vendor's codes and types; one that says more than that the request was refused has the last word.
    """
    if fitting is not InvalidRequestError or not all(_is_general(code) for code in codes if code):
        return fitting
    said = " ".join(message[:_BEGINNING].translate(_NO_DIGITS).lower().split())
    for preface in _PREFACES:
        said = said.removeprefix(preface)
    return next((error for sentence, error in SENTENCES.items() if _begins(said, sentence)), fitting)


def _is_general(code: str) -> bool:
    """Tell whether a code, which may be the HTTP status again, says nothing about what is wrong."""
    return code.lower() in GENERAL_CODES or (code.isdecimal() and len(code) == _HTTP_DIGITS)


def _begins(said: str, sentence: str) -> bool:
    beginning, _, rest = sentence.partition("…")
    return said.startswith(beginning) and rest in said
