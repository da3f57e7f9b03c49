"""Look at what goes out and what comes back: clean it, mask it and unmask it, refuse it, or only tell."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

import msgspec

from any_llm.exceptions import InvalidMessageError
from any_llm.pipeline.mapped import mapped
from any_llm.pipeline.rejected import note_rejected
from any_llm.pipeline.stream import is_stream
from any_llm.refusals import GuardrailError
from any_llm.sanitising.arguments import Misfit, misfits
from any_llm.sanitising.characters import has_hidden, strip_hidden
from any_llm.sanitising.detectors import Detector, Found
from any_llm.sanitising.limits import Bounds, check_bounds
from any_llm.sanitising.markers import break_markers, has_markers
from any_llm.sanitising.pins import changed_tools
from any_llm.sanitising.streams import ChangedTexts
from any_llm.sanitising.texts import change_answer, change_options, texts_of, written
from any_llm.sanitising.vault import Masking, Unmasking, Vault, replace_found
from any_llm.types.guards import Check, GuardFinding, Guards
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.stream import EventStream, Outcome
    from any_llm.pipeline.surroundings import Surroundings

_REQUEST, _RESPONSE = "request", "response"


class Sanitise:
    """The layer that looks at requests and answers by a policy."""

    __slots__ = ("_clock", "_policy")

    def __init__(self, policy: Guards, surroundings: Surroundings) -> None:
        Detector(policy.detect, policy.patterns, policy.finders)
        self._policy = policy
        self._clock = surroundings.clock

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call, sanitised."""
        said = call.overrides.get("guards")
        if said is False:
            return await inner(call)
        policy = said if isinstance(said, Guards) else self._policy
        check_bounds(call.options, Bounds(policy.max_characters, policy.max_depth, policy.max_items))
        looking = _Looking(policy, call)
        cleaned = msgspec.structs.replace(call, options=looking.clean(call))
        reply = await self._beside(policy, cleaned, inner, looking) if policy.checks else await inner(cleaned)
        value: JSON = reply.value
        try:
            reply.value = looking.clean_stream(value) if is_stream(value) else looking.clean_answer(value)
        except GuardrailError as error:
            note_rejected(call, reply, error)
            raise
        finally:
            reply.report.findings = (*reply.report.findings, *looking.findings)
        return reply

    async def _beside(self, policy: Guards, call: Call, inner: Handler, looking: _Looking) -> Reply:
        """Answer a call while the checks look at it; one that finds something cancels the rest."""
        answering: asyncio.Task[Reply] | None = None
        try:
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(_reply(inner, call))
                for check in policy.checks:
                    group.create_task(self._check(policy, check, call, looking))
        except BaseExceptionGroup as failed:
            if answering is not None and answering.done() and not answering.cancelled() and not answering.exception():
                reply = answering.result()
                value: JSON = reply.value
                if is_stream(value):
                    value.close()
                note_rejected(call, reply, _first(failed))
            raise _first(failed) from None
        return answering.result()

    async def _check(self, policy: Guards, check: Check, call: Call, looking: _Looking) -> None:
        started = self._clock.monotonic()
        name = getattr(check, "__name__", type(check).__name__)
        reason: str | None = None
        action = "passed"
        try:
            async with asyncio.timeout(policy.check_timeout):
                reason = await check(call)
        except Exception as error:  # noqa: BLE001  # a check is the program's own, and may raise anything
            action = "unavailable"
            reason = f"it failed: {error!r}" if policy.on_unavailable == "block" else None
        if reason is not None and action == "passed":
            action = "blocked"
        elapsed = self._clock.monotonic() - started
        looking.note(GuardFinding(guard=name, where=_REQUEST, action=action, elapsed=elapsed, detail=reason or ""))
        if reason is not None:
            looking.refuse(f"The check {name!r} stopped the call: {reason}")


