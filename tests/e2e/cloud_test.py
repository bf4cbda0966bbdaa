"""`mayfly run` on rented machines: our program, a PostgreSQL of somebody's own behind a password, and
the simulated cloud, each a process of its own; any of them may be hit. Whatever happens, in the end
the run is closed, every instance that ever was is a machine of the ledger, none was bought twice, and
nothing is left that bills."""

import contextlib
import subprocess
import sys
import threading
import time
from concurrent import futures

import pytest
from conftest import ROOT
from own_server import OwnServer

sys.path.insert(0, str(ROOT / "tests/ec2sim"))
from simulated_cloud import SimulatedCloud  # noqa: E402

PHASE = """
[phase]
name = "rented"
deadline = "1h"
budget = "5 USD"

[database]
url = "env:TEAM_DATABASE"

[machines]
provider = "ec2"
slots = 1
heartbeat = "500ms"
lease = "3s"

[machines.ec2]
types = ["c7i.large"]
zones = {zones}
instance_profile = "mayfly-worker"
scheduler_role = "mayfly-end"
bucket = "mayfly-simulated"
tags = {{ team = "fx" }}

[machines.setup]
commands = ["echo made ready"]

[grid]
pair = "from-data"
period = "from-data"

[[stage]]
name = "load"
kind = "load"
dir = "bars"

[[stage]]
name = "index"
kind = "features"
family = "rate_index"

[[stage]]
name = "words"
kind = "command"
after = ["load"]
command = ["sh", "words.sh"]
table = "words"
columns = {{ words = "text" }}
"""
# Waits for the test where the test wants it to.
WORDS = """until [ "$(psql -XAtc 'select count(*) from public.gate')" = 1 ]; do sleep 0.1; done
psql -X -q -v ON_ERROR_STOP=1 -c "insert into $MAYFLY_TABLE select '$MAYFLY_PAIR', '$MAYFLY_PERIOD', 'ok'"
"""
ONE_ZONE = '["us-east-1a"]'
FOUR_ZONES = "[]"


@pytest.fixture(scope="module")
def server():
    own = OwnServer()
    yield own
    own.remove()


@pytest.fixture
def cloud(mayfly_bin, short_tmp):
    simulated = SimulatedCloud(mayfly_bin, short_tmp / "cloud")
    yield simulated
    assert simulated.stop() == 0


class Team:
    """A phase in a folder of its own, on a database of its own, in this cloud."""

    count = 0

    def __init__(self, mayfly, server, cloud, zones=ONE_ZONE):
        Team.count += 1
        self.name = f"team{Team.count}"
        self.mayfly, self.server, self.cloud = mayfly, server, cloud
        mayfly.folder = mayfly.folder / "team"  # the cloud's own files are no part of the phase
        mayfly.folder.mkdir()
        url, self.password = server.make_database(self.name)
        server.query(self.name, "create table public.gate (); grant select on public.gate to public")
        self.open_gate()
        mayfly.environment.update(cloud.about["environment"], TEAM_DATABASE=url)
        (mayfly.folder / "phase.toml").write_text(PHASE.format(zones=zones))
        (mayfly.folder / "words.sh").write_text(WORDS)
        mayfly.ok("sample", "fx", "--out", "bars", "--pairs", "1", "--from", "2024-07", "--to",
                  "2024-07", "--every", "1h")

    def open_gate(self):
        self.server.query(self.name, "insert into public.gate default values")

    def shut_gate(self):
        self.server.query(self.name, "truncate public.gate")

    def start(self):
        return self.mayfly.start("run", "phase.toml", "--yes")

    def run(self):
        return self.mayfly.run("run", "phase.toml", "--yes", timeout=180)

    def status(self):
        return self.mayfly.json("status")

    def is_working_on(self, stage):
        return self.server.query(self.name, """
            select to_regclass('mayfly.task') is not null""")[0][0] and self.server.query(self.name, """
            select count(*) from mayfly.task t join mayfly.stage s on s.id = t.stage_id
            where s.name = %s and t.state = 'leased'""", stage)[0][0] > 0

    def working_machines(self):
        """Those that hold a lease of the stage that waits for the gate."""
        if not self.is_working_on("words"):
            return []
        return self.server.query(self.name, """
            select distinct t.machine_id from mayfly.task t join mayfly.stage s on s.id = t.stage_id
            where s.name = 'words' and t.state = 'leased'""")

    def instances(self):
        return self.cloud.get("resources")["instances"]

    def assert_whole(self):
        """Closed with a verdict of pass; every instance accounted for; nothing left."""
        status = self.status()
        assert (status["state"], status["verdict"]) == ("closed", "pass"), status["reason"]
        assert {machine["state"] for machine in status["machines"]} == {"gone"}
        machines = {str(machine["id"]): machine["external_id"] for machine in status["machines"]}
        bought = {}
        for instance in self.instances():
            assert instance["state"] == "terminated"
            machine = instance["tags"]["mayfly:machine"]
            assert machine in machines, "an instance that the ledger does not know"
            assert machine not in bought, "two instances for one machine"
            bought[machine] = instance["id"]
            assert machines[machine] in ("", instance["id"])
            assert instance["tags"]["team"] == "fx"
        assert {m: i for m, i in machines.items() if i} == {m: bought[m] for m, i in machines.items() if i}
        resources = self.cloud.get("resources")
        for kind in ("volumes", "interfaces", "launch_templates", "fleets", "schedules"):
            assert [thing for thing in resources[kind] if thing["deleted"] is None] == [], kind
        names = self.cloud.client("ssm").get_parameters_by_path(Path="/mayfly", Recursive=True)
        assert names["Parameters"] == []
        return status


