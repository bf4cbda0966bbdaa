"""Money on the command line: what is quoted, approved, metered and capped, and that an amount comes
through a prompt, JSON, Markdown and a shell as it is."""

import fcntl
import json
import re
import shlex
import subprocess

import pytest
from runs_test import Server as HeldServer

AMOUNT = re.compile(r"\d+\.\d+ USD")
PRICED = ("--set", "machines.slots=1", "--set", 'machines.price="57.80 USD/h"')


class Server(HeldServer):
    """The embedded server of a folder, whether or not a run is in its ledger."""

    def __init__(self, mayfly):
        self.state = mayfly.folder / ".mayfly"
        self.hold = open(self.state / "holders.lock")
        fcntl.flock(self.hold, fcntl.LOCK_SH)
        mayfly.run("status")


def micros(amount):
    number, unit = amount.split(" ")
    assert unit == "USD"
    whole, _, places = number.partition(".")
    return int(whole) * 1_000_000 + int(places.ljust(6, "0"))


@pytest.fixture
def phase(mayfly):
    mayfly.ok("init")
    return mayfly


@pytest.fixture(scope="module")
def priced_run(mayfly_bin, tmp_path_factory):
    """A run on a machine that costs 57.80 USD an hour; module-wide, so only look at it."""
    from conftest import Mayfly
    mayfly = Mayfly(mayfly_bin, tmp_path_factory.mktemp("mf"))
    mayfly.ok("init")
    mayfly.ok("run", "phase.toml", "--yes", *PRICED, timeout=120)
    return mayfly


def test_a_plan_is_quoted_and_its_hash_covers_the_most_it_may_cost(phase):
    free = phase.json("plan", "phase.toml")
    assert free["quote"]["high"] == "0.00 USD" and free["quote"]["expected"] is None
    priced = phase.json("plan", "phase.toml", *PRICED)
    quote = priced["quote"]
    assert quote["hours_source"] == "not measured" and quote["low"] is None
    assert quote["high"] == "115.60 USD"  # two hours to the deadline
    assert quote["high_micro_usd"] == micros(quote["high"])
    (line,) = quote["lines"]
    assert line["item"] == "compute" and line["price"] == "57.80 USD/h"
    assert priced["hash"] != free["hash"]
    stated = phase.json("plan", "phase.toml", *PRICED, "--set", 'phase.expect="30m"')
    assert stated["quote"]["expected"] == "28.90 USD"


def test_a_plan_that_costs_nothing_has_the_hash_it_always_had(phase):
    first = phase.json("plan", "phase.toml")
    assert phase.json("plan", "phase.toml")["hash"] == first["hash"]
    assert phase.json("plan", "phase.toml")["quote"]["id"] == first["quote"]["id"]


def test_approval_is_given_to_a_hash(phase):
    shown = phase.json("plan", "phase.toml", *PRICED)
    dearer = (*PRICED[:-1], 'machines.price="60 USD/h"')
    refused = phase.run("run", "phase.toml", "--approve", shown["hash"], *dearer)
    assert refused.returncode == 4 and shown["hash"] in refused.stderr
    phase.ok("run", "phase.toml", "--approve", shown["hash"], *PRICED, timeout=120)
    assert phase.json("status")["plan"] == shown["hash"]
    assert phase.json("status")["money"]["quote"] == shown["quote"]["id"]


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def test_a_quote_beyond_what_was_approved_stops_the_run_and_names_the_line(phase):
    shown = phase.json("plan", "phase.toml", *PRICED)
    server = Server(phase)
    core = server.sql("select core from mayfly.kept_plan").strip()
    # As if prices had been lower by half when the plan was shown.
    less = micros(shown["quote"]["high"]) // 2
    approved = f"{fnv1a(f'{core}{chr(10)}{chr(10)}{less}') & 0xFFFFFFFFFFFF:012x}"
    server.sql(f"""update mayfly.kept_plan set hash = '{approved}', quote = jsonb_set(jsonb_set(
        quote, '{{high_micro_usd}}', '{less}'), '{{lines,0,high_micro_usd}}', '{less}')""")
    server.hold.close()
    refused = phase.run("run", "phase.toml", "--approve", approved, *PRICED)
    assert refused.returncode == 4, refused.stderr
    assert "what grew is compute local machines (115.60 USD" in refused.stderr
    assert phase.run("status").returncode == 3  # no run was made of it


