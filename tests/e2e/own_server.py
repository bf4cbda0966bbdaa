"""A PostgreSQL of the test's own, as a team has one: a cluster in a temporary folder, on a free port of
127.0.0.1, which lets nobody in without a password (scram)."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg2

SUPERUSER = "boss"


def find_programs():
    """The newest server that Debian has installed."""
    named = os.environ.get("MAYFLY_PG_BIN")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    return Path(named) if named else found[-1]


class OwnServer:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="mf-own-"))
        self.log = self.folder / "log"
        self.password = secrets.token_hex(12)
        # The server refuses to be root; Debian's package made a user for it.
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        word = self.folder / "word"
        word.write_text(self.password)
        word.chmod(0o644)  # in a folder that only the server's user and root may enter
        self._tool("initdb", "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={word}", "--no-sync",
                   "-E", "UTF8", "--locale=C")
        word.unlink()
        with open(self.folder / "pg/postgresql.conf", "a") as settings:
            settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                           f"unix_socket_directories = ''\nfsync = off\n"
                           f"max_locks_per_transaction = 256\n")
        self.control("start")

    def _tool(self, program, *arguments):
        subprocess.run([find_programs() / program, "-D", self.folder / "pg", *arguments], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **self._as)

    def control(self, verb, *arguments):
        """pg_ctl, which waits until it is done."""
        self._tool("pg_ctl", "-w", "-s", "-l", str(self.log), *arguments, verb)

    def restart(self):
        self.control("restart", "-m", "fast")

    def remove(self):
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database, user=SUPERUSER, password=None):
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def query(self, database, text, *values):
        """As the superuser, each statement its own transaction."""
        connection = psycopg2.connect(self.url(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def make_database(self, name, *, rights=True):
        """An empty database and a user of the same name, who may do what mayfly asks for, or nothing.
        Returns the user's URL and password."""
        word = f"word-{secrets.token_hex(8)}"
        self.query("postgres", f"create database {name}")
        self.query("postgres", f"create role {name} login {'createrole' if rights else ''} password '{word}'")
        if rights:
            self.query("postgres", f"grant create on database {name} to {name} with grant option")
        return self.url(name, name, word), word
