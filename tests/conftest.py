"""What holds for every test: no real key, no address but this machine's, the same random examples each time."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("checks", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "checks"))

pytest_plugins = ["tests.measuring"]

SETTINGS = ("_API_KEY", "_BASE_URL", "_API_BASE")
NEVER_ROUTED = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
"""The addresses reserved for documentation (RFC 5737, RFC 3849): nobody answers there, so a test may try."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that at the end no worker is alone with it."""
    items.sort(key=lambda item: item.get_closest_marker("takes_long") is None)


def _forget_the_developers_own_settings() -> None:
    for name in list(os.environ):
        if name.endswith(SETTINGS) or name in {"ANY_LLM_CONFIG", "ANY_LLM_MODEL"}:
            del os.environ[name]
    # Tests of failures ask to see them at once; those of retries say so.
    os.environ["ANY_LLM_MAX_RETRIES"] = "0"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"


def _refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not isinstance(address := arguments[1], tuple):
        return
    try:
        target = ipaddress.ip_address(str(address[0]).partition("%")[0])
    except ValueError:
        return
    if not (target.is_loopback or any(target in network for network in NEVER_ROUTED)):
        message = f"A test tried to reach {address[0]!r}: tests talk to servers on this machine only"
        raise RuntimeError(message)


def _hear_interrupts() -> None:
    """Undo what a shell does to commands in the background: they, and what they start, ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_forget_the_developers_own_settings()
_hear_interrupts()
sys.addaudithook(_refuse_the_network)
