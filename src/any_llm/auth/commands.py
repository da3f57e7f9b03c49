"""Programs that print credentials, run without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from any_llm.exceptions import AuthenticationError, ConfigurationError

LIMIT = 60.0
"""Seconds that a program may take."""


async def printed_by(command: Sequence[str], who: str, *, limit: float = LIMIT) -> bytes:
    """Return what a program prints; what it writes on standard error is not shown, since it may hold secrets.

    Raises:
        ConfigurationError: it cannot be started.
        AuthenticationError: it ends unsuccessfully, or takes too long.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{who} cannot be started ({type(error).__name__}): {' '.join(command)!r}") from None
    try:
        async with asyncio.timeout(limit):
            printed, _ = await process.communicate()
    except TimeoutError:
        raise AuthenticationError(f"{who} took longer than {limit:g} s: {' '.join(command)!r}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise AuthenticationError(f"{who} ended with status {process.returncode}: {' '.join(command)!r}")
    return printed
