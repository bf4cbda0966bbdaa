"""What a machine does because it is rented, tried on machines of this computer: a trigger of the test
lets the plan in the ledger say "ec2", as a rented machine reads it; the controller, which has its own
copy of the plan, starts local ones."""

import shutil
import tarfile

import pytest
from phase_text import INSERT, bars, command_stage, place, run, write_phase  # noqa: F401
from phase_under_test import HeldServer

MACHINES = """[machines]
        provider = "local"
        slots = 1
        heartbeat = "200ms"
        lease = "2s"
        replacements = 1
        [machines.ec2]
        types = ["c7i.large"]
        instance_profile = "mayfly-worker"
        bucket = "bundles"
        [machines.setup]
        """
# The plan as a rented machine's supervisor reads it.
RENTED = """
create function pg_temp_rented() returns trigger language plpgsql as $$
begin
  new.canonical_toml := replace(new.canonical_toml, 'provider = "local"', 'provider = "ec2"');
  if strpos(new.canonical_toml, 'provider = "ec2"') = 0 then raise 'the plan names no provider'; end if;
  return new;
end $$;
create trigger rented before insert on mayfly.plan for each row execute function pg_temp_rented();
"""


@pytest.fixture
def held(place):
    """The embedded server of the place, which stays up between commands."""
    state = place.folder / ".mayfly"
    state.mkdir(mode=0o700)
    server = HeldServer(place, state)
    yield server
    server.close()


def make_rented(place, held):
    place.ok("plan", "phase.toml")
    held.query(RENTED)


def write(place, bars, setup, script=INSERT):
    write_phase(place, bars, command_stage(script), MACHINES + setup)


def test_the_setup_runs_once_before_the_first_task_and_its_output_is_kept(place, bars, held):
    folder = place.folder
    write(place, bars, f"""commands = ["echo hello from setup; echo once >> {folder}/made",
                                     "echo secret=$MAYFLY_DATABASE."]""",
          script=f"test -e {folder}/made && " + INSERT)
    make_rented(place, held)
    done = run(place)
    assert done.returncode == 0, done.stderr
    assert (folder / "made").read_text() == "once\n"
    logs = place.ok("logs")
    assert "setup command 1: hello from setup" in logs
    assert "setup command 2: secret=." in logs  # the way to the ledger is not a setup's to see
    assert "each of at most" in logs  # a slot's share of the memory


def test_a_setup_that_always_fails_ends_two_machines_and_pauses_the_run_with_its_reason(place, bars, held):
    write(place, bars, 'commands = ["true", "echo no such package >&2; exit 3"]')
    make_rented(place, held)
    done = run(place, "--set", "machines.replacements=8")
    assert done.returncode == 7
    reason = "setup command 2 failed: exited with 3: no such package"
    assert f"no machine can be made ready: {reason}" in done.stdout + done.stderr
    assert held.query("select reason from mayfly.machine order by id") == [(reason,)] * 2
    assert held.query("select state::text from mayfly.run") == [("paused",)]
    assert held.query("select count(*) from mayfly.attempt") == [(0,)]
    assert place.ok("logs").count("setup command 2: no such package") == 2


def test_a_setup_that_takes_too_long_ends_the_machine(place, bars, held):
    write(place, bars, 'commands = ["sleep 1000"]\n        timeout = "1s"')
    make_rented(place, held)
    assert run(place, "--set", "machines.replacements=0").returncode != 0
    [(reason,)] = held.query("select reason from mayfly.machine")
    assert reason.startswith("setup command 1 failed: not over within 1s"), reason


def test_a_local_machine_runs_no_setup_and_says_so_once(place, bars):
    write(place, bars, f'commands = ["touch {place.folder}/made"]')
    done = run(place)
    assert done.returncode == 0, done.stderr
    assert not (place.folder / "made").exists()
    assert place.ok("logs").count("machines.setup is not run") == 1


def test_commands_run_what_the_bundle_carried(place, bars, held):
    """The script is packed, unpacked elsewhere, and changed there: the rows tell which copy ran."""
    scripts = place.folder / "scripts"
    scripts.mkdir()
    (scripts / "mine.sh").write_text(INSERT)
    write(place, bars, 'commands = ["test -d scripts"]', script=". ./mine.sh")
    settings = ["--set", f"stage.mine.cwd={scripts}"]
    made = place.json("bundle", "phase.toml", *settings)
    with tarfile.open(place.folder / made["path"]) as archive:
        archive.extractall(place.folder / "opt")
    carried = place.folder / "opt/work/phase/scripts/mine.sh"
    carried.write_text(carried.read_text().replace(", 1)", ", 7)"))
    shutil.rmtree(scripts)
    scripts.mkdir()  # what plan looks at is there; what it holds is not
    make_rented(place, held)
    place.environment["MAYFLY_WORK_ROOT"] = str(place.folder / "opt/work")
    done = run(place, *settings)
    assert done.returncode == 0, done.stderr
    assert held.query("select distinct n from t.mine") == [(7,)]


def test_what_a_machine_says_last_is_kept_and_its_use_is_summed_up(place, bars):
    write(place, bars, "commands = []")
    assert run(place).returncode == 0
    lines = [line for line in place.ok("logs").splitlines() if "utilisation over" in line]
    assert len(lines) == 1 and "cores" in lines[0] and "waited for the database" in lines[0], lines
