"""Writes a ledger behind the calls: one thread for each ledger in a process, and one transaction for what has come."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from any_llm.exceptions import AnyLLMError
from any_llm.stores.ledger.opening import Book
from any_llm.stores.ledger.rows import Entry, UnwritableError

if TYPE_CHECKING:
    from any_llm.stores.ledger.aside import Aside

_LOG = logging.getLogger("any_llm")
_MOST = 100_000
"""How many entries wait for a store that fails before further ones are dropped."""

_BATCH = 1_000
_REST = 0.5
_DAY = 86_400.0
_HOUR = 3_600.0
_SECONDS_AT_EXIT = 5.0


class _Lock:
    """A lock that can tell whether it is this very thread that holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *_error: object) -> None:
        self._holder = 0
        self._lock.release()

    @property
    def mine(self) -> bool:
        """Whether this thread holds it."""
        return self._holder == threading.get_ident()


class Writer:
    """Takes entries from any thread and any loop, and writes them.

    Args:
        opened: opens the ledger; called when the first entry comes, in the thread that writes.
        now: the time in seconds since 1970.
        within: after how many seconds at most an entry is on its way to the ledger.
        retention: how many days entries are kept; `None` for ever.
        aside: opens what keeps entries on the disk while the ledger is away; `None` comes back where nothing does.

    Attributes:
        dropped: how many entries were lost, since the store failed for longer than there is memory for them, or has no
            room for what they hold.
    """

    _opened_book: Book | None
    _waiting: deque[Entry]

    def __init__(
        self,
        opened: Callable[[], Book],
        now: Callable[[], float],
        *,
        within: float,
        retention: float | None = None,
        aside: Callable[[], Aside | None] = lambda: None,
    ) -> None:
        self._opened = opened
        self._now = now
        self._within = within
        self._retention = retention
        self._open_aside = aside
        self._begin()
        atexit.register(self.close)

    def add(self, entry: Entry) -> None:
        """Have an entry written; it costs a few microseconds and waits for nothing."""
        if self._process != os.getpid():
            # Neither the thread nor the connection live on in a forked child; what waits is the parent's to write.
            self._begin()
        if len(self._waiting) >= _MOST:
            self.dropped += 1
            return
        self._waiting.append(entry)
        self._wake()

    def write_now(self, entry: Entry) -> None:
        """Write an entry before returning; while the store is away it is kept aside, else behind, and the log tells."""
        if self._process != os.getpid():
            self._begin()
        if self._lock.mine:
            # A stream that nobody holds any more ends while this very thread writes.
            self.add(entry)
            return
        if self._failing:
            # The thread finds out when it is there again: no call waits for a server that does not answer.
            self._keep(entry)
            return
        try:
            with self._lock:
                self._write([entry])
        except AnyLLMError as error:
            self._tell(error)
            self._keep(entry)
        else:
            if self._retention is not None:
                self._clear_up()

    def flush(self, seconds: float = _SECONDS_AT_EXIT) -> bool:
        """Wait until everything that was added before is written, and say whether it is."""
        if self._process != os.getpid() or not self._started:
            return True
        self._hurry.set()
        self._come.set()
        until = monotonic() + seconds
        with self._written:
            return self._written.wait_for(self._is_written, max(0.0, until - monotonic()))

    def close(self, seconds: float = _SECONDS_AT_EXIT) -> None:
        """Write what waits, as far as there is time for it, and close the ledger; a later entry opens it again."""
        atexit.unregister(self.close)
        self.flush(seconds)
        if self._process != os.getpid():
            return
        with self._lock:
            book, self._opened_book = self._opened_book, None
            if book is not None:
                book.close()
            self._leave()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._waiting = deque()
        self._come, self._hurry = threading.Event(), threading.Event()
        self._lock, self._starting = _Lock(), threading.RLock()
        self._written = threading.Condition()
        self._started = self._writing = self._failing = False
        self._opened_book = None
        self._aside = self._open_aside()
        self._cleared = 0.0
        self.dropped = 0

    def _wake(self) -> None:
        if not self._started:
            with self._starting:
                if not self._started:
                    self._started = True
                    threading.Thread(target=self._run, name="any-llm-ledger", daemon=True).start()
        if not self._come.is_set():
            self._come.set()

    def _keep(self, entry: Entry) -> None:
        """Keep an entry on the disk, or in memory where that cannot be."""
        try:
            if self._aside is not None:
                self._aside.keep([entry])
                self._wake()
                return
        except (AnyLLMError, UnwritableError) as error:
            _LOG.warning("An entry of the ledger waits in memory alone: %s", error)
        self.add(entry)

    def _is_written(self) -> bool:
        # What is kept aside while the store is away is safe, and waited for by nobody.
        aside = self._aside is not None and self._aside.some and not self._failing
        return not (self._waiting or self._writing or aside)

    def _run(self) -> None:
        while True:
            self._come.wait()
            # Those that come meanwhile go into the same transaction.
            self._hurry.wait(self._within)
            self._hurry.clear()
            self._come.clear()
            while self._waiting and self._write_batch():
                pass
            if not self._waiting:
                self._bring_back()
            with self._written:
                self._written.notify_all()
            if self._waiting or (self._aside is not None and self._aside.some):
                self._hurry.wait(_REST)
                self._come.set()

    def _write_batch(self) -> bool:
        """Write what has come, in the order it came, and say whether that went well; what did not comes again."""
        self._writing = True
        try:
            with self._lock:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
                try:
                    self._write(batch)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise
            self._clear_up()
        except Exception as error:  # noqa: BLE001  # the thread must outlive whatever a database does
            self._tell(error)
            return False
        else:
            return True
        finally:
            self._writing = False

    def _bring_back(self) -> None:
        """Write what was kept aside; when nothing is left there, the store counts as there again."""
        try:
            while self._aside is not None and self._aside.some:
                if entries := self._aside.oldest(_BATCH):
                    with self._lock:
                        self._write(entries)
                    self._aside.drop(entries)
        except Exception as error:  # noqa: BLE001  # as above
            self._tell(error)
            return
        if self._failing:
            self._failing = False
            _LOG.warning("The ledger is written again; %d entries were dropped so far", self.dropped)

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write entries; one that the store has no room for takes no other one with it."""
        try:
            self._book().write(entries)
        except UnwritableError as error:
            if len(entries) > 1:
                for entry in entries:
                    self._write([entry])
                return
            self.dropped += 1
            _LOG.warning("The ledger has no room for what a call holds, which is missing there: %s", error)

    def _leave(self) -> None:
        """Keep aside what waits in memory as the program ends, or tell that it is lost."""
        waiting = list(self._waiting)
        try:
            if self._aside is not None:
                if waiting:
                    self._aside.keep(waiting)
                    self._waiting.clear()
                    _LOG.warning(
                        "%d entries of the ledger wait in %s for the next program that writes it",
                        len(waiting),
                        self._aside.path,
                    )
                self._aside.close()
        except (AnyLLMError, UnwritableError) as error:
            _LOG.warning("%s", error)
        if self._waiting:
            _LOG.warning("The program ends before %d entries of the ledger could be written", len(self._waiting))

    def _clear_up(self) -> None:
        if self._retention is None or (self._cleared and monotonic() - self._cleared < _HOUR):
            return
        self._cleared = monotonic()
        with self._lock:
            self._book().forget(self._now() - self._retention * _DAY)

    def _book(self) -> Book:
        if self._opened_book is None:
            self._opened_book = self._opened()
        return self._opened_book

    def _tell(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            kept = (
                f"up to {_MOST} entries are kept"
                if self._aside is None
                else "entries are kept on the disk or in memory"
            )
            _LOG.warning("%s; %s until it can be written", error, kept)
