"""Small phases of one's own, and the fixtures that they run in: a few bars, an empty folder."""

import datetime
import shutil
import tempfile
import textwrap
from pathlib import Path

import pytest
from conftest import Mayfly
from phase_under_test import make_bars


@pytest.fixture(scope="module")
def bars(mayfly_bin):
    folder = Path(tempfile.mkdtemp(prefix="mf-bars-"))
    yield make_bars(mayfly_bin, folder, pairs=2, months=("2024-07", "2024-07"))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place(mayfly_bin):
    folder = Path(tempfile.mkdtemp(prefix="mf-"))
    yield Mayfly(mayfly_bin, folder)
    shutil.rmtree(folder, ignore_errors=True)


def write_phase(place, bars, stages, extra="", source=None):
    """A phase that loads the bars, from their folder or as `source` says, and has these stages
    besides; `extra` is of [grid] and whatever section it begins."""
    text = textwrap.dedent(f"""
        [phase]
        name = "t"
        [grid]
        pair = "from-data"
        period = "from-data"
        {extra}
        [[stage]]
        name = "load"
        kind = "load"
        {source or f'dir = "{bars}"'}
        """) + textwrap.dedent(stages)
    (place.folder / "phase.toml").write_text(text)


def soon(seconds):
    """So many seconds from now, as a phase file has it."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%d %H:%M:%S")


def run(place, *arguments):
    return place.run("run", "phase.toml", "--yes", *arguments, timeout=120)


def command_stage(script, more=""):
    return f"""
        [[stage]]
        name = "mine"
        kind = "command"
        after = ["load"]
        command = ["sh", "-c", '''{script}''']
        table = "mine"
        columns = {{ n = "int8" }}
        retries = 0
        {more}
        """


INSERT = """psql -Xq -c "insert into $MAYFLY_TABLE (pair, period, n) values ('$MAYFLY_PAIR', '$MAYFLY_PERIOD', 1)" """


def quarantined(place):
    return sum(stage["tasks"]["quarantined"] for stage in place.json("status")["stages"])
