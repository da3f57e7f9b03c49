"""Object storage that speaks S3, as a place of archives: signed with Signature Version 4, over our own transport.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.auth.access import TransportAccess
from any_llm.auth.aws_chain import find_credentials, find_region
from any_llm.auth.sigv4 import Credentials, Scope, sign
from any_llm.exceptions import ConfigurationError
from any_llm.refusals import AuditError
from any_llm.types.http import HttpRequest, HttpResponse

LockMode: TypeAlias = Literal["GOVERNANCE", "COMPLIANCE"]

_REGION = "us-east-1"
"""Where S3 is asked unless somebody says otherwise; servers of others take whichever name."""

_SECONDS = 120.0
_CODE = re.compile(rb"<Code>([^<]{1,100})</Code>")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """How objects are kept from being changed or deleted, which the bucket must have been made for.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html

    Attributes:
        days: for how many days each is locked; 0 for not at all, or as the bucket does by itself.
        mode: whether somebody with a special right may still delete it (`GOVERNANCE`), or nobody (`COMPLIANCE`).
        hold: whether a legal hold is placed on each.
    """

    days: float = 0.0
    mode: LockMode = "COMPLIANCE"
    hold: bool = False

    def headers(self, now: float) -> Mapping[str, str]:
        """Return the headers that ask for it."""
        headers: dict[str, str] = {}
        if self.days:
            until = datetime.fromtimestamp(now, UTC) + timedelta(days=self.days)
            headers["x-amz-object-lock-mode"] = self.mode
            headers["x-amz-object-lock-retain-until-date"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.hold:
            headers["x-amz-object-lock-legal-hold"] = "ON"
        return headers


UNLOCKED = Lock()
"""Objects are not locked, or as their bucket does it by itself."""


class Bucket:
    """An archive in a bucket.

    Credentials and region are looked for where AWS's own tools look; another server than AWS's is named by the variable
    `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.

    Args:
        url: `s3://BUCKET`, or `s3://BUCKET/PREFIX`.
        access: the environment, the time, and what sends requests.
        lock: how objects are locked.

    Raises:
        ConfigurationError: the URL is none of this kind.
    """

    def __init__(self, url: str, access: TransportAccess, lock: Lock = UNLOCKED) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise ConfigurationError(f"The bucket is {url!r}; give s3://BUCKET or s3://BUCKET/PREFIX")
        self.shown = url
        self._bucket = parts.netloc
        self._prefix = f"{prefix}/" if (prefix := parts.path.strip("/")) else ""
        self._access = access
        self._lock = lock

    async def read(self, name: str) -> bytes | None:
        """Return an object; `None` where it is not there.

        Raises:
            AuditError: the server refuses, or cannot be understood.
            AnyLLMError: it cannot be reached, or there are no credentials.
        """
        answer = await self._send("GET", name)
        if answer.status == 404 and _code(answer) != "NoSuchBucket":
            return None
        self._check(answer, name)
        return answer.body

    async def write(self, name: str, text: bytes) -> None:
        """Write an object.

        Raises:
            AuditError: the server refuses.
            AnyLLMError: it cannot be reached, or there are no credentials.
        """
        kind = "application/x-ndjson" if name.endswith(".jsonl") else "application/json"
        # S3 wants a digest of what is to be locked; it does not guard against anybody.
        digest = base64.b64encode(hashlib.md5(text, usedforsecurity=False).digest()).decode()
        headers = {"Content-Type": kind, "Content-MD5": digest, **self._lock.headers(self._access.now)}
        self._check(await self._send("PUT", name, headers, text), name)

    async def _send(
        self, method: str, name: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpResponse:
        environment = self._access.environment
        region = find_region(environment) or _REGION
        said = {"x-amz-content-sha256": hashlib.sha256(body).hexdigest(), **(headers or {})}
        request = HttpRequest(method, self.url_of(region, name), said, body)
        now = datetime.fromtimestamp(self._access.now, UTC)
        signed = sign(request, await self._credentials(), Scope(region=region, service="s3"), now)
        return await self._access.send(msgspec.structs.replace(request, headers=said | signed), patience=_SECONDS)

    async def _credentials(self) -> Credentials:
        found = find_credentials(self._access.environment)
        if found is None:
            raise ConfigurationError(
                f"There are no credentials for {self.shown!r}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "AWS_PROFILE"
            )
        return found if isinstance(found, Credentials) else await self._access.credential(found)

    def url_of(self, region: str, name: str) -> str:
        """Return where an object is."""
        environment = self._access.environment
        endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        path = quote(f"{self._prefix}{name}", safe="/~")
        if endpoint:
            return f"{endpoint.rstrip('/')}/{self._bucket}/{path}"
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        if "." in self._bucket:
            # The certificate of S3 does not hold for a name with dots before it.
            return f"https://s3.{region}.{domain}/{self._bucket}/{path}"
        return f"https://{self._bucket}.s3.{region}.{domain}/{path}"

    def _check(self, answer: HttpResponse, name: str) -> None:
        if answer.status >= 300:
            said = _code(answer) or "no code"
            raise AuditError(f"The object {name!r} in {self.shown!r}: the server answered {answer.status}, {said}")


def _code(answer: HttpResponse) -> str:
    """Return the code of an error of S3's."""
    found = _CODE.search(answer.body)
    return found[1].decode("utf-8", "replace") if found else ""
