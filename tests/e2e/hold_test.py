"""hold keeps a machine whatever the verdict, for a while and at a price; exec is the way in; then the
machine ends, whoever is dead."""

import json
import os
import signal
import time

import pytest
from phase_text import INSERT, bars, command_stage, place, write_phase  # noqa: F401 (fixtures)
from phase_under_test import processes_naming

SETTINGS = ("machines.slots=1", "machines.heartbeat=200ms", "machines.lease=2s", "machines.count=1")


def wait_until(claim, what, seconds=60):
    end = time.monotonic() + seconds
    while not (seen := claim()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return seen


class Run:
    """A run of a slow last stage, with its controller in the background."""

    def __init__(self, mayfly, *settings):
        self.mayfly = mayfly
        self.command = ["run", "phase.toml", "--yes"]
        for setting in (*SETTINGS, *settings):
            self.command += ["--set", setting]
        self.controller = self.start()
        wait_until((mayfly.folder / ".mayfly/database.ref").exists, "the ledger is there")
        wait_until(lambda: self.machine() and self.machine()["state"] == "working", "a machine works")

    def start(self):
        return self.mayfly.start(*self.command)

    def status(self):
        done = self.mayfly.run("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else {"machines": []}

    def machine(self):
        machines = self.status()["machines"]
        return machines[-1] if machines else None

    def wait_held(self):
        return wait_until(lambda: (m := self.machine()) and m["state"] == "held" and m, "it is held")

    def exec(self, *words, **options):
        return self.mayfly.run("exec", self.machine()["id"], *options.pop("flags", ()), "--", *words,
                               **options)

    def processes(self):
        return [words for _, words in processes_naming(str(self.mayfly.folder)) if "worker" in words]

    def end(self):
        if self.controller.poll() is None:
            self.controller.kill()
        out, err = self.controller.communicate(timeout=60)
        return out + err


@pytest.fixture
def runs(place):  # noqa: F811
    begun = []

    def begin(*settings):
        begun.append(Run(place, *settings))
        return begun[-1]

    yield begin
    for run in begun:
        run.end()
        run.mayfly.run("stop", "--cancel", timeout=60)


def test_a_failed_run_keeps_its_machine_for_commands_until_the_countdown_is_over(runs, place, bars):  # noqa: F811
    write_phase(place, bars, command_stage("until test -e asked; do sleep 0.1; done; exit 3"))
    run = runs('machines.price="0.50 USD/h"', 'phase.budget="5 USD"')
    early = run.exec("true")
    assert early.returncode == 4 and "not held" in early.stderr and "mayfly hold" in early.stderr
    asked = place.run("hold", "--for", "10m")
    (place.folder / "asked").touch()
    assert asked.returncode == 0, asked.stderr
    assert "at up to 0.50 USD/h: at most 0.08 USD" in asked.stderr
    held = run.wait_held()
    assert held["hold"]["left_s"] > 500 and held["hold"]["most_micro_usd"] > 80_000
    wait_until(lambda: run.status()["state"] == "failed", "the verdict is fail")
    assert run.controller.poll() is None  # it shows the countdown
    text = place.ok("status")
    assert "is held until" in text and "at 0.50 USD/h: at most 0.0" in text and "USD left" in text

    done = run.exec("sh", "-c", "printf out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "outerr\n"), done.stderr
    assert run.exec("no-such-program").returncode == 127
    late = run.exec("sleep", "60", flags=("--timeout", "1s"))
    assert late.returncode == 124 and "timeout" in late.stderr
    settings = run.exec("env").stdout
    assert "PATH=" in settings and f"MAYFLY_MACHINE={held['id']}" in settings
    assert "MAYFLY_DATABASE" not in settings and "assword" not in settings

    shorter = place.run("hold", "--for", "2s")
    assert shorter.returncode == 0, shorter.stderr
    out, err = run.controller.communicate(timeout=60)
    assert run.controller.returncode == 8, out + err
    assert "held for" in err and "its hold is over" in out + err
    assert run.machine()["state"] == "gone"
    assert run.processes() == []
    after = run.exec("true")
    assert after.returncode == 4 and "gone" in after.stderr
    story = place.ok("logs")
    assert "exit 7'" in story and "exited with 7" in story and "ran over its timeout" in story


def test_interrupting_exec_ends_the_command_and_giving_up_the_hold_ends_the_machine(runs, place, bars):  # noqa: F811
    write_phase(place, bars, command_stage(f"until test -e asked; do sleep 0.1; done; {INSERT}"))
    run = runs('machines.price="6 USD/h"', 'phase.budget="1 USD"')
    refused = place.run("hold", "--for", "30m")
    assert refused.returncode == 6 and "the cap pays for no more than" in refused.stderr, refused.stderr
    assert place.run("hold", "--for", "90s").returncode == 0
    (place.folder / "asked").touch()
    run.wait_held()
    wait_until(lambda: run.status()["published"], "a pass is published while its machine is held")

    marker = "61.7"
    asked = place.start("exec", run.machine()["id"], "--", "sh", "-c", f"sleep {marker} & echo begun; wait")
    assert asked.stdout.readline() == "begun\n"  # shown as it comes
    asked.send_signal(signal.SIGINT)
    asked.communicate(timeout=30)
    assert asked.returncode == 130
    assert [words for _, words in processes_naming(marker) if words[0] == "sleep"] == []

    ended = place.run("hold", "--end", timeout=60)
    assert ended.returncode == 0, ended.stderr
    out, err = run.controller.communicate(timeout=60)
    assert run.controller.returncode == 0, out + err
    assert run.status()["state"] == "closed"


def test_without_a_controller_a_held_machine_ends_itself(runs, place, bars):  # noqa: F811
    write_phase(place, bars, command_stage("until test -e asked; do sleep 0.1; done; exit 3"))
    run = runs()
    run.end()
    noted = place.run("hold", "--for", "8s")
    (place.folder / "asked").touch()
    assert noted.returncode == 5 and "no controller" in noted.stderr, noted.stderr
    run.controller = run.start()
    run.wait_held()
    os.kill(run.controller.pid, signal.SIGKILL)
    run.controller.wait()
    assert run.processes() != []
    wait_until(lambda: run.processes() == [], "the machine ended itself", seconds=30)
    assert place.run("stop", timeout=60).returncode == 0  # sees it gone
    assert run.machine()["state"] == "gone"
