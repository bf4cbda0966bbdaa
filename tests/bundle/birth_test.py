"""A machine's own user data, taken from a run in the simulated cloud, in a Debian that was booted with
systemd: it arms its timer as a unit, fetches the bundle with its role's keys, checks and starts it, and
powers off when the worker has left."""

import os
import re
import sys
import time

import bare_root
import booted
import pytest
from conftest import ROOT

for folder in ("tests/e2e", "tests/ec2sim"):
    sys.path.insert(0, str(ROOT / folder))
from cloud_test import Team, cloud, server  # noqa: E402, F401


@pytest.fixture
def root(short_tmp, is_full):
    if not is_full:
        pytest.skip("debootstrap takes minutes: ./dev test --all")
    bare_root.need(["systemd-nspawn"])
    copied = bare_root.copy_of(bare_root.debian_root(), short_tmp)
    booted.need_to_boot(copied)
    return copied


def user_data_of_a_run(mayfly, server, cloud):
    """What the one machine of a run was born with; the run is over, its bundle stays."""
    team = Team(mayfly, server, cloud)
    team.shut_gate()
    process = team.start()
    deadline = time.monotonic() + 120
    while not team.is_working_on("words"):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]
    [file] = cloud.folder.rglob("user-data")
    text = file.read_text()
    team.open_gate()
    assert process.communicate(timeout=120) and process.returncode == 0
    return text


def test_a_machine_is_born_in_a_booted_debian_and_powers_itself_off(root, mayfly, server, cloud):
    birth = user_data_of_a_run(mayfly, server, cloud)
    # An instance whose metadata and role the booted machine has; itself it sleeps.
    instance = cloud.launch("#!/bin/sh\nexec sleep 600\n", IamInstanceProfile={"Name": "mayfly-worker"})
    while cloud.get("resources")["instances"][-1]["state"] != "running":
        pass
    lends = (f"export AWS_ENDPOINT_URL={cloud.endpoint}\n"
             f"export AWS_EC2_METADATA_SERVICE_ENDPOINT={cloud.endpoint}/_imds/{instance}\n")
    head, rest = birth.split("\n", 1)
    life = booted.boot(root, head + "\n" + lends + rest, limit=200)
    assert life.ended, life.said + life.console[-2000:]
    steps = re.findall(r"^mayfly: step (\w+)$", life.said, re.MULTILINE)
    assert steps == ["credentials", "fetch", "check", "unpack", "work"], life.said
    assert re.search(r"^mayfly: step deadline: \d+ s are left$", life.said, re.MULTILINE)
    assert "there is no systemd timer" not in life.said, life.said
    assert "Running timer as unit" in life.said, life.said
    # Its way to the ledger went with the run: the worker says so and leaves.
    assert re.search(r"mayfly: database ssm:/mayfly/\w+/run-1/machine-1: .*", life.said), life.said
    assert "powering off" in life.said


def test_born_after_its_deadline_it_powers_itself_off_at_once(root, mayfly, server, cloud):
    birth = user_data_of_a_run(mayfly, server, cloud)
    late = re.sub(r"ends=\d+", f"ends={int(time.time()) - 5}", birth)
    assert late != birth
    life = booted.boot(root, late, limit=120)
    assert life.ended, life.said + life.console[-2000:]
    assert "step deadline ended with 1; powering off" in life.said
    assert "step credentials" not in life.said
    assert os.listdir(root / "opt") == []
