"""A store in Redis or Valkey, shared by machines: each method is one round trip, and times are the server's.

Amounts are drawn by one script for all buckets of a call: https://redis.io/docs/latest/develop/programmability/eval-intro
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import NamedTuple, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.refusals import StoreError
from any_llm.spec.clock import Clock
from any_llm.spec.store import Draw, Drawn, Pinned
from any_llm.types.json import JSON

_PREFIX = "any-llm:"
_PORT = 6379
_SECONDS = 2.0
"""How long the server may take to answer, so that nothing hangs when it is away."""

_CONNECTIONS = 32
"""How many connections a loop has at most; who finds none free waits for one."""

_DRAW = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local left, wait, short = {}, -1, 0
local function has(key, capacity, window, lease)
  if lease ~= '' then
    local ended = redis.call('ZRANGEBYSCORE', key, '-inf', now)
    for _, name in ipairs(ended) do
      redis.call('ZREM', key, name); redis.call('HDEL', key .. ':amounts', name)
    end
    local taken, kept = 0, redis.call('HGETALL', key .. ':amounts')
    for i = 1, #kept, 2 do
      if kept[i] ~= lease then taken = taken + kept[i + 1] end
    end
    return capacity - taken
  end
  local kept = redis.call('HMGET', key, 'level', 'since')
  if not kept[1] then return capacity end
  return math.min(capacity, kept[1] + math.max(0, now - kept[2]) * capacity / window)
end
local function wait_for(key, amount, capacity, window, lease, is)
  if lease == '' then return (amount - is) * window / capacity end
  local ends = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #ends, 2 do
    if ends[i] ~= lease then is = is + (redis.call('HGET', key .. ':amounts', ends[i]) or 0) end
    if is >= amount then return ends[i + 1] - now end
  end
  return 1e300
end
-- Lua's own way to write a number forgets the last digits of long ones.
local function exact(amount) return string.format('%.17g', amount) end
local function keep(key, seconds)
  -- A short lease must not end the longer ones that are kept in the same place.
  local milliseconds = math.ceil(seconds * 1000) + 1000
  for _, kept in ipairs({key, key .. ':amounts'}) do
    if redis.call('PTTL', kept) < milliseconds then redis.call('PEXPIRE', kept, milliseconds) end
  end
end
local function put(key, level, capacity, window)
  redis.call('HSET', key, 'level', tostring(level), 'since', string.format('%.6f', now))
  -- When it is full again there is nothing to know about it.
  redis.call('PEXPIRE', key, math.ceil((capacity - level) * window / capacity * 1000) + 1000)
end
local take = ARGV[1] == 'draw'
for i, key in ipairs(KEYS) do
  local amount, capacity = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local window, lease = tonumber(ARGV[4 * i]), ARGV[4 * i + 1]
  if not take then
    if lease ~= '' and amount < 0 then
      local ends, held = redis.call('ZSCORE', key, lease), redis.call('HGET', key .. ':amounts', lease)
      if not ends or tonumber(ends) <= now then ends, held = 0, 0 end
      redis.call('ZADD', key, math.max(now + window, ends), lease)
      redis.call('HSET', key .. ':amounts', lease, exact(held - amount))
      keep(key, window)
    elseif lease ~= '' then
      redis.call('ZREM', key, lease); redis.call('HDEL', key .. ':amounts', lease)
    else
      put(key, math.min(capacity, has(key, capacity, window, lease) + amount), capacity, window)
    end
  else
    local is = has(key, capacity, window, lease)
    left[i] = is
    if is < amount then
      local seconds = wait_for(key, amount, capacity, window, lease, is)
      if seconds > wait then wait = seconds; short = i end
    end
  end
end
if take and wait < 0 then
  for i, key in ipairs(KEYS) do
    local amount, capacity = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
    local window, lease = tonumber(ARGV[4 * i]), ARGV[4 * i + 1]
    left[i] = left[i] - amount
    if lease ~= '' then
      redis.call('ZADD', key, now + window, lease); redis.call('HSET', key .. ':amounts', lease, exact(amount))
      keep(key, window)
    else
      put(key, left[i], capacity, window)
    end
  end
end
local told = {}
for i, amount in ipairs(left) do told[i] = exact(amount) end
return {tostring(wait), short, told}
"""
_INCREMENT = """
local amount = redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])
if ARGV[2] ~= '' and redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return amount
"""
_CLAIM = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

