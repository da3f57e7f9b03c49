"""The names of OpenTelemetry's conventions for generative AI, each stated once.

The conventions are in development, and names change: a change of theirs is a change here and in the pinned copy that
the tests compare with. https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

from collections.abc import Mapping

SCOPE = "any_llm"
"""The name of the instrumentation."""

SCHEMA = "https://opentelemetry.io/schemas/1.44.0"

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
CONVERSATION = "gen_ai.conversation.id"
OUTPUT_TYPE = "gen_ai.output.type"

REQUEST_MODEL = "gen_ai.request.model"
REQUEST_STREAM = "gen_ai.request.stream"
REQUEST_CHOICES = "gen_ai.request.choice.count"
REQUEST_ENCODINGS = "gen_ai.request.encoding_formats"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_STOP = "gen_ai.request.stop_sequences"
REQUEST_PREVIOUS = "gen_ai.request.previous_response.id"
REQUEST_REASONING = "gen_ai.request.reasoning.level"
REQUEST_NUMBERS: Mapping[str, str] = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "seed": "gen_ai.request.seed",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
}
"""Parameters that are said as they are, by our names."""

DIMENSIONS = "gen_ai.embeddings.dimension.count"

RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_FINISH = "gen_ai.response.finish_reasons"
RESPONSE_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
RESPONSE_STATUS = "gen_ai.response.status"

INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
AUDIO_INPUT_TOKENS = "gen_ai.usage.audio.input_tokens"
AUDIO_OUTPUT_TOKENS = "gen_ai.usage.audio.output_tokens"
IMAGE_INPUT_TOKENS = "gen_ai.usage.image.input_tokens"
IMAGE_OUTPUT_TOKENS = "gen_ai.usage.image.output_tokens"

INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
TOOL_DEFINITIONS = "gen_ai.tool.definitions"

TOOL_NAME = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_CALL = "gen_ai.tool.call.id"
TOOL_DESCRIPTION = "gen_ai.tool.description"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"

OPENAI_API = "openai.api.type"
OPENAI_REQUEST_TIER = "openai.request.service_tier"
OPENAI_RESPONSE_TIER = "openai.response.service_tier"
OPENAI_FINGERPRINT = "openai.response.system_fingerprint"
OPENAI_APIS: Mapping[str, str] = {"completion": "chat_completions", "responses": "responses"}
"""What the conventions call OpenAI's APIs, by our operations."""

ERROR_TYPE = "error.type"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
HTTP_STATUS = "http.response.status_code"
HTTP_RESEND = "http.request.resend_count"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"

TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105  # the name of an attribute

DETAILS_EVENT = "gen_ai.client.inference.operation.details"
EXCEPTION_EVENT = "gen_ai.client.operation.exception"
TOOL_EXCEPTION_EVENT = "gen_ai.execute_tool.exception"

DURATION = "gen_ai.client.operation.duration"
TOKEN_USAGE = "gen_ai.client.token.usage"  # noqa: S105  # the name of a metric
TIME_TO_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
TIME_PER_CHUNK = "gen_ai.client.operation.time_per_output_chunk"
TOOL_DURATION = "gen_ai.execute_tool.duration"

SECONDS_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS_BUCKETS = tuple(float(4**power) for power in range(14))
"""The limits of the buckets that the conventions prescribe: seconds doubling, tokens times four."""

EARLIER: Mapping[str, str] = {
    PROVIDER: "gen_ai.system",
    CACHE_WRITE_TOKENS: "gen_ai.usage.cache_creation.input_tokens",
}
"""Names of before that tools still read; said beside the newest unless `gen_ai_latest_experimental` is opted in to."""

TOLD_COST = "gen_ai.usage.cost"
"""Where Langfuse looks for the cost, in US dollars; the conventions have no name for it."""

OPERATIONS: Mapping[str, str] = {
    "completion": "chat",
    "responses": "chat",
    "messages": "chat",
    "text_completion": "text_completion",
    "embedding": "embeddings",
    "image_generation": "generate_content",
    "image_edit": "generate_content",
    "image_variation": "generate_content",
    "video_generation": "generate_content",
    "speech": "generate_content",
}
"""What the conventions call our operations. They have no name for the others, and those go by ours."""

EXECUTE_TOOL = "execute_tool"

PLACES: Mapping[str, str] = {
    "image_generation": "image",
    "image_edit": "image",
    "image_variation": "image",
    "speech": "speech",
}
"""What kind of output an operation has by itself."""

# What the conventions have no word for goes by names of our own.
OWN = "any_llm."
REQUEST_ID = OWN + "request_id"
ROUTE = OWN + "route"
ATTEMPTS = OWN + "attempts"
CACHE = OWN + "cache"
COST = OWN + "cost"
ENDING = OWN + "ending"
CHUNKS = OWN + "chunks"
USER = "user.id"
TENANT = OWN + "tenant"
TAGS = OWN + "tags"
KEY = OWN + "key"
WAITED = OWN + "waited"
LAYER = OWN + "layer"
OWN_TIME = OWN + "own_time"
UPSTREAM_REQUEST_ID = OWN + "provider_request_id"
