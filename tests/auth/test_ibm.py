"""Who signs for IBM Cloud: a token that a key is exchanged for."""

from __future__ import annotations

import asyncio

import pytest

from any_llm.auth.ibm import TOKEN_URL, ApiKey, sign_for_ibm
from any_llm.exceptions import AuthenticationError, ConfigurationError, MissingApiKeyError
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, Issue, MakeAccess, request, target

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.c2ln"


async def test_a_key_is_exchanged_once_for_all_calls(issue: Issue, access: MakeAccess) -> None:
    ibm = issue(lambda _: {"access_token": JWT, "expires_in": 3_600, "expiration": 1})
    asked = target("ibm", CANARY, auth_options={"token_url": f"{ibm.origin}/identity/token"})
    signed = await asyncio.gather(*(sign_for_ibm(request(), asked, access()) for _ in range(20)))
    assert signed == [{"Authorization": f"Bearer {JWT}"}] * 20
    assert ibm.forms() == [{"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": CANARY}]
    assert ibm.heard[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_other_keys_have_other_tokens(issue: Issue, access: MakeAccess) -> None:
    ibm = issue(lambda seen: {"access_token": seen.body.decode()[-1], "expires_in": 3_600})
    options = {"token_url": ibm.origin}
    signed = [await sign_for_ibm(request(), target("ibm", key, auth_options=options), access()) for key in ("a", "b")]
    assert signed == [{"Authorization": "Bearer a"}, {"Authorization": "Bearer b"}]


async def test_a_token_in_place_of_a_key_is_sent_as_it_is(access: MakeAccess) -> None:
    assert await sign_for_ibm(request(), target("ibm", JWT), access()) == {"Authorization": f"Bearer {JWT}"}


async def test_without_a_key_the_error_names_the_variable(access: MakeAccess) -> None:
    with pytest.raises(MissingApiKeyError, match="CLOUD_API_KEY"):
        await sign_for_ibm(request(), target("ibm"), access())


async def test_a_refused_key_is_an_error_without_it(issue: Issue, access: MakeAccess) -> None:
    answer = {"errorCode": "BXNIM0415E", "errorMessage": f"Provided API key {CANARY} could not be found."}
    ibm = issue(lambda _: ("400 Bad Request", answer))
    asked = target("ibm", CANARY, auth_options={"token_url": ibm.origin})
    with pytest.raises(AuthenticationError, match="BXNIM0415E: Provided API key") as caught:
        await sign_for_ibm(request(), asked, access())
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()}"


async def test_a_key_goes_to_ibm_or_over_https(access: MakeAccess) -> None:
    assert ApiKey(key=Secret("k")).url == TOKEN_URL
    with pytest.raises(ConfigurationError, match=r"token_url is 'http://e.example'"):
        await sign_for_ibm(request(), target("ibm", "k", auth_options={"token_url": "http://e.example"}), access())
