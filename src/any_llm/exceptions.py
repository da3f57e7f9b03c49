"""Every exception of the library, and nothing else.

    AnyLLMError
    ├── ConfigurationError              MissingApiKeyError · UnsupportedProviderError · MissingExtraError
    ├── UnsupportedParameterError       the provider cannot express a parameter
    ├── UnsupportedOperationError       the provider has no such operation (also a `NotImplementedError`)
    ├── InvalidRequestError             ConflictError · RequestTooLargeError · InvalidMessageError
    ├── ContextLengthExceededError
    ├── ContentFilterError
    ├── ModelNotFoundError · ProviderFileNotFoundError
    ├── AuthenticationError             PermissionDeniedError
    ├── RateLimitError                  QuotaExhaustedError (waiting does not help)
    ├── InsufficientFundsError
    ├── ProviderError                   OverloadedError · MalformedResponseError
    │                                   ConnectionFailedError · StreamTruncatedError · StreamClosedError
    ├── UpstreamProviderError · GatewayTimeoutError    502 and 504
    ├── RequestTimeoutError             ConnectTimeoutError · FirstTokenTimeoutError
    │                                   IdleTimeoutError · TotalTimeoutError (all also `TimeoutError`)
    ├── LengthFinishReasonError · ContentFilterFinishReasonError    a parsed answer was cut
    ├── ResponseFormatError             an answer does not fit its `response_format`
    └── BatchNotCompleteError

The names directly below `AnyLLMError` are those of Mozilla's `any_llm`, so that programs which catch them run
unchanged; what is refined stands beneath them. Errors are classified by the vendor's own code, then by HTTP status;
where both say only that a request was refused, by the beginnings of sentences that vendors are known to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from any_llm.failures import Failure, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self, Unpack

    from any_llm.attempts import Attempt, Routing
    from any_llm.failures import ErrorFacts, MoreFacts


class AnyLLMError(Failure, Exception):
    """The base of every error raised by this library.

    `retryable` says whether the same call may succeed when made again later; `caller_fault` whether the request itself
    must change. `attempts` are those that were made; `routing` tells how a call to a route found its targets.
    """

    default_message: ClassVar[str] = "The call failed"
    retryable: bool = False
    caller_fault: ClassVar[bool] = False
    attempts: Sequence[Attempt] = ()
    routing: Routing | None = None

    def __init__(
        self,
        message: str | None = None,
        original_exception: BaseException | None = None,
        provider_name: str | None = None,
        **facts: Unpack[ErrorFacts],
    ) -> None:
        self.message = message or self.default_message
        self.original_exception = original_exception
        self.provider_name = provider_name
        self.status_code = facts.get("status_code")
        self.code = facts.get("code")
        self.param = facts.get("param")
        self.error_type = facts.get("error_type")
        self.model = facts.get("model")
        self.operation = facts.get("operation")
        self.request_id = facts.get("request_id")
        self.client_request_id = facts.get("client_request_id")
        self.retry_after = facts.get("retry_after")
        self.elapsed = facts.get("elapsed")
        self.docs = facts.get("docs")
        self.request_excerpt = facts.get("request_excerpt")
        self.response_excerpt = facts.get("response_excerpt")
        super().__init__(self.message)

    @property
    def provider(self) -> str | None:
        """The provider's name, the same as `provider_name`."""
        return self.provider_name

    def with_facts(self, *, provider_name: str | None = None, **facts: Unpack[ErrorFacts]) -> Self:
        """Fill in what is not yet known about the failed call, and return this error; known facts are kept."""
        if self.provider_name is None:
            self.provider_name = provider_name
        for name, value in facts.items():
            if getattr(self, name) is None:
                setattr(self, name, value)
        return self

    @override
    def __str__(self) -> str:
        return f"[{self.provider_name}] {self.message}" if self.provider_name else self.message

    @override
    def __reduce__(self) -> tuple[object, ...]:
        state = {name: value for name, value in vars(self).items() if name != "original_exception"}
        return _restore, (type(self), state, self.args)


