"""The person who has logged in with `az login`, on machines that have no identity of their own.

https://learn.microsoft.com/en-us/cli/azure/account#az-account-get-access-token
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from any_llm.auth.azure_sources import ManagedIdentity
from any_llm.auth.commands import printed_by
from any_llm.auth.endpoints import parse, token_of
from any_llm.exceptions import ConnectionFailedError, RequestTimeoutError
from any_llm.spec.auth import Grant, Send
from any_llm.types.secret import Secret

_WHO: Final = "The Azure command line"


class MachineOrPerson(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's own identity if it has one, else whoever has logged in at the command line."""

    machine: ManagedIdentity
    program: str

    @classmethod
    def of(cls, machine: ManagedIdentity, environment: Mapping[str, str]) -> ManagedIdentity | MachineOrPerson:
        """Return the machine alone where there is no command line to ask."""
        program = None if machine.certain else _program(environment.get("PATH", ""))
        return cls(machine=machine, program=program) if program else machine

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        try:
            return await self.machine.fetch(send, now)
        except (ConnectionFailedError, RequestTimeoutError):
            command = (self.program, "account", "get-access-token", "--output", "json", "--scope", self.machine.scope)
            return token_of(parse(await printed_by(command, _WHO), _WHO), now, _WHO, name="accessToken")


@lru_cache(maxsize=8)
def _program(path: str) -> str | None:
    return shutil.which("az", path=path)
