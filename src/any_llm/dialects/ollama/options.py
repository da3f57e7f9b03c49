"""Which parameters are settings of the model's run, that Ollama takes in `options`.

https://docs.ollama.com/modelfile#valid-parameters-and-values
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.types.json import JSON, JSONObject

_RENAMED: Mapping[str, str] = {"max_tokens": "num_predict"}
_SETTINGS = frozenset(
    {
        "draft_num_predict", "f16_kv", "frequency_penalty", "logits_all", "low_vram", "main_gpu", "min_p", "mirostat",
        "mirostat_eta", "mirostat_tau", "num_batch", "num_ctx", "num_gpu", "num_keep", "num_predict", "num_thread",
        "numa", "penalize_newline", "presence_penalty", "repeat_last_n", "repeat_penalty", "seed", "stop",
        "temperature", "tfs_z", "top_k", "top_p", "typical_p", "use_mlock", "use_mmap", "vocab_only",
    }
)  # fmt: skip


def split_options(said: Mapping[str, JSON]) -> tuple[JSONObject, JSONObject]:
    """Return what stands in the body itself, and the settings; those that the caller gave as `options` go first."""
    rest: JSONObject = {}
    settings: JSONObject = {}
    for name, value in said.items():
        inner = _RENAMED.get(name, name)
        if inner in _SETTINGS:
            settings[inner] = [value] if inner == "stop" and isinstance(value, str) else value
        elif name != "options":
            rest[name] = value
    return rest, settings | dict(said.get("options") or {})