class _Looking:
    """What is seen of one call, and done about it."""

    def __init__(self, policy: Guards, call: Call) -> None:
        self._policy = policy
        self._call = call
        self._detector = Detector(policy.detect, policy.patterns, policy.finders)
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._noted: list[GuardFinding] = []
        self._vault: Vault | None = None

    @property
    def findings(self) -> list[GuardFinding]:
        """What was seen so far."""
        counted = [
            GuardFinding(guard=guard, where=where, action=action, count=times)
            for (guard, where, action), times in self._seen.items()
        ]
        return [*counted, *self._noted]

    def note(self, finding: GuardFinding) -> None:
        """Note what was found by other means than a look at the texts."""
        self._noted.append(finding)

    def refuse(self, message: str) -> NoReturn:
        """Stop the call.

        Raises:
            GuardrailError: always.
        """
        call = self._call
        error = GuardrailError(
            message,
            provider_name=call.target.provider.name,
            model=call.target.model or None,
            operation=call.operation.value,
            client_request_id=call.request_id or None,
        )
        error.findings = tuple(self.findings)
        raise error

    def clean(self, call: Call) -> dict[str, JSON] | JSON:
        """Return the options of a call as they may go out."""
        policy, tools = self._policy, call.options.get("tools")
        for name in changed_tools(tools, policy.pinned_tools) if tools and policy.pinned_tools else ():
            self._seen["pinned_tools", _REQUEST, "blocked"] += 1
            self.refuse(f"The tool {name!r} is not described as it was when it was pinned; look at it and pin it anew")
        if policy.requests == "redact":
            self._vault = Vault(texts_of(call.options))
        return change_options(call.options, self._clean_text)

    def _clean_text(self, text: str, others: bool) -> str:  # noqa: FBT001  # as texts.Change is called
        policy = self._policy
        if policy.hidden_characters != "keep" and has_hidden(text):
            if policy.hidden_characters == "refuse":
                self._refuse_text("hidden_characters", "has characters that nobody sees")
            self._seen["hidden_characters", _REQUEST, "stripped"] += 1
            text = strip_hidden(text)
        if policy.role_markers != "keep" and (others or policy.untrust_users) and has_markers(text):
            if policy.role_markers == "refuse":
                self._refuse_text("role_markers", "has marks of a chat template in what somebody else says")
            self._seen["role_markers", _REQUEST, "broken"] += 1
            text = break_markers(text)
        return text if policy.requests == "off" else self._look(text)

    def _refuse_text(self, guard: str, problem: str) -> NoReturn:
        self._seen[guard, _REQUEST, "blocked"] += 1
        self.refuse(f"The request {problem}")

    def _look(self, text: str) -> str:
        found = [each for each in self._detector.find(text) if each.real]
        if not found:
            return text
        action = {"monitor": "seen", "block": "blocked", "redact": "redacted"}[self._policy.requests]
        for each in found:
            self._seen[each.label, _REQUEST, action] += 1
        if action == "blocked":
            self.refuse(f"The request holds what must not go out: {_labels(found)}")
        vault = self._vault
        return (
            text if vault is None else replace_found(text, found, lambda each, value: vault.mask_of(each.label, value))
        )

    def clean_answer(self, value: JSON) -> JSON:
        """Return a whole answer as the caller may see it."""
        if self._policy.responses != "off":
            change_answer(value, self._see_whole)
        self._check_arguments(value)
        if self._vault and self._policy.reversible:
            change_answer(value, self._vault.unmask)
        return value

    def clean_stream(self, stream: EventStream[JSON]) -> EventStream[JSON]:
        """Return a stream as the caller may see it."""
        vault, mode = self._vault, self._policy.responses
        if mode == "monitor":
            stream.tap(on_end=lambda outcome: self._see_end(stream, outcome))
        elif mode != "off":
            stream = mapped(stream, ChangedTexts(self._masking, self._see_whole))
        if self._policy.tool_arguments != "off":
            stream = mapped(stream, _Ending(self, stream))
        if vault and self._policy.reversible:
            restoring = ChangedTexts(lambda in_json: Unmasking(vault, in_json=in_json), vault.unmask)
            stream = mapped(stream, restoring)
        return stream

    def _masking(self, _in_json: bool) -> Masking:  # noqa: FBT001  # as ChangedTexts calls it
        return Masking(self._detector, self._see)

    def _see_whole(self, text: str, _in_json: bool = False) -> str:  # noqa: FBT001, FBT002  # as texts.Rewrite is called
        return replace_found(text, self._detector.find(text), self._see)

    def _see(self, found: Found, text: str) -> str:
        """Return what stands in the place of something found in an answer."""
        mode = self._policy.responses
        action = {"monitor": "seen", "block": "blocked", "redact": "redacted"}[mode]
        self._seen[found.label, _RESPONSE, action] += 1
        if mode == "block":
            self.refuse(f"The answer holds what must not come through: {found.label}")
        return f"[{found.label}]" if mode == "redact" else text

    def _see_end(self, stream: EventStream[JSON], outcome: Outcome) -> None:
        if outcome.ending == "complete" and stream.fold is not None:
            # The answer itself: `response` may be parsed, or in another's types.
            for text in written(stream.whole()):
                self._see_whole(text)
            stream.report.findings = tuple(dict.fromkeys((*stream.report.findings, *self.findings)))

    def check_end(self, stream: EventStream[JSON]) -> None:
        """Check the tool calls of a stream that has ended."""
        if stream.fold is not None:
            self._check_arguments(stream.whole())

    def _check_arguments(self, answer: JSON) -> None:
        tools = self._call.options.get("tools")
        if self._policy.tool_arguments == "off" or not tools:
            return
        wrong = list(misfits(answer, tools))
        action = "blocked" if self._policy.tool_arguments == "error" else "seen"
        for misfit in wrong:
            self._noted.append(
                GuardFinding(guard="tool_arguments", where=_RESPONSE, action=action, detail=_said(misfit))
            )
        if wrong and action == "blocked":
            self.refuse(f"A tool call does not fit its tool: {_said(wrong[0])}")


class _Ending:
    """Looks at a stream when it has ended, before anybody is told so."""

    def __init__(self, looking: _Looking, stream: EventStream[JSON]) -> None:
        self._looking = looking
        self._stream = stream

    def feed(self, item: JSON) -> Iterable[JSON]:
        """Return the piece as it is."""
        return (item,)

    def finish(self) -> Iterable[JSON]:
        """Return nothing more."""
        self._looking.check_end(self._stream)
        return ()


async def _reply(inner: Handler, call: Call) -> Reply:
    return await inner(call)


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that a call fails with: a check's verdict, else whatever came first."""
    flat = [each for each in failed.exceptions if not isinstance(each, BaseExceptionGroup)]
    return next((each for each in flat if isinstance(each, GuardrailError | InvalidMessageError)), flat[0])


def _labels(found: Iterable[Found]) -> str:
    return ", ".join(sorted({each.label for each in found}))


def _said(misfit: Misfit) -> str:
    return f"{misfit.tool}: {misfit.problem}"
