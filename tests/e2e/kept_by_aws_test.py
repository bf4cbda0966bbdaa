"""Databases that AWS keeps the way to, and machines that are told by their metadata to leave: the program
against the simulated cloud."""

import sys
import time
from pathlib import Path

import pytest

from own_server import OwnServer
from phase_text import INSERT, bars, command_stage, place, write_phase  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "ec2sim"))
from simulated_cloud import SimulatedCloud, wait_until  # noqa: E402

QUICK = '[machines]\n        slots = 1\n        heartbeat = "200ms"\n        lease = "2s"'
GATE = "touch begun-$MAYFLY_PAIR; until test -e go; do sleep 0.05; done; " + INSERT


@pytest.fixture(scope="module")
def server():
    own = OwnServer()
    yield own
    own.remove()


@pytest.fixture
def cloud(mayfly_bin, short_tmp):
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "state")
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture
def in_cloud(place, cloud):  # noqa: F811
    """The program in an empty folder, its AWS the simulated one."""
    place.environment.update(cloud.about["environment"])
    return place


def on_url(url):
    return f'[database]\n        url = "{url}"\n        {QUICK}'


def everything_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kept", ["ssm:/prod/db", "secretsmanager:prod-db"])
def test_a_phase_runs_on_a_database_that_aws_keeps(in_cloud, cloud, bars, server, kept):  # noqa: F811
    kind, _, name = kept.partition(":")
    url, word = server.make_database("kept_" + kind)
    cloud.script({"do": "parameter" if kind == "ssm" else "secret", "name": name, "value": url})
    write_phase(in_cloud, bars, command_stage(INSERT), on_url(kept))
    done = in_cloud.run("run", "phase.toml", "--yes", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert in_cloud.json("verify", "--database", kept)["verdict"] == "pass"
    assert word not in done.stdout + done.stderr
    assert word.encode() not in everything_in(in_cloud.folder)


def test_what_aws_does_not_have_is_said_by_its_reference(in_cloud, cloud):
    for kept in ("ssm:/no/such", "secretsmanager:none"):
        done = in_cloud.run("status", "--database", kept)
        assert done.returncode == 3 and kept in done.stderr, done.stderr
    cloud.script({"do": "secret", "name": "json", "value": '{"password": "canary-word"}'})
    done = in_cloud.run("status", "--database", "secretsmanager:json")
    assert done.returncode == 2 and "connection string" in done.stderr
    assert "canary-word" not in done.stderr


def test_a_machine_finds_its_ledger_by_its_parameter(in_cloud, cloud, server):
    """The first act of a machine: here its intent is not there, and it leaves."""
    url, word = server.make_database("machine")
    cloud.script({"do": "parameter", "name": "/mayfly/l/run-1/machine-9", "value": url})
    in_cloud.run("doctor", "--database", "ssm:/mayfly/l/run-1/machine-9")  # makes the ledger
    in_cloud.environment["MAYFLY_DATABASE"] = "ssm:/mayfly/l/run-1/machine-9"
    done = in_cloud.run("worker", "--run", "1", "--machine", "9")
    assert done.returncode != 0
    assert "machine 9" in done.stderr and word not in done.stderr, done.stderr


def test_a_machine_leaves_when_its_metadata_say_so(in_cloud, cloud, bars, server):  # noqa: F811
    """A local process that believes to be on an instance of the simulated cloud, which is reclaimed. The
    replacement would hear the same metadata, so that the instance is ended as soon as the first has."""
    url, _ = server.make_database("noticed")
    cloud.script({"do": "delays", "boot": "0s", "shutdown": "0s"},
                 {"do": "parameter", "name": "/db", "value": url})
    instance = cloud.launch()
    cloud.wait_for(instance, "running")
    in_cloud.environment.update({
        "MAYFLY_PROVIDER": "ec2",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{cloud.endpoint}/_imds/{instance}"})
    write_phase(in_cloud, bars, command_stage(GATE), on_url("ssm:/db"))
    process = in_cloud.start("run", "phase.toml", "--yes")
    wait_until(lambda: list(in_cloud.folder.glob("begun-*")), "a task has begun", 60)
    told = time.monotonic()
    cloud.script({"do": "reclaim", "instance": instance, "notice": "60s"})
    noticed = "select detail from mayfly.event where kind = 'machine.noticed'"
    wait_until(lambda: server.query("noticed", noticed), "the ledger has heard of it", 20)
    assert time.monotonic() - told < 10
    cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    (in_cloud.folder / "go").touch()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "interruption notice: terminate" in str(server.query("noticed", noticed))
    assert server.query("noticed", "select count(*) > 1 from mayfly.machine") == [(True,)]
