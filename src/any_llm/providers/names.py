"""The providers by name, as an enumeration that editors complete."""

from __future__ import annotations

from enum import StrEnum

from any_llm.providers.registry import unsupported


class LLMProvider(StrEnum):
    """Every provider that has a name here; `UnsupportedProviderError` says so where one cannot be called yet."""

    ANTHROPIC = "anthropic"
    ASSEMBLYAI = "assemblyai"
    ATLASCLOUD = "atlascloud"
    AZURE = "azure"
    AZUREANTHROPIC = "azureanthropic"
    AZUREOPENAI = "azureopenai"
    BEDROCK = "bedrock"
    CARTESIA = "cartesia"
    CASCADIA = "cascadia"
    CEREBRAS = "cerebras"
    COHERE = "cohere"
    DASHSCOPE = "dashscope"
    DATABRICKS = "databricks"
    DEEPGRAM = "deepgram"
    DEEPINFRA = "deepinfra"
    DEEPSEEK = "deepseek"
    EDENAI = "edenai"
    ELEVENLABS = "elevenlabs"
    FIREWORKS = "fireworks"
    GEMINI = "gemini"
    GITHUB = "github"
    GLADIA = "gladia"
    GMI = "gmi"
    GROQ = "groq"
    HUGGINGFACE = "huggingface"
    INCEPTION = "inception"
    JINA = "jina"
    KENARI = "kenari"
    LLAMA = "llama"
    LLAMACPP = "llamacpp"
    LLAMAFILE = "llamafile"
    LMSTUDIO = "lmstudio"
    LOCAL = "local"
    META = "meta"
    MINIMAX = "minimax"
    MISTRAL = "mistral"
    MIXEDBREAD = "mixedbread"
    MOONSHOT = "moonshot"
    MZAI = "mzai"
    NEBIUS = "nebius"
    NEOSANTARA = "neosantara"
    OLLAMA = "ollama"
    OPENAI = "openai"
    OPENROUTER = "openrouter"
    OTARI = "otari"
    OVHCLOUD = "ovhcloud"
    PERPLEXITY = "perplexity"
    PORTKEY = "portkey"
    QINIU = "qiniu"
    REQUESTY = "requesty"
    REVAI = "revai"
    SAGEMAKER = "sagemaker"
    SAMBANOVA = "sambanova"
    TELNYX = "telnyx"
    TOGETHER = "together"
    VERTEXAI = "vertexai"
    VERTEXAIANTHROPIC = "vertexaianthropic"
    VERTEXAILLAMA = "vertexaillama"
    VERTEXAIMISTRAL = "vertexaimistral"
    VLLM = "vllm"
    VOYAGE = "voyage"
    WATSONX = "watsonx"
    XAI = "xai"
    ZAI = "zai"
    ZEROENTROPY = "zeroentropy"

    @classmethod
    def from_string(cls, value: str | LLMProvider) -> LLMProvider:
        """Return the member of a name, whatever its case and surrounding space.

        Raises:
            UnsupportedProviderError: there is none; the error names the closest ones.
        """
        key = str(value).strip().lower()
        try:
            return cls(key)
        except ValueError:
            raise unsupported(key, [member.value for member in cls]) from None
