"""What people really do to it: each ends in a clear refusal or in verdict fail, and nothing is lost."""

import gzip
import json
import shutil

import pytest
from conftest import ROOT
from phase_text import INSERT, bars, command_stage, place, quarantined, run, soon, write_phase  # noqa: F401
from phase_under_test import PhaseUnderTest


def test_a_worker_that_logs_success_and_writes_nothing(place, bars):
    """Reproductions 6 and 8: the banner says COMPLETE, the table says nothing."""
    write_phase(place, bars, command_stage("echo ALL STAGES COMPLETE; exit 0"))
    done = run(place)
    assert done.returncode == 8
    tasks = {stage["name"]: stage["tasks"] for stage in place.json("status")["stages"]}["mine"]
    assert (tasks["total"], tasks["quarantined"], tasks["blocked"]) == (2, 1, 1)  # the canary alone
    assert "wrote no row" in place.ok("explain", "mine@eurusd/2024")
    assert "COMPLETE" in place.ok("logs")


def test_a_command_that_writes_half_and_dies(place, bars):
    write_phase(place, bars, command_stage(INSERT + "; kill -9 $$"))
    assert run(place).returncode == 8
    assert quarantined(place) == 1


def test_a_query_without_rows_never_reaches_its_second_task(place, bars):
    write_phase(place, bars, """
        [[stage]]
        name = "none"
        kind = "sql"
        after = ["load"]
        query = "select pair, ts, close as n from bars where pair = current_setting('mayfly.pair') and close < 0"
        columns = { ts = "timestamptz", n = "float8" }
        retries = 1
        """)
    assert run(place).returncode == 8
    tasks = {stage["name"]: stage["tasks"] for stage in place.json("status")["stages"]}["none"]
    assert (tasks["total"], tasks["quarantined"], tasks["blocked"]) == (2, 1, 1)
    attempts = place.json("explain", "none@eurusd/2024")["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["failed", "failed"]
    # What failed, what it cost and who had it; and why the second task is not ready.
    story = place.ok("explain", "none@eurusd/2024")
    for told in ("failures     2 of its own", "in 2 attempts, ", " of it lost", "machine 1    gone: "):
        assert told in story
    assert "last error   none at eurusd/2024 wrote no row; its source has 550 rows there" in story
    waits = place.ok("explain", "none@gbpusd/2024")
    assert "is blocked: it waits for 1 task\n" in waits
    assert "waits for    none at eurusd/2024 (quarantined: " in waits


def test_a_canary_beyond_the_deadline_pauses_the_run_for_the_operator(place, bars):
    """Twenty tasks of two seconds on one slot do not fit into half a minute: said after the first."""
    insert = INSERT.replace("period, n", "period, side, n").replace("', 1)", "', '$MAYFLY_SIDE', 1)")
    write_phase(place, bars, command_stage("sleep 2; " + insert),
                'side = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]\n[machines]\nslots = 1')
    late = run(place, "--set", f"phase.deadline={soon(30)}")
    assert late.returncode == 7, late.stdout + late.stderr
    assert "most of it is stage mine" in late.stdout + late.stderr
    status = place.json("status")
    assert status["state"] == "paused"
    assert [machine["state"] for machine in status["machines"]] == ["gone"]


def test_a_command_that_leaves_a_grandchild_which_writes_later(place, bars):
    write_phase(place, bars, command_stage(INSERT + "; setsid sh -c 'while :; do sleep 1; done' & exit 0"))
    done = run(place)
    assert done.returncode == 8
    assert "behind" in place.ok("explain", "mine@eurusd/2024")


def test_a_command_may_write_nowhere_else(place, bars):
    """The role of a command can read its inputs and fill its staging table; nothing more."""
    script = ("psql -Xq -v ON_ERROR_STOP=1 -c 'create table mine_too (n int)' && exit 9; "
              "psql -Xq -v ON_ERROR_STOP=1 -c \"delete from $MAYFLY_SCHEMA.bars\" && exit 9; "
              "psql -Xq -v ON_ERROR_STOP=1 -c 'update mayfly.task set state = state' && exit 9; " + INSERT)
    write_phase(place, bars, command_stage(script))
    done = run(place)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_restart_that_logs_twice_changes_no_verdict(place, bars):
    """Reproduction 7: counts come from the data; output said twice counts for nothing."""
    write_phase(place, bars, command_stage("test -e said || { touch said; echo COMPLETE; exit 75; }; echo COMPLETE; " + INSERT))
    done = run(place)
    assert done.returncode == 0, done.stderr
    assert place.json("verify")["verdict"] == "pass"


def test_a_statement_that_fails_fails_its_task(place, bars):
    """Reproduction 4: `psql -f` answers 0 whatever its statements did."""
    write_phase(place, bars, """
        [[stage]]
        name = "bad"
        kind = "sql"
        after = ["load"]
        query = "select pair, ts, 1 / (close - close) as n from bars where pair = current_setting('mayfly.pair')"
        table = "bad"
        columns = { ts = "timestamptz", n = "float8" }
        retries = 0
        """)
    done = run(place)
    assert done.returncode == 8
    assert "division by zero" in place.ok("explain", "bad@eurusd/2024")


def test_a_query_that_hangs_is_ended_alone_and_in_its_own_time(place, bars):
    """Twenty points are claimed together: those beside it go back unharmed, and are done in the end."""
    write_phase(place, bars, """
        [[stage]]
        name = "q"
        kind = "sql"
        after = ["load"]
        grid = ["side"]
        query = '''
          with hang as materialized (select case current_setting('mayfly.side') when 't' then pg_sleep(300) end)
          select current_setting('mayfly.side') as side, 1::float8 as n from hang'''
        columns = { n = "float8" }
        timeout = "1s"
        retries = 0
        """, "side = [" + ", ".join(f'"{side}"' for side in "abcdefghijklmnopqrst") + "]\n[machines]\nslots = 1")
    done = run(place)
    assert done.returncode == 8, done.stdout + done.stderr
    tasks = {stage["name"]: stage["tasks"] for stage in place.json("status")["stages"]}["q"]
    assert (tasks["done"], tasks["quarantined"]) == (19, 1)
    hung = place.json("explain", "q@t")
    assert [attempt["outcome"] for attempt in hung["attempts"]] == ["failed"]
    assert "ran over the task's timeout at q@t" in hung["last_error"]
    assert hung["cost"]["slot_seconds"] < 20  # a second, and the grace; all of them together have more
    beside = place.json("explain", "q@s")
    assert (beside["failures"], beside["setbacks"]) == (0, 0)


@pytest.mark.parametrize("query, word", [
    ("select b.* EXCEPT (volume) from bars b", "volume"),  # reproduction 5
    ("select pair, ts, no_such_column as n from bars", "no_such_column"),
    ("select pair, ts from bars", "n"),
])
def test_a_statement_that_cannot_run_is_refused_before_anything_starts(place, bars, query, word):
    write_phase(place, bars, f"""
        [[stage]]
        name = "bad"
        kind = "sql"
        after = ["load"]
        query = "{query}"
        table = "bad"
        columns = {{ ts = "timestamptz", n = "float8" }}
        """)
    done = place.run("plan", "phase.toml")
    assert done.returncode == 2
    assert "bad" in done.stderr and word in done.stderr
    assert place.run("status").returncode == 3


def test_a_picture_that_is_called_csv(place, bars):
    shutil.copytree(bars, place.folder / "b")
    (place.folder / "b/usdcad.csv").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" * 50)
    write_phase(place, place.folder / "b", "")
    done = run(place)
    assert done.returncode in (2, 8)
    assert "usdcad.csv" in done.stderr


def test_a_pair_with_a_file_and_no_bar_is_refused_by_name(place, bars):
    shutil.copytree(bars, place.folder / "b")
    (place.folder / "b/usdcad.csv").write_text("time,open,high,low,close,volume\n")
    write_phase(place, place.folder / "b", "")
    done = place.run("plan", "phase.toml")
    assert done.returncode == 2
    assert 'stage "load": its source has not a single bar of usdcad' in done.stderr


def test_a_program_that_is_not_there_is_refused_before_anything_starts(place, bars):
    write_phase(place, bars, command_stage("exit 0").replace('"sh", "-c"', '"pythn3", "-c"'))
    done = place.run("plan", "phase.toml")
    assert done.returncode == 2
    assert "stage \"mine\": there is no program 'pythn3' in PATH" in done.stderr


def test_what_a_task_is_not_allowed_to_do_pauses_the_run_for_the_operator(place, bars):
    """The system's own tables are in no list of what a query reads: it is the canary that is denied."""
    write_phase(place, bars, """
        [[stage]]
        name = "bad"
        kind = "sql"
        after = ["load"]
        query = "select b.pair, b.ts, b.close as n from bars b, pg_authid where pair = current_setting('mayfly.pair')"
        columns = { ts = "timestamptz", n = "float8" }
        """)
    for _ in range(2):  # and to go on changes nothing until it is granted
        done = run(place)
        assert done.returncode == 7, done.stdout + done.stderr
        assert "permission denied for table pg_authid" in done.stdout + done.stderr
        assert place.json("status")["state"] == "paused"
    assert "it is not allowed to do its work" in place.ok("explain", "bad@eurusd/2024")
    attempts = place.json("explain", "bad@eurusd/2024")["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["failed", "failed"]


def test_a_listed_pair_without_a_file_is_reported_by_name(place, bars):
    write_phase(place, bars, "")
    text = (place.folder / "phase.toml").read_text().replace(
        'pair = "from-data"', 'pair = ["eurusd", "gbpusd", "usdcad"]')
    (place.folder / "phase.toml").write_text(text)
    done = run(place)
    assert done.returncode == 0, done.stderr
    assert "usdcad" in done.stderr


@pytest.mark.parametrize("separator, header, stamp, scale", [
    (";", False, "epoch", 1e-5), ("\t", True, "compact", 1e5), (",", False, "datetime", 1.0)])
def test_close_only_files_of_any_dialect_and_scale_pass(place, separator, header, stamp, scale):
    import datetime
    (place.folder / "b").mkdir()
    for pair in ("eurusd", "usdjpy"):
        lines = ["time" + separator + "close"] if header else []
        for i in range(900):
            at = datetime.datetime(2023, 1, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=4 * i)
            text = {"epoch": str(int(at.timestamp())), "compact": at.strftime("%Y%m%d %H%M%S"),
                    "datetime": at.strftime("%Y-%m-%d %H:%M")}[stamp]
            lines.append(f"{text}{separator}{scale * (1 + (i * 7919 % 1000) / 5000):.12f}")
        with gzip.open(place.folder / f"b/{pair}.csv.gz", "wt") as file:
            file.write("\r\n".join(lines))
    done = place.run("run", ROOT / "examples/bqx-phase2/phase.toml", "--yes", "--state", ".mayfly",
                     "--set", "load.dir=b", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(stage["rows"] > 0 for stage in place.json("status")["stages"] if stage["kind"] not in ("optimise", "verify"))


def test_a_server_that_is_not_where_it_was_said_to_be(place, bars):
    write_phase(place, bars, "")
    place.environment["MAYFLY_PG_BIN"] = str(place.folder)
    done = run(place)
    assert done.returncode in (3, 5)
    assert "initdb" in done.stderr and "mend" in done.stderr


def test_a_wrong_password_is_never_echoed(place, bars):
    write_phase(place, bars, "", extra='[database]\n        url = "env:T_DATABASE"')
    place.environment["T_DATABASE"] = "host=127.0.0.1 port=1 user=u password=hunter2 dbname=d"
    done = run(place)
    assert done.returncode in (5, 7)
    assert "hunter2" not in done.stdout + done.stderr


def test_a_socket_path_that_is_too_long_says_so(place, bars):
    write_phase(place, bars, "")
    long = place.folder / ("x" * 120)
    long.mkdir()
    place.environment["XDG_RUNTIME_DIR"] = str(long)
    done = run(place)
    assert done.returncode == 2
    assert "socket" in done.stderr.lower()


def test_two_runs_at_once_the_second_is_told_who_drives(mayfly_bin, bars):
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1")
    first = phase.mayfly.start(*phase.command)
    while not phase.processes() and first.poll() is None:
        pass
    second = phase.mayfly.run(*phase.command, timeout=60)
    first.communicate(timeout=120)
    assert first.returncode == 0
    assert second.returncode in (0, 4)
    if second.returncode == 4:
        assert "pid" in second.stderr
    phase.close()
    assert phase.residue() == []
    phase.remove()


def test_the_same_plan_reports_another_conflicts_and_new_starts_over(place, bars):
    stage = command_stage("exit 1")
    write_phase(place, bars, stage)
    assert run(place).returncode == 8
    write_phase(place, bars, stage.replace("exit 1", "exit 2"))
    other = run(place)
    assert other.returncode == 4
    assert "exit 2" in other.stderr and "--new" in other.stderr
    write_phase(place, bars, command_stage(INSERT))
    assert run(place, "--new").returncode == 0
    again = run(place)
    assert again.returncode == 0 and "already" in again.stderr


def test_a_failed_run_goes_on_once_its_cause_is_mended(place, bars):
    write_phase(place, bars, command_stage("test -e mended || exit 1; " + INSERT))
    assert run(place).returncode == 8
    assert place.json("status")["state"] == "failed"
    (place.folder / "mended").touch()
    done = run(place)
    assert done.returncode == 0, done.stderr


def test_nobody_approves_without_a_terminal(place, bars):
    write_phase(place, bars, "")
    done = place.run("run", "phase.toml")
    assert done.returncode == 7
    assert "--approve" in done.stderr
    digest = place.json("plan", "phase.toml")["hash"]
    assert place.run("run", "phase.toml", "--approve", "0" * 12).returncode == 4
    assert place.run("run", "phase.toml", "--approve", digest, timeout=120).returncode == 0


def failed_checks(phase):
    """What `verify` of a phase does not pass, by stage, check and place: what was expected there."""
    verify = phase.mayfly.run("verify", "--state", phase.state, "--json")
    failed = {(check["stage"], check["check"], check["where"]): check["expected"]
              for check in json.loads(verify.stdout)["checks"] if check["verdict"] != "pass"}
    assert verify.returncode == (8 if failed else 0), verify.stderr
    return failed


def test_data_changed_after_it_was_accepted_fails_verification(mayfly_bin, bars):
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1")
    phase.mayfly.ok(*phase.command, timeout=120)
    written = {"load": "bars", "1.5-bqx": "bqx", "1.6-daily-range": "daily_range", "1.7-streaks": "streaks"}
    for table in written.values():  # every count and every value stays what it was
        phase.query(f"update bqx__1.{table} set pair = pair where pair = 'eurusd'")
    assert failed_checks(phase) .keys() == {(stage, "written by this run", "eurusd") for stage in written}
    phase.query("delete from bqx__1.bqx where ctid in (select ctid from bqx__1.bqx where pair = 'gbpusd' limit 1)")
    assert ("1.5-bqx", "rows of the source", "gbpusd") in failed_checks(phase)
    phase.close()
    phase.remove()


def test_a_value_off_by_a_millionth_fails_verification_by_name(mayfly_bin, bars):
    """No count changes, no storage: that another wrote there is seen, and computing the row again says where."""
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1")
    phase.mayfly.ok(*phase.command, timeout=120)
    before = phase.mayfly.json("verify", "--state", phase.state)
    assert before["verdict"] == "pass"
    checks = {(check["stage"], check["check"]) for check in before["checks"]}
    assert {("1.5-bqx", f"causality: {name}") for name in
            ("rows", "truncation", "warm-up", "identities")} <= checks
    assert {"causality: targets (T7)", "causality: splits (T5)", "causality: joins of pairs (T6)"} \
        == {skipped["stage"] for skipped in before["skipped"]}
    # The first row that has a return is looked at whatever the seed.
    phase.query("update bqx__1.bqx set w15_bqx_return = w15_bqx_return * (1 + 1e-6) where pair = 'eurusd' and ts = "
                "(select ts from bqx__1.bqx where pair = 'eurusd' order by ts offset 15 limit 1)")
    failed = failed_checks(phase)
    assert failed.keys() == {("1.5-bqx", "written by this run", "eurusd"),
                             ("1.5-bqx", "causality: truncation", "eurusd"),
                             ("1.5-bqx", "causality: identities", "eurusd")}
    assert " w15_bqx_return: " in failed["1.5-bqx", "causality: truncation", "eurusd"]
    phase.close()
    phase.remove()


def test_rollback_points_readers_back(mayfly_bin, bars):
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1")
    phase.mayfly.ok(*phase.command, timeout=120)
    phase.mayfly.ok(*phase.command, "--new", timeout=120)
    view = "select pg_get_viewdef('bqx.bqx'::regclass)"
    assert "bqx__2" in phase.query(view)[0][0]
    phase.mayfly.ok("rollback", "--state", phase.state)
    assert "bqx__1" in phase.query(view)[0][0]
    phase.close()
    phase.remove()
