"""A small phase that has run, for the tests of commands that look at runs."""

import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import Mayfly


@pytest.fixture(scope="module")
def closed_run(mayfly_bin):
    """The program in a folder whose phase has run and closed; module-wide, so only look at it."""
    folder = Path(tempfile.mkdtemp(prefix="mf-"))
    mayfly = Mayfly(mayfly_bin, folder)
    mayfly.ok("init")
    mayfly.ok("run", "phase.toml", "--yes", "--set", "machines.slots=1", timeout=120)
    yield mayfly
    shutil.rmtree(folder, ignore_errors=True)
