"""What a check of a plug-in found."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

import msgspec

from any_llm.exceptions import AnyLLMError


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one check: what was promised, and why the promise is not kept, if it is not."""

    promise: str
    kept: bool
    reason: str = ""


class BrokenPromiseError(Exception):
    """Says why a promise is not kept."""


async def find(promise: str, check: Callable[[], Awaitable[None] | None]) -> Finding:
    """Run one check; whatever it raises is the reason why the promise is not kept."""
    try:
        result = check()
        if inspect.isawaitable(result):
            await result
    except BrokenPromiseError as error:
        return Finding(promise=promise, kept=False, reason=str(error))
    except Exception as error:  # noqa: BLE001  # somebody else's code: whatever it raises is what was found
        return Finding(promise=promise, kept=False, reason=f"it raised {error!r}")
    return Finding(promise=promise, kept=True)


def expect(kept: object, reason: str) -> None:
    """Go on if a promise is kept.

    Raises:
        BrokenPromiseError: it is not.
    """
    if not kept:
        raise BrokenPromiseError(reason)


def ends_well(act: Callable[[], object], what: str) -> None:
    """Act, and accept a value or one of this library's errors.

    Raises:
        BrokenPromiseError: it raises something that neither is nor can become one.
    """
    try:
        act()
    except (AnyLLMError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        # The engine makes a `MalformedResponseError` of what a decoder stumbles over.
        return
    except Exception as error:
        raise BrokenPromiseError(f"{what} raises {error!r}, which is none of this library's errors") from error
