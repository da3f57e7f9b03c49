"""Measures to a statsd over UDP, with DogStatsD's tags. Nothing is waited for, and what cannot be sent is dropped.

https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
"""

from __future__ import annotations

import socket
import weakref
from typing import TYPE_CHECKING

from any_llm.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.telemetry.measures import Bind, Instrument, Kind, Measure, Trace

_LONGEST = 1_432
"""Bytes that fit into one packet on an Ethernet."""

_KINDS: Mapping[Kind, str] = {"histogram": "h", "counter": "c", "gauge": "g"}


class StatsdBackend:
    """Sends measures as lines, those of one call together.

    Attributes:
        dropped: how many packets could not be sent.
    """

    def __init__(self, place: str) -> None:
        host, colon, port = place.rpartition(":")
        if not colon or not host or not port.isdecimal():
            raise ConfigurationError(f"statsd is {place!r}; give it as host:port, such as '127.0.0.1:8125'")
        self.dropped = 0
        self._lines: list[bytes] = []
        try:
            kind, *_, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(kind, socket.SOCK_DGRAM)
            weakref.finalize(self, self._socket.close)
            self._socket.settimeout(0)
            self._socket.connect(address)
        except OSError as error:
            raise ConfigurationError(f"statsd is {place!r}, which cannot be reached: {error}") from error

    def instrument(self, instrument: Instrument) -> Bind:
        """Return what gives the series of an instrument."""
        return lambda labels: self._measure(instrument, labels)

    def flush(self) -> None:
        """Send the lines that are held, as many together as fit into a packet."""
        lines, self._lines = self._lines, []
        packet = b""
        for line in lines:
            if packet and len(packet) + len(line) >= _LONGEST:
                self._send(packet)
                packet = b""
            packet += b"\n" + line if packet else line
        if packet:
            self._send(packet)

    def _send(self, packet: bytes) -> None:
        try:
            self._socket.send(packet)
        except OSError:
            # Nobody listens, or the buffer is full: measures are not worth a wait.
            self.dropped += 1

    def _measure(self, instrument: Instrument, labels: tuple[str, ...]) -> Measure:
        tags = ",".join(
            f"{name}:{_clean(value)}" for name, value in zip(instrument.labels, labels, strict=True) if value
        )
        start = f"{instrument.name}:".encode()
        end = f"|{_KINDS[instrument.kind]}{f'|#{tags}' if tags else ''}".encode()

        def measure(value: float, _trace: Trace | None) -> None:
            """Hold one line until the call is over."""
            self._lines.append(b"%b%b%b" % (start, f"{value:.9g}".encode(), end))

        return measure


def _clean(text: str) -> str:
    """Return a value of a tag without the signs that part tags from each other."""
    return text.translate(_PARTING)


_PARTING = str.maketrans(dict.fromkeys(",|#\n", "_"))
