"""A host that stays is resized on the simulated cloud: to its end, back again, or not at all."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
PROBE = TESTS.parent / "src/resize/probe.sh"
BIRTH = TESTS.parent / "src/adapters/aws/provider/birth.sh"
sys.path += [str(TESTS / "ec2sim")]

from simulated_cloud import SimulatedCloud, wait_until  # noqa: E402

OLD, NEW = "t3.2xlarge", "t3.small"
SIZES = {OLD: (8, 32768), NEW: (2, 2048), "t3.nano": (2, 512)}
RUNS = ["service enabled postgresql@15-main.service", "service enabled cron.service",
        "service static systemd-journald.service", "socket 0.0.0.0:22 enabled ssh.service",
        "socket 127.0.0.1:5432 enabled-runtime postgresql@15-main.service"]
DELAYS = {"do": "delays", "boot": "100ms", "shutdown": "100ms", "snapshot": "100ms"}


def says(kind, used_mib=900, lines=RUNS):
    """What a host of this type says when it is looked into."""
    vcpus, mib = SIZES[kind]
    total = mib * 1024 - mib * 32
    return "\n".join(["mayfly-probe 1", f"vcpus {vcpus}", f"memory MemTotal: {total}",
                      f"memory MemAvailable: {max(total - used_mib * 1024, 0)}",
                      "memory SwapTotal: 0", "memory SwapFree: 0", "load15 0.05",
                      f"mount {400 << 20} {24 << 20} /dev/nvme0n1p1 /",
                      "tenant 412000 postgres postgres", "tenant 31000 root sshd",
                      *lines, "mayfly-probe end"])


@pytest.fixture(scope="module")
def the_cloud(mayfly_bin, tmp_path_factory):
    cloud = SimulatedCloud(mayfly_bin, tmp_path_factory.mktemp("cloud"))
    cloud.script({"do": "quota", "code": "L-1216C47A", "value": 1000})
    yield cloud
    assert cloud.stop() == 0


class Hosting:
    """The cloud, a host in it, and mayfly on another computer."""

    def __init__(self, mayfly, cloud):
        self.mayfly = mayfly
        self.cloud = cloud
        mayfly.environment = {key: value for key, value in mayfly.environment.items()
                              if not key.startswith("AWS_")}
        # A computer that is no instance: its metadata service is not there.
        mayfly.environment |= {**cloud.about["environment"], "HOME": str(mayfly.folder),
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.endpoint + "/nowhere"}
        cloud.script({"do": "clear"}, DELAYS)
        self.ec2 = cloud.client("ec2")
        self.host = None

    def plant(self, name="master", has_agent=True, **asked):
        """A host that runs nothing, and answers as it is told."""
        address = {"DeviceIndex": 0, "SubnetId": "subnet-0000000000000000a",
                   "AssociatePublicIpAddress": True}
        self.host = self.cloud.launch(**{
            "InstanceType": OLD, "InstanceInitiatedShutdownBehavior": "stop",
            "NetworkInterfaces": [address],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 400}}],
            "TagSpecifications": [{"ResourceType": "instance",
                                   "Tags": [{"Key": "Name", "Value": name}]}], **asked})
        for kind in SIZES:
            self.agent(kind, output=says(kind))
        if not has_agent:
            self.agent("*", reachable=False)
        self.cloud.wait_for(self.host, "running")
        return self.host

    def agent(self, kind, **answer):
        self.cloud.script({"do": "agent", "instance": self.host, "type": kind, **answer})

    def resize(self, *arguments, code=0, patience="20s"):
        """`mayfly resize HOST …`; what it printed."""
        done = self.mayfly.run("resize", self.host, *arguments, "--patience", patience)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def ended(self, *arguments, code=0, patience="20s"):
        """The same with --yes --json: the object."""
        return json.loads(self.resize(*arguments, "--yes", "--json", code=code,
                                      patience=patience).stdout)

    def seen(self):
        """The host as EC2 describes it."""
        answer = self.ec2.describe_instances(InstanceIds=[self.host])
        return answer["Reservations"][0]["Instances"][0]

    def runs_as(self, kind):
        seen = self.seen()
        tags = {tag["Key"] for tag in seen.get("Tags", [])}
        return (seen["State"]["Name"] == "running" and seen["InstanceType"] == kind
                and "mayfly:resize" not in tags)

    def calls(self):
        """What was done to the cloud since it was planted, without what only looks."""
        done = [call["action"] for call in self.cloud.get("calls")["calls"]
                if call["service"] != "s3"]  # what asks for metadata at "nowhere" is taken for one
        start = len(done) - 1 - done[::-1].index("RunInstances")
        return [one for one in done[start + 1:] if not re.match("Describe|Get|script", one)]


@pytest.fixture
def hosting(mayfly, the_cloud):
    return Hosting(mayfly, the_cloud)


def test_a_host_is_kept_stopped_changed_started_and_looked_into(hosting):
    hosting.plant()
    end = hosting.ended(NEW)
    assert end["outcome"] == "done" and 0 < end["down_s"] < 60, end
    assert hosting.runs_as(NEW)
    assert hosting.calls() == ["SendCommand", "CreateTags", "CreateSnapshot", "StopInstances",
                               "ModifyInstanceAttribute", "StartInstances", "SendCommand",
                               "DeleteTags"]
    plan = end["plan"]
    assert plan["monthly"]["before"] == "278.59 USD" and plan["monthly"]["after"] == "50.83 USD"
    assert plan["monthly"]["credits_after_at_most"] == "58.40 USD"
    assert plan["monthly"]["snapshots_expected"] == "1.20 USD"
    assert plan["services"] == ["postgresql@15-main.service", "cron.service"]
    snapshots = hosting.ec2.describe_snapshots(
        Filters=[{"Name": "volume-id", "Values": [hosting.seen()["BlockDeviceMappings"][0]["Ebs"]
                                                  ["VolumeId"]]}])["Snapshots"]
    assert len(snapshots) == 1 and snapshots[0]["State"] == "completed"
    tags = {tag["Key"]: tag["Value"] for tag in snapshots[0]["Tags"]}
    assert tags["mayfly:expires"] == plan["snapshots_expire"]


def test_nothing_is_done_without_approval(hosting):
    hosting.plant()
    done = hosting.resize(NEW, code=7)
    assert "steps" in done.stdout and "downtime" in done.stdout
    assert "approve it with --yes" in done.stderr
    assert hosting.calls() == ["SendCommand"], "it only looked"


def test_the_plan_promises_only_the_sweep_of_a_ledger_that_is_there(hosting):
    hosting.plant()
    plan = hosting.resize(NEW, code=7).stdout
    assert "no ledger is named, so remove them yourself then" in plan
    plan = hosting.resize(NEW, "--ledger", "none", code=7).stdout
    assert "tagged for the ledger none, which was not found here" in plan
    # No server of it runs yet, as with every other command it is started.
    plan = json.loads(hosting.resize(NEW, "--database", "embedded", "--json", code=7).stdout)["plan"]
    assert plan["ledger_found"] and len(plan["ledger"]) == 32


# What goes wrong, how it ends, as what the host runs then, the exit code, and what is said.
FAILURES = {
    "the mark is denied": (
        [{"do": "calls", "action": "CreateTags", "code": "UnauthorizedOperation", "times": 1}],
        "abandoned", OLD, 7, "UnauthorizedOperation"),
    "a snapshot is denied": (
        [{"do": "calls", "action": "CreateSnapshot", "code": "UnauthorizedOperation", "times": 1}],
        "abandoned", OLD, 7, "UnauthorizedOperation"),
    "its snapshots may not be seen": (
        [{"do": "calls", "action": "DescribeSnapshots", "code": "UnauthorizedOperation"}],
        "abandoned", OLD, 7, "UnauthorizedOperation"),
    "no more snapshots may be made": (
        [{"do": "calls", "action": "CreateSnapshot", "code": "SnapshotLimitExceeded", "times": 1}],
        "abandoned", OLD, None, "SnapshotLimitExceeded"),
    "the stop is refused": (
        [{"do": "calls", "action": "StopInstances", "code": "OperationNotPermitted", "times": 1}],
        "abandoned", OLD, 2, "OperationNotPermitted"),
    "the change is refused": (
        [{"do": "calls", "action": "ModifyInstanceAttribute", "code": "InvalidParameterValue",
          "times": 1}],
        "reverted", OLD, 2, "InvalidParameterValue"),
    "there is no capacity": (
        [{"do": "capacity", "type": NEW, "left": 0}],
        "reverted", OLD, 6, "InsufficientInstanceCapacity"),
    "the start is accepted and dies": (
        [{"do": "deaths", "type": NEW, "code": "Server.InternalError"}],
        "reverted", OLD, 6, "Server.InternalError"),
    "answers are lost": (
        [{"do": "calls", "action": action, "effect": "no-reply", "times": 1}
         for action in ("CreateTags", "StopInstances", "ModifyInstanceAttribute", "StartInstances")],
        "done", NEW, 0, ""),
}


RARE = {"the mark is denied", "no more snapshots may be made"}


@pytest.mark.parametrize("name", FAILURES)
def test_whatever_fails_the_host_runs_in_the_end(hosting, name, is_full):
    if name in RARE and not is_full:
        pytest.skip("only in the long form; resizer_test.cc has it always")
    steps, outcome, kind, code, words = FAILURES[name]
    hosting.plant()
    hosting.cloud.script(*steps)
    done = hosting.mayfly.run("resize", hosting.host, NEW, "--yes", "--json", "--patience", "20s")
    end = json.loads(done.stdout)
    assert end["outcome"] == outcome, done.stdout + done.stderr
    assert code is None or done.returncode == code, (done.returncode, end["reason"])
    assert words in end["reason"]
    assert hosting.runs_as(kind)


def test_what_was_given_up_is_not_gone_on_with_though_its_tag_stays(hosting):
    hosting.plant()
    hosting.cloud.script({"do": "calls", "action": "DescribeSnapshots",
                          "code": "UnauthorizedOperation", "times": 1},
                         {"do": "calls", "action": "DeleteTags", "code": "UnauthorizedOperation"})
    end = hosting.ended(NEW, code=7)
    assert end["outcome"] == "abandoned" and "take it off" in end["notes"][-1], end
    assert "no resize of this host is open" in hosting.resize(code=2).stderr
    assert "StopInstances" not in hosting.calls()


def test_a_service_that_does_not_come_up_takes_the_host_back(hosting):
    hosting.plant()
    without = [line for line in RUNS if "postgresql" not in line]
    hosting.agent(NEW, output=says(NEW, lines=without))
    end = hosting.ended(NEW, code=6, patience="2s")
    assert end["outcome"] == "reverted"
    assert "postgresql@15-main.service does not run" in end["reason"]
    assert hosting.runs_as(OLD)


def test_a_socket_that_nothing_starts_at_boot_is_told_and_not_waited_for(hosting):
    hosting.plant()
    session, notebook = "socket 127.0.0.1:6010", "socket 0.0.0.0:8888 disabled jupyter.service"
    hosting.agent(OLD, output=says(OLD, lines=[*RUNS, session, notebook]))
    end = hosting.ended(NEW, patience="5s")
    assert end["outcome"] == "done", end
    assert end["plan"]["sockets"] == ["0.0.0.0:22", "127.0.0.1:5432"]
    [told] = [check["found"] for check in end["plan"]["checks"] if check["what"] == "services"]
    assert "not waited for: 127.0.0.1:6010, 0.0.0.0:8888" in told, told


# What a host's tools say: three services, of which one is not enabled; a socket that systemd holds for a
# service that it starts when it is asked for; a session, a child, and a service without a socket unit.
SYSTEMCTL = """#!/bin/sh
case "$*" in
  "list-units --type=service"*) printf '%s loaded active running -\\n' \\
    postgresql@15-main.service adhoc.service agent.service user@1000.service;;
  "show -p MainPID postgresql@15-main.service") echo MainPID=100;;
  "show -p MainPID adhoc.service") echo MainPID=200;;
  "show -p MainPID agent.service") echo MainPID=300;;
  "is-enabled postgresql@15-main.service") echo enabled-runtime;;
  "is-enabled agent.service" | "is-enabled ssh.socket") echo enabled;;
  "is-enabled adhoc.service") exit 1;;
  "is-enabled late.socket") echo disabled; exit 1;;
  list-sockets*) printf '%s\\n' '/run/dbus/system_bus_socket dbus.socket dbus.service' \\
    '[::]:22 ssh.socket ssh.service' '0.0.0.0:9090 late.socket late.service';;
  *) exit 1;;
