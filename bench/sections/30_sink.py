"""Features into PostgreSQL: a slot's whole path beside a bare COPY of the same bytes, and others."""

import io
import json
import os
import pathlib
import re
import tempfile
import time

import psycopg2
import psycopg2.extras

from harness import CannotMeasure, PrivateServer, median, quantity, ratio_of, spread, table

TITLE = "Writing features into PostgreSQL"

ALL = ("rate_index,bqx,regn_rate,regn_bqx,regq_rate,regq_bqx,regq_cov_rate,regq_cov_bqx,"
       "bollinger_rate,bollinger_bqx")
# Families, columns as float4 or float8, what a line is called, and how many writers there are in turn.
TASKS = (("regn_rate", "float8", "regn_rate, float8", (1, 2)),
         ("regn_rate", "float4", "regn_rate, float4", (1, 2)),
         ("rate_index", "float8", "rate_index, float8", (1, 2)),
         (ALL, "float8", "all ten families, float8", (2,)))
SETTLES = 20_000  # rows that a slow peer is given


def make_bars(bench, folder):
    """Generated minutes of a few pairs: what the load stage of every run reads."""
    pairs, to, every = bench.size((2, "2024-09", "1m"), (1, "2024-10", "1h"))
    bench.run("mayfly", "sample", "fx", "--out", folder, "--pairs", pairs, "--from", "2024-07",
              "--to", to, "--every", every)


def run_once(bench, server, bars, families, kind, writers):
    return json.loads(bench.run("mayfly_sink_bench", server.conninfo, bars, families, writers, kind))


