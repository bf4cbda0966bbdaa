"""Instances that run for real: what they can do, and that nothing of it reaches this computer."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from simulated_cloud import SimulatedCloud, wait_until

IS_ROOT = os.geteuid() == 0
SOMEBODY = 65534

# How the simulator keeps its instances apart: as it finds the computer, and each weaker form.
WAYS = ["root", "user", "shims"] if IS_ROOT else ["user", "shims"]


@contextlib.contextmanager
def kept_apart(way, mayfly_bin):
    """A simulated cloud whose instances are kept apart in this way."""
    with tempfile.TemporaryDirectory(prefix="mf-") as folder:
        who = ()
        if way != "root" and IS_ROOT:
            os.chmod(folder, 0o755)
            os.chown(folder, SOMEBODY, SOMEBODY)
            who = (f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
        environment = {"MAYFLY_TEST_NO_NAMESPACES": "1"} if way == "shims" else {}
        cloud = SimulatedCloud(mayfly_bin, Path(folder, "state"), environment=environment,
                               who=who)
        cloud.way = way
        expected = {"root": "over a copy", "user": "of an ordinary user", "shims": "plain"}
        if way == "user" and "plain" in cloud.about["isolation"]:
            cloud.stop()
            pytest.skip("this computer has no namespaces for ordinary users")
        assert expected[way] in cloud.about["isolation"]
        cloud.script({"do": "delays", "boot": "0s", "shutdown": "1s"})
        yield cloud
        cloud.stop()


@pytest.fixture(scope="module", params=WAYS)
def cloud(request, mayfly_bin):
    """One for all tests of each way: an instance more is cheap, a simulator more is not."""
    with kept_apart(request.param, mayfly_bin) as cloud:
        yield cloud
        assert cloud.stop() == 0


@pytest.fixture(params=WAYS)
def own_cloud(request, mayfly_bin):
    with kept_apart(request.param, mayfly_bin) as cloud:
        yield cloud


def processes(mark):
    """The command lines of all processes here that hold the mark, this test's own left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in line and int(folder.name) != os.getpid():
            found.append(line)
    return found


class Host:
    """What must be as it was after an instance did its worst."""

    def __init__(self):
        self.canary = subprocess.Popen(["sleep", "600"])
        self.mounts = Path("/proc/self/mountinfo").read_text()
        self.name = os.uname().nodename
        self.files = sorted(os.listdir("/etc"))

    def check(self, cloud):
        assert self.canary.poll() is None, "a process of this computer was killed"
        assert cloud.process.poll() is None, "the simulator was ended"
        assert Path("/proc/self/mountinfo").read_text() == self.mounts
        assert os.uname().nodename == self.name
        assert sorted(os.listdir("/etc")) == self.files
        assert not Path("/usr/bin/made-by-an-instance").exists()
        cloud.get("state")


@pytest.fixture
def host():
    host = Host()
    yield host
    host.canary.kill()
    host.canary.wait()


ENDINGS = ["shutdown -h now", "shutdown now", "poweroff", "halt", "systemctl poweroff", "init 0",
           "telinit 0", "sudo -n shutdown -h now 2>/dev/null || shutdown -h now",
           "(setsid shutdown -h now &)"]


def test_every_way_to_shut_down_ends_the_instance(cloud, host):
    made = {cloud.launch(f"#!/bin/sh\nsleep 987001 &\n{ending}\nsleep 987001\n"): ending
            for ending in ENDINGS}
    for identity, ending in made.items():
        cloud.wait_for(identity, "terminated")
        assert cloud.instance(identity)["reason"] == "Client.InstanceInitiatedShutdown", ending
    assert processes("sleep 987001") == []
    host.check(cloud)


def test_the_host_s_own_programs_for_it_are_shims_inside(cloud, host):
    if cloud.way == "shims":
        pytest.skip("without a namespace nothing stands over them; they refuse an ordinary user")
    made = cloud.launch("#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
                        "for one in shutdown reboot systemctl; do\n"
                        "  at=$(command -v $one) && head -2 $at | grep -q simulated &&"
                        " echo $one is a shim\ndone\necho looked\n")
    cloud.wait_for_console(made, "looked")
    for name in ("shutdown", "reboot", "systemctl"):
        if Path("/sbin", name).exists() or Path("/bin", name).exists():
            assert f"{name} is a shim" in cloud.console(made)
    host.check(cloud)


