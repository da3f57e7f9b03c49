"""A wire format's operations, each loaded when it is first asked for: a program that chats needs no batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from typing_extensions import override

from any_llm.spec.dialect import Codec
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON


class LateCodecs(Mapping[Operation, Codec[JSON, JSON]]):
    """Codecs by operation, from the modules of one package.

    Args:
        package: the wire format's folder, such as `any_llm.dialects.openai`.
        places: by operation the module in there, and the name of the codec in it: `speech:SPEECH`.
        loaded: those that are there already.
    """

    def __init__(
        self, package: str, places: Mapping[Operation, str], loaded: Mapping[Operation, Codec[JSON, JSON]]
    ) -> None:
        self._package = package
        self._places = {**dict.fromkeys(loaded, ""), **places}
        self._loaded = dict(loaded)

    @override
    def __getitem__(self, operation: Operation) -> Codec[JSON, JSON]:
        codec = self._loaded.get(operation)
        if codec is None:
            module, _, name = self._places[operation].partition(":")
            codec = self._loaded[operation] = getattr(import_module(f"{self._package}.{module}"), name)
        return codec

    @override
    def __contains__(self, operation: object) -> bool:
        return operation in self._places

    @override
    def __iter__(self) -> Iterator[Operation]:
        return iter(self._places)

    @override
    def __len__(self) -> int:
        return len(self._places)
