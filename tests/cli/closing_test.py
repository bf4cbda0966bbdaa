"""How a run ends: the looks that prove it, its termination checklist, and its closing report."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import ROOT
from money_test import PRICED, Server, micros

LINES = ["stages verified", "published", "export validated", "logs kept", "capacity restored",
         "nothing running", "terminated", "proved"]


def wait_until(claim, what, seconds=60):
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def states(checklist):
    return {line["name"]: line["state"] for line in checklist}


def line_of(status, name):
    return next(line for line in status["checklist"] if line["name"] == name)


@pytest.fixture
def phase(mayfly):
    mayfly.ok("init")
    return mayfly


def change(phase, words, others):
    text = (phase.folder / "phase.toml").read_text()
    assert text.count(words) == 1
    (phase.folder / "phase.toml").write_text(text.replace(words, others))


@pytest.fixture
def in_work(phase):
    """A run with a task of its slow stage in work, its controller and the ledger's server."""
    change(phase, 'closes=$(psql', 'sleep 2\ncloses=$(psql')
    controller = phase.start("run", "phase.toml", "--yes", "--set", "machines.slots=1")
    wait_until((phase.folder / ".mayfly/database.ref").exists, "the ledger is there")
    server = Server(phase)

    def works():
        return server.sql("select to_regclass('mayfly.proof_pass') is not null") == "t\n" and server.sql(
            "select count(*) from mayfly.task t join mayfly.stage s on s.id = t.stage_id "
            "where s.name = 'streaks' and t.state = 'leased'") == "1\n"

    wait_until(works, "a slow task is in work")
    yield phase, controller, server
    controller.kill()
    controller.communicate()
    server.hold.close()


@pytest.fixture(scope="module")
def priced(mayfly_bin, tmp_path_factory):
    """A closed run on a machine that has a price; module-wide, so only look at it."""
    from conftest import Mayfly
    mayfly = Mayfly(mayfly_bin, tmp_path_factory.mktemp("mf"))
    mayfly.ok("init")
    mayfly.ok("run", "phase.toml", "--yes", *PRICED, "--set", 'phase.expect="30m"', timeout=120)
    return mayfly


def test_every_line_of_a_closed_run_is_done_or_not_needed(priced):
    status = priced.json("status")
    assert [line["name"] for line in status["checklist"]] == LINES
    assert states(status["checklist"]) == {
        **dict.fromkeys(LINES, "done"), "export validated": "not needed",
        "capacity restored": "not needed"}
    checks = status["checks"]["total"]
    assert line_of(status, "stages verified")["evidence"].startswith(
        f"{checks} of {checks} checks pass, verification of 20")
    assert "0 leases, 0 machines alive" in line_of(status, "nothing running")["evidence"]
    assert "looked for process, scratch folder" in line_of(status, "proved")["evidence"]
    shown = priced.ok("status")
    assert "termination" in shown and "two empty looks at" in shown


def test_the_figures_of_the_report_are_the_ledgers(priced):
    report, status, account = priced.json("report"), priced.json("status"), priced.json("cost")
    assert report["money"]["actual"] == account["metered"]
    assert report["money"]["quote"] == account["quote"]
    assert report["money"]["expected"] == account["quoted"]["expected"] == "28.90 USD"
    assert sum(micros(line["actual"]) for line in report["money"]["lines"]) == account[
        "metered_micro_usd"]
    assert (report["time"]["planned_s"], report["time"]["planned_by"]) == (1800, "stated: 30m")
    assert report["checks"] == status["checks"] and report["checklist"] == status["checklist"]
    assert [(stage["name"], stage["tasks"], stage["rows"]) for stage in report["stages"]] == [
        (stage["name"], stage["tasks"]["total"], stage["rows"]) for stage in status["stages"]]
    assert all(stage["slot_s"] > 0 and stage["planned_slot_s"] > 0 for stage in report["stages"])
    (machine,) = report["machines"]
    assert machine["amount"] == account["metered"] and machine["why"] == "the run needs it no more"
    server = Server(priced)
    looks = server.sql("select jsonb_array_length(found), kinds, recorded_at >= began_at "
                       "from mayfly.proof_pass order by began_at").split()
    last_gone = server.sql("select bool_and(began_at >= gone_at) from mayfly.proof_pass, mayfly.machine")
    approved_by = server.sql("select approved_by from mayfly.run").strip()
    server.hold.close()
    assert looks == ['0|{process,"scratch', 'folder"}|t'] * 2 and last_gone == "t\n"
    assert report["approved_by"] == approved_by != ""