def test_a_phase_with_a_command_runs_on_a_rented_machine_and_leaves_nothing(mayfly, server, cloud):
    team = Team(mayfly, server, cloud)
    done = team.run()
    assert done.returncode == 0, done.stderr
    status = team.assert_whole()
    rows = {stage["name"]: stage["rows"] for stage in status["stages"]}
    assert rows["index"] > 300 and rows["words"] == 1
    assert len(team.instances()) == 1
    assert server.query(team.name, "select words from rented.words") == [("ok",)]
    bill = cloud.get("bill")["micro_usd"]
    assert mayfly.json("cost")["metered_micro_usd"] == bill > 0
    assert "setup command 1: made ready" in mayfly.ok("logs")


@pytest.mark.parametrize("hinder, words", [
    ({"do": "quota", "code": "L-34B43A08", "value": 1}, ["quota spot", "L-34B43A08"]),
    ({"do": "calls", "action": "RunInstances", "code": "UnauthorizedOperation", "status": 403},
     ["permission spot", "iam-policy"]),
])
def test_nothing_is_launched_while_a_line_of_the_preflight_stands(mayfly, server, cloud, hinder, words):
    team = Team(mayfly, server, cloud)
    cloud.script(hinder)
    done = team.run()
    assert done.returncode == 6, done.stderr
    for word in [*words, "stand in the way"]:
        assert word in done.stderr
    assert team.instances() == []
    assert mayfly.run("plan", "phase.toml").returncode == 6


def test_an_embedded_database_is_no_place_for_rented_machines(mayfly, server, cloud):
    Team(mayfly, server, cloud)
    done = mayfly.run("run", "phase.toml", "--yes", "--set", "database.url=embedded", timeout=60)
    assert done.returncode == 6
    assert "machines cannot reach an embedded database" in done.stderr


# What can befall a call: how often, and what then. A refusal that no waiting mends ends the command
# with one reason; the same command goes on once it is mended.
def refused(code, status=400, times=1):
    return {"code": code, "message": "no", "status": status, "times": times}


FATES = {
    "not-sent": {"effect": "not-sent", "times": 2},
    "no-reply": {"effect": "no-reply", "times": 2},
    "slow": {"effect": "slow", "late": "4s", "times": 2},
    "throttled": refused("RequestLimitExceeded", 503, times=3),
    "fault": refused("InternalError", 500, times=2),
    "unknown": refused("SomethingNew", 400),
    "keys": refused("AuthFailure", 401),
    "rights": refused("UnauthorizedOperation", 403),
}
CALLS = {
    "RunInstances": ONE_ZONE,
    "CreateLaunchTemplate": FOUR_ZONES,
    "CreateFleet": FOUR_ZONES,
    "DeleteLaunchTemplate": FOUR_ZONES,
    "DescribeInstances": ONE_ZONE,
    "PutParameter": ONE_ZONE,
    "DeleteParameter": ONE_ZONE,
    "DescribeVolumes": ONE_ZONE,
    "CreateSchedule": ONE_ZONE,
    "DeleteSchedule": ONE_ZONE,
    "ListSchedules": ONE_ZONE,
}
# Held at each change; the others by ./dev test --all.
ALWAYS = {("RunInstances", "no-reply"), ("CreateFleet", "no-reply"), ("DeleteParameter", "keys"),
          ("DeleteSchedule", "no-reply"), ("DescribeInstances", "throttled"), ("RunInstances", "rights")}


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("call", CALLS)
def test_whatever_befalls_a_call_no_machine_is_doubled_or_forgotten(mayfly, server, cloud, is_full,
                                                                   call, fate):
    if not is_full and (call, fate) not in ALWAYS:
        pytest.skip("./dev test --all")
    team = Team(mayfly, server, cloud, CALLS[call])
    # The preflight has passed by then: dry runs and first looks are not what this is about.
    cloud.script({"do": "calls", "action": call, "at": "6s" if call.startswith("Describe") else "0s",
                  **FATES[fate]})
    process = team.start()
    out, err = process.communicate(timeout=180)
    for _ in range(2):
        if process.returncode == 0:
            break
        assert process.returncode in (2, 5, 6, 7), err
        assert err.strip(), "it ends without a reason"
        cloud.script({"do": "clear"})
        process = team.start()
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0, out + err
    assert any(seen["action"] == call for seen in cloud.get("calls")["calls"]), "it was never made"
    team.assert_whole()