def test_a_shutdown_can_be_put_off_and_called_off(cloud):
    made = cloud.launch("#!/bin/sh\nshutdown -h +5\nshutdown -c\nshutdown -h +0\n")
    cloud.wait_for(made, "terminated")


def test_a_reboot_goes_on_without_the_user_data(cloud, host):
    made = cloud.launch("#!/bin/sh\necho first\nsleep 987002 &\nsleep 987002 &\nreboot\nsleep 1\n")
    cloud.wait_for_console(made, "first")
    wait_until(lambda: processes("sleep 987002") == [], "what ran before the reboot has ended")
    assert cloud.instance(made)["state"] == "running"
    assert cloud.console(made).count("first") == 1
    host.check(cloud)


HOSTILE = r"""#!/bin/sh
# Each of these would hurt a computer that lets it.
echo b >/proc/sysrq-trigger
for disk in /dev/sda /dev/vda /dev/nvme0n1 /dev/mem; do
  [ -b $disk ] || [ -c $disk ] && echo "can see $disk"
done
mknod /tmp/disk b 254 0 && dd if=/dev/zero of=/tmp/disk count=1 2>/dev/null && echo "wrote a disk"
mount -o remount,ro / && echo "remounted /"
mount -t tmpfs tmpfs /etc && echo "mounted over /etc"
umount -l /proc && echo "unmounted /proc"
echo changed >/proc/sys/kernel/hostname
hostname changed
date -s 2000-01-01
ip link set lo down
touch /usr/bin/made-by-an-instance
rm -rf /etc/debian_version /etc/os-release /etc/passwd
kill 1
kill -TERM 1
kill -9 1
echo survived
setsid sh -c 'trap "" TERM HUP INT; sleep 987003' &
sleep 987003 &
echo "sees $(ls /proc | grep -c '^[0-9]') processes"
kill -9 -1
sleep 1
echo "still here"
"""


def test_an_instance_cannot_touch_this_computer(cloud, host):
    if cloud.way == "shims":
        script = "#!/bin/sh\nkill -9 -1; python3 -c 'import os; os.kill(-1, 9)'\necho survived\n"
    else:
        script = HOSTILE
    made = cloud.launch(script)
    cloud.wait_for_console(made, "survived")
    if cloud.way != "shims":
        wait_until(lambda: processes("sleep 987003") == [], "kill -9 -1 ended the instance's own")
        told = cloud.console(made)
        for word in ("can see", "wrote a disk", "remounted", "mounted over", "unmounted"):
            assert word not in told, told
    assert cloud.instance(made)["state"] == "running", "its process 1 cannot be killed from inside"
    host.check(cloud)
    end(cloud, made)


def end(cloud, made):
    cloud.client("ec2").terminate_instances(InstanceIds=[made])
    cloud.wait_for(made, "terminated")


STRAYS = """#!/bin/sh
sleep 987004 &
setsid sleep 987004 &
(setsid sh -c 'trap "" TERM; (sleep 987004 & sleep 987004) & sleep 987004' &) &
echo started
"""


def test_terminating_ends_all_that_an_instance_started(cloud):
    made = cloud.launch(STRAYS)
    cloud.wait_for_console(made, "started")
    wait_until(lambda: len(processes("sleep 987004")) >= 4, "its processes run")
    end(cloud, made)
    wait_until(lambda: processes("987004") == [], "all of them have ended")
    assert not (cloud.folder / "instances" / made / "upper").exists(), "its disk is gone"
    assert "started" in cloud.console(made), "what it printed stays"


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_nothing_outlives_the_simulator(own_cloud, how):
    cloud = own_cloud
    made = cloud.launch(STRAYS.replace("987004", "987005"))
    cloud.wait_for_console(made, "started")
    wait_until(lambda: len(processes("sleep 987005")) >= 4, "its processes run")
    getattr(cloud.process, how)()
    cloud.process.wait(timeout=20)
    wait_until(lambda: processes("987005") == [], "all of them have ended")


