"""What `mayfly run` keeps of a rented machine and holds up beside it, against the simulated cloud: in
the end there is one snapshot that says until when, or none and a reason, and the database's floor is
what it was."""

import signal
import time

import pytest
from cloud_test import ONE_ZONE, Team, cloud, server  # noqa: F401

KEPT = """
[machines.ec2.snapshot]
keep = "30d"

[database.capacity]
cluster = "prod"
floor = 8
"""


class Keeper(Team):
    """A team whose phase keeps a disk and raises a floor."""

    def __init__(self, mayfly, server, cloud):
        super().__init__(mayfly, server, cloud, ONE_ZONE)
        cloud.script({"do": "cluster", "name": "prod", "least": 0.5, "most": 16})
        phase = mayfly.folder / "phase.toml"
        phase.write_text(phase.read_text().replace("[machines.setup]", KEPT + "\n[machines.setup]"))

    def cluster(self):
        [cluster] = self.cloud.get("resources")["clusters"]
        return cluster

    def standing_snapshots(self):
        return [one for one in self.cloud.get("resources")["snapshots"] if one["deleted"] is None]

    def wait_until(self, is_so, process):
        deadline = time.monotonic() + 120
        while not is_so():
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]

    def called(self, action):
        return any(seen["action"] == action for seen in self.cloud.get("calls")["calls"])

    def assert_settled(self):
        """Whole, its floor restored, and one snapshot that the ledger knows."""
        status = self.assert_whole()
        assert status["kept"]["floors"][-1]["state"] == "restored"
        assert (self.cluster()["least"], self.cluster()["most"]) == (0.5, 16)
        assert not [key for key in self.cluster()["tags"] if key.startswith("mayfly:")]
        disk = status["kept"]["disk"]
        assert disk["state"] == "completed", disk
        [snapshot] = self.standing_snapshots()
        assert snapshot["id"] == disk["external_id"] and snapshot["state"] == "completed"
        assert snapshot["tags"]["mayfly:expires"] == disk["expires"]
        return status


def test_a_pass_keeps_one_disk_and_the_floor_is_up_only_while_machines_work(mayfly, server, cloud):
    team = Keeper(mayfly, server, cloud)
    plan = mayfly.ok("plan", "phase.toml")
    assert "snapshot: snapshot, 100 GB for a month at 0.05 USD/GB-month" in plan
    assert "database capacity: database capacity, 7.5 ACU above the floor at 0.12 USD/ACU-h" in plan
    team.shut_gate()
    process = team.start()
    team.wait_until(lambda: team.is_working_on("words"), process)
    assert team.cluster()["least"] == 8
    assert team.cluster()["tags"]["mayfly:floor-before"] == "0.5"
    assert "of prod: 8 capacity units instead of 0.5" in mayfly.ok("status")
    team.open_gate()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    status = team.assert_settled()
    assert "at most 5.00 USD a month until" in out and "restored to 0.5 capacity units" in out
    account = mayfly.json("cost")
    [beside] = account["beside"]
    assert beside["name"] == "database capacity" and float(beside["amount"].split()[0]) > 0
    machines = ("compute", "disk", "address")
    bill = sum(line["micro_usd"] for line in cloud.get("bill")["lines"] if line["item"] in machines)
    assert account["metered_micro_usd"] == bill, "what is beside is in no total"
    events = server.query(team.name, "select kind from mayfly.event where kind ~ '^(floor|disk|machine.gone)'"
                                     " order by id")
    kinds = [kind for (kind,) in events]
    assert kinds.index("disk.completed") < kinds.index("machine.gone"), "the machine stays for its disk"
    assert status["kept"]["disk"]["gigabytes"] == 100


@pytest.mark.parametrize("call", ["ModifyDBCluster", "CreateSnapshot"])
def test_a_controller_killed_in_between_is_continued_by_the_next(mayfly, server, cloud, is_full, call):
    if not is_full and call != "CreateSnapshot":
        pytest.skip("./dev test --all")
    team = Keeper(mayfly, server, cloud)
    process = team.start()
    team.wait_until(lambda: team.called(call), process)
    process.kill()
    process.communicate()
    done = team.run()
    assert done.returncode == 0, done.stderr
    team.assert_settled()


def test_a_snapshot_that_fails_is_said_and_leaves_nothing(mayfly, server, cloud, is_full):
    if not is_full:
        pytest.skip("./dev test --all")
    team = Keeper(mayfly, server, cloud)
    cloud.script({"do": "snapshots", "fail": 1})
    done = team.run()
    assert done.returncode == 0, done.stderr
    status = team.assert_whole()
    assert status["kept"]["disk"]["state"] == "failed"
    assert "not kept: the provider could not complete it" in done.stdout
    assert team.standing_snapshots() == []


def test_a_run_that_is_paused_has_restored_the_floor_and_raises_it_again(mayfly, server, cloud):
    team = Keeper(mayfly, server, cloud)
    team.shut_gate()
    process = team.start()
    team.wait_until(lambda: team.is_working_on("words"), process)
    process.send_signal(signal.SIGINT)
    team.wait_until(lambda: team.status()["asked_to"] == "pause", process)
    process.send_signal(signal.SIGINT)  # and at once
    process.communicate(timeout=60)
    assert team.status()["state"] == "paused"
    assert team.cluster()["least"] == 0.5
    team.open_gate()
    done = team.run()
    assert done.returncode == 0, done.stderr
    status = team.assert_settled()
    assert [floor["state"] for floor in status["kept"]["floors"]] == ["restored", "restored"]