def _restore(kind: type[AnyLLMError], state: dict[str, object], args: tuple[object, ...]) -> AnyLLMError:
    error = kind.__new__(kind)
    error.args = args
    error.original_exception = None
    error.__dict__.update(state)
    return error


class ConfigurationError(AnyLLMError, ValueError):
    """The program's own set-up is wrong; nothing was sent."""

    default_message = "The configuration is wrong"
    caller_fault = True


class MissingApiKeyError(ConfigurationError):
    """No API key was given and none is in the environment."""

    def __init__(self, provider_name: str, env_var_name: str, *, key_page: str | None = None) -> None:
        where = f" (keys are made at {key_page})" if key_page else ""
        super().__init__(
            f"No {provider_name} API key: pass api_key= or set {env_var_name}{where}",
            provider_name=provider_name,
            docs=key_page,
        )
        self.env_var_name = env_var_name


class UnsupportedProviderError(ConfigurationError):
    """No provider has this name."""

    def __init__(
        self,
        provider_key: str,
        supported_providers: Sequence[str],
        *,
        closest: Sequence[str] = (),
    ) -> None:
        hint = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
        supported = ", ".join(supported_providers)
        super().__init__(f"{provider_key!r} is not a supported provider.{hint} Supported: {supported}")
        self.provider_key = provider_key
        self.supported_providers = list(supported_providers)


class MissingExtraError(ConfigurationError, ImportError):
    """An optional package is needed; the message says what to install."""

    def __init__(self, extra: str, package: str, *, reason: str = "") -> None:
        detail = f" ({reason})" if reason else ""
        super().__init__(f"{package} is needed{detail}: pip install 'any-llm[{extra}]'")
        self.extra = extra
        self.package = package


class UnsupportedParameterError(AnyLLMError):
    """The provider cannot express a parameter, and the policy is to refuse."""

    caller_fault = True

    def __init__(self, parameter_name: str, provider_name: str, additional_message: str | None = None) -> None:
        detail = f". {additional_message}" if additional_message else ""
        super().__init__(
            f"{parameter_name!r} is not supported for {provider_name}{detail}", provider_name=provider_name
        )
        self.parameter_name = parameter_name
        self.param = parameter_name


class UnsupportedOperationError(AnyLLMError, NotImplementedError):
    """The provider does not have this operation: nothing was sent, or its server says so (501)."""

    default_message = "The provider does not have this operation"
    caller_fault = True


class InvalidRequestError(AnyLLMError):
    """The request is malformed or not acceptable as it stands (400, 422)."""

    default_message = "The request is not valid"
    caller_fault = True


class InvalidMessageError(InvalidRequestError, ValueError):
    """A message, tool or schema is malformed; found before anything was sent. `param` is the path of the item."""

    default_message = "The messages are malformed"


class ConflictError(InvalidRequestError):
    """The request conflicts with another one in progress (409), or came too early (425); it may be made again."""

    default_message = "The request conflicts with another one"
    retryable = True


class RequestTooLargeError(InvalidRequestError):
    """The request is larger than the provider accepts (413)."""

    default_message = "The request is too large"


class ContextLengthExceededError(AnyLLMError):
    """The input does not fit the model's context window."""

    default_message = "The input exceeds the model's context length"
    caller_fault = True


class ContentFilterError(AnyLLMError):
    """The provider refused the content of the request or of its answer."""

    default_message = "The content was filtered by the provider"
    caller_fault = True


class ModelNotFoundError(AnyLLMError):
    """The provider does not have the model (404), not for this account, or no longer (410)."""

    default_message = "The model was not found"
    caller_fault = True


class ProviderFileNotFoundError(AnyLLMError):
    """The provider does not keep the file, or not for this account (404)."""

    default_message = "The file was not found"
    caller_fault = True


class AuthenticationError(AnyLLMError):
    """The API key is missing, wrong or revoked (401)."""

    default_message = "Authentication failed"


class PermissionDeniedError(AuthenticationError):
    """The API key is valid but may not do this (403)."""

    default_message = "Permission denied"


