"""Which hosts are a provider's own, so that its key may go there."""

from __future__ import annotations

import pytest

from any_llm.engine.hosts import is_own
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider

PROVIDER = Provider(
    name="cloud",
    base_url="https://runtime.{region}.cloud.example/v1",
    hosts=("control.{region}.cloud.example", "queue.cloud.example", "{other}.cloud.example"),
)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://runtime.eu-1.cloud.example/elsewhere", True),
        ("https://control.eu-1.cloud.example/models", True),
        ("https://queue.cloud.example/jobs", True),
        ("http://queue.cloud.example/jobs", False),
        ("https://control.us-1.cloud.example/models", False),
        ("https://control.{region}.cloud.example/models", False),
        ("https://evil.example/control.eu-1.cloud.example", False),
    ],
)
def test_hosts_of_the_same_place_are_the_providers_own(*, url: str, own: bool) -> None:
    target = Target(provider=PROVIDER, model="", base_url="https://runtime.eu-1.cloud.example/v1")

    assert is_own(target, url) is own


def test_beside_a_host_of_ones_own_there_are_only_those_without_names() -> None:
    target = Target(provider=PROVIDER, model="", base_url="https://proxy.example")

    assert is_own(target, "https://queue.cloud.example/jobs")
    assert not is_own(target, "https://control.eu-1.cloud.example/models")
