"""What the flags of a command say, as it goes from the signature of the command to its body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias


class CostWish(NamedTuple):
    """Which costs are told, and how: by what, of which time and of whom, repriced on which model, into which files."""

    by: Sequence[str]
    since: str | None
    until: str | None
    zone: str | None
    only: Sequence[str]
    on: str | None
    store: str | None
    csv: Path | None = None
    png: Path | None = None


class Question(NamedTuple):
    """What is asked: words, what the model is told to be, pictures, files; `stdin` says whether to wait for more."""

    words: Sequence[str]
    system: str | None
    images: Sequence[str]
    files: Sequence[str]
    stdin: bool | None


class Request(NamedTuple):
    """Who is asked, and under which parameters; those that are `None` were not given.

    `pairs` are further parameters as `NAME=VALUE`, and win. `schema` is the path of a JSON schema.
    """

    model: str | None
    parameters: Mapping[str, str | float | Sequence[str] | None]
    pairs: Sequence[str] = ()
    schema: str | None = None


class Manner(NamedTuple):
    """How the answer is shown."""

    stream: bool
    plain: bool
    json: bool


class Making(NamedTuple):
    """What is made: by whom, into which file (`-` is standard output, `None` a usual name), out of which images."""

    request: Request
    output: str | None
    images: Sequence[str] = ()


class Listening(NamedTuple):
    """What is wanted of a recording: the time of each word, who speaks, English whatever is spoken."""

    words: bool
    speakers: bool
    translate: bool


Preference: TypeAlias = Literal["price", "context", "newest"]
"""What comes first among models that are found."""


class Search(NamedTuple):
    """Which models are looked for; `why` asks for the reasons, of those that were not found too."""

    provider: str | None
    needs: Sequence[str]
    max_price: str | None
    min_context: int | None
    prefer: Preference
    limit: int
    why: bool


class ProbeWish(NamedTuple):
    """How a model is tried: US dollars it may cost, whether unknown prices are fine, whether to drop what was seen."""

    max_cost: str
    yes: bool
    forget: bool
    api_base: str | None


class MockWish(NamedTuple):
    """How a mock behaves.

    `physics` is the seconds until the first token, tokens per second and jitter; `chances` are faults as `NAME=0.1`;
    `limits` are requests and tokens per minute, and tokens altogether.
    """

    script: Path | None
    host: str
    port: int
    seed: int
    physics: tuple[float, float, float]
    jumping_clock: bool
    fault: str
    chances: Sequence[str]
    local_model: bool
    schema_values: bool
    recordings: Path | None
    keys: Sequence[str]
    limits: tuple[int | None, int | None, int | None]


class BenchWish(NamedTuple):
    """What is measured, and what becomes of it; `prompt` wins over `prompt_words`, the size of one that is made."""

    requests: int | None
    duration: float | None
    rate: float | None
    concurrency: int | None
    warm_up: int
    prompt: str | None
    prompt_words: int
    stream: bool
    plot: Path | None
    raw: Path | None


class EvaluationWish(NamedTuple):
    """Which model is measured with which pairs of questions, and what is wanted of it."""

    model: str | None
    pairs: Path | None
    max_false_hits: float
    veto: bool
    plot: Path | None


class RouteWish(NamedTuple):
    """What a call would be, whose route is explained."""

    message: str = ""
    tools: bool = False
    vision: bool = False
    max_tokens: int = 0


class Verification(NamedTuple):
    """By what an audit log is checked: public keys, events that must be there, or an archive that tells of some.

    `archive` is one that is looked at instead of the log.
    """

    public_keys: Sequence[Path] = ()
    expect: Sequence[str] = ()
    manifest: str = ""
    archive: str = ""


@dataclass(frozen=True)
class LockWish:
    """How the objects of an archive in a bucket are locked; the bucket must have been made with Object Lock.

    Args:
        days: For how many days nobody can change or delete objects in a bucket; 0 locks none.
        mode: Whether nobody can undo that (COMPLIANCE), or who has the right to (GOVERNANCE).
        hold: Place a legal hold on each object, too, which stays until it is taken off.
    """

    days: float = 0.0
    mode: Literal["COMPLIANCE", "GOVERNANCE"] = "COMPLIANCE"
    hold: bool = False


@dataclass(frozen=True)
class AuditWish:
    """Which audit log, and who reads it for what.

    Args:
        place: Where it is: sqlite:PATH or postgresql://…; without it, as the configuration says.
        key: The file of the key that signs; without it, as the configuration says.
        tenant: Whose events.
        reader: Who reads; without it, the user of this machine.
        reason: Why.
    """

    place: str = ""
    key: str = ""
    tenant: str = ""
    reader: str = ""
    reason: str = ""
