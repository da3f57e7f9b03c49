"""What `any-llm route` and `any-llm health` do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from any_llm import AnyLLM
from any_llm.cli.terminal import table, write, write_json
from any_llm.cli.wishes import RouteWish
from any_llm.client.routed import Routed
from any_llm.client.watching import Checked, check
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.candidates import candidates_of
from any_llm.types.json import JSONObject
from any_llm.types.naming import ROUTE, UNNAMED


def list_routes(names: Sequence[str], *, json: bool) -> None:
    """List the routes that there are, or some of them, with their targets."""
    client, chosen = _client(names)
    chains = [client.chain(name) for name in chosen]
    if json:
        write_json(
            [
                {
                    "route": chain.name,
                    "strategy": chain.strategy,
                    "targets": [each.name for each in candidates_of(chain)],
                }
                for chain in chains
            ]
        )
        return
    if not chains:
        write('There are no routes; the configuration file has them as [routes.NAME], with targets = ["…", "…"]\n')
        return
    rows = [(chain.name, chain.strategy, ", ".join(each.name for each in candidates_of(chain))) for chain in chains]
    table("", ("route", "strategy", "targets"), rows)


def explain_route(targets: Sequence[str], wish: RouteWish, *, json: bool) -> None:
    """Tell whom a call to a route would ask, in which order and why, and who cannot serve it.

    Raises:
        ConfigurationError: no route is named.
    """
    if not targets:
        raise ConfigurationError("any-llm route --explain needs the name of a route, or targets such as openai:gpt-5")
    client, (name, *_) = _client(targets)
    told = client.explain(name, **_call(wish))
    if json:
        write_json(msgspec.to_builtins(told))
        return
    rows = [(each.target, each.route, str(each.place or "dropped"), each.reason) for each in told]
    table("", ("target", "route", "place", "reason"), rows)


def tell_health(targets: Sequence[str], every: float | None, *, billed: bool, json: bool) -> int:
    """Ask targets whether they answer, once or again and again, and return the exit code."""
    client, names = _client(targets)
    return asyncio.run(_watch(client, names, every, billed=billed, json=json))


async def _watch(client: Routed, names: Sequence[str], every: float | None, *, billed: bool, json: bool) -> int:
    while True:
        checked = await check(client, names, billed=billed)
        if json:
            write_json(msgspec.to_builtins(checked), line=every is not None)
        else:
            _show(checked)
        if every is None:
            return int(any(each.state == "fails" or (each.live and each.live.state == "down") for each in checked))
        await asyncio.sleep(every)


def _show(checked: Sequence[Checked]) -> None:
    rows: list[Sequence[str]] = []
    for each in checked:
        took = "" if each.seconds is None else f"{each.seconds:.2f} s"
        rows.append((each.target, each.state, each.source, took, each.detail))
        if each.live is not None:
            newest = f": {each.live.changes[-1].reason}" if each.live.changes else ""
            rows.append((each.target, each.live.state, "live", "", f"error rate {each.live.error_rate:.0%}{newest}"))
    table("", ("target", "state", "source", "took", "detail"), rows)


def _client(targets: Sequence[str]) -> tuple[Routed, Sequence[str]]:
    """Return a client, and the names of the routes that are meant: a list of targets is one without a name."""
    if any(":" in target for target in targets):
        client = AnyLLM.create(list(targets))
        chosen: Sequence[str] = (UNNAMED,)
    else:
        client = AnyLLM.create(ROUTE)
        chosen = targets
    if not isinstance(client, Routed):
        raise ConfigurationError(f"A provider of the configuration file is called {ROUTE!r}; give it another name")
    return client, chosen or client.routes


def _call(wish: RouteWish) -> JSONObject:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
    text = {"type": "text", "text": wish.message}
    call: JSONObject = {"messages": [{"role": "user", "content": [text, image] if wish.vision else wish.message}]}
    if wish.tools:
        call["tools"] = [{"type": "function", "function": {"name": "any"}}]
    if wish.max_tokens:
        call["max_tokens"] = wish.max_tokens
    return call
