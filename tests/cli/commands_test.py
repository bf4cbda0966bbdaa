"""What programs get from the commands, and what the commands do when things are bad."""

import json
import re
import signal
import subprocess

import check_docs
import pytest
from conftest import ROOT
from runs import closed_run  # noqa: F401


def test_every_command_has_a_page_that_says_what_its_help_says(mayfly_bin):
    shown = subprocess.run([mayfly_bin, "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z0-9-]+)  ", shown.split("Subcommands:")[1], re.MULTILINE)
    pages = {file.stem for file in (ROOT / "docs/cli").glob("*.md")} - {"README"}
    assert set(commands) == pages
    assert list(check_docs.check_commands(ROOT, mayfly_bin)) == []


def test_status_has_the_keys_that_are_documented(closed_run):
    status = closed_run.json("status")
    assert status["run"] == 1 and status["phase"] == "first-phase"
    assert (status["state"], status["verdict"], status["published"]) == ("closed", "pass", True)
    for stage in status["stages"]:
        assert set(stage) >= {"name", "kind", "state", "tasks", "rows"}
        tasks = stage["tasks"]
        assert tasks["done"] == tasks["total"] and tasks["leased"] == tasks["quarantined"] == 0
    rows = {stage["name"]: stage["rows"] for stage in status["stages"]}
    assert all(rows[name] > 0 for name in rows if name not in ("optimise", "verify"))
    (machine,) = status["machines"]
    assert machine["state"] == "gone" and machine["born"] < machine["gone"]


def test_verify_has_the_keys_that_are_documented(closed_run):
    report = closed_run.json("verify")
    assert report["verdict"] == "pass" and len(report["checks"]) > 50
    for check in report["checks"]:
        assert set(check) == {"stage", "check", "where", "verdict", "expected", "found"}
        assert check["verdict"] == "pass", check
    assert {check["stage"] for check in report["checks"]} == {
        "load", "rate-index", "bqx", "daily-range", "streaks", "verify"}


def test_explain_and_logs_are_json(closed_run):
    story = closed_run.json("explain", "streaks@eurusd/2024")
    assert story["state"] == "done" and story["point"] == {"pair": "eurusd", "period": "2024"}
    assert story["attempts"][-1]["outcome"] == "done" and story["attempts"][-1]["rows"] == 1
    logs = closed_run.json("logs")
    assert logs["run"] == 1
    for line in logs["lines"]:
        assert set(line) == {"id", "at", "machine", "task", "name", "source", "text"}


def test_following_a_run_that_is_at_rest_ends(closed_run):
    lines = closed_run.ok("logs", "--follow", "--json", timeout=30).splitlines()
    assert len(lines) == len(closed_run.json("logs")["lines"])
    assert all(json.loads(line)["id"] for line in lines)


def test_doctor_finds_everything_here(mayfly):
    report = mayfly.json("doctor")
    assert report["ok"] and all(check["ok"] for check in report["checks"])


def test_doctor_names_what_is_missing_and_ends_with_6(mayfly):
    mayfly.environment["PATH"] = str(mayfly.folder)
    done = mayfly.run("doctor", "--json")
    assert done.returncode == 6
    (psql,) = [check for check in json.loads(done.stdout)["checks"] if check["what"] == "psql"]
    assert not psql["ok"] and "postgresql-client" in psql["next_step"]


def test_local_runs_here_whatever_the_file_names(mayfly):
    mayfly.ok("init")
    elsewhere = ("run", "phase.toml", "--set", "machines.provider=ec2")
    assert mayfly.run(*elsewhere).returncode == 2
    here = mayfly.run(*elsewhere, "--local")
    assert here.returncode == 7 and "nobody is here to approve" in here.stderr


def test_nothing_is_coloured_without_a_terminal(closed_run):
    assert "\x1b" not in closed_run.ok("status") + closed_run.ok("verify")


def test_the_same_sample_has_the_same_bytes(mayfly):
    arguments = ("sample", "fx", "--pairs", 2, "--to", "2024-07", "--every", "4h")
    for folder in ("a", "b"):
        mayfly.ok(*arguments, "--out", folder)
    for pair in ("eurusd", "gbpusd"):
        first, second = ((mayfly.folder / f / f"{pair}.csv").read_bytes() for f in ("a", "b"))
        assert first == second and first.count(b"\n") > 100


def test_a_compressed_sample_unpacks_to_the_plain_one(mayfly):
    arguments = ("sample", "fx", "--pairs", 1, "--to", "2024-07", "--every", "1h")
    mayfly.ok(*arguments, "--out", "plain")
    mayfly.ok(*arguments, "--out", "packed", "--gzip")
    unpacked = subprocess.run(["gzip", "-dc", mayfly.folder / "packed/eurusd.csv.gz"],
                              capture_output=True, check=True).stdout
    assert unpacked == (mayfly.folder / "plain/eurusd.csv").read_bytes()


def test_init_keeps_bars_that_are_there(mayfly):
    bars = mayfly.folder / "bars"
    bars.mkdir()
    (bars / "eurusd.csv").write_text("mine\n")
    mayfly.ok("init")
    assert [file.name for file in bars.iterdir()] == ["eurusd.csv"]
    assert (bars / "eurusd.csv").read_text() == "mine\n"


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(mayfly):
    (mayfly.folder / "file").write_text("")
    for command in (("init", "file/x"), ("sample", "fx", "--out", "file/x")):
        done = mayfly.run(*command)
        assert done.returncode in (2, 7), done.stderr
        assert "file/x" in done.stderr


def test_simulate_ends_with_one_line_of_figures(mayfly):
    lines = mayfly.ok("simulate", "--seeds", 20, timeout=60).splitlines()
    assert len(lines) == 1
    assert re.match(r"20 seeds, each twice: .* 0 violations, 0 unrepeatable", lines[0])


def test_the_same_seed_tells_the_same_story(mayfly):
    first = mayfly.ok("simulate", "--seed", 7, "--narrate")
    assert first == mayfly.ok("simulate", "--seed", 7, "--narrate")
    assert first.startswith("The life of seed 7.\n") and "The run is " in first.splitlines()[-1]


def test_simulate_can_be_interrupted(mayfly):
    process = mayfly.start("simulate", "--seeds", 1_000_000)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT


def test_output_that_cannot_be_written_is_no_success(closed_run):
    with open("/dev/full", "w") as full:
        done = closed_run.start("status", "--json", stdout=full)
        _, err = done.communicate(timeout=30)
    assert done.returncode == 6 and "stdout" in err


def test_a_reader_that_has_had_enough_is_no_failure(closed_run):
    process = closed_run.start("verify", "--json")
    process.stdout.close()
    assert process.wait(timeout=30) == 0 and process.stderr.read() == ""
    process.stderr.close()
