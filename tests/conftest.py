"""Fixtures that every pytest file here can use."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))


class Mayfly:
    """The program under test, run in a folder of its own, with nothing of the caller's settings."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("MAYFLY_", "PG"))}

    def start(self, *arguments, **options):
        """The command as a Popen, its output in pipes; the caller waits for it."""
        settings = {"cwd": self.folder, "env": self.environment, "text": True,
                    "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                    "stderr": subprocess.PIPE}
        return subprocess.Popen([self.binary, *map(str, arguments)], **{**settings, **options})

    def run(self, *arguments, timeout=60, **options):
        """The command carried to its end: an object with returncode, stdout and stderr."""
        with self.start(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                pytest.fail(f"mayfly {' '.join(map(str, arguments))} took more than {timeout} s\n"
                            f"{out}\n{err}")
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def ok(self, *arguments, **options):
        """The same, and it must succeed; its standard output."""
        done = self.run(*arguments, **options)
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments, **options):
        """What a reading command says with --json; it must succeed."""
        return json.loads(self.ok(*arguments, "--json", **options))


@pytest.fixture(scope="session")
def mayfly_bin():
    """The path of the program; the test is skipped where it was not built."""
    path = Path(os.environ.get("MAYFLY_BIN", ROOT / "build/release/mayfly"))
    if not path.exists():
        pytest.skip(f"there is no {path}; ./dev build makes it")
    return str(path)


@pytest.fixture
def short_tmp():
    """An empty folder with a short path (sockets have 107 bytes), gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="mf-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mayfly(mayfly_bin, short_tmp):
    """The program in an empty folder."""
    return Mayfly(mayfly_bin, short_tmp)


@pytest.fixture(scope="session")
def is_full():
    """Whether the long form of the tests was asked for (./dev test --all)."""
    return os.environ.get("MAYFLY_FULL") == "1"
