"""Which hosts a URL from outside may be fetched from: public ones, told by the very address that is connected to.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from any_llm.exceptions import InvalidRequestError

# https://www.iana.org/assignments/iana-ipv4-special-registry/, and the address at which Azure's machines ask their
# host (168.63.129.16); other clouds' metadata is link-local, or within a range that is not public anyway.
_PRIVATE: Final[Sequence[IPv4Network]] = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry/: what is not here and within 2000::/3 is public.
_PUBLIC_6: Final = IPv6Network("2000::/3")
_PRIVATE_6: Final[Sequence[IPv6Network]] = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Say whether an address is one of the open Internet; IPv4 within IPv6 is judged by the IPv4 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped
        if inner is None and parsed in _NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is None:
            return parsed.scope_id is None and parsed in _PUBLIC_6 and not any(parsed in net for net in _PRIVATE_6)
        parsed = inner
    return not any(parsed in network for network in _PRIVATE)


def check_host(host: str, addresses: Iterable[str], allowed: Collection[str]) -> None:
    """Check where a host is, right before one of these addresses is connected to.

    Args:
        host: the host as the URL says it.
        addresses: what it resolved to.
        allowed: hosts that may be anywhere.

    Raises:
        InvalidRequestError: it is not on the open Internet, or says its address as a bare number.
    """
    name = host.rstrip(".").lower()
    if name in allowed:
        return
    if _is_odd(name):
        raise _refused(host, "an address is said in four decimal numbers")
    if any(not is_public(address) for address in addresses):
        raise _refused(host, "it is not on the open Internet")


def _is_odd(name: str) -> bool:
    """Say whether a host is a number that some resolvers take for an address, as `2130706433` or `0x7f.1`."""
    last = name.rpartition(".")[2]
    if not _NUMBER.fullmatch(last):
        return False
    try:
        return str(IPv4Address(name)) != name
    except ValueError:
        return True


def _refused(host: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The host {host!r} is not fetched from: {why}; give the bytes, or allow the host by the setting fetch_allow"
    )
