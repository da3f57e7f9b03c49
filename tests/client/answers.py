"""Scripts of servers that speak OpenAI's format."""

from __future__ import annotations

import asyncio
import json

from tests.transport.peers import END, HEAD, Peer, Received, Script, piece, whole

KEY = "sk-canary-0123456789abcdefghij"
MESSAGES = [{"role": "user", "content": "Say hello."}]
JSON_FIELDS = "content-type: application/json\r\n"


def completion(text: str = "hello", **members: object) -> dict[str, object]:
    """Return the body of a whole chat completion."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return {**body, "usage": usage, **members}


def chunk(text: str | None = None, finish: str | None = None, **members: object) -> dict[str, object]:
    """Return one chunk of a streamed completion."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return {**body, **members}


def event(body: object) -> bytes:
    """Return one event of a stream, as one piece of a chunked answer."""
    return piece(b"data: " + json.dumps(body).encode() + b"\n\n")


def streamed(*texts: str) -> bytes:
    """Return the pieces of a complete stream."""
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    events = [chunk(text) for text in texts] + [chunk(finish="stop"), chunk(choices=[], usage=usage)]
    return b"".join(map(event, events)) + piece(b"data: [DONE]\n\n")


def say(body: object, *, status: str = "200 OK", fields: str = JSON_FIELDS) -> Script:
    """Return a script that answers everything with one body: an object as JSON, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(raw, status=status, fields=fields))

    return script


async def answer(peer: Peer, received: Received) -> None:
    """Answer any chat request, whole or streamed as it asks."""
    if json.loads(received.body).get("stream"):
        peer.say(HEAD + streamed("hel", "lo") + END)
    else:
        peer.say(whole(json.dumps(completion()).encode(), fields=JSON_FIELDS))


async def talk_for_ever(peer: Peer, received: Received) -> None:
    """Begin a stream at once, and go on slowly without end."""
    peer.say(HEAD + event(chunk("hel")))
    while True:
        await asyncio.sleep(0.01)
        peer.say(event(chunk("lo")))


async def begin_and_stall(peer: Peer, received: Received) -> None:
    """Begin a stream and say no more."""
    peer.say(HEAD + event(chunk("hel")))


async def break_off(peer: Peer, received: Received) -> None:
    """Send two chunks and break the connection."""
    peer.say(HEAD + event(chunk("hel")) + event(chunk("lo")))
    await asyncio.sleep(0.01)
    peer.hang_up()


async def end_early(peer: Peer, received: Received) -> None:
    """Send two chunks and end the body properly, without a word that the answer is complete."""
    peer.say(HEAD + event(chunk("hel")) + event(chunk("lo")) + END)
