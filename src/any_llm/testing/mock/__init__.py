"""A provider for tests: it speaks the vendors' formats, and misbehaves when it is told to.

The way of a request, each step a module of this package:

    carrier (`server.py`, `transport.py`)
      -> `MockRequest` (`request.py`)
      -> its `Route` in a `Wire` (`router.py`, `wire.py`, `wires/`), which reads an `Asked` (`asked.py`) out of it
      -> an answerer (`answerers/`), which decides an `Answer` or a `Failure` (`answer.py`)
      -> a `Fault`, if one is called for, may change the answer (`fault.py`, `faults/`)
      -> the route says it in the vendor's words: `Rendered`, whole or in `Piece`s (`wire.py`)
      -> `Physics` gives the pieces their times: a `Plan` of steps (`physics.py`, `plan.py`)
      -> a `Fault` may change the plan
      -> the carrier plays the plan, on the mock's `Clock` (`clock.py`).

`responder.py` is the whole trip. `mock.py` is what users hold: `Mock`.

**To add a wire**, write a module in `wires/` that exports `WIRE`, and add its name to `wires/registry.py`, one line:

    WIRE = Wire(
        name="acme.chat", vendor="acme",
        routes=(Route(method="POST", path="/v1/chat", operation="completion", read=read, render=render),),
        render_failure=..., failure_pieces=...,
    )

- `path` is the *end* of the path: anything may stand before it, so that the wire is found behind `/v1`, `/acme` or a
  proxy's prefix. `{name}` stands for one part of the path and `{name*}` for several; `request.params` has them decoded.
- `read(request) -> Asked` raises `RefusedError(Failure(status=400, ...))` where the vendor would refuse the request.
- `render(answer, asked, context) -> Rendered` is pure: identifiers come from `context.ids`, the time from
  `context.now`. A stream is `Rendered(headers=..., pieces=(Piece(data, tokens, role), ...))`; faults look at the roles.
- What needs no answerer (lists, files, batches) is `handle(context) -> Rendered`, sync or async, in place of both. It
  keeps things in `context.shelf.room("acme.files", File)`, and has other requests answered by `context.ask(request)`.
- A WebSocket is a route with `method="GET"` and `converse(socket, context)`.
- Paths that several vendors have go to the vendor that the path's first part or the host names; without either, to
  the wire whose `claims(headers)` says yes, else to one without `claims`.

**To add a fault**, add a `Fault` to the `FAULTS` of a module in `faults/` (a new module also to `faults/registry.py`):

    Fault(name="stall", summary="Goes silent in the middle of the body.", plan=stall)

- `answer(answer, argument, context)` changes what is answered before it is said (a refusal, a status); it may return a
  `Failure`, which the wire says in the vendor's shape.
- `plan(plan, argument, context)` changes the steps: insert `Wait`, cut `Data`, end with `Reset`, `Close`, `HalfClose`,
  replace the `Head`, send `Raw` bytes. `context.wire.failure_pieces` says an error within a stream.
- `listener` is for what happens below HTTP, on the server's port.
- `whole` and `streamed` say what this library makes of it; a test plays both, and `make tables` writes them into
  `docs/mock-faults.md`.

A fault is called for by a request's header `x-mock-fault: stall=5`, by a model called `fault/stall`, by an answer's
`fault`, by `Mock(fault=...)` or by chance, in this order; several at once are separated by commas.
"""

from __future__ import annotations