def forget(server, found):
    """The tables of a turn are dropped before the next: the disk is not what is measured."""
    with psycopg2.connect(server.conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop schema {found['schema']} cascade")


def measure(bench, server, bars, tasks):
    """All turns by task and writers; each is ours, its verification, and the bare COPY after it."""
    def turn(families, kind, writers):
        found = run_once(bench, server, bars, families, kind, writers)
        forget(server, found)
        return found

    return bench.in_turns({
        (label, writers): lambda task=(families, kind, writers): turn(*task)
        for families, kind, label, counts in tasks for writers in counts})


def rates(turns, who):
    return [turn[who]["rows"] / turn[who]["seconds"] for turn in turns]


def key_of(label):
    return re.sub(r"\W+", "_", label)


def against_ceiling(bench, found):
    lines = []
    for (label, writers), turns in found.items():
        ours, bare = rates(turns, "ours"), rates(turns, "bare")
        reached = bench.record(f"sink.{key_of(label)}.{writers}.of_ceiling", ratio_of(ours, bare))
        bench.record(f"sink.{key_of(label)}.{writers}.rows_per_second", median(ours))
        more = ["", ""]
        if writers == 2 and (label, 1) in found:
            single = found[(label, 1)]
            more = [ratio_of(ours, rates(single, "ours")), ratio_of(bare, rates(single, "bare"))]
            bench.record(f"sink.{key_of(label)}.two_writers", more[0])
            bench.record(f"sink.{key_of(label)}.two_writers_bare", more[1])
            more = [f"{ratio:.2f} ×" for ratio in more]
        lines.append((label, writers, quantity(median(ours)), f"±{spread(ours):.0%}",
                      quantity(median(bare)), f"**{reached:.0%}**", *more))
    return table(("rows/s, durable", "writers", "a slot's path", "spread", "bare COPY",
                  "of the ceiling", "two over one", "the same, bare"), lines)


def shares_table(bench, found):
    """Where a slot's time goes; encoding is within COPY, measured alone."""
    lines = []
    for (label, writers), turns in found.items():
        shares = []
        for turn in turns:
            ours = turn["ours"]
            time_of = ours["seconds"] * writers
            encode = turn["encode_seconds_per_byte"] * turn["bare"]["bytes"]
            parts = [ours[part] for part in ("read", "compute", "write", "commit")]
            shares.append([part / time_of for part in [*parts, encode]])
        middles = [median(share) for share in zip(*shares)]
        bench.record(f"sink.{key_of(label)}.{writers}.read_share", middles[0])
        lines.append((label, writers, *(f"{share:.0%}" for share in middles)))
    return table(("share of the writers' time", "writers", "read bars", "compute", "TRUNCATE and COPY",
                  "ledger and commit", "encoding, of COPY"), lines)


def limits_table(bench, found):
    """Processor time of the two sides: a row costs the server what it costs, whoever sends it."""
    lines = []
    bench.record("sink.cores", os.cpu_count())
    for (label, writers), turns in found.items():
        def middle(read):
            return median([read(turn) for turn in turns])
        busy = middle(lambda t: t["bare"]["server_cpu"] / t["bare"]["seconds"])
        ours_busy = middle(lambda t: (t["ours"]["server_cpu"] + t["ours"]["client_cpu"])
                           / t["ours"]["seconds"])
        bench.record(f"sink.{key_of(label)}.{writers}.cores_busy", ours_busy)
        lines.append((
            label, writers,
            f"{middle(lambda t: 1e6 * t['ours']['server_cpu'] / t['ours']['rows']):.2f}",
            f"{middle(lambda t: 1e6 * t['bare']['server_cpu'] / t['bare']['rows']):.2f}",
            f"{middle(lambda t: 1e6 * t['ours']['client_cpu'] / t['ours']['rows']):.2f}",
            f"{ours_busy:.2f}", f"{busy:.2f}",
            f"{middle(lambda t: t['bare']['commit'] / t['bare']['seconds']) / writers:.0%}",
            f"{middle(lambda t: t['bare']['bytes'] / t['bare']['rows']):.0f}",
            f"{middle(lambda t: t['stored_bytes'] / t['ours']['rows']):.0f}",
            f"{middle(lambda t: t['wal_bytes'] / t['ours']['rows']):.0f}"))
    return table(("processor, µs a row", "writers", "server, ours", "server, bare", "our slot",
                  "cores busy, ours", "server cores busy, bare", "commit, of bare", "bytes sent",
                  "bytes stored", "bytes logged"), lines)


def verify_table(bench, found):
    """What it costs to judge the leaves, beside writing them: as the stage does it in a phase of as many
    leaves as the reference phase has in a year, and reading every value as `mayfly verify` does."""
    lines = []
    for (label, writers), turns in found.items():
        def middle(read):
            return median([read(turn) for turn in turns])
        share = middle(lambda t: t["verify"]["seconds"] / t["ours"]["seconds"])
        bench.record(f"sink.{key_of(label)}.{writers}.verify_share", share)
        whole = middle(lambda t: t["verify_whole"]["seconds"] / t["ours"]["seconds"])
        bench.record(f"sink.{key_of(label)}.{writers}.verify_whole_share", whole)
        parts = [middle(lambda t, part=part: t["verify"][part] / t["verify"]["seconds"] / writers)
                 for part in ("leaves", "source", "series")]
        lines.append((label, writers, f"**{share:.0%}**", *(f"{part:.0%}" for part in parts),
                      f"{1 - sum(parts):.0%}", f"{whole:.0%}"))
    return table(("verification", "writers", "of writing", "scanning leaves", "counting the source",
                  "reading samples", "computing again", "of writing, every value read"), lines)


class PeerTable:
    """One leaf's rows and an empty table of its shape, for writers of another kind."""

    def __init__(self, server, leaf):
        self.connection = psycopg2.connect(server.conninfo)
        self.cursor = self.connection.cursor()
        self.cursor.execute(f"select * from {leaf} limit {SETTLES}")
        self.rows = self.cursor.fetchall()
        self.cursor.execute(f"create table peer (like {leaf} including all)")
        self.connection.commit()

    def rate(self, write, rows):
        """Rows per second of emptying the table, writing and a durable commit."""
        begun = time.perf_counter()
        self.cursor.execute("truncate peer")
        write(self.cursor, self.rows[:rows])
        self.connection.commit()
        return min(rows, len(self.rows)) / (time.perf_counter() - begun)


def by_execute(cursor, rows):
    places = ",".join(["%s"] * len(rows[0]))
    for row in rows:
        cursor.execute(f"insert into peer values ({places})", row)


def by_execute_values(cursor, rows):
    psycopg2.extras.execute_values(cursor, "insert into peer values %s", rows, page_size=1000)


def as_text(value):
    return "\\N" if value is None else str(value)


def by_copy_text(cursor, rows):
    text = io.StringIO("".join("\t".join(map(as_text, row)) + "\n" for row in rows))
    cursor.copy_expert("copy peer from stdin", text)


def peers_table(bench, server, bars):
    """What a user would write in Python, one writer, into a table of the same shape and key."""
    found = []

    def by_slot():
        for earlier in found:
            forget(server, earlier)
        found[:] = [run_once(bench, server, bars, "regn_rate", "float8", 1)]
        return rates(found, "ours")[0]

    by_slot()
    peer = PeerTable(server, found[0]["leaf"])
    turns = bench.in_turns({
        "**a slot of ours**": by_slot,
        "psycopg2 copy_expert, text": lambda: peer.rate(by_copy_text, SETTLES),
        "psycopg2 execute_values, pages of 1000": lambda: peer.rate(by_execute_values, SETTLES // 4),
        "psycopg2 execute, a row each": lambda: peer.rate(by_execute, SETTLES // 10)})
    peer.connection.close()
    ours = turns["**a slot of ours**"]
    lines = [(name, quantity(median(theirs)), f"±{spread(theirs):.0%}",
              "" if theirs is ours else f"{ratio_of(ours, theirs):,.0f} ×")
             for name, theirs in turns.items()]
    return table(("regn_rate into a table with its key", "rows/s", "spread", "the slot is"), lines)


def statements_of_a_leaf(bench, bars):
    """Counted in the server's own log: what a slot says to write one leaf, and how often it waits."""
    with PrivateServer(bench, "log_min_duration_statement=0") as server:
        found = run_once(bench, server, bars, "regn_rate", "float8", 1)
        log = pathlib.Path(server.folder, "state", "pg.log").read_text(errors="replace")
    slot = "mayfly_m"  # logins of machines; nobody else's statements begin with TRUNCATE of a leaf
    said = [line for line in log.splitlines() if " duration: " in line and slot in line]
    truncates = [n for n, line in enumerate(said) if "TRUNCATE" in line]
    if len(truncates) < 3 or found["ours"]["leaves"] < 1:
        raise CannotMeasure("the server's log does not show the slots' statements")
    between = said[truncates[-2]:truncates[-1]]  # one leaf whole: from its TRUNCATE to the next one's
    kinds = [re.search(r" (statement|parse|bind|execute) ?", line).group(1) for line in between]
    statements = kinds.count("statement") + kinds.count("execute")
    bench.record("sink.statements_per_leaf", statements)
    return statements, kinds.count("parse")


def section(bench):
    tasks = TASKS if not bench.is_quick else TASKS[:1]
    with tempfile.TemporaryDirectory(prefix="mfb-") as folder:
        bars = pathlib.Path(folder, "bars")
        make_bars(bench, bars)
        with PrivateServer(bench) as server:
            found = measure(bench, server, bars, tasks)
            peers = peers_table(bench, server, bars)
        statements, parses = statements_of_a_leaf(bench, bars)
    return "\n\n".join([
        "A slot's path: read the bars, compute, take figures, TRUNCATE the leaf, COPY binary with its "
        "key there, accept and lease in the ledger, commit durably. The ceiling is a bare COPY of the "
        "same bytes into the same leaves with a durable commit for each: no reading, no computing, no "
        "ledger. Bars are loaded and each stage's canary is done before the clock starts.",
        against_ceiling(bench, found), shares_table(bench, found),
        "What stands in the way of the ceiling itself is the server's processor and its commit, which "
        "waits for the disk: a row costs a backend what it costs, whoever sends it, and with two "
        "writers backends and slots share two cores.",
        limits_table(bench, found),
        f"A leaf takes {statements} statements ({parses} of them parsed anew), counted in the "
        "server's log: BEGIN, a writer token, TRUNCATE, COPY, the acceptance, the next claim, COMMIT.",
        verify_table(bench, found), peers])