esac
"""
SS = """#!/bin/sh
[ "$*" = "-H -ltnp" ] || exit 1
cat <<'TEXT'
LISTEN 0 244 127.0.0.1:5432 0.0.0.0:* users:(("postgres",pid=100,fd=6))
LISTEN 0 128 *:22 *:* users:(("sshd",pid=410,fd=3),("systemd",pid=1,fd=60))
LISTEN 0 128 0.0.0.0:9090 0.0.0.0:* users:(("systemd",pid=1,fd=61))
LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:(("sshd",pid=411,fd=9))
LISTEN 0 128 0.0.0.0:8080 0.0.0.0:* users:(("java",pid=200,fd=4))
LISTEN 0 128 0.0.0.0:8888 0.0.0.0:* users:(("a pid=x name",pid=301,fd=7))
LISTEN 0 128 0.0.0.0:2049 0.0.0.0:*
TEXT
"""


def test_the_probe_tells_whose_a_socket_is(short_tmp):
    for name, text in (("systemctl", SYSTEMCTL), ("ss", SS)):
        (short_tmp / name).write_text(text)
        (short_tmp / name).chmod(0o755)
    done = subprocess.run(["sh", PROBE], capture_output=True, text=True, check=True,
                          env={**os.environ, "PATH": f"{short_tmp}:{os.environ['PATH']}"})
    said = [line.split() for line in done.stdout.splitlines()]
    assert [line[1:] for line in said if line[0] == "service"] == [
        ["enabled-runtime", "postgresql@15-main.service"], ["-", "adhoc.service"],
        ["enabled", "agent.service"]]
    assert {line[1]: line[2:] for line in said if line[0] == "socket"} == {
        "127.0.0.1:5432": ["enabled-runtime", "postgresql@15-main.service"],
        "*:22": ["enabled", "ssh.socket"], "0.0.0.0:9090": ["disabled", "late.socket"],
        "127.0.0.1:6010": [], "0.0.0.0:8080": ["-", "adhoc.service"], "0.0.0.0:8888": [],
        "0.0.0.0:2049": []}
    assert not done.stderr


def test_a_host_that_cannot_be_asked_any_more_goes_back(hosting):
    hosting.plant()
    hosting.agent(NEW, reachable=False)
    end = hosting.ended(NEW, code=6, patience="2s")
    assert end["outcome"] == "reverted" and "reaches no agent" in end["reason"]
    assert hosting.runs_as(OLD)


def test_stuck_is_said_with_the_next_command_and_the_same_command_goes_on(hosting):
    hosting.plant()
    hosting.cloud.script({"do": "capacity", "type": "t3.*", "left": 0})
    end = hosting.ended(NEW, code=5, patience="2s")
    assert end["outcome"] == "stuck"
    assert f"aws ec2 start-instances --instance-ids {hosting.host}" in end["notes"][-1]
    assert hosting.seen()["State"]["Name"] == "stopped"
    hosting.cloud.script({"do": "clear"}, DELAYS)
    end = hosting.ended(code=6)
    assert end["outcome"] == "reverted" and hosting.runs_as(OLD)
    assert not any("is stopped as" in note for note in end["notes"])


# Why it is refused before anything is done: what is planted, what is asked for, and the words.
REFUSALS = {
    "it does not fit": ({}, ["t3.nano"], "0.5 GiB"),
    "another architecture": ({}, ["m7g.large"], "arm64"),
    "no such type": ({}, ["t3.tiny"], "t3.tiny"),
    "the same type": ({}, [OLD], "already"),
    "Spot": ({"InstanceMarketOptions": {"MarketType": "spot"},
              "InstanceInitiatedShutdownBehavior": "terminate"}, [NEW], "Spot machine"),
    "nobody can look into it": ({"has_agent": False}, [NEW], "--unseen"),
    "disks of its own": ({"InstanceType": "c6id.large", "has_agent": False}, [NEW, "--unseen"],
                         "empty after a stop"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_is_refused_and_nothing_is_done(hosting, name):
    asked, arguments, words = REFUSALS[name]
    hosting.plant(**asked)
    done = hosting.resize(*arguments, "--yes", code=6)
    assert words in re.sub(r"\s+", " ", done.stdout), done.stdout
    assert "nothing is done" in done.stdout
    assert not [one for one in hosting.calls() if one != "SendCommand"]


def test_a_quota_that_is_too_small_after_the_change_is_refused(hosting):
    hosting.plant()
    hosting.cloud.script({"do": "quota", "code": "L-1216C47A", "value": 1})
    done = hosting.resize(NEW, "--yes", code=6)
    hosting.cloud.script({"do": "quota", "code": "L-1216C47A", "value": 1000})
    assert re.search(r"fail\s+quota .* of 1 vCPU used", done.stdout), done.stdout


def test_stop_protection_is_told(hosting):
    hosting.plant()
    hosting.ec2.modify_instance_attribute(InstanceId=hosting.host, DisableApiStop={"Value": True})
    assert "--no-disable-api-stop" in hosting.resize(NEW, "--yes", code=6).stdout


def test_the_host_it_runs_on_is_refused_and_another_way_is_offered(hosting):
    hosting.plant()
    hosting.mayfly.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = (
        f"{hosting.cloud.endpoint}/_imds/{hosting.host}")
    done = hosting.resize(NEW, "--yes", code=2)
    assert f"  mayfly resize {hosting.host} {NEW} --yes --region us-east-1\n" in done.stderr
    assert hosting.calls() == ["SendCommand"]


def test_the_host_it_runs_on_is_refused_when_its_resize_is_gone_on_with(hosting):
    hosting.plant()
    hosting.ec2.create_tags(Resources=[hosting.host], Tags=[{
        "Key": "mayfly:resize", "Value": f"forward {OLD} {NEW} 2026-11-28T02:00:00Z - given"}])
    hosting.mayfly.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = (
        f"{hosting.cloud.endpoint}/_imds/{hosting.host}")
    done = hosting.resize(code=2)
    assert f"  mayfly resize {hosting.host} --region us-east-1\n" in done.stderr
    assert "StopInstances" not in hosting.calls()


HELD = """#!/bin/sh
mkdir -p {home}/bin {home}/scratch && cp {shared}/mayfly {home}/bin && cd {home}/scratch
env -i PATH="$PATH" MAYFLY_RUN=7 MAYFLY_MACHINE=3 AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" \\
  AWS_EC2_METADATA_SERVICE_ENDPOINT="$AWS_EC2_METADATA_SERVICE_ENDPOINT" {command}
