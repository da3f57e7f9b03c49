"""Where the methods of the Gemini API are, and those of Vertex AI, which has the same ones below a project.

https://ai.google.dev/api and https://docs.cloud.google.com/vertex-ai/docs/reference/rest
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from any_llm.exceptions import ConfigurationError
from any_llm.spec.dialect import Target

VERSION = "/v1beta"
"""The version of the API that is asked when the base URL names none."""

_PUBLISHERS, _LOCATIONS = "/publishers/", "/locations/"
_HOSTED = "location"
"""The placeholder that a record on Vertex AI declares."""

_TOKENS = ("ya29.", "ya29d.", "eyJ")
"""How access tokens and JSON web tokens begin, which no API key does."""


def path(target: Target, verb: str) -> str:
    """Return the path of a model's method below the base URL."""
    return f"{model_path(target)}:{verb}"


def model_path(target: Target) -> str:
    """Return the path of a model below the base URL.

    A model that is the name of a resource (`tunedModels/…`, `models/…`) is kept as it is. On Vertex AI, a model is
    one of Google's unless it says otherwise (`endpoints/…`, `publishers/…`, `projects/…`, or `publisher/model`).
    """
    if on_cloud(target) and _PUBLISHERS not in target.base_url:
        return f"{version(target)}{_cloud_model(target)}"
    return f"{version(target)}/{quote(resource(target.model))}"


def on_cloud(target: Target) -> bool:
    """Tell whether a call goes to Vertex AI, whose methods differ here and there: by its URL, or by its record."""
    base = target.base_url
    return _PUBLISHERS in base or _LOCATIONS in base or _HOSTED in target.placeholders


def version(target: Target) -> str:
    """Return the version that the base URL lacks, empty when it has one."""
    last = target.base_url.rpartition("/")[2]
    versioned = last[:1] == "v" and last[1:2].isdigit()
    return "" if versioned or _PUBLISHERS in target.base_url or _LOCATIONS in target.base_url else VERSION


def rooted(target: Target, name: str, prefix: str = "") -> str:
    """Return the whole URL of a resource by its full name, whatever the base URL ends in beyond the API's version.

    `prefix` stands before the version, as in `/upload/v1beta/files`.
    """
    parts = urlsplit(target.base_url)
    segments = parts.path.split("/")
    index = next((at for at, word in enumerate(segments) if word[:1] == "v" and word[1:2].isdigit()), None)
    before = "/".join(segments if index is None else segments[:index]).rstrip("/")
    number = VERSION if index is None else f"/{segments[index]}"
    return f"{parts.scheme}://{parts.netloc}{before}{prefix}{number}/{name}"


def project_path(target: Target) -> str:
    """Return the part of a path that names project and location; a key of the express mode has none.

    Raises:
        ConfigurationError: neither a project nor a key is there.
    """
    if _LOCATIONS in target.base_url or _is_express(target):
        return ""
    known = target.placeholders
    if not known.get("project"):
        raise ConfigurationError(
            "Vertex AI needs a project: pass project= or set GOOGLE_CLOUD_PROJECT, or pass api_key= of its express mode"
        )
    return f"/projects/{quote(known['project'])}/locations/{quote(known[_HOSTED])}"


def _is_express(target: Target) -> bool:
    """Tell whether there is an API key, rather than a token in its place, or credentials found elsewhere."""
    return target.key is not None and not target.key.reveal().startswith(_TOKENS)


def resource(model: str) -> str:
    """Return the name of a model's resource."""
    return model if "/" in model else f"models/{model}"


def _cloud_model(target: Target) -> str:
    kind, _, rest = target.model.partition("/")
    if kind == "projects":
        return f"/{quote(target.model)}"
    if kind in {"publishers", "endpoints"}:
        return f"{project_path(target)}/{quote(target.model)}"
    publisher, model = ("google", rest or kind) if kind == "models" or not rest else (kind, rest)
    return f"{project_path(target)}{_PUBLISHERS}{quote(publisher)}/models/{quote(model)}"
