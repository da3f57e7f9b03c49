"""What `any-llm mock` does."""

from __future__ import annotations

import asyncio
import signal

from any_llm.cli.terminal import note, table, write, write_json
from any_llm.cli.wishes import MockWish
from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.addresses import SHOWN, base_url, environment
from any_llm.testing.mock.answerers.answerer import Answerer
from any_llm.testing.mock.answerers.files import load_script
from any_llm.testing.mock.answerers.local_model import LocalModel
from any_llm.testing.mock.answerers.obliging import oblige, schema_values
from any_llm.testing.mock.answerers.recorded import Recorded
from any_llm.testing.mock.clock import JumpingClock, RealClock
from any_llm.testing.mock.faults.registry import faults, find_fault
from any_llm.testing.mock.limits import Limits, Meter
from any_llm.testing.mock.physics import Physics
from any_llm.testing.mock.responder import Behaviour, Responder
from any_llm.testing.mock.server import MockServer

_KEPT = 1_000
"""How many requests the server remembers: it may run for days."""


def mock(wish: MockWish, *, json: bool) -> None:
    """Serve until the process is interrupted.

    Raises:
        ConfigurationError: a setting is not valid, or the port is taken.
    """
    asyncio.run(_serve(wish, json=json))


def list_faults(*, json: bool) -> None:
    """List the faults that can be called for."""
    known = [faults()[name] for name in sorted(faults())]
    if json:
        write_json([{"name": each.name, "summary": each.summary, "argument": each.argument} for each in known])
        return
    table("", ("fault", "what it does", "argument"), [(each.name, each.summary, each.argument) for each in known])


async def _serve(wish: MockWish, *, json: bool) -> None:
    server = MockServer(Responder(_behaviour(wish), keep=_KEPT), wish.host, wish.port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await server.start()
        if wish.fault:
            await server.listen(find_fault(wish.fault)[0].listener)
    except (OSError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ConfigurationError(
            f"The mock cannot listen on {wish.host}:{wish.port}: {reason}; choose another --port"
        ) from error
    try:
        _tell(server, json=json)
        await stop.wait()
    finally:
        await server.stop()


def _tell(server: MockServer, *, json: bool) -> None:
    urls = {name: base_url(server.origin, name) for name in SHOWN}
    variables = environment(server.origin)
    if json:
        told = {"origin": server.origin, "port": server.port, "base_urls": urls, "environment": variables}
        write_json(told, line=True)
        return
    note(f"the mock listens on {server.origin}; interrupt it with Ctrl-C. These lines send clients to it:")
    write("".join(f"export {name}={value}\n" for name, value in variables.items()))


def _behaviour(wish: MockWish) -> Behaviour:
    ttft, tps, jitter = wish.physics
    requests, tokens, quota = wish.limits
    if wish.fault:
        find_fault(wish.fault)
    return Behaviour(
        answerer=_answerer(wish),
        physics=Physics(ttft=ttft, tps=tps, jitter=jitter),
        clock=JumpingClock() if wish.jumping_clock else RealClock(),
        seed=wish.seed,
        fault=wish.fault,
        chances=dict(map(_chance, wish.chances)),
        keys=frozenset(wish.keys),
        meter=Meter(Limits(requests=requests, tokens=tokens, quota_tokens=quota)) if any(wish.limits) else None,
    )


def _answerer(wish: MockWish) -> Answerer:
    chosen: list[Answerer] = []
    if wish.script is not None:
        chosen.append(load_script(wish.script))
    if wish.recordings is not None:
        chosen.append(Recorded(wish.recordings))
    if wish.local_model:
        chosen.append(LocalModel())
    if wish.schema_values:
        chosen.append(schema_values)
    if len(chosen) > 1:
        raise ConfigurationError("Give one of SCRIPT, --recordings, --local-model and --schema-values")
    return chosen[0] if chosen else oblige


def _chance(pair: str) -> tuple[str, float]:
    name, _, value = pair.rpartition("=")
    find_fault(name)
    try:
        chance = float(value)
    except ValueError:
        chance = -1
    if not 0 <= chance <= 1:
        raise ConfigurationError(f"--chance {pair!r} must look like stall=0.1, with a number from 0 to 1")
    return name, chance
