"""./dev: the parts that can be seen without building anything."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def dev(*arguments, **environment):
    return subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})


def test_help_names_every_verb():
    said = dev("help").stdout
    for verb in ("setup", "build", "demo", "test", "bench", "fmt", "lint"):
        assert f"./dev {verb}" in said


def test_an_unknown_verb_is_refused():
    done = dev("biuld")
    assert done.returncode == 1
    assert "no such verb: biuld" in done.stderr


def test_setup_says_nothing_when_nothing_is_missing():
    done = dev("setup")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_missing_packages_are_named_where_nothing_can_install_them(tmp_path):
    tools = "bash dirname readlink mkdir flock sed sort comm printf".split()
    for tool in tools:
        (tmp_path / tool).symlink_to(subprocess.check_output(["which", tool], text=True).strip())
    done = dev("setup", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "postgresql-15" in done.stderr
