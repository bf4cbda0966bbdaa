"""A ledger of before there was money: a run in it, with its machine and its lost work, is read by
every command that speaks of runs, and a new one is quoted by how long that run took."""

import json
import subprocess

import pytest
from conftest import ROOT
from money_test import Server

FIRST_WITH_MONEY = 7

VERSIONS = """
CREATE SCHEMA mayfly;
CREATE TABLE mayfly.schema_version (
  version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  applied_by text NOT NULL DEFAULT session_user);
"""

# A closed run of one stage: a task that was lost once and then done, on a machine that lived for an
# hour and a half.
OLD_RUN = """
INSERT INTO mayfly.run (phase, plan_hash, state, verdict, schema_name, reader_schema, writers,
    readers, keep_runs, created_at, approved_at, closed_at, deadline_at)
  VALUES ('PHASE', 'aaaaaaaaaaaa', 'closed', 'pass', 'first__1', 'first', 'w', 'r', 2,
          '2025-11-14 20:00Z', '2025-11-14 20:00Z', '2025-11-14 22:00Z', '2025-11-15 20:00Z');
INSERT INTO mayfly.plan (run_id, canonical_toml, findings) VALUES (1, '', '{}');
INSERT INTO mayfly.stage (run_id, ordinal, name, kind, table_name, state)
  VALUES (1, 0, 'load', 'load', 'bars', 'complete');
INSERT INTO mayfly.machine (run_id, token, provider, slots, state, external_id, intended_at,
    launched_at, born_at, heartbeat_at, ending_at, gone_at, deadline_at)
  VALUES (1, 'mayfly-1-1', 'local', 1, 'gone', 'pid:1', '2025-11-14 20:00Z', '2025-11-14 20:00Z',
          '2025-11-14 20:00Z', '2025-11-14 21:29Z', '2025-11-14 21:30Z', '2025-11-14 21:30Z',
          '2025-11-15 20:00Z');
INSERT INTO mayfly.task (run_id, stage_id, priority, batch, state, missing, failures, retries,
    max_setbacks, attempts, slot, fence, machine_id, leased_at, done_at, rows, point, point_key)
  VALUES (1, 1, 0, 0, 'done', 0, 1, 2, 8, 2, 0, 2, 1, '2025-11-14 20:30Z', '2025-11-14 21:30Z', 11,
          '[["pair", "eurusd"]]', 'eurusd');
INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, outcome, started_at, ended_at,
    rows, seconds)
  VALUES (1, 1, 1, 1, 0, 'failed', '2025-11-14 20:00Z', '2025-11-14 20:30Z', 0, 1800),
         (2, 1, 1, 1, 0, 'done', '2025-11-14 20:30Z', '2025-11-14 21:30Z', 11, 3600);
"""


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


def migrations():
    """(version, name, text) of each migration that there is, oldest first."""
    for path in sorted((ROOT / "sql/migrations").glob("*.sql")):
        yield int(path.name[:4]), path.stem, path.read_text()


class OldLedger:
    """A database as a mayfly without money left it, named in $OLD of the program."""

    def __init__(self, mayfly, server, phase):
        server.sql("CREATE DATABASE old")
        conninfo = json.loads((server.state / "embedded.json").read_text())["conninfo"]
        self.conninfo = conninfo + " dbname=old"
        mayfly.environment["OLD"] = self.conninfo
        self.sql(VERSIONS)
        for version, name, text in migrations():
            if version < FIRST_WITH_MONEY:
                self.sql(f"BEGIN;\n{text}\nINSERT INTO mayfly.schema_version (version, name, "
                         f"checksum) VALUES ({version}, '{name}', '{fnv1a(text)}');\nCOMMIT;")
        self.sql(OLD_RUN.replace("PHASE", phase))

    def sql(self, text):
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.conninfo], input=text,
                              capture_output=True, text=True, check=True).stdout

    def version(self):
        return int(self.sql("SELECT max(version) FROM mayfly.schema_version"))


@pytest.fixture
def old(mayfly):
    mayfly.ok("init")
    phase = mayfly.json("plan", "phase.toml")["phase"]  # and there is a server
    server = Server(mayfly)
    yield mayfly, OldLedger(mayfly, server, phase)
    server.hold.close()
    mayfly.run("status")  # the last one out stops the server


def test_status_and_cost_read_a_run_of_before_there_was_money(old):
    mayfly, ledger = old
    assert ledger.version() == FIRST_WITH_MONEY - 1
    status = mayfly.json("status", "--database", "env:OLD")
    assert ledger.version() == max(version for version, _, _ in migrations())
    assert status["state"] == "closed" and status["verdict"] == "pass"
    assert [machine["state"] for machine in status["machines"]] == ["gone"]
    assert status["money"]["metered"] == "0.00 USD" and status["money"]["quote"] is None

    report = mayfly.json("report", "--database", "env:OLD")
    lines = {line["name"]: line["state"] for line in report["checklist"]}
    assert lines["terminated"] == "done"  # what was not written down then is not made up
    assert lines["stages verified"] == lines["logs kept"] == lines["proved"] == "cannot tell"
    assert report["approved_by"] == "" and report["money"]["quote"] is None

    account = mayfly.json("cost", "--database", "env:OLD")
    (machine,) = account["machines"]
    assert machine["market"] == "local" and machine["billed_s"] == 5400
    assert account["metered_micro_usd"] == 0 and account["quoted"] is None
    assert account["unknown"] == []
    assert "planned before there were quotes" in mayfly.ok("cost", "--database", "env:OLD")


def test_what_such_a_run_cost_is_shared_out_once_its_machine_has_a_price(old):
    """The facts are there whole: only the price of then is not known, and the ledger says zero."""
    mayfly, ledger = old
    mayfly.ok("status", "--database", "env:OLD")
    ledger.sql("UPDATE mayfly.machine SET price_micro_usd = 1000000, highest_micro_usd = 1000000")
    account = mayfly.json("cost", "--database", "env:OLD")
    assert account["metered"] == "1.50 USD" and account["lost"] == "0.50 USD"
    assert {stage["name"]: stage["amount"] for stage in account["stages"]} == {"load": "1.50 USD"}


def test_the_next_plan_is_quoted_by_how_long_that_run_took(old):
    mayfly, ledger = old
    plan = mayfly.json("plan", "phase.toml", "--set", "database.url=env:OLD", "--set",
                       'machines.price="1 USD/h"')
    assert plan["quote"]["hours_source"] == "run 1: 1 h 30 min"
    assert plan["quote"]["expected"] == "1.50 USD"
    assert ledger.sql("SELECT count(*) FROM mayfly.kept_plan").strip() == "1"
