"""The headers of an answer as reports show them: who answers may say anything, also the key it was asked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from typing_extensions import override

from any_llm.types.secret import redact

if TYPE_CHECKING:
    from any_llm.types.secret import Secret


class ShownHeaders(Mapping[str, str]):
    """Headers without a key, which is looked for when they are first read: few are."""

    __slots__ = ("_headers", "_key")

    def __init__(self, headers: Mapping[str, str], key: Secret) -> None:
        self._headers = headers
        self._key: Secret | None = key

    def _shown(self) -> Mapping[str, str]:
        key = self._key
        if key is not None:
            if key.reveal() in "\n".join(self._headers.values()):
                self._headers = {name: redact(value, key) for name, value in self._headers.items()}
            self._key = None
        return self._headers

    @override
    def __getitem__(self, name: str) -> str:
        return self._shown()[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._shown())

    @override
    def __len__(self) -> int:
        return len(self._headers)

    @override
    def __repr__(self) -> str:
        return repr(dict(self._shown()))

    @override
    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        return dict, (dict(self._shown()),)
