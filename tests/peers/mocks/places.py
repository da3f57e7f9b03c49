"""Where the mock servers of others are installed, by `scripts/environment`, and how they are started."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PEERS = Path(sys.prefix) / "peers"
AIMOCK = PEERS / "aimock" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
LLMOCK = PEERS / "llmock" / "bin" / "llmock"
NODE = shutil.which("node")

ANSWERS = Path(__file__).with_name("aimock.json")
"""What aimock answers to what."""


@contextmanager
def serving(command: Sequence[str], ready: re.Pattern[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Run a server, and give its URL once it has said that it listens.

    Raises:
        AssertionError: it ended before.
    """
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(environment)
    ) as process:
        assert process.stdout is not None
        try:
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if found := ready.search(line):
                    # What nobody reads would fill the pipe, and halt the server.
                    threading.Thread(target=process.stdout.read, daemon=True).start()
                    yield found[1]
                    break
            else:
                raise AssertionError(f"{command[0]} ended before it listened:\n{''.join(said)}")
        finally:
            # It keeps nothing, and a gentler end would wait for its open streams.
            process.kill()
