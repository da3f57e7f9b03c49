"""Programs that print credentials, run without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from any_llm.exceptions import AuthenticationError, ConfigurationError

LIMIT = 60.0
"""Seconds that a program may take."""


async def printed_by(command: Sequence[str], who: str, *, limit: float = LIMIT) -> bytes:
    """Return what a program prints. Its arguments, and what it writes on standard error, may be secrets and stay so.

    Raises:
        ConfigurationError: it cannot be started.
        AuthenticationError: it ends unsuccessfully, or takes too long.
    """
    if not command:
        raise ConfigurationError(f"{who} is blank; it must be a command")
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{who} cannot be started ({type(error).__name__}): {command[0]!r}") from None
    try:
        async with asyncio.timeout(limit):
            printed, _ = await process.communicate()
    except TimeoutError:
        raise AuthenticationError(f"{who} took longer than {limit:g} s: {command[0]!r}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise AuthenticationError(f"{who} ended with status {process.returncode}: {command[0]!r}")
    return printed