_PIN = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1] .. ':until', '-inf', now)) do
  redis.call('ZREM', KEYS[1] .. ':until', owner); redis.call('HDEL', KEYS[1], owner)
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.6f ', now) .. ARGV[2])
redis.call('ZADD', KEYS[1] .. ':until', now + ARGV[3] / 1000, ARGV[1])
-- As long as somebody comes by, what others have pinned up is taken down when its own time is over.
redis.call('PEXPIRE', KEYS[1], ARGV[3] * 10); redis.call('PEXPIRE', KEYS[1] .. ':until', ARGV[3] * 10)
return {string.format('%.6f', now), redis.call('HGETALL', KEYS[1])}
"""


def open_redis(place: str, _clock: Clock) -> RedisStore:
    """Open the store at a Redis URL, such as `redis://localhost:6379/0` or `rediss://user:password@host`.

    Raises:
        MissingExtraError: the driver is not installed.
    """
    return RedisStore(place.replace("valkey", "redis", 1) if place.startswith("valkey") else place)


class _Connected(NamedTuple):
    """The client of one event loop, its scripts, and what closes it with the loop."""

    client: JSON
    scripts: Mapping[str, JSON]
    keeper: AsyncGenerator[None, None]


class RedisStore:
    """Has every protocol of `any_llm.spec.store`.

    Args:
        url: where the server is.
        prefix: what the names in it begin with.
        timeout: how many seconds the server may take to connect and to answer.

    Raises:
        MissingExtraError: the driver is not installed.
        ConfigurationError: the URL cannot be read; its text is not shown, as it may hold a password.
    """

    def __init__(self, url: str, *, prefix: str = _PREFIX, timeout: float = _SECONDS) -> None:
        self._library = _driver()
        self._place = _place_of(url)
        self._url = url
        # One hash slot for all names, so that a script may touch them together in a cluster.
        self._prefix = f"{{{prefix.rstrip(':')}}}:"
        self._timeout = timeout
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connected] = WeakKeyDictionary()

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        return cast("bytes | None", await self._ask(lambda at: at.client.get(self._name("kept", name))))

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        until = None if seconds is None else _thousandths(seconds)
        await self._ask(lambda at: at.client.set(self._name("kept", name), value, px=until))

    async def delete(self, name: str) -> None:
        """Forget a value; one that is not there is no error."""
        await self._ask(lambda at: at.client.delete(self._name("kept", name)))

    async def names(self, prefix: str) -> Sequence[tuple[str, int]]:
        """Return the names that begin so of what is kept, and how many bytes each has; not all in one round trip."""
        return cast(
            "list[tuple[str, int]]", await self._ask(lambda at: _listed(at.client, self._name("kept", ""), prefix))
        )

    async def increment(self, name: str, amount: float = 1.0, *, seconds: float | None = None) -> float:
        """Add to a count and return what it is now; a new one begins at nothing and ends after so many seconds."""
        until = "" if seconds is None else _thousandths(seconds)
        return float(await self._run(_INCREMENT, [self._name("counted", name)], [amount, until]))

    async def count(self, name: str) -> float:
        """Return a count; nothing where there is none or its time is over."""
        return float(await self._ask(lambda at: at.client.get(self._name("counted", name))) or 0.0)

    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        """Give the name to this owner for so many seconds, and say whether it is theirs; one who has it has it anew."""
        return bool(await self._run(_CLAIM, [self._name("claimed", name)], [owner, _thousandths(seconds)]))

    async def release(self, name: str, owner: str) -> None:
        """Take the name back from this owner; one who does not have it is no error."""
        await self._run(_RELEASE, [self._name("claimed", name)], [owner])

    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        """Pin up a value in place of the owner's last one, for so many seconds; return what all have pinned up."""
        arguments = [owner, value, _thousandths(seconds)]
        now, found = await self._run(_PIN, [self._name("pinned", board)], arguments)
        pinned: list[Pinned] = []
        for name, entry in zip(found[::2], found[1::2], strict=True):
            since, _, said = entry.partition(b" ")
            pinned.append(Pinned(name.decode(), float(now) - float(since), said))
        return pinned

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        """Draw from several buckets, all or nothing, in one step."""
        wait, short, left = await self._buckets("draw", draws)
        told = tuple(float(amount) for amount in left)
        if float(wait) < 0:
            return Drawn(granted=True, left=told)
        return Drawn(granted=False, wait=float(wait), short=draws[int(short) - 1].bucket, left=told)

    async def give_back(self, draws: Sequence[Draw]) -> None:
        """Put amounts back, or take more where one is negative: more than there is leaves the bucket in debt."""
        await self._buckets("give back", draws)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        connected = self._clients.get(asyncio.get_running_loop())
        if connected is not None:
            await connected.keeper.aclose()

    async def _buckets(self, what: str, draws: Sequence[Draw]) -> JSON:
        values: list[JSON] = [what]
        for draw in draws:
            values += [draw.amount, draw.capacity, draw.window, draw.lease]
        kinds = ("leases" if draw.lease else "levels" for draw in draws)
        names = [self._name(kind, draw.bucket) for kind, draw in zip(kinds, draws, strict=True)]
        return await self._run(_DRAW, names, values)

    async def _run(self, script: str, names: Sequence[str], values: Sequence[JSON]) -> JSON:
        return await self._ask(lambda at: at.scripts[script](keys=names, args=values))

    async def _ask(self, ask: Callable[[_Connected], Awaitable[JSON]]) -> JSON:
        try:
            return await ask(await self._connected())
        except (self._library.RedisError, OSError) as error:
            raise StoreError(f"The store at {self._place} failed: {error}", error) from error

    async def _connected(self) -> _Connected:
        """Return the client of the running loop and its scripts; connections belong to a loop, and close with it."""
        loop = asyncio.get_running_loop()
        connected = self._clients.get(loop)
        if connected is None:
            for ended in [each for each in tuple(self._clients) if each.is_closed()]:
                # One that was closed by hand has closed nothing, and is held by its connections.
                self._clients.pop(ended, None)
            pool = self._library.BlockingConnectionPool.from_url(
                self._url,
                max_connections=_CONNECTIONS,
                timeout=self._timeout,
                socket_timeout=self._timeout,
                socket_connect_timeout=self._timeout,
            )
            client = self._library.Redis.from_pool(pool)
            scripts = {script: client.register_script(script) for script in (_DRAW, _INCREMENT, _CLAIM, _RELEASE, _PIN)}
            keeper = self._close_with_loop(loop, client)
            connected = self._clients[loop] = _Connected(client, scripts, keeper)
            await anext(keeper)
        return connected

    async def _close_with_loop(self, loop: asyncio.AbstractEventLoop, client: JSON) -> AsyncGenerator[None, None]:
        """Wait for the end of the event loop, which closes its generators, and close the connections then."""
        try:
            yield
        finally:
            self._clients.pop(loop, None)
            await client.aclose()

    def _name(self, kind: str, name: str) -> str:
        return f"{self._prefix}{kind}:{name}"


async def _listed(client: JSON, kept: str, prefix: str) -> list[tuple[str, int]]:
    pattern = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in (kept + prefix).replace("\\", "\\\\"))
    names = client.scan_iter(match=pattern + "*", count=1_000)
    return [(name.decode()[len(kept) :], int(await client.strlen(name))) async for name in names]


def _place_of(url: str) -> str:
    """Return host and port of a URL."""
    where = urlsplit(url)
    try:
        return f"{where.hostname}:{where.port or _PORT}"
    except ValueError:
        raise ConfigurationError(
            "store is a URL whose port is no number; write redis://USER:PASSWORD@HOST:PORT/DATABASE, with what is no "
            "letter or digit in the password as %2F and the like"
        ) from None


def _thousandths(seconds: float) -> int:
    return max(1, round(seconds * 1_000))


def _driver() -> JSON:
    try:
        return import_module("redis.asyncio")
    except ImportError as error:
        raise MissingExtraError("redis", "redis", reason="it speaks with the server of the store") from error
