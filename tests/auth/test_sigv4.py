"""Signatures, compared with botocore's."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from unittest.mock import patch
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from any_llm.auth.sigv4 import Credentials, Scope, sign
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

NOW = datetime(2026, 11, 23, 16, 0, 5, tzinfo=UTC)
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
MODEL_URL = f"{HOST}/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
EXAMPLE = Credentials(access_key="AKIDEXAMPLE", secret_key=Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

words = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="-._~:/+= "), min_size=1)
segments = words.map(lambda word: quote(word, safe=""))
urls = st.builds(
    "{}/{}{}".format,
    st.sampled_from([HOST, "https://host:8443", "http://host:80", "http://127.0.0.1:9", "https://[::1]:8443"]),
    st.lists(segments, max_size=4).map("/".join),
    st.lists(st.tuples(segments, segments).map("=".join), max_size=3).map(lambda pairs: "?" + "&".join(pairs)),
)
own_headers = st.dictionaries(
    st.sampled_from(["Content-Type", "X-Amz-Target", "x-amzn-custom", "X-Amz-Meta"]), words, max_size=3
)
credentials = st.builds(
    Credentials,
    access_key=st.from_regex("A[A-Z0-9]{15}", fullmatch=True),
    secret_key=words.map(Secret),
    session_token=st.none() | words.map(str.strip).filter(bool).map(Secret),
)
scopes = st.builds(Scope, region=st.sampled_from(["us-east-1", "eu-central-2"]), service=st.sampled_from(["bedrock"]))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # naive bounds, as hypothesis wants


def botocore_signature(request: HttpRequest, who: Credentials, scope: Scope, now: datetime) -> dict[str, str]:
    """Return the headers that botocore adds to the same request."""
    token = who.session_token.reveal() if who.session_token else None
    kind = S3SigV4Auth if scope.service == "s3" else SigV4Auth
    signer = kind(BotocoreCredentials(who.access_key, who.secret_key.reveal(), token), scope.service, scope.region)
    sent = AWSRequest(method=request.method, url=request.url, data=request.body, headers=dict(request.headers))
    with patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        signer.add_auth(sent)
    return {name: value for name, value in sent.headers.items() if name not in request.headers}


@given(url=urls, headers=own_headers, body=st.binary(max_size=50), who=credentials, scope=scopes, now=moments)
def test_a_signature_equals_botocores(
    url: str, headers: dict[str, str], body: bytes, who: Credentials, scope: Scope, now: datetime
) -> None:
    signed = {name: value for name, value in headers.items() if name != "x-amzn-custom"}
    request = HttpRequest("POST", url, signed, body)
    assert sign(request, who, scope, now) == botocore_signature(request, who, scope, now)


@pytest.mark.parametrize("path", ["", "/", "/a//b/", "/a/./b/../c", "/..", "/model/a%3A0%2Fb/converse", "/a/."])
def test_a_path_is_made_canonical_as_botocore_makes_it(path: str) -> None:
    request = HttpRequest("GET", HOST + path, {})
    scope = Scope(region="us-east-1", service="bedrock")
    assert sign(request, EXAMPLE, scope, NOW) == botocore_signature(request, EXAMPLE, scope, NOW)


def test_only_what_stays_the_same_on_the_way_is_signed() -> None:
    headers = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "any-llm", "X-Client-Request-Id": "1"}
    added = sign(HttpRequest("POST", MODEL_URL, headers, b"{}"), EXAMPLE, Scope(region="r", service="s"), NOW)
    assert "SignedHeaders=content-type;host;x-amz-date," in added["Authorization"]
    assert "Credential=AKIDEXAMPLE/20261123/r/s/aws4_request," in added["Authorization"]
    assert added["X-Amz-Date"] == "20261123T160005Z"
    assert set(added) == {"Authorization", "X-Amz-Date"}


def test_the_time_may_be_told_in_any_zone() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    request, scope = HttpRequest("POST", MODEL_URL, {}, b"{}"), Scope(region="r", service="s")
    assert sign(request, EXAMPLE, scope, there) == sign(request, EXAMPLE, scope, NOW)


def test_a_changed_body_has_another_signature() -> None:
    scope = Scope(region="r", service="s")
    signatures = {
        sign(HttpRequest("POST", MODEL_URL, {}, body), EXAMPLE, scope, NOW)["Authorization"] for body in (b"{}", b"[]")
    }
    assert len(signatures) == 2


def test_credentials_do_not_show_their_secrets() -> None:
    who = Credentials(access_key="AKIDEXAMPLE", secret_key=Secret("geheim"), session_token=Secret("verborgen"))
    assert "geheim" not in repr(who)
    assert "verborgen" not in repr(who)


@given(url=urls, body=st.binary(max_size=50), who=credentials, now=moments)
def test_a_signature_for_object_storage_equals_botocores(
    url: str, body: bytes, who: Credentials, now: datetime
) -> None:
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest(), "x-amz-object-lock-mode": "COMPLIANCE"}
    request, scope = HttpRequest("PUT", url, headers, body), Scope(region="eu-central-1", service="s3")
    theirs = botocore_signature(request, who, scope, now)
    assert sign(request, who, scope, now)["Authorization"] == theirs["Authorization"]
