"""`mayfly rehearse`: a phase's whole life on the simulated cloud, seen from outside."""

import json
import re
import subprocess

import pytest
from conftest import ROOT

PHASE = ROOT / "examples/bqx-phase2/phase.toml"

SMALL = """
[phase]
name = "small"
deadline = "1h"
budget = "5 USD"

[machines.ec2]
types = ["c7i.2xlarge"]
instance_profile = "mayfly-worker"
bucket = "team"

[machines]
slots = 1

[grid]
pair = ["eurusd"]
period = "from-data"

[[stage]]
name = "load"
kind = "load"
source = { table = "theirs.m1_{pair}", columns = { ts = "time", close = "close" } }

[[stage]]
name = "index"
kind = "features"
family = "rate_index"
"""


def last_words(done):
    """Verdict, residue and cost, as the last three lines say them."""
    lines = [line for line in done.stderr.splitlines() if line.strip()][-3:]
    verdict, residue, cost = lines
    amounts = re.fullmatch(r"cost (\S+) USD by the meter, (\S+) USD by the cloud's bill", cost)
    assert amounts, done.stderr
    return verdict, residue, amounts.groups()


def processes_of(folder):
    found = subprocess.run(["pgrep", "-af", str(folder)], capture_output=True, text=True)
    return found.stdout


def assert_the_report_is_the_ledgers(done, folder, status, account, meter):
    report = json.loads((folder / "state/reports/run-1.json").read_text())
    assert report["money"]["actual"] == account["metered"] == f"{meter} USD"
    machines = {machine["id"]: machine for machine in account["machines"]}
    assert all(machine["amount"] == machines[machine["id"]]["amount"] for machine in report["machines"])
    assert len(report["machines"]) == 3, "those that no pool gave were not had"
    taken = sorted(machine["interruption"] for machine in report["machines"])
    assert taken[0] == "" and taken[2] == "taken back without a notice"
    assert taken[1] in ("left after a notice", "taken back after a notice")
    assert any("interrupted machines: 2;" in why for why in report["differences"])
    assert any(why.startswith("bought as c7i.4xlarge spot") for why in report["differences"])
    assert {refusal["kind"] for refusal in report["refusals"]} == {"dry", "quota"}
    lines = {line["name"]: line for line in status["checklist"]}
    assert {line["state"] for line in lines.values()} == {"done", "not needed"}
    assert "took no leave (it was taken back)" in lines["logs kept"]["evidence"]
    assert "reclaimed (" in lines["terminated"]["evidence"]
    for words in ("window 2.0 s", "instance", "volume", "Spot request", "fleet", "parameter"):
        assert words in lines["proved"]["evidence"]
    assert "termination" in done.stderr and lines["proved"]["evidence"] in done.stderr


@pytest.fixture
def rehearsed(mayfly):
    folder = mayfly.folder / "r"
    done = mayfly.run("rehearse", PHASE, "--yes", "--state", folder, timeout=420)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done, folder


def test_the_reference_phase_lives_through_dry_pools_a_wall_and_two_reclaims(mayfly, rehearsed):
    done, folder = rehearsed
    verdict, residue, (meter, bill) = last_words(done)
    assert (verdict, residue) == ("verdict pass", "residue none")
    status = mayfly.json("status", "--state", folder / "state")
    assert (status["state"], status["verdict"], status["published"]) == ("closed", "pass", True)
    assert all(stage["rows"] > 0 for stage in status["stages"] if stage["kind"] == "features")
    assert {machine["state"] for machine in status["machines"]} == {"gone"}
    worked = [machine for machine in status["machines"] if machine.get("external_id")]
    assert len(worked) == 3, "two were taken back, and a third carried it to its end"
    assert done.stderr.count("(rehearsal) the cloud takes machine") == 2
    # The wished type was to be had nowhere; the smaller one was, after one look at each pool.
    refusals = {(refusal["zone"], refusal["kind"]) for refusal in status["refusals"]}
    assert refusals == {("us-east-1a", "dry"), ("us-east-1b", "dry"), ("us-east-1c", "dry"),
                        ("us-east-1d", "quota")}
    assert {refusal["instance_type"] for refusal in status["refusals"]} == {"c7i.8xlarge"}
    account = mayfly.json("cost", "--state", folder / "state")
    bought = {(machine["market"], machine["instance_type"]) for machine in account["machines"]
              if machine["id"] in {machine["id"] for machine in worked}}
    assert bought == {("spot", "c7i.4xlarge")}
    assert float(meter) == pytest.approx(float(bill), abs=0.002) and float(bill) > 0
    assert processes_of(folder) == ""
    assert_the_report_is_the_ledgers(done, folder, status, account, meter)


def test_a_phase_whose_bars_are_in_a_table_is_rehearsed_on_generated_ones(mayfly):
    (mayfly.folder / "phase.toml").write_text(SMALL)
    (mayfly.folder / "none.json").write_text("[]")
    done = mayfly.run("rehearse", "phase.toml", "--yes", "--faults", "none.json", timeout=120)
    assert done.returncode == 0, done.stderr
    verdict, residue, (meter, bill) = last_words(done)
    assert (verdict, residue) == ("verdict pass", "residue none")
    assert meter == bill and float(bill) > 0
    assert "c7i.2xlarge spot" in done.stderr, "the phase's own type is kept"


def test_nobody_approves_and_nothing_is_bought(mayfly):
    done = mayfly.run("rehearse", PHASE, timeout=120)
    assert done.returncode == 7
    assert re.search(r"approve it with --approve [0-9a-f]{12} or --yes", done.stderr)
    assert "launch a machine" not in done.stderr


@pytest.mark.parametrize("script, words", [
    ('[{"do": "capacty"}]', ["capacty", "capacity"]),
    ("{", ["no JSON"]),
])
def test_a_mistake_in_the_faults_is_named_and_nothing_stays(mayfly, script, words):
    (mayfly.folder / "faults.json").write_text(script)
    folder = mayfly.folder / "r"
    done = mayfly.run("rehearse", PHASE, "--yes", "--faults", "faults.json", "--state", folder,
                      timeout=120)
    assert done.returncode in (2, 5), done.stderr
    for word in words:
        assert word in done.stderr
    assert processes_of(folder) == ""


def test_faults_that_are_not_there_are_named(mayfly):
    done = mayfly.run("rehearse", PHASE, "--yes", "--faults", "nowhere.json", timeout=60)
    assert done.returncode == 3
    assert "nowhere.json" in done.stderr
