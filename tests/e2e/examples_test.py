"""The examples run as their README says, in a folder of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Mayfly

SENSORS = Path("examples/sensors")
SMALL = ("--set", 'grid.site=["harbour", "hilltop"]', "--set", 'grid.week=["2025-W02", "2025-W03"]')


def commands_of_the_readme():
    """The two that run the sensors: how they are made, and the run."""
    said = [line[2:].split() for line in (ROOT / "README.md").read_text().splitlines()
            if line.startswith("$ ") and str(SENSORS) in line]
    assert [words[0] for words in said] == ["python3", "mayfly"]
    return said


@pytest.fixture
def sensors(mayfly_bin, short_tmp, is_full):
    """A copy of the sensors example with its readings, generated as the README says; two sites and two
    weeks of them in the short form."""
    shutil.copytree(ROOT / SENSORS, short_tmp / SENSORS,
                    ignore=shutil.ignore_patterns("readings", ".*"))
    generate, _ = commands_of_the_readme()
    size = [] if is_full else ["--sites", "2", "--weeks", "2"]
    subprocess.run([sys.executable, *generate[1:], *size], cwd=short_tmp, check=True, capture_output=True)
    return Mayfly(mayfly_bin, short_tmp)


def status_of(sensors):
    return sensors.json("status", "--state", SENSORS / ".mayfly")


def rows_of(status):
    return {stage["name"]: stage["rows"] for stage in status["stages"]}


def test_sensors_runs_from_the_readme_on_sql_and_commands_alone(sensors, is_full):
    _, run = commands_of_the_readme()
    sensors.ok(*run[1:], *([] if is_full else SMALL), timeout=300)
    sites, weeks = (4, 8) if is_full else (2, 2)
    status = status_of(sensors)
    assert (status["state"], status["verdict"]) == ("closed", "pass")
    assert {stage["kind"] for stage in status["stages"]} == {"command", "sql", "optimise", "verify"}
    rows = rows_of(status)
    files = (sensors.folder / SENSORS / "readings").rglob("*.jsonl")
    readings = sum(len(set(file.read_text().splitlines())) for file in files)
    assert rows["1-readings"] == readings > 10_000
    assert rows["2-hourly"] == sites * weeks * 3 * 7 * 24  # instruments, days, hours
    assert rows["4-site-weeks"] == sites * weeks * 3
    assert [machine["state"] for machine in status["machines"]] == ["gone"]


def test_a_site_without_its_file_fails_by_name_and_is_not_published(sensors):
    (sensors.folder / SENSORS / "readings/hilltop/2025-W03.jsonl").unlink()
    done = sensors.run("run", SENSORS / "phase.toml", "--yes", *SMALL, "--set",
                       'stage.1-readings.retries=0', timeout=120)
    assert done.returncode != 0
    assert status_of(sensors)["published"] is False
    assert "2025-W03.jsonl" in sensors.ok("explain", "1-readings@hilltop/2025-W03", "--state", SENSORS / ".mayfly")
