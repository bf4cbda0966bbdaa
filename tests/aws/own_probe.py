"""One call of our client of AWS, from outside: the probe, with an environment of its own."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
REGION = "us-east-1"


class Refused(Exception):
    """The error that the probe ended with."""

    def __init__(self, answer, code):
        super().__init__(answer["message"])
        self.kind = answer["error"]
        self.message = answer["message"]
        self.code = code


class Probe:
    """One call of our client a process, with an environment that has only what is given here."""

    def __init__(self, binary, home, url=""):
        self.binary = binary
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "AWS_REGION": REGION,
                            "AWS_EC2_METADATA_DISABLED": "true", **KEYS}
        if url:
            self.environment["AWS_ENDPOINT_URL"] = url

    def process(self, *arguments, **environment):
        return subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60,
                              env={**self.environment, **environment})

    def __call__(self, *arguments, **environment):
        done = self.process(*arguments, **environment)
        assert done.stdout, f"exit {done.returncode}: {done.stderr}"
        answer = json.loads(done.stdout)
        if done.returncode != 0:
            raise Refused(answer, done.returncode)
        return answer


def probe_binary():
    """The path of the probe; the test is skipped where it was not built."""
    path = Path(os.environ.get("MAYFLY_AWS_PROBE",
                               ROOT / "build/release/tests/aws/mayfly_aws_probe"))
    if not path.exists():
        pytest.skip(f"there is no {path}; ./dev build makes it")
    return str(path)