def test_the_keys_of_the_report_are_documented(priced):
    page = (ROOT / "docs/cli/report.md").read_text()
    report = priced.json("report")
    lists = ("stages", "machines", "checklist")
    keys = set(report) | {key for name in lists for key in report[name][0]} | set(
        report["time"]) | set(report["money"])
    words = set(re.findall(r"[a-z_]+", page.split("`--json`:")[1]))
    assert keys - words == set()


def test_the_report_is_kept_and_another_folder_makes_the_same_of_the_ledger(priced, tmp_path):
    kept = priced.folder / ".mayfly/reports"
    (elsewhere := tmp_path / "elsewhere").mkdir()
    again = json.loads(priced.ok("report", "--state", priced.folder / ".mayfly", "--json",
                                 cwd=elsewhere))
    written = json.loads((kept / "run-1.json").read_text())
    assert written.pop("as_of") < again.pop("as_of")
    assert written == again
    shown = (kept / "run-1.md").read_text()
    assert shown.startswith("# Run 1 of first-phase: closed, verdict pass\n")
    assert shown.replace("as of", "") != shown
    cut = [line for line in shown.splitlines() if "as of" not in line]
    assert cut == [line for line in priced.ok("report").splitlines() if "as of" not in line]
    assert priced.run("report", "--json", "--markdown").returncode == 2


# The second is what a plan's `grep -c` once did: nothing was counted, and the gate opened.
@pytest.mark.parametrize("assertion, state", [
    ("min(rate_index) < 0 from rate_index", "failed"),
    ("min(rate_index) > 0 from rate_index where pair = 'nobody'", "cannot tell")])
def test_a_failed_verdict_ends_the_machine_all_the_same_and_the_checklist_says_so(phase, assertion,
                                                                                 state):
    change(phase, "min(rate_index) > 0 from rate_index", assertion)
    done = phase.run("run", "phase.toml", "--yes", "--set", "machines.slots=1", timeout=120)
    assert done.returncode == 8, done.stdout + done.stderr
    status = phase.json("status")
    assert states(status["checklist"]) == {
        "stages verified": state, "published": "failed", "export validated": "not needed",
        "logs kept": "done", "capacity restored": "not needed", "nothing running": "done",
        "terminated": "done", "proved": "done"}
    assert {machine["state"] for machine in status["machines"]} == {"gone"}
    assert "  failed published: not published, for the verdict is fail" in done.stdout
    report = (phase.folder / ".mayfly/reports/run-1.md").read_text()
    assert report.startswith("# Run 1 of first-phase: failed, verdict fail\n")
    assert "mayfly verify shows every check" in report


def test_a_machine_killed_without_a_word_is_named_with_what_may_be_lost(in_work):
    phase, controller, server = in_work
    pid = int(server.sql("select split_part(external_id, ':', 1) from mayfly.machine"))
    os.kill(pid, signal.SIGKILL)
    _, talk = controller.communicate(timeout=120)
    assert controller.returncode == 0, talk
    status = phase.json("status")
    logs = line_of(status, "logs kept")
    assert logs["state"] == "done" and "machine 1 took no leave" in logs["evidence"]
    assert "2 of 2 machines ended" in line_of(status, "terminated")["evidence"]
    report = phase.json("report")
    assert sum(stage["lost_attempts"] for stage in report["stages"]) >= 1
    assert any("attempts that were not accepted: " in why for why in report["differences"])


def test_what_is_left_keeps_the_run_open_and_is_named(in_work):
    phase, controller, server = in_work
    assert states(phase.json("status")["checklist"])["proved"] == "open"
    assert "not yet: " in phase.ok("status")
    mark = phase.folder / ".mayfly/machines/run-1/machine-99"
    left = subprocess.Popen(["sleep", "600"], env={"MAYFLY_SCRATCH": str(mark)})
    try:
        wait_until(lambda: server.sql(
            "select exists (select from mayfly.proof_pass where found <> '[]')") == "t\n",
            "a look finds it")
        proved = line_of(phase.json("status"), "proved")
        assert proved["state"] == "open"
        assert f"process {left.pid} (sleep) is left at 20" in proved["evidence"]
        assert controller.poll() is None
    finally:
        left.kill()
        left.wait()
    _, talk = controller.communicate(timeout=60)
    assert controller.returncode == 0, talk
    assert line_of(phase.json("status"), "proved")["state"] == "done"
    assert server.sql("select count(*) from mayfly.proof_pass where found = '[]'") == "2\n"