class RateLimitError(AnyLLMError):
    """Too many requests (429); `retry_after` is how many seconds to wait, told as such or by a `Retry-After` header."""

    default_message = "The rate limit was exceeded"
    retryable = True

    def __init__(
        self,
        message: str | None = None,
        original_exception: BaseException | None = None,
        provider_name: str | None = None,
        retry_after: float | str | None = None,
        **facts: Unpack[MoreFacts],
    ) -> None:
        super().__init__(message, original_exception, provider_name, **facts)
        self.retry_after = seconds_to_wait(retry_after)


class QuotaExhaustedError(RateLimitError):
    """The account's quota or credit is used up; waiting does not help."""

    default_message = "The quota is exhausted"
    retryable = False


class InsufficientFundsError(AnyLLMError):
    """The account must be paid up first (402)."""

    default_message = "The account has insufficient funds"


class ProviderError(AnyLLMError):
    """The provider failed (5xx), or what it sent cannot be understood."""

    default_message = "The provider failed"
    retryable = True


class OverloadedError(ProviderError):
    """The provider is overloaded for now (503, 529)."""

    default_message = "The provider is overloaded"


class MalformedResponseError(ProviderError):
    """The answer is not what the API promises: HTML, an empty body, broken JSON, a wrong content type."""

    default_message = "The provider's answer is malformed"


class ConnectionFailedError(ProviderError):
    """No connection could be made, or it broke before an answer arrived."""

    default_message = "The connection failed"


class StreamTruncatedError(ProviderError):
    """A stream ended before the provider said that it was complete."""

    default_message = "The stream ended early"


class StreamClosedError(ProviderError):
    """The stream was closed by this program and cannot be read any more."""

    default_message = "The stream is closed"
    retryable = False


class UpstreamProviderError(AnyLLMError):
    """A gateway could not reach the provider behind it (502)."""

    default_message = "The provider behind the gateway failed"
    retryable = True


class GatewayTimeoutError(AnyLLMError):
    """A gateway did not hear from the provider behind it in time (504)."""

    default_message = "The gateway timed out"
    retryable = True


class RequestTimeoutError(AnyLLMError, TimeoutError):
    """Time ran out; the subclasses say which time. Also the provider's own 408."""

    default_message = "The request timed out"
    retryable = True


class ConnectTimeoutError(RequestTimeoutError):
    """No connection within the connect timeout."""

    default_message = "No connection in time"


class FirstTokenTimeoutError(RequestTimeoutError):
    """No first byte of the answer within the first-token timeout."""

    default_message = "No first token in time"


class IdleTimeoutError(RequestTimeoutError):
    """The answer stalled for longer than the idle timeout."""

    default_message = "The answer stalled"


class TotalTimeoutError(RequestTimeoutError):
    """The whole call took longer than the total timeout."""

    default_message = "The call took too long"


class _FinishReasonError(AnyLLMError):
    def __init__(self, message: str | None = None, *, completion: object = None) -> None:
        super().__init__(message)
        self.completion = completion


class LengthFinishReasonError(_FinishReasonError):
    """A structured answer was cut at the token limit; `completion` holds it."""

    default_message = "The answer was cut at the token limit and cannot be parsed"


class ContentFilterFinishReasonError(_FinishReasonError):
    """A structured answer was stopped by the content filter; `completion` holds it."""

    default_message = "The answer was stopped by the content filter and cannot be parsed"


class ResponseFormatError(AnyLLMError, ValueError):
    """A structured answer does not fit the type given as `response_format`; `text` holds it."""

    default_message = "The answer does not fit the response format"

    def __init__(self, message: str | None = None, *, text: str = "") -> None:
        super().__init__(message)
        self.text = text


class BatchNotCompleteError(AnyLLMError):
    """The results of a batch were asked for before it finished."""

    def __init__(self, batch_id: str, status: str, provider_name: str | None = None) -> None:
        super().__init__(f"Batch {batch_id!r} is not complete: {status}", provider_name=provider_name)
        self.batch_id = batch_id
        self.batch_status = status
