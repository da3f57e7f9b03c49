"""What `any-llm mock` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import MockWish


def mock(
    script: Path | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 4010,
    seed: int = 0,
    ttft: float = 0.0,
    tps: float = 0.0,
    jitter: float = 0.0,
    virtual_clock: bool = False,
    fault: str = "",
    chance: Annotated[tuple[str, ...], Parameter(name="--chance")] = (),
    local_model: bool = False,
    schema_values: bool = False,
    recordings: Path | None = None,
    key: tuple[str, ...] = (),
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    quota_tokens: int | None = None,
    faults: bool = False,
    json: bool = False,
) -> None:
    """Start a server that answers as the vendors do, and misbehaves when it is told to.

    It speaks the formats of all vendors on one port, without a key and
    without a cost, until it is interrupted. Told nothing, it says what it
    hears, calls the tools that it must call, and makes up values that fit the
    schema it is given.

    Args:
        script: Rules for what is answered: a TOML or a Python file.
        host: Where to listen.
        port: On which port; 0 for any free one.
        seed: What identifiers, made-up values, jitter and chance depend on.
        ttft: Seconds until the first token.
        tps: Tokens per second after it; 0 for all at once.
        jitter: How uneven the waits are, from 0 to 1.
        virtual_clock: Let all waits pass at once.
        fault: How every answer is broken, such as stall or status=503.
        chance: A fault and how likely it is, as NAME=0.1; may be given several times.
        local_model: Let the small model on this machine answer.
        schema_values: Call the first tool that is offered, with arguments that fit its schema.
        recordings: A folder of recordings that are played.
        key: A key that is accepted; may be given several times. Without one, any is.
        requests_per_minute: How many requests a key may make in a minute.
        tokens_per_minute: How many tokens a key may use in a minute.
        quota_tokens: How many tokens a key may use altogether.
        faults: Only list the faults.
        json: Print one JSON object when it listens: origin, port, base_urls, environment. With --faults print an array
            of objects: name, summary, argument.
    """
    if faults:
        bodies.list_faults(json=json)
        return
    bodies.mock(
        MockWish(
            script=script,
            host=host,
            port=port,
            seed=seed,
            physics=(ttft, tps, jitter),
            virtual_clock=virtual_clock,
            fault=fault,
            chances=chance,
            local_model=local_model,
            schema_values=schema_values,
            recordings=recordings,
            keys=key,
            limits=(requests_per_minute, tokens_per_minute, quota_tokens),
        ),
        json=json,
    )
