"""Which proxy stands before an origin: the given one, or what the environment says."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from any_llm.exceptions import ConfigurationError


class Proxies:
    """The proxies of one pool, read once when it is made.

    `proxy` is the URL of an HTTP or HTTPS proxy for every origin; without it, and if `trust_env`, the environment's
    `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count, in lower or upper case. `NO_PROXY` lists, by commas,
    hosts (which stand for the hosts below them too), addresses, networks as `10.0.0.0/8`, or `*` for everything.
    """

    __slots__ = ("_environment", "_excluded", "_proxy")

    def __init__(self, proxy: str | None, *, trust_env: bool) -> None:
        self._proxy = proxy and _checked(proxy, "proxy=")
        self._environment: Mapping[str, str] = getproxies_environment() if trust_env and not proxy else {}
        names = self._environment.get("no", "").lower().split(",")
        self._excluded = tuple(stripped for name in names if (stripped := name.strip()))

    def find(self, scheme: str, host: str) -> str | None:
        """Return the proxy's URL for an origin, or None.

        Raises:
            ConfigurationError: the proxy is of a kind that this transport does not speak.
        """
        if self._proxy:
            return self._proxy
        proxy = self._environment.get(scheme) or self._environment.get("all")
        if not proxy or any(_excludes(entry, host.lower()) for entry in self._excluded):
            return None
        return _checked(proxy if "://" in proxy else f"http://{proxy}", f"The environment's proxy for {scheme!r}")


def _excludes(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return ip_address(host) in ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.removeprefix("*").removeprefix(".")
    if name.count(":") == 1:
        name = name.partition(":")[0]
    return host == name or host.endswith(f".{name}")


def _checked(proxy: str, source: str) -> str:
    scheme = urlsplit(proxy).scheme
    if scheme not in {"http", "https"}:
        raise ConfigurationError(
            f"{source} is of kind {scheme!r}, but only 'http' and 'https' proxies are spoken here; for another kind "
            "pass an httpx2.AsyncClient that is set up for it"
        )
    return proxy
