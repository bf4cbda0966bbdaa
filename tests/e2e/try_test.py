"""One task tried alone, and a database made ready for readers: through the command line, on real data."""

import json

import pytest
from phase_text import bars, place, run, write_phase  # noqa: F401 (fixtures)
from phase_under_test import HeldServer

DAILY = """
    [[stage]]
    name = "index"
    kind = "features"
    family = "rate_index"
    [[stage]]
    name = "daily"
    kind = "sql"
    after = ["index"]
    query = '''select pair, date_trunc('day', ts, 'UTC') as ts, max(rate_index) as high from rate_index
      where pair = current_setting('mayfly.pair') and ts >= current_setting('mayfly.from')::timestamptz
        and ts < current_setting('mayfly.to')::timestamptz group by 1, 2'''
    columns = { ts = "timestamptz", high = "float8" }
    """

OPTIMISE = """
    [[stage]]
    name = "ready"
    kind = "optimise"
    """


@pytest.fixture
def held(place):  # noqa: F811
    """The phase's folder with its server kept up between commands."""
    state = place.folder / ".mayfly"
    state.mkdir(mode=0o700)
    server = HeldServer(place, state)
    yield server
    server.close()


def try_task(place, task, *more):  # noqa: F811
    return place.run("run", "phase.toml", "--only", task, "--dry", *more, timeout=120)


def schemas(server):
    return [name for (name,) in server.query(r"select nspname from pg_namespace where nspname like 't\_\_%%'")]


def test_a_try_shows_rows_and_checks_and_keeps_nothing(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY)
    done = try_task(place, "daily@eurusd/2024", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["state"], report["needed"], report["rows"]) == ("done", 2, 27)
    assert report["checks"]["total"] > 10 and report["checks"]["failed"] == 0
    assert report["sample"]["columns"] == ["pair", "ts", "high"]
    assert [row[0] for row in report["sample"]["rows"]] == ["eurusd"] * 3
    assert schemas(held) == []
    assert place.run("status").returncode == 3  # a try is no run of the phase
    story = place.ok("explain", "daily@eurusd/2024", "--run", report["run"])
    assert "is done" in story


def test_a_task_that_fails_is_shown_with_its_error_and_nothing_of_it_stays(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY.replace("max(rate_index)", "max(1 / (rate_index - rate_index))"))
    done = try_task(place, "daily@eurusd/2024")
    assert done.returncode == 8
    assert "division by zero" in done.stdout
    assert schemas(held) == []


def test_a_try_beside_a_published_run_changes_nothing_for_readers(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY)
    assert run(place).returncode == 0
    before = held.query("select count(*), max(high) from t.daily")
    write_phase(place, bars, DAILY.replace("max(rate_index)", "min(rate_index)"))
    done = try_task(place, "daily@eurusd/2024")
    assert done.returncode == 0, done.stdout + done.stderr
    assert held.query("select count(*), max(high) from t.daily") == before
    assert place.json("status")["state"] == "closed"
    assert schemas(held) == ["t__1"]


def test_what_a_try_finds_wrong_decides_its_exit_code(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY.replace("max(rate_index)", "null::float8"))
    done = try_task(place, "daily@eurusd/2024")
    assert done.returncode == 8
    assert "fail daily" in done.stdout


@pytest.mark.parametrize("arguments, code, says", [
    (["--only", "load@eurusd"], 2, "--dry"),
    (["--dry"], 2, "--only STAGE@POINT"),
    (["--only", "dayly@eurusd/2024", "--dry"], 3, "did you mean daily@eurusd/2024?"),
    (["--only", "verify@eurusd", "--dry"], 2, "about the whole run"),
])
def test_a_try_that_cannot_be_is_refused_before_anything_is_made(place, bars, held, arguments, code, says):  # noqa: F811
    write_phase(place, bars, DAILY)
    done = place.run("run", "phase.toml", "--yes", *arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert place.run("status").returncode == 3


def test_what_publication_would_have_to_replace_is_named_at_plan(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY)
    place.ok("plan", "phase.toml")  # starts the server
    held.query("create schema t; create table t.daily (mine int)")
    done = run(place)
    assert done.returncode == 4, done.stdout + done.stderr
    assert '"t"."daily" is in the way' in done.stderr
    assert place.run("status").returncode == 3


def test_an_optimise_stage_leaves_statistics_of_keys_and_frozen_leaves(place, bars, held):  # noqa: F811
    write_phase(place, bars, DAILY + OPTIMISE)
    held_by_user = ["create table public.mine (a int primary key, b int)",
                    "create index mine_twice on public.mine (a)"]
    place.ok("plan", "phase.toml")  # starts the server
    for statement in held_by_user:
        held.query(statement)
    done = run(place)
    assert done.returncode == 0, done.stdout + done.stderr
    statistics = dict(held.query("select tablename, string_agg(distinct attname, ' ' order by attname) "
                                 "from pg_stats where schemaname = 't__1' group by 1"))
    assert statistics["rate_index_eurusd_2024"] == "pair ts"
    assert statistics["rate_index"] == "pair ts"  # the parent's own, for joins
    assert statistics["daily"] == "high pair ts"
    frozen = held.query("select relname from pg_class where relnamespace = 't__1'::regnamespace and relkind = 'r' "
                        "and relpages > 0 and relallvisible < relpages")
    assert frozen == []
    options = dict(held.query("select relname, reloptions from pg_class where relname in "
                              "('rate_index_eurusd_2024', 'daily_eurusd_2024')"))
    assert options["rate_index_eurusd_2024"] == ["autovacuum_analyze_threshold=2147483647"]
    assert options["daily_eurusd_2024"] is None
    assert "public.mine_twice of public.mine" in place.ok("logs")
