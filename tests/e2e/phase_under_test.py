"""A phase that really runs, and what its tests look at: processes, leaves, the embedded server."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from concurrent import futures
from pathlib import Path

import psycopg2
from conftest import ROOT, Mayfly

READERS = 2  # connections that compare
EXAMPLE = ROOT / "examples/bqx-phase2/phase.toml"


def make_bars(binary, folder, pairs=3, months=("2024-07", "2024-08"), every="1h"):
    """Generated bars: small, and the same every time."""
    Mayfly(binary, folder).ok("sample", "fx", "--out", folder / "bars", "--pairs", pairs, "--from",
                              months[0], "--to", months[1], "--every", every)
    return folder / "bars"


class HeldServer:
    """The embedded server of a state folder: once it runs, it is kept up while it is looked at."""

    def __init__(self, mayfly, state):
        self.mayfly = mayfly
        self.state = state
        self._lock = open(self.state / "holders.lock", "a")
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self):
        """Lets the server go: the next command that ends is the last one out and stops it."""
        self._lock.close()
        self.mayfly.run("status", "--state", self.state, timeout=60)

    def connect(self):
        """A connection as the superuser of the embedded server; raises while the server is away."""
        info = json.loads((self.state / "embedded.json").read_text())
        connection = psycopg2.connect(info["conninfo"])
        connection.autocommit = True
        return connection

    def query(self, text, *values):
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None


class Digest:
    """Something to write to that keeps no byte."""

    def __init__(self):
        self.value = hashlib.blake2b()

    def write(self, block):
        self.value.update(block)


class PhaseUnderTest(HeldServer):
    """The example phase in a folder of its own."""

    def __init__(self, binary, bars, *settings, phase=EXAMPLE):
        self.folder = Path(tempfile.mkdtemp(prefix="mf-"))
        state = self.folder / "state"
        state.mkdir(mode=0o700)
        super().__init__(Mayfly(binary, self.folder), state)
        self.command = ["run", phase, "--yes", "--state", self.state, "--set", f"load.dir={bars}"]
        for setting in settings:
            self.command += ["--set", setting]

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self):
        return self.mayfly.json("status", "--state", self.state)

    def leaves(self):
        """A digest of every leaf of the newest closed run's schema, its rows in the order of its key."""
        schema = self.query("select schema_name from mayfly.run where state = 'closed' order by id desc limit 1")[0][0]
        names = self.query(
            "select c.relname, (select string_agg(quote_ident(a.attname), ', ' order by k.n) "
            "    from pg_index i, unnest(i.indkey::int2[]) with ordinality k(column_number, n) "
            "    join pg_attribute a on a.attnum = k.column_number "
            "    where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid) "
            "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = %s and c.relkind = 'r' order by 1", schema)
        return self.digests({name: f'select * from "{schema}"."{name}" t order by {key or "t::text"}'
                             for name, key in names})

    def digests(self, queries):
        """By name, a digest of what a query answers, as the server sends it in its binary form: as
        exact as its text, and millions of rows take seconds."""
        names = list(queries)
        with futures.ThreadPoolExecutor() as pool:
            readers = [pool.submit(self._digest, queries, names[part::READERS]) for part in range(READERS)]
            return {name: digest for reader in readers for name, digest in reader.result().items()}

    def _digest(self, queries, names):
        found = {}
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for name in names:
                sink = Digest()
                cursor.copy_expert(f"copy ({queries[name]}) to stdout (format binary)", sink, size=1 << 20)
                found[name] = (cursor.rowcount, sink.value.hexdigest())
        return found

    def processes(self, *, slots=None):
        """Pids of the machines' processes: all, or only slots, or only supervisors."""
        return [pid for pid, words in processes_naming(str(self.state))
                if "worker" in words and (slots is None or ("--slot" in words) == slots)]

    def residue(self):
        """What must not be there once a run is settled and its server stopped."""
        left = [f"process {pid}: {' '.join(words)[:120]}"
                for pid, words in processes_naming(str(self.folder))]
        machines = self.state / "machines"
        left += [str(path) for path in machines.rglob("*")] if machines.exists() else []
        info = json.loads((self.state / "embedded.json").read_text())
        left += [str(path) for path in Path(info["socket_dir"]).glob("*")]
        return left


def processes_naming(text):
    """(pid, words) of every process that has `text` in its command line or environment; not ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if line and (text in line or f"MAYFLY_SCRATCH={text}" in environment):
            found.append((int(entry.name), line.split("\0")))
    return found