def test_processes_get_a_word_before_they_are_killed(cloud):
    made = cloud.launch("#!/bin/sh\ntrap 'echo told; exit' TERM\necho ready\n"
                        "while :; do sleep 0.1; done\n")
    cloud.wait_for_console(made, "ready")
    end(cloud, made)
    assert "told" in cloud.console(made)


def test_a_reclaim_is_told_and_then_carried_out(cloud):
    made = cloud.launch("#!/bin/sh\necho ready\nsleep 987006\n")
    cloud.wait_for_console(made, "ready")
    token = cloud.metadata_token(made)
    pages = ("meta-data/spot/instance-action", "meta-data/events/recommendations/rebalance")
    for page in pages:
        assert cloud.metadata(made, page, token)[0] == 404
    cloud.script({"do": "reclaim", "instance": made, "recommended": "0s", "notice": "2s"})
    status, notice = cloud.metadata(made, pages[0], token)
    assert status == 200 and json.loads(notice)["action"] == "terminate"
    assert cloud.metadata(made, pages[1], token)[0] == 200
    assert processes("sleep 987006")
    cloud.wait_for(made, "terminated")
    assert processes("sleep 987006") == []
    assert cloud.instance(made)["reason"] == "Server.SpotInstanceTermination"


def test_maintenance_is_announced(cloud):
    made = cloud.launch()
    cloud.wait_for(made, "running")
    token = cloud.metadata_token(made)
    assert cloud.metadata(made, "meta-data/events/maintenance/scheduled", token) == (200, "[]")
    cloud.script({"do": "maintenance", "instance": made, "code": "instance-retirement", "in": "2h"})
    (event,) = json.loads(cloud.metadata(made, "meta-data/events/maintenance/scheduled", token)[1])
    assert event["Code"] == "instance-retirement" and event["State"] == "active"
    (status,) = cloud.client("ec2").describe_instance_status(InstanceIds=[made])["InstanceStatuses"]
    assert status["Events"][0]["InstanceEventId"] == event["EventId"]
    end(cloud, made)


def test_a_stopped_instance_keeps_its_disk_and_its_user_data_runs_once(cloud):
    made = cloud.launch("#!/bin/sh\necho once >>/opt/mark 2>/dev/null\necho ran\n",
                        InstanceInitiatedShutdownBehavior="stop")
    cloud.wait_for_console(made, "ran")
    ec2 = cloud.client("ec2")
    for verb, state in (("stop", "stopped"), ("start", "running")):
        getattr(ec2, f"{verb}_instances")(InstanceIds=[made])
        cloud.wait_for(made, state)
    if cloud.way == "root":
        assert (cloud.folder / "instances" / made / "upper/opt/mark").read_text() == "once\n"
    assert cloud.console(made).count("ran") == 1


LOOK = """#!/usr/bin/env python3
import os, urllib.request
base = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] + "/latest/"
def ask(page, method="GET", **headers):
    request = urllib.request.Request(base + page, method=method, headers=headers)
    return urllib.request.urlopen(request, timeout=10).read().decode()
token = ask("api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
for page in ("meta-data/instance-id", "meta-data/iam/security-credentials/"):
    print(page, ask(page, **{"X-aws-ec2-metadata-token": token}))
print("environment", sorted(os.environ))
print("looked", flush=True)
"""


def test_an_instance_knows_itself_and_nothing_of_who_started_it(cloud):
    made = cloud.launch(LOOK, IamInstanceProfile={"Name": "worker-role"},
                        MetadataOptions={"HttpTokens": "required"})
    cloud.wait_for_console(made, "looked")
    told = cloud.console(made)
    assert f"meta-data/instance-id {made}" in told
    assert "meta-data/iam/security-credentials/ worker-role" in told
    assert "AWS_ENDPOINT_URL" in told and "AWS_ACCESS_KEY_ID" not in told
    assert "MAYFLY_BIN" not in told
    assert cloud.metadata(made, "meta-data/instance-id")[0] == 401, "a token is required"
