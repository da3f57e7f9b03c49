"""What a single call says about the policies around it: its deadline, its retries, and on whose behalf it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from any_llm.engine.settings import Settings
from any_llm.exceptions import InvalidRequestError
from any_llm.types.caching import cache_control
from any_llm.types.caller import NOBODY, Caller
from any_llm.types.guards import Guards
from any_llm.types.http import is_number
from any_llm.types.json import JSON, JSONObject, is_list, is_tuple
from any_llm.types.policies import Retry, RetryRule

POLICIES = frozenset({"deadline", "max_retries", "tenant", "project", "tags", "priority", "cache", "guards"})
"""The options of every operation that no provider is told."""


class Policies(NamedTuple):
    """What a call says: the fields of `Call` with these names."""

    deadline: float | None = None
    caller: Caller = NOBODY
    overrides: Mapping[str, object] = {}


def take_policies(options: JSONObject, settings: Settings, timeout: JSON = None) -> Policies:
    """Take what a call says about policies out of its options; what it does not say is as in the settings.

    A number of seconds as `timeout` limits a whole call, and so is its deadline, too, if it is the shorter one.

    Raises:
        InvalidRequestError: the error names the option, what was said, and what may be.
    """
    deadline = options.pop("deadline", settings.deadline)
    if deadline is not None and not (is_number(deadline) and deadline > 0):
        raise InvalidRequestError(
            f"deadline is {deadline!r}; it must be a positive number of seconds", param="deadline"
        )
    if is_number(timeout) and timeout > 0 and not options.get("stream"):
        deadline = timeout if deadline is None else min(timeout, deadline)
    overrides: dict[str, object] = {}
    retries = options.pop("max_retries", None)
    if retries is not None:
        overrides["retry"] = with_retries(settings.retry, retries)
    if "cache" in options and not isinstance(options["cache"], str):
        # As a text it is about the prompt, which the provider keeps.
        overrides["cache"] = cache_control(options.pop("cache"))
    if "guards" in options:
        overrides["guards"] = _guards(options.pop("guards"))
    return Policies(
        deadline=None if deadline is None else settings.surroundings.clock.monotonic() + deadline,
        caller=_caller(options, settings.caller),
        overrides=overrides,
    )


def _guards(said: JSON) -> Guards | bool:
    if isinstance(said, Guards | bool):
        return said
    raise InvalidRequestError(
        f"guards is a {type(said).__name__}; it must be an any_llm.Guards, True for the usual ones or False for none",
        param="guards",
    )


def with_retries(policy: Retry | None, retries: JSON) -> Retry:
    """Return a policy by which so many retries are made, and no more of those errors for which it says fewer.

    Raises:
        InvalidRequestError: it is not a whole number from 0 on.
    """
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise InvalidRequestError(
            f"max_retries is {retries!r}; it must be a whole number from 0 on", param="max_retries"
        )
    policy, attempts = policy or Retry(), retries + 1
    errors = {name: _at_most(rule, attempts) for name, rule in policy.errors.items()}
    return msgspec.structs.replace(policy, max_attempts=attempts, errors=errors)


def _at_most(rule: int | RetryRule, attempts: int) -> int | RetryRule:
    if isinstance(rule, int):
        return min(rule, attempts)
    return msgspec.structs.replace(rule, max_attempts=min(rule.max_attempts or attempts, attempts))


def _caller(options: JSONObject, usual: Caller) -> Caller:
    said = {name: options.pop(name) for name in ("tenant", "project", "tags", "priority") if name in options}
    if not said:
        return usual
    tags = said.get("tags", ())
    if not (is_list(tags) or is_tuple(tags)) or not all(isinstance(tag, str) and tag for tag in tags):
        raise InvalidRequestError(f"tags is {tags!r}; it must be a list of texts that are not empty", param="tags")
    for name in ("tenant", "project"):
        if not isinstance(said.get(name, ""), str):
            raise InvalidRequestError(f"{name} is {said[name]!r}; it must be a text", param=name)
    priority = said.get("priority", 0)
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise InvalidRequestError(f"priority is {priority!r}; it must be a whole number", param="priority")
    return msgspec.structs.replace(usual, **said | ({"tags": tuple(tags)} if tags else {}))
