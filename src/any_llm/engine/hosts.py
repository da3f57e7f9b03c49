"""Which hosts are a provider's own, so that its key may go there."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider

_NAME = re.compile(r"\\\{(\w+)\\\}")


def is_own(target: Target, url: str) -> bool:
    """Say whether a whole URL is on the origin of the base URL, or on one of the provider's further hosts."""
    theirs, own = urlsplit(url), urlsplit(target.base_url)
    if (theirs.scheme, theirs.netloc) == (own.scheme, own.netloc):
        return True
    return theirs.scheme == "https" and theirs.netloc in _further(target.provider, own.netloc)


@lru_cache(maxsize=1_024)
def _further(provider: Provider, own: str) -> frozenset[str]:
    """Return the further hosts; `{names}` in them are what stands at their place in the host of the base URL."""
    template = re.escape(urlsplit(provider.base_url).netloc)
    found = re.fullmatch(_NAME.sub(r"(?P<\1>[^./]+)", template), own) if "{" in template else None
    values = found.groupdict() if found else {}
    filled = (_fill(host, values) for host in provider.hosts)
    return frozenset(host for host in filled if "{" not in host)


def _fill(host: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        host = host.replace(f"{{{name}}}", value)
    return host
