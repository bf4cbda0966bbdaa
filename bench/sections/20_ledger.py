"""The ledger beside a queue table written by hand, and what orchestration costs a run."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
from datetime import datetime

import psycopg2

from harness import CannotMeasure, PrivateServer, median, postgres_tool, quantity, spread, table

TITLE = "The ledger and the controller"

TASKS = 60_000
SLEEPERS = 60

QUEUE = """
create table if not exists queue (id bigint primary key, state text not null default 'ready');
create index if not exists queue_ready on queue (id) where state = 'ready';
truncate queue;
insert into queue select generate_series(1, {tasks});
analyze queue;
"""
TAKE = """update queue set state = 'done' where id = any (array(
  select id from queue where state = 'ready' order by id limit {batch} for update skip locked));
"""


def by_ledger(bench, server, slots, batch, tasks):
    return json.loads(bench.run("mayfly_ledger_bench", server.conninfo, slots, batch, tasks))


def by_hand(server, clients, batch, tasks):
    """What many write themselves: no lease, no fence, no attempt, no event, no recovery."""
    with psycopg2.connect(server.conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(QUEUE.format(tasks=tasks))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(TAKE.format(batch=batch))
        script.flush()
        ran = subprocess.run([postgres_tool("pgbench"), "-n", "-M", "prepared", "-f", script.name,
                              "-c", str(clients), "-j", str(clients), "-t",
                              str(tasks // batch // clients), "-d", server.conninfo],
                             capture_output=True, text=True, timeout=300)
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    if not found:
        raise CannotMeasure(f"pgbench failed: {ran.stderr.strip()[-300:]}")
    return {"tasks_per_second": float(found.group(1)) * batch}


def throughput(bench):
    many, few = bench.size(TASKS, 1_000), bench.size(4_000, 50)
    with PrivateServer(bench) as server:
        results = bench.in_turns({
            "**ledger**, 2 slots, batches of 100": lambda: by_ledger(bench, server, 2, 100, many),
            "**ledger**, 1 slot, batches of 100": lambda: by_ledger(bench, server, 1, 100, many),
            "**ledger**, 2 slots, one by one": lambda: by_ledger(bench, server, 2, 1, few),
            "a queue table, 2 clients, batches of 100": lambda: by_hand(server, 2, 100, many),
            "a queue table, 2 clients, one by one": lambda: by_hand(server, 2, 1, few),
        })
    best = results["**ledger**, 2 slots, batches of 100"]
    bench.record("ledger.tasks_per_second", median([run["tasks_per_second"] for run in best]))
    bench.record("ledger.p99_ms", median([run["p99_ms"] for run in best]))
    lines = []
    for name, runs in results.items():
        rates = [run["tasks_per_second"] for run in runs]
        calls = [(run["median_ms"], run["p99_ms"]) for run in runs if "p99_ms" in run]
        lines.append((name, quantity(median(rates)), f"±{spread(rates):.0%}",
                      f"{median([c[0] for c in calls]):.2g} ms" if calls else "",
                      f"{median([c[1] for c in calls]):.2g} ms" if calls else ""))
    return table(("empty tasks, durable", "tasks/s", "spread", "claim and commit, median", "p99"),
                 lines)


PHASE = """
[phase]
name = "sleepers"
[machines]
slots = 2
[grid]
n = [{labels}]
[[stage]]
name = "sleep"
kind = "sql"
query = "select current_setting('mayfly.n') as n, current_setting('mayfly.n')::int8 as x from pg_sleep(1)"
columns = {{ x = "int8" }}
"""


def high_water_kib(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", text)
    return int(found.group(1)) if found else 0


def run_sleepers(bench, count):
    """(seconds that the machine lived, KiB that the controller had at its peak)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mfb-"))
    try:
        labels = ", ".join(f'"{n:03}"' for n in range(count))
        (folder / "phase.toml").write_text(PHASE.format(labels=labels))
        mayfly = bench.program("mayfly")
        run = subprocess.Popen([mayfly, "run", "phase.toml", "--yes"], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        peak = 0
        while run.poll() is None:
            peak = max(peak, high_water_kib(run.pid))
            time.sleep(0.05)
        if run.returncode != 0:
            raise CannotMeasure(f"the run failed: {run.stderr.read()[-300:]}")
        return lived_seconds(mayfly, folder), peak
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def orchestration(bench):
    """One-second tasks through the whole product: time beyond theirs, memory of the controller."""
    many, few = SLEEPERS, SLEEPERS // 3
    if bench.is_quick:
        many, few = 4, 2
    short, _ = run_sleepers(bench, few)
    lived, peak = run_sleepers(bench, many)
    steady = bench.record("ledger.orchestration", (lived - short) / ((many - few) / 2) - 1)
    bench.record("ledger.controller_kib", peak)
    return (f"{many} tasks of one second on two slots: the machine lived {lived:.2f} s for "
            f"{many / 2:.0f} s of sleep, its birth, the verification and its death included. With "
            f"{few} tasks it lived {short:.2f} s: beyond what happens once, a task of a second "
            f"costs {steady:.1%} more. The controller's memory peaked at {peak / 1024:.1f} MiB.")


def lived_seconds(mayfly, folder):
    status = json.loads(subprocess.run([mayfly, "status", "--json"], cwd=folder, check=True,
                                       capture_output=True, text=True).stdout)
    return sum(seconds_between(machine["born"], machine["gone"]) for machine in status["machines"])


def seconds_between(born, gone):
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (born, gone))
    return (last - first).total_seconds()


def section(bench):
    return "\n\n".join([
        "A task here is claimed under a lease and a fence, run (nothing), accepted and committed "
        "with its attempt and its events, and the next is claimed in the same transaction. The "
        "queue table beside it only marks rows.",
        throughput(bench), orchestration(bench)])
