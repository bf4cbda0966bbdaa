"""What the world does to it: disks that fill, clocks that are wrong, databases that restart or belong
to somebody else. Each ends in a clear word and the next step, and what was going on goes on."""

import csv
import os
import signal
import subprocess
import sys
import time

import pytest
from own_server import OwnServer
from phase_text import INSERT, bars, command_stage, place, quarantined, run, soon, write_phase  # noqa: F401
from phase_under_test import HeldServer, PhaseUnderTest, processes_naming

QUICK = '[machines]\n        slots = 1\n        heartbeat = "200ms"\n        lease = "2s"'
INDEX = """
        [[stage]]
        name = "index"
        kind = "features"
        family = "rate_index"
        """
# A command that says that it has begun, and waits for the test.
GATE = "touch begun-$MAYFLY_PAIR; until test -e go; do sleep 0.05; done; " + INSERT


@pytest.fixture
def held(place):
    """The embedded server of the place, which stays up between commands."""
    state = place.folder / ".mayfly"
    state.mkdir(mode=0o700)
    server = HeldServer(place, state)
    yield server
    server.close()


def wait_until(condition, process=None, limit=60):
    """Until the condition holds; the process, if there is one, must live that long."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        assert process is None or process.poll() is None, process.communicate()


# --- a full disk --------------------------------------------------------------------------------


class SmallDisk:
    """A file system of so many MiB, until remove()."""

    def __init__(self, folder, mib):
        self.folder = folder
        folder.mkdir(mode=0o700)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=700", "none", folder],
                              stderr=subprocess.PIPE, text=True, check=False)
        if made.returncode != 0:
            pytest.skip(f"a small disk needs the right to mount a tmpfs: {made.stderr.strip()}")

    def grow(self, mib):
        subprocess.run(["mount", "-o", f"remount,size={mib}m", self.folder], check=True)

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(place):
    disks = []

    def make(mib):
        disks.append(SmallDisk(place.folder / "disk", mib))
        return disks[0]
    yield make
    for one in disks:
        one.remove()


def sql_stage(query, columns='ts = "timestamptz", n = "text"'):
    return f"""
        [[stage]]
        name = "big"
        kind = "sql"
        after = ["load"]
        query = '''{query} where pair = current_setting('mayfly.pair')'''
        columns = {{ {columns} }}
        setbacks = 6
        """


LITTLE = sql_stage("select pair, ts, 'x' as n from bars")
# 23 MB a pair, where a fresh database leaves 8.
MUCH = sql_stage("select pair, ts + i * interval '1 microsecond' as ts, repeat('x', 400) as n "
                 "from bars, generate_series(1, 100) i")
# The same, into the server's own log: it cannot go on at all then.
MUCH_LOG = sql_stage("select pair, ts, case when pg_logical_emit_message(true, 'x', repeat('y', 30000)) "
                     "is null then '' else 'x' end as n from bars")


def test_a_full_disk_fails_the_run_by_name_and_room_brings_it_back(place, bars, disk):
    small = disk(58)
    state = ["--state", "disk/state"]
    (place.folder / "disk/state").mkdir(mode=0o700)
    held = HeldServer(place, place.folder / "disk/state")
    write_phase(place, bars, LITTLE, QUICK)
    assert run(place, *state).returncode == 0
    view = "select count(*), pg_get_viewdef('t.big'::regclass) from t.big"
    before = held.query(view)
    write_phase(place, bars, MUCH, QUICK)
    full = run(place, *state, "--new")
    assert full.returncode == 8, full.stdout + full.stderr
    assert "the database's disk is full" in full.stdout and str(place.folder / "disk/state") in full.stdout
    assert "the same command continues it" in full.stderr
    assert "not published" in full.stdout
    status = place.json("status", *state)
    assert (status["state"], status["verdict"], status["published"]) == ("failed", "fail", False)
    assert held.query(view) == before
    small.grow(200)
    again = run(place, *state)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "going on" in again.stderr
    assert held.query(view)[0][0] == 100 * before[0][0]
    assert place.json("verify", *state)["verdict"] == "pass"
    held.close()


def test_a_disk_too_full_for_the_databases_log_ends_the_command_not_the_run(place, bars, disk):
    small = disk(54)
    state = ["--state", "disk/state"]
    write_phase(place, bars, MUCH_LOG, QUICK)
    full = run(place, *state)
    assert full.returncode == 6, full.stdout + full.stderr
    assert f"the disk of {place.folder}/disk/state/pg is full: make room" in full.stderr
    wait_until(lambda: not processes_naming(str(place.folder)))
    small.grow(200)
    again = run(place, *state)
    assert again.returncode == 0, again.stdout + again.stderr
    assert place.json("verify", *state)["verdict"] == "pass"


def test_a_disk_too_small_for_any_database(place, bars, disk):
    small = disk(30)
    write_phase(place, bars, LITTLE, QUICK)
    full = run(place, "--state", "disk/state")
    assert full.returncode == 6
    assert f"the disk of {place.folder}/disk/state/pg is full: make room" in full.stderr
    small.grow(200)
    again = run(place, "--state", "disk/state")
    assert again.returncode == 0, again.stderr


# --- a wrong clock ------------------------------------------------------------------------------

# On the machine only: what a provider starts has MAYFLY_SCRATCH.
SHIM = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long shift(void) {
  const char* text = getenv("MAYFLY_SCRATCH") ? getenv("TEST_CLOCK_SHIFT") : 0;
  return text ? atol(text) : 0;
}
int clock_gettime(clockid_t id, struct timespec* at) {
  long answer = syscall(SYS_clock_gettime, id, at);
  if (answer == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += shift();
  return (int)answer;
}
int gettimeofday(struct timeval* restrict at, void* restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t* at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


@pytest.fixture(scope="module")
def clock_shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "shim.so", folder / "shim.c"], check=True)
    return folder / "shim.so"


def set_machine_clock(place, shim, seconds):
    place.environment |= {"LD_PRELOAD": str(shim), "TEST_CLOCK_SHIFT": str(seconds)}


@pytest.mark.parametrize("shift", [3600, -3600])
def test_a_machine_whose_clock_is_an_hour_off_loses_nothing(place, bars, held, clock_shim, shift):
    """Its leases, its deadline (half an hour ahead) and what is written are by the database's clock."""
    set_machine_clock(place, clock_shim, shift)
    clock = f"{sys.executable} -c 'import time; print(\"clock\", int(time.time()))'; "
    write_phase(place, bars, INDEX + command_stage(clock + INSERT), QUICK)
    begun = time.time()
    done = run(place, "--set", "phase.deadline=30m")
    ended = time.time()
    assert done.returncode == 0, done.stdout + done.stderr
    told = [int(line.split()[-1]) for line in place.ok("logs").splitlines() if " clock " in line]
    assert len(told) == 2 and all(begun - 2 < at - shift < ended + 2 for at in told)
    assert held.query("select count(*), count(*) filter (where outcome = 'done') from mayfly.attempt") == [(8, 8)]
    assert held.query("select count(*) from mayfly.machine") == [(1,)]
    span = held.query("select extract(epoch from min(at)), extract(epoch from max(at)) from ("
                      "select unnest(array[born_at, heartbeat_at]) at from mayfly.machine "
                      "union all select unnest(array[leased_at, done_at]) from mayfly.task) t")[0]
    assert begun - 2 < span[0] <= span[1] < ended + 2
    assert place.json("verify")["verdict"] == "pass"


