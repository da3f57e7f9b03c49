"""Stream a model file from a URL or a model hub: resumed where it broke off, and checked when the hub names a sum.

The hub's `HEAD` answer names the file's SHA-256 (`x-linked-etag`) and size, and redirects to where the bytes are:
https://huggingface.co/docs/huggingface_hub/package_reference/file_download#huggingface_hub.get_hf_file_metadata
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConnectionFailedError, ModelNotFoundError, PermissionDeniedError
from any_llm.local.models import HUB, SCHEMES
from any_llm.local.wheels import Progress

_PIECE = 1 << 18
_HOPS = 5
_ATTEMPTS = 4
_TIMEOUT = 60.0
_BROKEN = (urllib.error.URLError, OSError, http.client.HTTPException)


class Remote(msgspec.Struct, frozen=True):
    """What is known of a file before it comes: where its bytes are, their number and their SHA-256, and its `ETag`."""

    url: str
    headers: dict[str, str]
    bytes: int | None
    sha256: str
    etag: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    @override
    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None


def file_url(reference: str) -> str:
    """Return the URL of a reference: a URL as it is, `hf:owner/repo[@revision]/file` at `HF_ENDPOINT`."""
    if not reference.startswith(HUB):
        return reference
    owner, repository, file = reference.removeprefix(HUB).split("/", 2)
    name, _, revision = repository.partition("@")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    return f"{endpoint.rstrip('/')}/{owner}/{name}/resolve/{revision or 'main'}/{file}"


def look_up(reference: str) -> Remote:
    """Ask where a file is and what is known of it.

    `HF_TOKEN` is sent to the hub, and never to the host it redirects to.

    Raises:
        ModelNotFoundError: there is no such file.
        PermissionDeniedError: the hub wants a token, or another one.
        ConnectionFailedError: nobody answers, or with an error.
    """
    url, headers = file_url(reference), _authorization(reference)
    bytes_, sha256, etag = None, "", ""
    for _ in range(_HOPS):
        status, answer = _head(reference, url, headers)
        sha256 = sha256 or _sum(answer.get("x-linked-etag")) or _sum(answer.get("etag"))
        size = answer.get("x-linked-size") or (answer.get("content-length") if status == 200 else None)
        bytes_ = bytes_ or (int(size) if size and size.isdigit() else None)
        etag = answer.get("etag") or ""
        location = answer.get("location")
        if not 300 <= status < 400 or not location:  # HTTP's redirections
            return Remote(url, headers, bytes_, sha256, etag)
        target = urljoin(url, location)
        if not target.startswith(SCHEMES):
            raise ConnectionFailedError(f"{reference!r} leads to {target!r}, which is not an HTTP URL")
        if urlsplit(target).netloc != urlsplit(url).netloc:
            headers = {}
        url = target
    raise ConnectionFailedError(f"{reference!r} redirects more than {_HOPS} times")


def download_file(reference: str, remote: Remote, part: Path, progress: Progress) -> None:
    """Download a file to `part`, going on behind what is there already.

    Raises:
        ConnectionFailedError: it broke off again and again without getting any further.
    """
    failures = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        if remote.bytes is not None and before >= remote.bytes:
            return
        try:
            _stream(remote, part, before, progress)
        except _BROKEN as error:
            failures = 0 if part.exists() and part.stat().st_size > before else failures + 1
            if failures >= _ATTEMPTS:
                raise ConnectionFailedError(
                    f"The download of {reference!r} broke off after {before} bytes: {error}. "
                    f"Run `any-llm models pull {reference}` to go on",
                    error,
                ) from error
            continue
        if remote.bytes is None:
            return


def _stream(remote: Remote, part: Path, before: int, progress: Progress) -> None:
    headers = dict(remote.headers)
    if before:
        headers["Range"] = f"bytes={before}-"
        if remote.etag.startswith('"'):
            headers["If-Range"] = remote.etag
    request = urllib.request.Request(remote.url, headers=headers)  # noqa: S310  # `look_up` lets HTTP URLs pass only
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310  # likewise
        resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        done = before if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            while piece := answer.read(_PIECE):
                file.write(piece)
                done += len(piece)
                progress(done, remote.bytes)
            if remote.bytes is not None and done < remote.bytes:
                message = f"the connection ended after {done} of {remote.bytes} bytes"
                raise ConnectionResetError(message)


def _head(reference: str, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers, method="HEAD")  # noqa: S310  # an HTTP URL by its making
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            return answer.status, _lower(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            if 300 <= error.code < 400:  # HTTP's redirections
                return error.code, _lower(error.headers)
            raise _refused(reference, error.code) from error
    except _BROKEN as error:
        raise ConnectionFailedError(
            f"{urlsplit(url).netloc} cannot be reached for {reference!r}: {error}. "
            f"With a network, run: any-llm models pull {reference}",
            error,
        ) from error


def _refused(reference: str, status: int) -> ModelNotFoundError | PermissionDeniedError | ConnectionFailedError:
    if status in {401, 403}:
        return PermissionDeniedError(
            f"{reference!r} is not open to everyone: set HF_TOKEN to a token that may read it", status_code=status
        )
    if status in {404, 410}:
        return ModelNotFoundError(f"There is no file at {reference!r} (HTTP {status})", status_code=status)
    return ConnectionFailedError(f"{reference!r} was answered with HTTP {status}", status_code=status)


def _authorization(reference: str) -> dict[str, str]:
    token = os.environ.get("HF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and reference.startswith(HUB) else {}


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _sum(etag: str | None) -> str:
    bare = (etag or "").removeprefix("W/").strip('"').lower()
    return bare if re.fullmatch(r"[0-9a-f]{64}", bare) else ""
