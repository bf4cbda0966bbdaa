"""A simulated cloud, a database and a phase that asks the one for machines beside the other."""

import json
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "ec2sim"), str(TESTS / "e2e")]

from own_server import OwnServer  # noqa: E402
from simulated_cloud import SimulatedCloud  # noqa: E402

PHASE = """
[phase]
name = "asked-for"
budget = "25 USD"
[database]
url = "env:ASKED_DATABASE"
[machines]
provider = "ec2"
count = 1
slots = 4
[machines.ec2]
types = ["c7i.8xlarge"]
smaller = ["c7i.4xlarge"]
instance_profile = "mayfly-worker"
scheduler_role = "mayfly-end"
bucket = "mayfly-simulated"
[grid]
pair = ["eurusd"]
[[stage]]
name = "one"
kind = "sql"
query = "SELECT current_setting('mayfly.pair') AS pair, 1::float8 AS one"
columns = { one = "float8" }
"""


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of these tests' own."""
    server = OwnServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def database(server):
    """The URL of an empty database on it."""
    return server.make_database("asked")[0]


class Asking:
    """`mayfly doctor --provider ec2` about the phase, and what it says."""

    def __init__(self, mayfly, cloud, database):
        self.mayfly = mayfly
        self.cloud = cloud
        mayfly.environment = {key: value for key, value in mayfly.environment.items()
                              if not key.startswith("AWS_")}
        mayfly.environment |= {**cloud.about["environment"], "ASKED_DATABASE": database,
                               "HOME": str(mayfly.folder), "USER": "operator"}
        (mayfly.folder / "phase.toml").write_text(PHASE)

    def arguments(self, *sets):
        return ["doctor", "--provider", "ec2", "phase.toml",
                *(f"--set={one}" for one in sets)]

    def screen(self, *sets):
        """(exit code, text)."""
        done = self.mayfly.run(*self.arguments(*sets))
        assert done.stderr == "", done.stderr
        return done.returncode, done.stdout

    def lines(self, *sets):
        """(exit code, the lines by what they are about)."""
        done = self.mayfly.run(*self.arguments(*sets), "--json")
        checks = json.loads(done.stdout)["checks"]
        return done.returncode, {check["what"]: check for check in checks}


@pytest.fixture
def asking(mayfly, mayfly_bin, short_tmp, database):
    cloud = SimulatedCloud(mayfly_bin, short_tmp / "cloud")
    yield Asking(mayfly, cloud, database)
    assert cloud.stop() == 0
