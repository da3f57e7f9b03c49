"""Asking those who give out tokens: where secrets may go, and what refusals mean."""

from __future__ import annotations

import pytest

from any_llm.auth.endpoints import ask, ask_json, check_endpoint, form_request, parse_time, text, token_of
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    MalformedResponseError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
)
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, Issue, MakeAccess


@pytest.mark.parametrize(
    "url",
    [
        "https://sts.example.com/token",
        "http://127.0.0.1:8080/x",
        "http://localhost/x",
        "http://[::1]:9/x",
        "http://169.254.169.254/latest",
        "http://169.254.170.23/v1",
        "http://[fd00:ec2::254]/latest",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://metadata.google.internal/x",
    ],
)
def test_secrets_go_over_https_or_stay_near(url: str) -> None:
    assert check_endpoint(url, "X") == url


@pytest.mark.parametrize(
    "url", ["http://sts.example.com", "http://10.0.0.1/x", "ftp://127.0.0.1", "https://", "sts.example.com", ""]
)
def test_secrets_go_nowhere_else(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"TOKEN_URI is .*https:// only"):
        check_endpoint(url, "TOKEN_URI")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", AuthenticationError),
        ("401 Unauthorized", AuthenticationError),
        ("403 Forbidden", PermissionDeniedError),
        ("429 Too Many Requests", RateLimitError),
        ("302 Found", AuthenticationError),
        ("500 Oops", ProviderError),
        ("503 Busy", ProviderError),
    ],
)
async def test_a_refusal_is_classified_by_its_status(
    issue: Issue, access: MakeAccess, status: str, kind: type[AnyLLMError]
) -> None:
    issuer = issue(lambda _: (status, {"error": "invalid_grant", "error_description": "No such account"}))
    with pytest.raises(AnyLLMError, match=r"The bank refused with HTTP .*invalid_grant: No such account") as caught:
        await ask(access().send, form_request(issuer.origin, {}), "The bank")
    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.code) == (int(status[:3]), "invalid_grant")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "Not you"}}, "PERMISSION_DENIED: Not you"),
        ({"errorCode": "BXNIM0415E", "errorMessage": "No such key"}, "BXNIM0415E: No such key"),
        ({"__type": "Expired", "Message": "Too late"}, "Expired: Too late"),
        ({"code": "AccessDenied"}, "AccessDenied"),
        ({}, ""),
        ([1], ""),
        (b"<html>", ""),
    ],
)
async def test_a_refusal_tells_what_the_answer_tells(issue: Issue, access: MakeAccess, body: object, told: str) -> None:
    issuer = issue(lambda _: ("400 Bad", body))
    with pytest.raises(AuthenticationError) as caught:
        await ask(access().send, form_request(issuer.origin, {}), "The bank")
    assert str(caught.value) == "The bank refused with HTTP 400" + (f": {told}" if told else "")


async def test_no_secret_of_the_request_is_in_a_refusal(issue: Issue, access: MakeAccess) -> None:
    issuer = issue(lambda seen: ("400 Bad", {"error": seen.body.decode(), "error_description": f"wrong: {CANARY}"}))
    with pytest.raises(AuthenticationError) as caught:
        await ask(access().send, form_request(issuer.origin, {"key": CANARY}), "The bank", Secret(CANARY))
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()}"


@pytest.mark.parametrize("body", [b"", b"no", [], "text"])
async def test_an_answer_that_is_no_object_is_malformed(issue: Issue, access: MakeAccess, body: object) -> None:
    issuer = issue(lambda _: body)
    with pytest.raises(MalformedResponseError, match="The bank answered with something else than a JSON object"):
        await ask_json(access().send, form_request(issuer.origin, {}), "The bank")


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        ({"expires_in": 3600}, 1_003_600.0),
        ({"expires_in": "60"}, 1_000_060.0),
        ({"expires_on": "2000000"}, 2_000_000.0),
        ({"expires_in": "soon", "expires_on": True}, 1_000_300.0),
        ({}, 1_000_300.0),
    ],
)
def test_a_token_ends_when_its_answer_says(answer: dict[str, object], ends: float | None) -> None:
    grant = token_of({"access_token": "t", **answer}, 1_000_000.0, "The bank")
    assert (grant.value, grant.expires_at) == (Secret("t"), ends)


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 3}])
def test_an_answer_without_a_token_is_malformed(answer: dict[str, object]) -> None:
    with pytest.raises(MalformedResponseError, match="The bank answered without access_token"):
        token_of(answer, 0.0, "The bank")


def test_a_missing_text_is_named() -> None:
    with pytest.raises(ConfigurationError, match="The file has no client_email"):
        text({"client_email": 3}, "client_email", "The file")


def test_times_are_those_of_rfc_3339() -> None:
    assert parse_time("2026-01-01T00:00:00Z") == parse_time("2026-01-01T01:00:00+01:00") == 1_767_225_600
    with pytest.raises(ConfigurationError, match="'soon' is no time"):
        parse_time("soon")
