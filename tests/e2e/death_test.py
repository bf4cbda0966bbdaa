"""The four ends of a rented machine, each with the others dead: its own timer, its supervisor, AWS's own
scheduler (the controller is in cloud_test.py). Nobody is told to stop here: processes are killed or
frozen, and the ledger's server with them."""

import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/ec2sim"))
from cloud_test import Team, cloud, server  # noqa: E402, F401
from simulated_cloud import wait_until  # noqa: E402

# A phase file has no deadline below a minute, which is long for a test.
SOON = """
create function public.soon() returns trigger language plpgsql as $$
begin new.deadline_at := clock_timestamp() + interval '40 s'; return new; end $$;
create trigger soon before insert on mayfly.run for each row execute function public.soon();
"""
# The first task of a stage is alone: it takes two stages to keep two machines at work.
MORE = """[[stage]]
name = "more"
kind = "command"
after = ["load"]
command = ["sh", "words.sh"]
table = "more"
columns = { words = "text" }

[[stage]]
name = "words"
"""
BY_ITSELF = "Client.InstanceInitiatedShutdown"


def read(pid, name):
    """A file of a process, or nothing where it has ended."""
    try:
        return (Path("/proc") / str(pid) / name).read_bytes().decode("latin-1")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def parent_of(pid):
    fields = read(pid, "stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def freeze(targets):
    for pid in targets:
        try:
            os.kill(pid, signal.SIGSTOP)
        except ProcessLookupError:
            pass


def processes_of(instance):
    return [pid for pid in pids() if f"/_imds/{instance}" in read(pid, "environ")]


def freeze_all_of(instance):
    """As a machine whose kernel hangs: nothing in it runs any more, its timers neither."""
    freeze(processes_of(instance))


def freeze_all_but_timers(instance):
    """Its supervisor, its slots, and the script of its birth that would power off behind them."""
    workers = [pid for pid in processes_of(instance) if "bin/mayfly" in read(pid, "cmdline")]
    assert workers, "it does not work"
    freeze({*workers, *(parent_of(pid) for pid in workers)})


@contextmanager
def frozen(server):
    """A ledger that takes connections and never answers, which no error tells."""
    postmaster = int((server.folder / "pg/postmaster.pid").read_text().splitlines()[0])
    all_of_it = [postmaster, *(pid for pid in pids() if parent_of(pid) == postmaster)]
    freeze(all_of_it)
    try:
        yield
    finally:
        for pid in all_of_it:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


def set_in_phase(team, *changes):
    file = team.mayfly.folder / "phase.toml"
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text)


def start_and_kill_the_controller(team, when):
    process = team.start()
    deadline = time.monotonic() + 120
    while not when():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[1]
    process.kill()
    process.communicate()


def assert_nothing_is_left(cloud):
    resources = cloud.get("resources")
    assert {one["state"] for one in resources["instances"]} == {"terminated"}
    for kind in ("volumes", "interfaces", "schedules"):
        assert [one for one in resources[kind] if one["deleted"] is None] == [], kind
    assert resources["parameters"] == []


def test_with_controller_ledger_and_network_dead_a_machine_ends_by_what_it_has_left(mayfly, server, cloud):
    team = Team(mayfly, server, cloud)
    mayfly.ok("sample", "fx", "--out", "bars", "--pairs", "2", "--from", "2024-07", "--to", "2024-07",
              "--every", "1h")
    set_in_phase(team, ("slots = 1", "slots = 1\ncount = 2"), ('[[stage]]\nname = "words"\n', MORE))
    mayfly.ok("plan", "phase.toml")
    server.query(team.name, SOON)
    team.shut_gate()
    start_and_kill_the_controller(
        team, lambda: team.is_working_on("words") and team.is_working_on("more"))
    one, other = [instance["id"] for instance in team.instances()]
    with frozen(server):
        cloud.script({"do": "calls", "effect": "not-sent"})  # nor does AWS answer anybody
        freeze_all_but_timers(one)
        freeze_all_of(other)
        assert cloud.instance(one)["state"] == "running"
        cloud.wait_for(one, "terminated", seconds=60)
        assert cloud.instance(one)["reason"] == BY_ITSELF
        assert cloud.instance(other)["state"] == "running", "nothing of it can end it"
        cloud.post("time", {"advance": "70s"})
        cloud.wait_for(other, "terminated")
        assert cloud.instance(other)["reason"] == "Client.UserInitiatedShutdown"
        [fired] = [one for one in cloud.get("resources")["schedules"] if one["instances"] == [other]]
        assert fired["fired"] is not None
    cloud.script({"do": "clear"})
    done = team.run()  # whoever comes back finds the deadline gone, and nothing to end
    assert done.returncode != 0 and "the deadline is here" in done.stdout + done.stderr
    assert_nothing_is_left(cloud)
    assert {machine["state"] for machine in team.status()["machines"]} == {"gone"}


