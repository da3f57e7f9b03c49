"""What `any-llm mock` takes, and its help. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclopts import App, Parameter

from any_llm.cli import bodies
from any_llm.cli.wishes import MockWish

mock = App(name="mock", help="Serve answers, and failures, as the vendors do, for tests.")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast the answers come.

    Attributes:
        ttft: Seconds until the first token.
        tps: Tokens per second after it; 0 for all at once.
        jitter: How uneven the waits are, from 0 to 1.
        jumping_clock: Let all waits pass at once.
    """

    ttft: float = 0.0
    tps: float = 0.0
    jitter: float = 0.0
    jumping_clock: bool = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Who may ask how much.

    Attributes:
        key: A key that is accepted; may be given several times. Without one, any is.
        requests_per_minute: How many requests a key may make in a minute.
        tokens_per_minute: How many tokens a key may use in a minute.
        quota_tokens: How many tokens a key may use altogether.
    """

    key: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    quota_tokens: int | None = None


_SPEED, _ALLOWANCE = Speed(), Allowance()


@mock.default
def mock_serve(
    script: Path | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 4010,
    seed: int = 0,
    speed: Speed = _SPEED,
    allowance: Allowance = _ALLOWANCE,
    fault: str = "",
    chance: tuple[str, ...] = (),
    local_model: bool = False,
    schema_values: bool = False,
    recordings: Path | None = None,
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
        speed: How fast the answers come.
        allowance: Who may ask how much.
        fault: How every answer is broken, such as stall or status=503; `any-llm mock faults` lists them.
        chance: A fault and how likely it is, as NAME=0.1; may be given several times.
        local_model: Let the small model on this machine answer.
        schema_values: Call the first tool that is offered, with arguments that fit its schema.
        recordings: A folder of recordings that are played.
        json: Print one JSON object when it listens: origin, port, base_urls, environment.
    """
    physics = (speed.ttft, speed.tps, speed.jitter)
    limits = (allowance.requests_per_minute, allowance.tokens_per_minute, allowance.quota_tokens)
    said = (script, host, port, seed, physics, speed.jumping_clock, fault, chance)
    bodies.mock(MockWish(*said, local_model, schema_values, recordings, allowance.key, limits), json=json)


@mock.command(name="faults")
def mock_faults(*, json: bool = False) -> None:
    """List the faults that can be called for.

    Args:
        json: Print a JSON array of objects: name, summary, argument.
    """
    bodies.list_faults(json=json)
