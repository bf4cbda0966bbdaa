"""Commands on runs that are in the middle of something: stopped, orphaned, tampered with."""

import fcntl
import json
import shutil
import signal
import subprocess
import time

import pytest


def wait_until(claim, what, seconds=60):
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def slow_run(mayfly):
    """A run whose tasks of one stage take some seconds each, with its controller."""
    mayfly.ok("init")
    controller = mayfly.start("run", "phase.toml", "--yes", "--set",
                              'stage.streaks.command=["sleep", "4"]')
    state = mayfly.folder / ".mayfly"
    wait_until((state / "database.ref").exists, "the ledger is there")

    def works():
        done = mayfly.run("status", "--json")
        return done.returncode == 0 and any(
            stage["name"] == "streaks" and stage["tasks"]["leased"]
            for stage in json.loads(done.stdout)["stages"])

    wait_until(works, "a slow task is in work")
    yield mayfly, controller
    controller.kill()
    controller.communicate()


def assert_at_rest(mayfly, state):
    status = mayfly.json("status")
    assert status["state"] == state
    assert [machine["state"] for machine in status["machines"]] == ["gone"]
    assert all(stage["tasks"]["leased"] == 0 for stage in status["stages"])


def test_stop_pauses_the_run_and_cancel_ends_it_for_good(slow_run):
    mayfly, controller = slow_run
    done = mayfly.run("stop")
    assert done.returncode == 0 and "then it is paused" in done.stderr
    controller.communicate(timeout=60)
    assert controller.returncode == 130
    assert_at_rest(mayfly, "paused")
    again = mayfly.run("stop")
    assert again.returncode == 0 and "there is nothing to stop" in again.stderr
    cancel = mayfly.run("stop", "--cancel")
    assert cancel.returncode == 0, cancel.stderr
    assert_at_rest(mayfly, "cancelled")


def test_stop_carries_itself_out_where_the_controller_is_dead(slow_run):
    mayfly, controller = slow_run
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    done = mayfly.run("stop", timeout=90)
    assert done.returncode == 0, done.stderr
    assert "carrying it out from here" in done.stderr
    assert_at_rest(mayfly, "paused")


def test_following_shows_lines_as_they_come(slow_run):
    mayfly, _ = slow_run
    follower = mayfly.start("logs", "--follow", "load@eurusd")
    assert "load@eurusd" in follower.stdout.readline()
    assert follower.poll() is None
    follower.send_signal(signal.SIGINT)
    follower.communicate(timeout=10)
    assert follower.returncode == 130


class Server:
    """Keeps the embedded server of a folder running, and speaks to it as its owner."""

    def __init__(self, mayfly):
        self.state = mayfly.folder / ".mayfly"
        self.hold = open(self.state / "holders.lock")
        fcntl.flock(self.hold, fcntl.LOCK_SH)
        mayfly.ok("status")

    def sql(self, text):
        conninfo = json.loads((self.state / "embedded.json").read_text())["conninfo"]
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", text, conninfo],
                              capture_output=True, text=True, check=True).stdout


@pytest.fixture
def two_runs(mayfly):
    """Two published runs of one phase, and their server."""
    mayfly.ok("init")
    mayfly.ok("run", "phase.toml", "--yes", timeout=120)
    mayfly.ok("run", "phase.toml", "--yes", "--new", timeout=120)
    server = Server(mayfly)
    yield mayfly, server
    server.hold.close()
    mayfly.run("status")  # the last one out stops the server
    shutil.rmtree(mayfly.folder / ".mayfly", ignore_errors=True)


def test_verify_sees_what_was_done_to_the_data_after_the_run(two_runs):
    mayfly, server = two_runs
    server.sql("delete from first__2.rate_index where pair = 'eurusd' and ts < '2024-07-02'")
    done = mayfly.run("verify", "--json")
    assert done.returncode == 8
    report = json.loads(done.stdout)
    failed = {(c["stage"], c["check"], c["where"]) for c in report["checks"]
              if c["verdict"] != "pass"}
    assert report["verdict"] == "fail"
    assert ("rate-index", "rows of the source", "eurusd") in failed
    assert {stage for stage, _, _ in failed} == {"rate-index"}
    assert mayfly.json("verify", 1)["verdict"] == "pass"


def test_rollback_shows_readers_the_run_before(two_runs):
    mayfly, server = two_runs
    shown = "select distinct view_definition ~ 'first__1' from information_schema.views " \
            "where table_schema = 'first'"
    assert server.sql(shown) == "f\n"
    assert mayfly.ok("rollback") == "schema first shows run 1 of first-phase again, from first__1\n"
    assert server.sql(shown) == "t\n"
    assert mayfly.run("rollback").returncode == 3