def test_the_account_is_the_time_of_the_machine_at_its_price(priced_run):
    account = priced_run.json("cost")
    (machine,) = account["machines"]
    expected = machine["billed_s"] * 57_800_000 / 3600
    assert account["metered_micro_usd"] == int(expected + 0.5) == micros(account["metered"])
    assert machine["market"] == "local" and machine["amount"] == account["metered"]
    assert sum(micros(stage["amount"]) for stage in account["stages"]) == micros(account["metered"])
    assert {stage["name"] for stage in account["stages"]} >= {"load", "streaks"}
    assert {tag["name"] for tag in account["tags"]} == {
        "run=1", "phase=first-phase", "purpose=worker"}
    assert account["lost"] == "0.00 USD" and account["unknown"] == []


def test_every_document_names_the_quote(priced_run):
    quote = priced_run.json("cost")["quote"]
    assert re.fullmatch("[0-9a-f]{12}", quote)
    for command in (["status"], ["cost"], ["cost", "--markdown"], ["status", "--json"]):
        assert quote in priced_run.ok(*command)
    again = priced_run.run("run", "phase.toml", "--yes", *PRICED)
    assert quote in again.stdout and "closed with this plan already" in again.stderr


def test_amounts_come_through_a_shell_as_they_are(priced_run):
    """`"$57.80"` in double quotes was once shown, and approved, as 7.80."""
    shown = priced_run.run("run", "phase.toml", "--new", *PRICED)
    assert shown.returncode == 7  # nobody is here to approve it
    documents = [shown.stderr, priced_run.ok("cost"), priced_run.ok("cost", "--markdown"),
                 priced_run.ok("cost", "--json"), priced_run.ok("status")]
    for document in documents:
        assert "$" not in document
        for line in document.splitlines():
            if not AMOUNT.search(line) or '"' in line or "`" in line or "!" in line:
                continue
            for quoted in (f'"{line}"', shlex.quote(line)):
                echoed = subprocess.run(["bash", "-c", f"printf '%s' {quoted}"],
                                        capture_output=True, text=True, check=True).stdout
                assert echoed == line
    assert any(AMOUNT.search(document) for document in documents)


def test_an_amount_that_is_shown_can_be_given_back(priced_run):
    high = priced_run.json("cost")["quoted"]["high"]
    command = f'"{priced_run.binary}" plan phase.toml --json --set "phase.budget=\'{high}\'"'
    again = subprocess.run(["bash", "-c", command], cwd=priced_run.folder, text=True,
                           env=priced_run.environment, capture_output=True, check=True)
    assert json.loads(again.stdout)["quote"]["cap"] == high


def test_a_cap_that_pays_for_no_machine_pauses_the_run_before_it_has_one(phase):
    # Two minutes of reserve alone cost 1.93 USD.
    done = phase.run("run", "phase.toml", "--yes", *PRICED, "--set", 'phase.budget="1 USD"')
    assert done.returncode == 7, done.stderr
    status = phase.json("status")
    assert status["state"] == "paused" and status["machines"] == []
    assert "the cap pays for no further machine" in status["reason"]
    assert status["money"]["cap"] == "1.00 USD" and status["money"]["metered"] == "0.00 USD"


def test_a_machine_has_a_deadline_of_its_own_that_the_cap_pays_for(phase):
    # 60 USD/h is 1 USD a minute: ten minutes, less two of reserve.
    settings = ("--set", "machines.slots=1", "--set", 'machines.price="60 USD/h"',
                "--set", 'phase.budget="10 USD"')
    phase.ok("run", "phase.toml", "--yes", *settings, timeout=120)
    status = phase.json("status")
    server = Server(phase)
    seconds = server.sql("select extract(epoch from deadline_at - intended_at) from mayfly.machine")
    server.hold.close()
    assert 470 < float(seconds) <= 480
    assert status["money"]["cap"] == "10.00 USD"
    assert micros(status["money"]["metered"]) < 10_000_000


@pytest.mark.parametrize("budget, words", [
    ("0 USD", "pays for no machine"), ("-5 USD", "is negative"), ("25", "has no unit"),
    ("25 EUR", "another currency"), ("1000000000000 USD", "a digit too many")])
def test_a_hostile_budget_is_refused(phase, budget, words):
    refused = phase.run("plan", "phase.toml", "--set", f'phase.budget="{budget}"')
    assert refused.returncode == 2 and words in refused.stderr
