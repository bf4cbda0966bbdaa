"""A bundle starts where nothing is installed: in a root of the C library alone, in a bare Debian 12,
and in one that was booted."""

import shutil
import subprocess

import bare_root
import booted
import pytest

PROGRAM = "/opt/mayfly/bin/mayfly"


@pytest.fixture(scope="module")
def bundle(mayfly_bin, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "mayfly.tar.gz"
    subprocess.run([mayfly_bin, "bundle", "--out", path], check=True, timeout=300,
                   stdout=subprocess.DEVNULL)
    return path


@pytest.fixture(params=["c_library", "debian"])
def root(request, bundle, short_tmp, is_full):
    """A root with the bundle in it."""
    if request.param == "debian" and not is_full:
        pytest.skip("debootstrap takes minutes: ./dev test --all")
    made = bare_root.c_library_root() if request.param == "c_library" else bare_root.debian_root()
    copied = bare_root.copy_of(made, short_tmp)
    bare_root.unpack(bundle, copied)
    return copied


def test_it_starts_with_nothing_installed(root):
    said = bare_root.inside(root, PROGRAM, "--version")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("mayfly ")
    said = bare_root.inside(root, PROGRAM, "features", "list")
    assert said.returncode == 0 and "bqx" in said.stdout, said.stderr


def test_a_database_that_is_not_there_is_said_in_a_sentence(root):
    """libpq and the libraries below it are loaded and used."""
    said = bare_root.inside(root, PROGRAM, "worker", "--run", "1", "--machine", "1")
    assert said.returncode == 2 and "needs MAYFLY_DATABASE" in said.stderr, said.stderr
    said = bare_root.inside(root, PROGRAM, "status", "--database",
                            "host=127.0.0.1 port=1 dbname=d user=u sslmode=require")
    assert said.returncode == 5, said.stderr
    assert said.stderr.startswith("mayfly: ") and said.stderr.count("\n") == 1, said.stderr
    assert "127.0.0.1" in said.stderr and "Connection refused" in said.stderr, said.stderr


def test_without_its_libraries_it_does_not_start(root):
    """So that the tests above can fail."""
    shutil.rmtree(root / "opt/mayfly/lib")
    said = bare_root.inside(root, PROGRAM, "--version")
    assert said.returncode == 127
    assert "error while loading shared libraries" in said.stderr


@pytest.fixture
def bootable(bundle, short_tmp, is_full):
    """A Debian root with the bundle in it, where this computer can boot one."""
    if not is_full:
        pytest.skip("debootstrap takes minutes: ./dev test --all")
    bare_root.need(["systemd-nspawn"])
    copied = bare_root.copy_of(bare_root.debian_root(), short_tmp)
    booted.need_to_boot(copied)
    bare_root.unpack(bundle, copied)
    return copied


def test_in_a_booted_debian_user_data_starts_it_and_powers_off(bootable):
    life = booted.boot(bootable, f"""#!/bin/sh
trap 'shutdown -P now' EXIT
{PROGRAM} --version
{PROGRAM} features list | wc -l
{PROGRAM} worker --run 1 --machine 1
echo "the worker ended with $?"
""", limit=120)
    assert life.ended, life.console[-2000:]
    lines = life.said.splitlines()
    assert lines[0].startswith("mayfly 0."), life.said
    assert int(lines[1]) > 5
    assert "needs MAYFLY_DATABASE" in lines[2]
    assert lines[3] == "the worker ended with 2"


def test_in_a_booted_debian_a_deadline_holds_while_user_data_hangs(bootable):
    """The timer that a machine arms first, as a unit of systemd, ends it whatever hangs."""
    life = booted.boot(bootable, """#!/bin/sh
systemd-run --on-active=3 --timer-property=AccuracySec=1s systemctl poweroff --force
trap '' TERM
while :; do sleep 60; done
""", limit=300)  # what does not heed SIGTERM has 90 s before it is killed
    assert life.ran and life.ended, life.console[-2000:]
