"""The token that proves to Google who a workload outside of Google Cloud is: out of a file, or from an URL.

https://google.aip.dev/auth/4117
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from any_llm.auth.endpoints import ask, check_endpoint, parse, text
from any_llm.exceptions import ConfigurationError
from any_llm.spec.auth import Send
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.secret import Secret

_WHO = "The credential source"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Where the token is; `field` is its member when it stands in a JSON object."""

    file: str = ""
    url: str = ""
    headers: tuple[tuple[str, Secret], ...] = ()
    field: str = ""

    async def token(self, send: Send) -> Secret:
        """Return the token as it is now; who gives it out renews it.

        Raises:
            ConfigurationError: there is none.
        """
        if self.file:
            content = read_token_file(self.file, "credential_source.file").reveal().encode()
        else:
            content = await ask(send, self._request(), _WHO)
        if self.field:
            return Secret(text(parse(content, _WHO), self.field, _WHO))
        return Secret(content.decode("utf-8", "replace").strip())

    def _request(self) -> HttpRequest:
        return HttpRequest("GET", self.url, {name: value.reveal() for name, value in self.headers})


def subject_of(source: JSON) -> Subject:
    """Return what the `credential_source` of a file describes.

    Raises:
        ConfigurationError: it is of another kind; such as a command, or AWS's.
    """
    given = _members(source)
    form = _members(given.get("format"))
    field = str(form.get("subject_token_field_name") or "") if form.get("type") == "json" else ""
    if isinstance(given.get("file"), str):
        return Subject(file=given["file"], field=field)
    if isinstance(given.get("url"), str):
        url = check_endpoint(given["url"], "credential_source.url")
        pairs = tuple((name, Secret(str(value))) for name, value in _members(given.get("headers")).items())
        return Subject(url=url, headers=pairs, field=field)
    raise ConfigurationError("credential_source must name a file or a url; write the token to a file for other kinds")


def _members(value: JSON) -> JSONObject:
    return dict(value) if is_mapping(value) else {}


def read_token_file(path: str, named_by: str) -> Secret:
    """Return the token in a file, which whoever wrote it renews.

    Raises:
        ConfigurationError: it cannot be read, or is empty.
    """
    try:
        token = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{named_by} is {path!r}, which cannot be read ({type(error).__name__})") from None
    if not token:
        raise ConfigurationError(f"{named_by} is {path!r}, which is empty")
    return Secret(token)
