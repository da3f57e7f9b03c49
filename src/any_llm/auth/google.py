"""Who signs a request to Google Cloud: an API key, a token, or application default credentials.

https://docs.cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from any_llm.auth.google_files import FILE_VARIABLE, find_file
from any_llm.auth.google_sources import Metadata, Source, source_of
from any_llm.auth.jwt import is_jwt
from any_llm.auth.tokens import provided
from any_llm.exceptions import AnyLLMError, ConnectionFailedError, MissingApiKeyError, RequestTimeoutError
from any_llm.spec.auth import Access
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

TOKEN_VARIABLES: Final = ("GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN")
"""Environment variables of a token that somebody else has fetched, such as `gcloud auth print-access-token`."""

_TOKENS: Final = ("ya29.", "ya29d.")
_KEY_PAGE: Final = "https://docs.cloud.google.com/docs/authentication/set-up-adc-local-dev-environment"


async def sign_for_google(_request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the headers that sign a request to Google Cloud.

    With, in this order: the argument `access_token`, a text or a function that returns one; an API key, in the header
    `x-goog-api-key`, or a token in its place; a token in the environment; the file that
    `GOOGLE_APPLICATION_CREDENTIALS` names, or that `gcloud auth application-default login` wrote; the metadata service
    of the machine.

    Raises:
        MissingApiKeyError: there are no credentials anywhere.
        AnyLLMError: the credentials are wrong, or a token cannot be fetched.
    """
    given = target.credential.get("access_token")
    if given is not None:
        return _bearer(await provided(given, "access_token"))
    environment = access.environment
    key = target.key
    if key and not (key.reveal().startswith(_TOKENS) or is_jwt(key)):
        return {"x-goog-api-key": key.reveal()}
    ready = next((found for name in TOKEN_VARIABLES if (found := environment.get(name))), None)
    if key or ready:
        return _bearer(key or Secret(ready or ""))
    file = find_file(environment)
    source = Metadata.of(environment) if file is None else source_of(file)
    token = await _fetched(source, target, access)
    billed = environment.get("GOOGLE_CLOUD_QUOTA_PROJECT") or (file or {}).get("quota_project_id")
    return _bearer(token) | ({"x-goog-user-project": str(billed)} if billed else {})


async def _fetched(source: Source | None, target: Target, access: Access) -> Secret:
    reason: AnyLLMError | None = None
    if source is not None:
        try:
            return await access.credential(source)
        except (ConnectionFailedError, RequestTimeoutError) as error:
            if not isinstance(source, Metadata) or source.certain:
                raise
            reason = error
    variables = " or ".join(filter(None, (target.provider.key, FILE_VARIABLE)))
    raise MissingApiKeyError(target.provider.name, variables, key_page=_KEY_PAGE) from reason


def _bearer(token: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}
