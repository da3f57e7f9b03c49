"""What is looked at in requests and answers before they go on, and what was seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number

GuardMode: TypeAlias = Literal["off", "monitor", "block", "redact"]
Check: TypeAlias = Callable[[Any], Awaitable[str | None]]
"""Looks at a call (`any_llm.pipeline.call.Call`), and says why it must not be answered; `None` when it may."""

Span: TypeAlias = tuple[str, int, int]
"""What was found in a text: a label in capital letters, where it begins, and where it ends."""

Finder: TypeAlias = Callable[[str], Iterable[Span]]
"""Finds in a text what must not go on."""

MODES: tuple[GuardMode, ...] = ("off", "monitor", "block", "redact")
_CHARACTERS = ("keep", "strip", "refuse")
_MARKERS = ("keep", "break", "refuse")
_UNAVAILABLE = ("block", "pass")
_ARGUMENTS = ("off", "warn", "error")


class GuardFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard saw; never the text itself.

    Attributes:
        guard: which guard: `secrets and personal data` by their labels, `hidden_characters`, `role_markers`,
            `tool_arguments`, or the name of a check.
        where: `request` or `response`.
        action: what was done: `seen`, `redacted`, `stripped`, `broken`, `blocked` or `unavailable`.
        count: how often.
        elapsed: how many seconds a check took.
        detail: what a check, or a tool's schema, says.
    """

    guard: str
    where: str
    action: str
    count: int = 1
    elapsed: float | None = None
    detail: str = ""


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """How requests and answers are sanitised.

    Attributes:
        requests: what is done about secrets and personal data in a request: `monitor` tells of them, `block` refuses
            the call, `redact` masks them (and puts them back into the answer, if `reversible`).
        responses: the same for answers. Redacting holds at most 64 characters of a stream back, or what is found as
            long as it grows.
        detect: what is found: `secrets`, `personal`, single labels such as `EMAIL`, or `presidio` for what Microsoft
            Presidio takes for personal data (the extra `presidio`).
        patterns: regular expressions of one's own, by labels in capital letters.
        finders: functions of one's own that find more, such as an `any_llm.sanitising.presidio.Presidio`. Of a stream
            that is redacted or blocked they see 256 characters at a time, and so much is held back.
        reversible: whether an answer gets back what was masked in its request.
        hidden_characters: what is done about characters that nobody sees: `strip` them, `keep` them or `refuse` the
            call.
        role_markers: what is done about marks of chat templates in what tools and documents say: `break` them, `keep`
            them or `refuse` the call.
        untrust_users: whether the markers of users' own texts are treated so, too.
        tool_arguments: what is done about tool calls whose arguments do not fit their schema: `warn` or `error` (the
            extra `guards`).
        pinned_tools: the digests of tools by their names, as `any_llm.sanitising.pins.digest` makes them: a tool that
            was described otherwise is refused.
        max_characters: how many characters a request may have.
        max_depth: how many levels.
        max_items: how many items, of all lists and objects together.
        checks: checks of one's own; they run beside the request, and one that finds something cancels it.
        check_timeout: how many seconds a check may take.
        on_unavailable: what happens when a check fails or takes too long: `block` or `pass`.
    """

    requests: GuardMode = "redact"
    responses: GuardMode = "off"
    detect: tuple[str, ...] = ("secrets",)
    patterns: Mapping[str, str] = {}
    finders: tuple[Finder, ...] = ()
    reversible: bool = True
    hidden_characters: Literal["keep", "strip", "refuse"] = "strip"
    role_markers: Literal["keep", "break", "refuse"] = "break"
    untrust_users: bool = False
    tool_arguments: Literal["off", "warn", "error"] = "off"
    pinned_tools: Mapping[str, str] = {}
    max_characters: int = 100_000_000
    max_depth: int = 64
    max_items: int = 1_000_000
    checks: tuple[Check, ...] = ()
    check_timeout: float = 10.0
    on_unavailable: Literal["block", "pass"] = "block"

    def __post_init__(self) -> None:
        choices: Mapping[str, tuple[str, ...]] = {
            "requests": MODES,
            "responses": MODES,
            "hidden_characters": _CHARACTERS,
            "role_markers": _MARKERS,
            "tool_arguments": _ARGUMENTS,
            "on_unavailable": _UNAVAILABLE,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigurationError(f"{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}")
        for name in ("max_characters", "max_depth", "max_items", "check_timeout"):
            value: object = getattr(self, name)
            if not is_number(value) or value <= 0:
                raise ConfigurationError(f"{name} is {value!r}; give a positive number")
        if isinstance(cast("object", self.detect), str):
            raise ConfigurationError(f"detect is {self.detect!r}; give a tuple, such as ('secrets', 'personal')")
        _check_functions("finders", self.finders, "functions of a text")
        _check_functions("checks", self.checks, "asynchronous functions of a call")


def _check_functions(name: str, functions: tuple[object, ...], kind: str) -> None:
    for each in functions:
        if not callable(each):
            raise ConfigurationError(f"{name} holds {each!r}; give {kind}")
