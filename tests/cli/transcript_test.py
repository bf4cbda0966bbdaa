"""What people see when they type the commands."""

import pytest

from runs import closed_run  # noqa: F401
from transcript import Transcript


@pytest.fixture
def typed(mayfly, request):
    """A transcript in an empty folder, checked at the end of the test; named as the test is."""
    transcript = Transcript(mayfly, request.node.name.removeprefix("test_"))
    yield transcript
    transcript.check()


def test_first_steps(typed):
    typed.type("init first")
    typed.type("init first")
    typed.type("sample fx --out bars --pairs 3 --from 2024-07 --to 2024-07 --every 1h")
    typed.type("sample fx --out bars --pairs 3 --gzip")


def test_mistakes(typed):
    typed.type("")
    typed.type("statsu")
    typed.type("sample fx --out bars --from 2024-13")
    typed.type("sample fx --out bars --pairs 29")
    typed.type("sample fx --out bars --every 5m")
    typed.type("simulate")
    typed.type("simulate --narrate --seeds 3")
    typed.type("logs --limit 0")
    typed.type("plan nowhere.toml")


def test_without_a_ledger(typed):
    for command in ("status", "logs", "explain load@eurusd", "verify", "stop", "rollback"):
        typed.type(command)


def test_a_closed_run(closed_run):
    transcript = Transcript(closed_run, "a_closed_run")
    transcript.type("status")
    transcript.type("verify")
    transcript.type("explain load@eurusd")
    transcript.type("explain load@eursud")
    transcript.type("logs load@eurusd")
    transcript.type("stop")
    transcript.type("rollback")
    transcript.type("status 4711")
    transcript.type("status other-phase")
    transcript.check()
