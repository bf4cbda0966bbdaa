"""kill -9 of everything that can die, at seeded moments: the run closes, verdict pass, every leaf is
identical to an undisturbed run's, and nothing is left over.

Six moments for each victim here; MAYFLY_FULL=1 takes twenty."""

import collections
import datetime
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
from phase_under_test import PhaseUnderTest, make_bars

ROUNDS = 20 if os.environ.get("MAYFLY_FULL") else 6
SETTINGS = ("machines.slots=2", "machines.heartbeat=200ms", "machines.lease=2s", "machines.replacements=20",
            'grid.period={ every = "month", from = "2024-07", to = "2024-08" }')

# What a slot's backend is doing when the blow falls; None is a moment by the clock.
MOMENTS = {
    "by the clock": None,
    "inside COPY": "state = 'active' and query like 'COPY %%FROM STDIN%%'",
    "between TRUNCATE and COMMIT": "state = 'idle in transaction' and backend_xid is not null",
    "inside COMMIT": "state = 'active' and query ilike 'COMMIT%%'",
}


@pytest.fixture(scope="module")
def bars(mayfly_bin):
    folder = Path(tempfile.mkdtemp(prefix="mf-bars-"))
    yield make_bars(mayfly_bin, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(mayfly_bin, bars):
    """The leaves of a run that nobody disturbs, how long it takes, and how long until its last leaf is written."""
    phase = PhaseUnderTest(mayfly_bin, bars, *SETTINGS)
    begun = time.time()
    phase.mayfly.ok(*phase.command, timeout=120)
    took = time.time() - begun
    leaves = phase.leaves()
    tasks, commits = phase.query(
        "select count(*), count(distinct l.accepted_xid) from mayfly.leaf l join mayfly.task t on t.id = l.task_id "
        "join mayfly.stage s on s.id = t.stage_id where s.kind = 'features'")[0]
    written = phase.query(
        "select extract(epoch from max(a.ended_at)) from mayfly.attempt a join mayfly.task t on t.id = a.task_id "
        "join mayfly.stage s on s.id = t.stage_id where a.outcome = 'done' and s.kind = 'features'")
    phase.close()
    assert phase.residue() == []
    phase.remove()
    assert sum(count for count, _ in leaves.values()) > 0
    assert tasks == 10 * 3 * 2 and commits < tasks / 2  # families of a point are committed as groups
    return leaves, took, float(written[0][0]) - begun


@pytest.fixture(scope="module")
def blows():
    """Whether each blow fell, by its moment and by its victim. Where a query no longer matches or a
    victim is no longer found, nobody disturbs the run, which passes: so it is said here."""
    fell = collections.defaultdict(list)
    yield fell
    for of, tries in sorted(fell.items()):
        print(f"{of}: {sum(tries)} of {len(tries)} blows fell")
    seldom = [of for of, tries in fell.items() if len(tries) >= 4 and 2 * sum(tries) < len(tries)]
    assert seldom == [], dict(fell)


def wait_for_moment(phase, run, moment, delay):
    """Until the delay is over and a slot's backend does what the moment says; False if the run ended
    before. Returns the backend's pid where there is one."""
    begun = time.monotonic()
    condition = MOMENTS[moment] or "true"
    connection = None
    while run.poll() is None:
        try:
            if time.monotonic() - begun < delay:
                continue
            connection = connection or phase.connect()
            with connection.cursor() as cursor:
                cursor.execute("select pid from pg_stat_activity where application_name like "
                               f"'mayfly slot%%' and {condition}")
                row = cursor.fetchone()
            if row or MOMENTS[moment] is None:
                return row[0] if row else 0
        except (psycopg2.Error, OSError, ValueError):
            connection = None
    return None


def find_victim(phase, run, victim, backend):
    if victim == "controller":
        return run.pid
    if victim == "backend":
        return backend
    if victim == "postmaster":
        try:
            return int((phase.state / "pg/postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return None
    pids = phase.processes(slots=victim == "slot")
    return pids[0] if pids else None


def strike(phase, run, moment, victim, delay):
    """Kills the victim once the delay is over, the moment is met and the victim is there. Its pid, or
    None if the run ended before."""
    while (backend := wait_for_moment(phase, run, moment, delay)) is not None:
        delay = 0
        pid = find_victim(phase, run, victim, backend)
        try:
            if pid:
                os.kill(pid, signal.SIGKILL)
                return pid
        except ProcessLookupError:
            pass  # it ended by itself in that very moment
    return None


@pytest.mark.parametrize("victim", ["slot", "supervisor", "controller", "backend", "postmaster"])
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_is_lost_and_nothing_doubled(mayfly_bin, bars, undisturbed, blows, victim, seed):
    expected, took, writes = undisturbed
    dice = random.Random(f"{victim} {seed}")
    moment = list(MOMENTS)[seed % len(MOMENTS)]
    # A controller and its server also die before the first machine is there and after the last.
    anywhere = moment == "by the clock" and victim in ("controller", "postmaster")
    phase = PhaseUnderTest(mayfly_bin, bars, *SETTINGS)
    log = open(phase.folder / "log", "a")
    run = phase.mayfly.start(*phase.command, stdout=log, stderr=log)
    pid = strike(phase, run, moment, victim, dice.uniform(0, took if anywhere else writes))
    for of in (moment, victim):
        blows[of].append(pid is not None)
    run.wait(timeout=120)
    for _ in range(3):
        if run.returncode == 0:
            break
        run = phase.mayfly.start(*phase.command, stdout=log, stderr=log)
        run.wait(timeout=120)
    log.close()
    told = (phase.folder / "log").read_text()[-3000:]
    assert run.returncode == 0, f"{victim} at {moment}, pid {pid}\n{told}"
    status = phase.status()
    assert (status["state"], status["verdict"]) == ("closed", "pass"), told
    assert phase.leaves() == expected, told
    schemas = phase.query("select count(*) from pg_namespace where nspname like 'bqx\\_\\_%%'")
    assert schemas == [(1,)]
    phase.close()
    assert phase.residue() == []
    phase.remove()


def test_a_stopped_slot_loses_its_lease_and_cannot_write(mayfly_bin, bars, undisturbed):
    """SIGSTOP inside COPY for longer than its lease; then SIGCONT, when another has done its task."""
    expected, _, _ = undisturbed
    phase = PhaseUnderTest(mayfly_bin, bars, *SETTINGS)
    run = phase.mayfly.start(*phase.command)
    backend = wait_for_moment(phase, run, "inside COPY", 0)
    stopped = phase.processes(slots=True)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    out, err = run.communicate(timeout=120)
    for pid in stopped:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # ended by its supervisor, as it should be
    assert run.returncode == 0, err
    assert backend is not None
    assert phase.leaves() == expected
    phase.close()
    assert phase.residue() == []
    phase.remove()


def test_the_deadline_holds_when_the_controller_is_dead(mayfly_bin, bars):
    """A machine ends by itself: nobody is there to end it."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=15)
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1", f'phase.deadline="{at:%Y-%m-%d %H:%M:%S}"')
    run = phase.mayfly.start(*phase.command)
    while not phase.processes(slots=False) and run.poll() is None:
        pass
    assert run.poll() is None, run.communicate()
    run.kill()
    run.communicate()
    limit = time.monotonic() + 40
    while phase.processes() and time.monotonic() < limit:
        pass
    assert phase.processes() == []
    phase.close()
    phase.remove()