def test_a_machine_that_is_born_of_a_late_call_ends_itself_at_boot(mayfly, server, cloud):
    """The run was over before the call had its effect: nobody will ever ask for this machine."""
    team = Team(mayfly, server, cloud)
    cloud.script({"do": "delays", "boot": "4s"})
    start_and_kill_the_controller(team, team.instances)
    [instance] = team.instances()
    assert instance["state"] == "pending"
    server.query(team.name, "update mayfly.run set state = 'cancelled', closed_at = clock_timestamp()")
    cloud.wait_for(instance["id"], "terminated")
    assert cloud.instance(instance["id"])["reason"] == BY_ITSELF
    console = cloud.console(instance["id"])
    assert "no open intent" in console and "step work ended with 4; powering off" in console
    assert server.query(team.name, "select count(*) from mayfly.attempt") == [(0,)]


def needs_full(is_full):
    if not is_full:
        pytest.skip("./dev test --all")


def test_a_machine_ends_itself_where_the_ledger_never_answers(mayfly, server, cloud, is_full):
    needs_full(is_full)
    team = Team(mayfly, server, cloud)
    set_in_phase(team, ('lease = "3s"', 'lease = "3s"\nsilence = "4s"'))
    team.shut_gate()
    start_and_kill_the_controller(team, lambda: team.is_working_on("words"))
    [instance] = team.instances()
    with frozen(server):
        cloud.wait_for(instance["id"], "terminated", seconds=30)
        assert cloud.instance(instance["id"])["reason"] == BY_ITSELF
    team.open_gate()
    done = team.run()
    assert done.returncode == 0, done.stderr
    team.assert_whole()


def test_a_machine_leaves_when_the_run_needs_it_no_more_and_nobody_says_so(mayfly, server, cloud, is_full):
    needs_full(is_full)
    team = Team(mayfly, server, cloud)
    set_in_phase(team, ('lease = "3s"', 'lease = "3s"\nsilence = "4s"'))
    team.shut_gate()
    start_and_kill_the_controller(team, lambda: team.is_working_on("words"))
    team.open_gate()
    [instance] = team.instances()
    cloud.wait_for(instance["id"], "terminated", seconds=60)
    assert cloud.instance(instance["id"])["reason"] == BY_ITSELF
    [(reason,)] = server.query(team.name, "select reason from mayfly.machine")
    assert "no task left" in reason
    done = team.run()
    assert done.returncode == 0, done.stderr
    team.assert_whole()
    assert len(team.instances()) == 1, "what it did is done"


def test_a_setup_that_always_fails_pauses_the_run_and_rents_no_more(mayfly, server, cloud, is_full):
    needs_full(is_full)
    team = Team(mayfly, server, cloud)
    set_in_phase(team, ("echo made ready", "test -e /tmp/mended"))
    done = team.run()
    assert done.returncode == 7, done.stderr
    assert "no machine can be made ready: setup command 1 failed" in done.stdout + done.stderr
    assert len(team.instances()) == 2
    assert_nothing_is_left(cloud)


def test_the_last_end_is_told_where_it_cannot_be_made(mayfly, server, cloud, is_full):
    needs_full(is_full)
    team = Team(mayfly, server, cloud)
    cloud.script({"do": "calls", "action": "CreateSchedule", "code": "AccessDeniedException", "status": 403})
    done = team.run()
    assert done.returncode == 0, done.stderr
    assert "has no end by AWS's scheduler yet" in done.stderr
    wait_until(lambda: cloud.get("resources")["schedules"] == [], "no schedule is there")
    team.assert_whole()