@pytest.mark.parametrize("call", ["PutParameter", "CreateLaunchTemplate", "CreateFleet",
                                  "DeleteLaunchTemplate", "DeleteParameter"])
def test_a_controller_killed_at_any_call_is_continued_by_the_next(mayfly, server, cloud, is_full, call):
    if not is_full and call not in ("CreateFleet", "DeleteParameter"):
        pytest.skip("./dev test --all")
    team = Team(mayfly, server, cloud, FOUR_ZONES)
    process = team.start()
    deadline = time.monotonic() + 120
    while not any(seen["action"] == call and seen["code"] != "DryRunOperation"
                  for seen in cloud.get("calls")["calls"]):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]
    process.kill()
    process.communicate()
    done = team.run()
    assert done.returncode == 0, done.stderr
    team.assert_whole()


def test_a_machine_that_is_taken_without_a_word_is_replaced_and_costs_nothing(mayfly, server, cloud):
    team = Team(mayfly, server, cloud)
    team.shut_gate()
    process = team.start()
    deadline = time.monotonic() + 120
    while not team.is_working_on("words"):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]
    [instance] = team.instances()
    cloud.script({"do": "reclaim", "instance": instance["id"], "notice": "none"})
    team.open_gate()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    team.assert_whole()
    assert len(team.instances()) == 2
    costs = {machine["id"]: machine for machine in mayfly.json("cost")["machines"]}
    first, second = (costs[int(instance["tags"]["mayfly:machine"])] for instance in team.instances())
    assert first["was_free"] and first["compute"] == "0.00 USD"
    assert not second["was_free"] and second["compute"] != "0.00 USD"
    assert mayfly.json("cost")["metered_micro_usd"] == cloud.get("bill")["micro_usd"]


def test_a_mistake_pauses_the_run_with_one_reason_and_never_loops(mayfly, server, cloud):
    team = Team(mayfly, server, cloud)
    cloud.script({"do": "calls", "action": "RunInstances", "type": "c7i.large",
                  **refused("InvalidParameterValue", times=50)})
    done = team.run()
    assert done.returncode in (6, 7), done.stderr
    assert "InvalidParameterValue" in done.stderr + done.stdout
    launches = [seen for seen in cloud.get("calls")["calls"] if seen["action"] == "RunInstances"]
    assert len(launches) <= 3
    assert team.instances() == []


def test_a_window_that_is_no_time_is_named_and_nothing_is_launched(mayfly, server, cloud):
    team = Team(mayfly, server, cloud)
    mayfly.environment["MAYFLY_SHOWN_WITHIN"] = "soon"
    done = team.run()
    assert done.returncode == 2 and "MAYFLY_SHOWN_WITHIN" in done.stderr, done.stderr
    assert team.instances() == []


class Witness:
    """Collects every secret that the cloud keeps for machines, every process's arguments, and the
    user data of every instance, while something runs."""

    def __init__(self, cloud):
        self.client = cloud.client("ssm")
        self.folder = cloud.folder
        self.secrets, self.arguments, self.over = set(), set(), threading.Event()
        self.user_data = {}

    def __enter__(self):
        self.pool = futures.ThreadPoolExecutor(max_workers=1)
        self.watching = self.pool.submit(self.watch)
        return self

    def __exit__(self, *_):
        self.over.set()
        self.pool.shutdown()
        self.watching.result()  # a witness that fell asleep has seen nothing

    def watch(self):
        while not self.over.is_set():
            answer = self.client.get_parameters_by_path(Path="/mayfly", Recursive=True,
                                                        WithDecryption=True)
            self.secrets |= {one["Value"] for one in answer["Parameters"]}
            listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
            self.arguments |= set(listing.splitlines())
            for file in self.folder.rglob("user-data"):
                with contextlib.suppress(FileNotFoundError):  # its instance is gone meanwhile
                    self.user_data[file] = file.read_text()  # the newest: it may be half written


def test_no_secret_is_anywhere_but_where_it_belongs(mayfly, server, cloud, short_tmp):
    team = Team(mayfly, server, cloud)
    with Witness(cloud) as witness:
        done = team.run()
    assert done.returncode == 0, done.stderr
    words = {team.password}
    for value in witness.secrets:
        words.add(value.split("password=")[1].split()[0].strip("'") if "password=" in value
                  else value.split("://")[1].split(":")[1].split("@")[0])
    assert len(words) == 2, "the machine's own password was seen"
    dump = subprocess.run(["pg_dump", "--dbname", server.url(team.name)], capture_output=True,
                          text=True, check=True).stdout
    places = {"output": done.stdout + done.stderr, "arguments": "\n".join(witness.arguments),
              "ledger and data": dump, "calls": str(cloud.get("calls")),
              "resources": str(cloud.get("resources"))}
    for file in [*(short_tmp / "cloud").rglob("*"), *(mayfly.folder / ".mayfly").rglob("*")]:
        if file.is_file():
            places[str(file)] = file.read_bytes().decode("latin-1")
    (user_data,) = witness.user_data.values()
    assert "bin/mayfly" in user_data
    places["user data"] = user_data
    for place, text in places.items():
        for word in words:
            assert word not in text, place