echo "it ended with $?"
"""


def test_the_way_that_is_offered_for_the_own_host_is_one(mayfly, mayfly_bin, short_tmp):
    """As printed, with what `mayfly exec` leaves of the environment. A simulated instance has the
    program where a rented machine has it. What the simulator does not judge is rights: that the
    policy names what the command calls is for permissions_test.py."""
    shared = short_tmp / "shared"
    shared.mkdir()
    shutil.copy(mayfly_bin, shared / "mayfly")
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "cloud", "--share", shared)
    if "over a copy" not in cloud.about["isolation"]:
        cloud.stop()
        pytest.skip("only there an instance has a /opt of its own")
    hosting = Hosting(mayfly, cloud)
    hosting.plant()
    mayfly.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = f"{cloud.endpoint}/_imds/{hosting.host}"
    told = hosting.resize(NEW, "--yes", code=2).stderr
    rights = re.search(r"^  mayfly (iam-policy .*) > resizer.json$", told, re.MULTILINE)[1]
    assert f"instance/{hosting.host}" in mayfly.ok(*rights.split())
    command = re.search(r"^  mayfly exec MACHINE --timeout 8h -- (.*)$", told, re.MULTILINE)[1]
    home = re.search(r"^home=(\S+)$", BIRTH.read_text(), re.MULTILINE)[1]
    held = cloud.launch(HELD.format(home=home, shared=shared, command=command),
                        IamInstanceProfile={"Name": "mayfly-worker"})
    cloud.wait_for_console(held, "it ended with")
    assert "it ended with 0" in cloud.console(held), cloud.console(held)
    assert hosting.runs_as(NEW)
    assert cloud.stop() == 0


def test_unseen_goes_on_and_says_that_nobody_looked(hosting):
    hosting.plant(has_agent=False)
    end = hosting.ended(NEW, "--unseen")
    assert end["outcome"] == "done" and any("nobody looked inside" in note for note in end["notes"])
    assert hosting.runs_as(NEW)


def test_an_address_that_changed_is_explained(hosting):
    hosting.plant()
    before = hosting.seen()["PublicIpAddress"]
    end = hosting.ended(NEW)
    after = hosting.seen()["PublicIpAddress"]
    assert before != after and not end["plan"]["address_stays"]
    assert any(f"was {before} and is {after}" in note for note in end["notes"]), end["notes"]


def test_an_elastic_address_stays(hosting):
    hosting.plant()
    allocated = hosting.ec2.allocate_address()
    hosting.ec2.associate_address(AllocationId=allocated["AllocationId"], InstanceId=hosting.host)
    end = hosting.ended(NEW)
    assert end["notes"] == [] and end["plan"]["address_stays"]
    assert hosting.seen()["PublicIpAddress"] == allocated["PublicIp"]


STOPPING, STARTING = "waiting until it has stopped", "waiting until it runs"
SAME, OTHER = "the same computer", "another computer"


@pytest.mark.parametrize("at, where", [(STOPPING, SAME), (STARTING, OTHER), (STOPPING, OTHER),
                                       (STARTING, SAME)])
def test_killed_in_the_middle_the_same_command_goes_on(hosting, at, where, is_full):
    if (at, where) in ((STOPPING, OTHER), (STARTING, SAME)) and not is_full:
        pytest.skip("only in the long form; resizer_test.cc has it always")
    hosting.plant()
    hosting.cloud.script({"do": "delays", "boot": "2s", "shutdown": "2s", "snapshot": "0s"})
    arguments = ["resize", hosting.host, NEW, "--patience", "20s"]
    process = hosting.mayfly.start(*arguments, "--yes")
    journal = hosting.mayfly.folder / ".mayfly" / f"resize-{hosting.host}.json"
    wait_until(lambda: journal.exists() and at in journal.read_text(), at)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if where == OTHER:
        journal.unlink()
    done = hosting.mayfly.ok(*arguments, "--json")
    assert json.loads(done)["outcome"] == "done"
    assert hosting.runs_as(NEW)


def kill_while_it_stops(hosting):
    """The computer that resizes the host dies between the stop and the start."""
    hosting.cloud.script({"do": "delays", "shutdown": "2s"})
    process = hosting.mayfly.start("resize", hosting.host, NEW, "--yes", "--patience", "20s")
    wait_until(lambda: hosting.seen()["State"]["Name"] == "stopping", "it is being stopped")
    process.kill()
    process.communicate()


def test_another_computer_starts_again_what_cannot_have_its_new_type(hosting):
    hosting.plant()
    kill_while_it_stops(hosting)
    (hosting.mayfly.folder / ".mayfly" / f"resize-{hosting.host}.json").unlink()
    hosting.cloud.script({"do": "capacity", "type": NEW, "left": 0})
    end = hosting.ended(code=6)
    assert end["outcome"] == "reverted" and "InsufficientInstanceCapacity" in end["reason"], end
    assert end["down_s"] is None, "nobody here knows since when"
    assert hosting.runs_as(OLD)


def test_killed_in_the_middle_it_is_taken_back_where_that_is_asked_for(hosting):
    hosting.plant()
    kill_while_it_stops(hosting)
    done = hosting.mayfly.run("resize", hosting.host, "t3.nano")
    assert done.returncode == 4 and "--revert" in done.stderr, done.stderr
    end = hosting.ended("--revert")
    assert end["outcome"] == "reverted" and end["reason"] == "--revert was said", end
    assert hosting.runs_as(OLD)


# Appendix item 11 of the lessons: a terminated namesake was taken for the host.
def test_a_name_is_that_of_the_host_that_is_there(hosting):
    gone = hosting.plant(name="namesake")
    hosting.ec2.terminate_instances(InstanceIds=[gone])
    hosting.cloud.wait_for(gone, "terminated")
    there = hosting.plant(name="namesake")
    assert there in hosting.mayfly.run("resize", "namesake", NEW).stdout
    second = hosting.plant(name="namesake")
    done = hosting.mayfly.run("resize", "namesake", NEW)
    assert done.returncode == 4 and there in done.stderr and second in done.stderr
    assert hosting.mayfly.run("resize", "nobody", NEW).returncode == 3
    assert hosting.mayfly.run("resize", gone, NEW).returncode == 3


def test_advice_is_the_cheapest_type_that_holds_what_was_seen(hosting):
    hosting.plant()
    unknown = hosting.resize("--advice").stdout
    assert "not seen" in unknown and "processors over time" in unknown
    day = 24 * 12
    for name, values in (("CPUUtilization", [3] * day), ("CPUCreditBalance", [1000] * day)):
        hosting.cloud.script({"do": "metric", "instance": hosting.host, "name": name,
                              "values": values})
    advice = json.loads(hosting.resize("--advice", "--json").stdout)
    assert advice["recommended"] == NEW, advice
    assert any("3 % on average" in one for one in advice["seen"])
    hosting.cloud.script({"do": "metric", "instance": hosting.host, "name": "mem_used_percent",
                          "space": "CWAgent", "values": [60] * day})
    advice = json.loads(hosting.resize("--advice", "--json").stdout)
    assert advice["recommended"] is None and advice["sentence"].startswith("stay"), advice
    assert hosting.calls() == ["SendCommand"] * 3


def test_the_look_inside_is_read_from_a_real_shell(hosting):
    """No script answers here: the probe runs in the instance, on this computer."""
    hosting.host = hosting.cloud.launch(InstanceType=OLD)
    hosting.cloud.wait_for(hosting.host, "running")
    done = hosting.mayfly.run("resize", hosting.host, NEW, "--json")
    checks = {check["what"]: check for check in json.loads(done.stdout)["plan"]["checks"]}
    assert checks["processors"]["found"].startswith(f"{os.cpu_count()} now, 2 then"), checks
    assert "in use now" in checks["memory"]["found"]


PAGE = TESTS.parent / "docs/cli/resize.md"
BEGIN, END = "<!-- transcript -->\n```text\n", "```\n<!-- /transcript -->"


def scrubbed(text):
    """Ids and addresses by their order; dates and lengths of time blanked."""
    names = {}
    for pattern, stands_for in (
            (r"\b(?:i|vol|snap)-0[0-9a-f]{16}\b", lambda found, n: found[:found.index("-")] + f"-{n:017x}"),
            (r"\b198\.51\.\d+\.\d+\b", lambda found, n: f"198.51.100.{n}")):
        kept = {}
        names = {**names, **{found: kept.setdefault(found, stands_for(found, len(kept) + 1))
                             for found in re.findall(pattern, text)}}
    for found, stands_for in names.items():
        text = text.replace(found, stands_for)
    text = re.sub(r"\d{4}-\d\d-\d\d", "YYYY-MM-DD", text)
    text = re.sub(r"^waiting .*\n", "", text, flags=re.MULTILINE)  # what passed between two looks
    return re.sub(r"down for [\d.]+ (s|min \d+ s)", "down for N s", text)


def test_the_original_step_one_is_the_transcript_of_the_document(mayfly, mayfly_bin, short_tmp):
    """MAYFLY_ACCEPT=1 writes it anew. As the first project planned it: snapshot, stop, t3.small,
    start, nproc and free; with everything that was left out."""
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "cloud")
    hosting = Hosting(mayfly, cloud)
    hosting.plant()
    cloud.script({"do": "metric", "instance": hosting.host, "name": "CPUUtilization",
                  "values": [3] * 4032})
    text = ""
    for command in ("resize master --advice", "resize master t3.small --yes"):
        done = mayfly.run(*command.split(), stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        text += f"$ mayfly {command}\n{done.stdout}\n"
    cloud.stop()
    head, rest = PAGE.read_text().split(BEGIN)
    written, tail = rest.split(END)
    told = scrubbed(text).rstrip() + "\n"
    if os.environ.get("MAYFLY_ACCEPT") == "1":
        PAGE.write_text(f"{head}{BEGIN}{told}{END}{tail}")
        return
    assert written == told, "MAYFLY_ACCEPT=1 writes it anew"
