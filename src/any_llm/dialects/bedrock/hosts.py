"""Where Bedrock's other services are: hosts beside that of its models.

https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

from __future__ import annotations

_RUNTIME = "bedrock-runtime"
_SHORTEST = 3


def sister(base_url: str, service: str) -> str | None:
    """Return where another of Bedrock's services is, in the region of its models; `None` for a host of one's own."""
    begin, found, rest = base_url.partition(f"//{_RUNTIME}")
    host = rest.partition("/")[0]
    ours = host.startswith(".") and ".amazonaws.com" in host
    return f"{begin}//{service}{host}" if found and ours else None


def region_of(base_url: str) -> str:
    """Return the region in the name of Bedrock's host."""
    labels = base_url.partition("//")[2].split(".")
    return labels[1] if len(labels) >= _SHORTEST else ""