def test_a_machine_whose_clock_is_late_still_ends_at_its_deadline(place, bars, clock_shim):
    """Alone, its controller being dead: at the deadline and the grace of 5 s, not an hour later."""
    set_machine_clock(place, clock_shim, -3600)
    write_phase(place, bars, command_stage(GATE), QUICK)
    process = place.start("run", "phase.toml", "--yes", "--set", f'phase.deadline="{soon(15)}"')
    wait_until(lambda: list(place.folder.glob("begun-*")), process)
    process.kill()
    process.communicate()
    assert processes_naming(str(place.folder / ".mayfly/machines"))
    wait_until(lambda: not processes_naming(str(place.folder / ".mayfly/machines")), limit=20)
    place.ok("status")


# --- a database that restarts, or belongs to somebody else --------------------------------------


@pytest.fixture(scope="module")
def server():
    own = OwnServer()
    yield own
    own.remove()


def on_url(place, url):
    place.environment["TEST_DATABASE"] = url
    return '[database]\n        url = "env:TEST_DATABASE"\n        ' + QUICK


def digest(query, schema):
    """Of each table of a run, its rows in order."""
    tables = query("select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                   f"where n.nspname = '{schema}' and c.relkind = 'p' and not c.relispartition order by 1")
    return {name: query(f'select count(*), md5(string_agg(t::text, chr(10) order by t::text)) '
                        f'from "{schema}"."{name}" t')[0] for (name,) in tables}


def files_holding(word, folder):
    return [path for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


@pytest.fixture(scope="module")
def embedded_rows(mayfly_bin, bars):
    """What the example gives in the embedded database."""
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1", "machines.heartbeat=200ms")
    phase.mayfly.ok(*phase.command, timeout=120)
    rows = digest(phase.query, "bqx__1")
    phase.close()
    phase.remove()
    assert rows["bars"][0] > 0
    return rows


def test_the_reference_phase_in_a_given_database_is_the_same(mayfly_bin, bars, server, embedded_rows):
    """Roles, logins, verdict, views, residue: as in the embedded one; and its password nowhere."""
    url, word = server.make_database("given")
    phase = PhaseUnderTest(mayfly_bin, bars, "machines.slots=1", "machines.heartbeat=200ms",
                           'database.url="env:TEST_DATABASE"')
    phase.mayfly.environment["TEST_DATABASE"] = url
    done = phase.mayfly.run(*phase.command, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

    def query(text):
        return server.query("given", text)
    assert digest(query, "bqx__1") == embedded_rows
    assert query("select count(*) from bqx.bqx")[0] == (embedded_rows["bqx"][0],)
    status = phase.status()
    assert (status["state"], status["verdict"], status["published"]) == ("closed", "pass", True)
    logins = query("select rolname from pg_roles where rolcanlogin and rolname like 'mayfly%'")
    assert logins == [] and "residue   none" in done.stdout
    assert processes_naming(str(phase.folder)) == []
    assert not (phase.state / "pg").exists()
    assert word not in done.stdout + done.stderr
    assert files_holding(word, phase.folder) == [] and files_holding(word, server.folder) == []
    phase.close()
    phase.remove()


def test_a_given_database_that_restarts_in_the_middle(place, bars, server):
    url, _ = server.make_database("restarted")
    write_phase(place, bars, INDEX + command_stage(GATE), on_url(place, url))
    process = place.start("run", "phase.toml", "--yes")
    wait_until(lambda: list(place.folder.glob("begun-*")), process)
    server.restart()
    (place.folder / "go").touch()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "trouble, trying again" in err
    assert place.json("verify")["verdict"] == "pass"
    assert server.query("restarted", "select pair, n from t.mine order by 1") == [("eurusd", 1), ("gbpusd", 1)]
    assert server.query("restarted", "select count(*) from pg_roles where rolcanlogin and rolname like 'mayfly%'") == [(0,)]


def find_postmaster(place):
    """Its pid; None while there is none, or it is just writing its file."""
    try:
        return int((place.folder / ".mayfly/pg/postmaster.pid").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None


def test_the_embedded_database_that_is_shut_down_in_the_middle(place, bars):
    """What `pg_ctl restart -m fast` sends; the second half of it is mayfly's own."""
    write_phase(place, bars, INDEX + command_stage(GATE), QUICK)
    process = place.start("run", "phase.toml", "--yes")
    wait_until(lambda: list(place.folder.glob("begun-*")), process)
    before = find_postmaster(place)
    os.kill(before, signal.SIGINT)
    wait_until(lambda: find_postmaster(place) not in (None, before), process)
    (place.folder / "go").touch()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "shutting down" in (place.folder / ".mayfly/pg.log").read_text()
    assert place.json("verify")["verdict"] == "pass"


def test_a_wrong_password_is_refused_by_reference_and_kept_nowhere(place, bars, server):
    url, word = server.make_database("secret")
    wrong = "wr0ng-" + word
    write_phase(place, bars, "", on_url(place, url.replace(word, wrong)))
    for command in (["plan", "phase.toml"], ["run", "phase.toml", "--yes"], ["status", "--database", "env:TEST_DATABASE"],
                    ["doctor", "--database", "env:TEST_DATABASE"]):
        done = place.run(*command)
        assert done.returncode == (6 if command[0] == "doctor" else 7), done.stdout + done.stderr
        assert "env:TEST_DATABASE" in done.stdout + done.stderr
        assert 'password authentication failed for user "secret"' in done.stdout + done.stderr
        assert wrong not in done.stdout + done.stderr and word not in done.stdout + done.stderr
    assert files_holding(wrong, place.folder) == [] and files_holding(wrong, server.folder) == []


def test_a_user_without_rights_is_told_what_to_grant(place, bars, server):
    url, _ = server.make_database("weak", rights=False)
    write_phase(place, bars, "", on_url(place, url))
    refused = run(place)
    assert refused.returncode == 7
    assert 'ALTER ROLE "weak" CREATEROLE; GRANT CREATE ON DATABASE "weak" TO "weak" WITH GRANT OPTION' in refused.stderr
    server.query("postgres", "alter role weak createrole")
    server.query("postgres", "grant create on database weak to weak")
    refused = run(place)
    assert refused.returncode == 7
    assert 'GRANT CREATE ON DATABASE "weak" TO mayfly_owner' in refused.stderr
    server.query("postgres", "grant create on database weak to mayfly_owner")
    done = run(place)
    assert done.returncode == 0, done.stderr
    server.query("postgres", "create role guest login password 'guest'")
    place.environment["TEST_DATABASE"] = server.url("weak", "guest", "guest")
    stranger = place.run("status")
    assert stranger.returncode == 7
    assert "GRANT mayfly_owner, mayfly_controller, mayfly_worker, mayfly_reader TO \"guest\"" in stranger.stderr


# --- what scripts of the old kind do ------------------------------------------------------------


def test_a_gate_that_counts_with_grep_and_an_echo_stays_shut(place, bars, held):
    """Reproduction 2: no match gives "0\\n0", which no test can compare, and the script walks on."""
    script = """touch report; ready=$(grep -c READY report || echo 0)
        if [ "$ready" -lt 1 ]; then echo not ready; exit 1; fi
        echo GATE PASSED
        psql -Xq -c "insert into $MAYFLY_TABLE (pair, period, n) values ('$MAYFLY_PAIR', '$MAYFLY_PERIOD', $ready)"
        exit 0"""
    behind = """
        [[stage]]
        name = "behind"
        kind = "command"
        after = ["mine"]
        command = ["touch", "walked-on"]
        columns = { n = "int8" }
        """
    write_phase(place, bars, command_stage(script) + behind, QUICK)
    done = run(place)
    assert done.returncode == 8
    assert "GATE PASSED" in place.ok("logs")
    assert "wrote no row" in done.stdout
    stages = {stage["name"]: stage["tasks"] for stage in place.json("status")["stages"]}
    assert stages["mine"]["quarantined"] == 1 and stages["behind"]["blocked"] == 2
    assert not (place.folder / "walked-on").exists()


def test_a_thousand_tables_without_a_row_are_a_fail_whatever_the_summary_says(place, bars, held, is_full):
    """Reproduction 9: 364 and 700 tables are there (a tenth of them in the short form), nothing is in
    them, and 336/336 is printed."""
    sizes = {"first": 182, "second": 350} if is_full else {"first": 18, "second": 35}
    stages = INDEX + command_stage("for i in 1 2 3; do echo 336/336; done; " + INSERT, 'grid = ["pair", "period"]')
    labels = ""
    for name, size in sizes.items():
        labels += f"{name} = {[f'c{i}' for i in range(size)]}\n        "
        stages += f"""
        [[stage]]
        name = "{name}"
        kind = "sql"
        after = ["load"]
        grid = ["pair", "period", "{name}"]
        query = "select pair, current_setting('mayfly.{name}') as {name}, ts, close from bars where false"
        columns = {{ ts = "timestamptz", close = "float8" }}
        retries = 0
        """
    write_phase(place, bars, stages, labels + QUICK)
    done = run(place)
    assert done.returncode == 8, done.stdout + done.stderr
    assert "336/336" in place.ok("logs")
    status = place.json("status")
    failed = {stage["name"]: stage["tasks"]["quarantined"] for stage in status["stages"]}
    assert status["verdict"] == "fail"
    for name, size in sizes.items():
        tables = held.query("select count(*) from pg_inherits where inhparent = %s::regclass", f"t__1.{name}")[0][0]
        assert failed[name] == 1 and tables >= 2  # its canary is enough
    assert place.run("verify").returncode == 8


# --- bars that are in the database already ------------------------------------------------------

COLUMNS = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
SOURCE = ('source = {{ table = "{table}", columns = {{ ts = "Time Stamp", open = "o", high = "h", low = "l", '
          'close = "c", volume = "v" }} }}')


def read_bars(bars, pair):
    with open(bars / f"{pair}.csv", newline="") as file:
        return [(row["time"], *(row[name] for name in COLUMNS)) for row in csv.DictReader(file)]


def put_bars(server, database, table, bars, pair, moment, number):
    """The bars of a pair in a table of the keeper's."""
    rows = ", ".join(f"('{row[0]}', {', '.join(row[1:])})" for row in read_bars(bars, pair))
    server.query(database, f'create table {table} ("Time Stamp" {moment}, o {number}, h {number}, l {number}, '
                           f"c {number}, v bigint); insert into {table} values {rows}")


def test_bars_in_tables_give_the_rows_that_files_give_and_no_right_too_many(place, bars, server):
    """Tables of somebody else, numeric and not, with and without zone; the machine reads these only."""
    url, _ = server.make_database("tables")

    def query(text):
        return server.query("tables", text)
    query("create schema src; create table src.other (n int); grant usage on schema src to tables with grant option")
    put_bars(server, "tables", "src.m1_eurusd", bars, "eurusd", "timestamptz", "numeric(20, 8)")
    put_bars(server, "tables", "src.m1_gbpusd", bars, "gbpusd", "timestamp", "double precision")
    query("grant select on all tables in schema src to tables with grant option")
    write_phase(place, bars, INDEX + command_stage(GATE), on_url(place, url),
                source=SOURCE.format(table="src.m1_{pair}"))
    process = place.start("run", "phase.toml", "--yes")
    wait_until(lambda: list(place.folder.glob("begun-*")), process)
    login = query("select rolname from pg_roles where rolcanlogin and rolname like 'mayfly\\_m\\_%'")[0][0]
    rights = query("select table_name, privilege_type from information_schema.tables, (values ('SELECT'), ('INSERT'), "
                   "('UPDATE'), ('DELETE'), ('TRUNCATE')) p (privilege_type) where table_schema = 'src' "
                   f"and has_table_privilege('{login}', format('src.%I', table_name), privilege_type) order by 1")
    assert rights == [("m1_eurusd", "SELECT"), ("m1_gbpusd", "SELECT")]
    (place.folder / "go").touch()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    (place.folder / "files").mkdir()
    for pair in ("eurusd", "gbpusd"):
        with open(place.folder / f"files/{pair}.csv", "w", newline="") as file:
            csv.writer(file).writerows([("time", *COLUMNS), *read_bars(bars, pair)])
    write_phase(place, place.folder / "files", INDEX + command_stage(GATE), on_url(place, url))
    done = run(place, "--new")
    assert done.returncode == 0, done.stderr
    assert place.json("verify", "1")["verdict"] == "pass"
    from_tables, from_files = digest(query, "t__1"), digest(query, "t__2")
    assert from_tables == from_files
    assert from_tables["bars"][0] == from_tables["rate_index"][0] == sum(len(read_bars(bars, p)) for p in ("eurusd", "gbpusd"))


def test_a_table_without_a_schema_is_one_of_public(place, bars, server):
    url, _ = server.make_database("plain")
    put_bars(server, "plain", "m1_eurusd", bars, "eurusd", "timestamptz", "real")
    server.query("plain", "alter table m1_eurusd owner to plain; grant usage on schema public to plain with grant option")
    write_phase(place, bars, "", on_url(place, url), source=SOURCE.format(table="m1_{pair}"))
    done = run(place)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def odd_tables(server):
    url, _ = server.make_database("odd")
    server.query("odd", """
        create schema src authorization odd;
        create table src.m1_eurusd ("Time Stamp" timestamptz, o numeric, h numeric, l numeric, c numeric, volumes int);
        create table src.m5_eurusd ("Time Stamp" text, o numeric, h numeric, l numeric, c text, v boolean);
        create table src.closed_eurusd ("Time Stamp" timestamptz, o real, h real, l real, c real, v int);
        insert into src.closed_eurusd values ('2024-07-01', 1, 1, 1, 1, 1);
        grant select on src.closed_eurusd to odd;
        alter table src.m1_eurusd owner to odd; alter table src.m5_eurusd owner to odd""")
    return url


@pytest.mark.parametrize("table, code, words", [
    ("src.m2_{pair}", 2, ["src.m2_{pair}", "no table is there"]),
    ("src.m1_eurusd", 2, ["src.m1_eurusd", "{pair}"]),
    ("src.m1_{pair}", 2, ['src.m1_eurusd has no column "v"', "volumes"]),
    ("src.m5_{pair}", 2, ['src.m5_eurusd column "Time Stamp" is text', 'column "c" is text', 'column "v" is boolean']),
    ("src.closed_{pair}", 7, ['GRANT SELECT ON "src"."closed_eurusd" TO "odd" WITH GRANT OPTION']),
])
def test_source_tables_that_do_not_fit_are_refused_at_plan(place, bars, server, odd_tables, table, code, words):
    write_phase(place, bars, "", on_url(place, odd_tables), source=SOURCE.format(table=table))
    done = place.run("plan", "phase.toml")
    assert done.returncode == code, done.stdout + done.stderr
    for word in words:
        assert word in done.stderr
    assert place.run("status", "--database", "env:TEST_DATABASE").returncode == 3


# --- memory, programs, old runs -----------------------------------------------------------------


def test_a_command_that_eats_more_than_its_memory_fails_alone(place, bars, held):
    script = (f'if [ $MAYFLY_PAIR = gbpusd ]; then {sys.executable} -c "bytearray(700 << 20)"; exit $?; fi; ' + INSERT)
    write_phase(place, bars, INDEX + command_stage(script), QUICK + '\n        slot_memory = "256 MiB"')
    done = run(place)
    assert done.returncode == 8
    assert "failed    mine@gbpusd/2024: " in done.stdout
    assert "no process of it may have more than 256 MiB: raise machines.slot_memory" in done.stdout
    stages = {stage["name"]: stage["tasks"] for stage in place.json("status")["stages"]}
    assert stages["index"]["done"] == 2
    assert (stages["mine"]["done"], stages["mine"]["quarantined"]) == (1, 1)
    story = place.json("explain", "mine@gbpusd/2024")
    assert story["failures"] == 1 and story["setbacks"] == 0


def hide_servers(place):
    """A view of the file system in which no PostgreSQL server is installed; commands behind it."""
    hidden = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /usr/lib/postgresql && exec "$@"', "sh"]
    probe = subprocess.run([*hidden, "true"], stderr=subprocess.PIPE, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"hiding the installed server needs the right to mount: {probe.stderr.strip()}")
    place.environment["PATH"] = "/usr/bin:/bin"
    return hidden


def test_server_programs_that_are_not_installed_are_named_by_package(place, bars):
    hidden = hide_servers(place)
    write_phase(place, bars, "", QUICK)
    for command, code in ((["doctor"], 6), (["run", "phase.toml", "--yes"], 3)):
        done = subprocess.run([*hidden, place.binary, *command], cwd=place.folder, env=place.environment,
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == code, done.stdout + done.stderr
        assert "apt-get install postgresql" in done.stdout + done.stderr


def test_server_programs_that_are_elsewhere_are_named_by_package_too(place, bars):
    place.environment["MAYFLY_PG_BIN"] = str(place.folder)
    write_phase(place, bars, "", QUICK)
    for command, code in ((["doctor"], 6), (["run", "phase.toml", "--yes"], 3)):
        done = place.run(*command)
        assert done.returncode == code, done.stdout + done.stderr
        assert "apt-get install postgresql" in done.stdout + done.stderr
        assert str(place.folder) in done.stdout + done.stderr


def test_rollback_stops_at_what_is_kept_and_a_dropped_run_says_so(place, bars, held):
    write_phase(place, bars, INDEX, QUICK)
    for _ in range(4):
        assert run(place, "--new").returncode == 0

    def shown():
        views = held.query("select view_name, definition from (select table_name, view_definition from "
                           "information_schema.views where table_schema = 't') v (view_name, definition) order by 1")
        schemas = held.query("select nspname from pg_namespace where nspname like 't\\_\\_%%' order by 1")
        return views, [name for (name,) in schemas]
    views, schemas = shown()
    assert schemas == ["t__3", "t__4"] and all("t__4" in text for _, text in views)
    assert "run 3" in place.ok("rollback")
    after = shown()
    assert all("t__3" in text for _, text in after[0]) and after[1] == schemas
    refused = place.run("rollback")
    assert refused.returncode == 3
    assert "run 3" in refused.stderr and "keep_runs" in refused.stderr
    assert shown() == after
    for number, code in (("1", 3), ("2", 3), ("3", 0), ("4", 0)):
        assert place.run("verify", number).returncode == code
    dropped = place.run("verify", "1")
    assert "run 1, schema t__1, was dropped" in dropped.stderr
    told = place.run("explain", "load@eurusd", "--run", "1")
    assert told.returncode == 0 and "is done" in told.stdout
    assert "schema t__1, was dropped" in told.stderr
    assert place.json("status", "1")["dropped"] and place.json("status", "3")["dropped"] is None
