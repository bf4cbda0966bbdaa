"""Bare Debian roots to start a bundle in: made once, kept under build/, copied for each test.

Everything comes from where this computer's own apt takes it; no address is written here.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

CACHE = ROOT / "build/bare-root"
PACKAGES = ["systemd", "systemd-sysv", "dbus", "curl"]


def run(*words, timeout=60, **options):
    """A command to its end, its output as text; whatever it exits with."""
    return subprocess.run([str(word) for word in words], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=timeout, **options)


def need(programs):
    """Skips, with the reason, where a root cannot be made here."""
    if os.geteuid() != 0:
        pytest.skip("chroot and debootstrap need root")
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; ./dev setup does it")
    alone = run("unshare", "--mount", "mount", "-t", "proc", "none", "/proc")
    if alone.returncode != 0:
        pytest.skip(f"a root needs the right to mount: {alone.stderr.strip()}")


def release():
    """(mirror, name of the release) of this computer's main archive, as its apt knows it."""
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)",
                 "Created-By: Packages").stdout
    for line in listed.splitlines():
        mirror, name, component = line.split()
        if component == "main" and name == "bookworm":
            return mirror, name
    pytest.skip("apt has no Debian 12 archive here")


def c_library_root():
    """A root with the C library and nothing else: what the bundle itself asks for."""
    need(["apt-get", "dpkg-deb", "chroot"])
    root = CACHE / "libc6"
    if root.exists():
        return root
    half = CACHE / f"libc6.{os.getpid()}"
    half.mkdir(parents=True)
    (half / "debs").mkdir()
    got = run("apt-get", "download", "libc6", cwd=half / "debs", timeout=300)
    if got.returncode != 0:
        shutil.rmtree(half)
        pytest.skip(f"apt cannot download libc6: {got.stderr.strip()[-300:]}")
    for package in (half / "debs").glob("*.deb"):
        assert run("dpkg-deb", "-x", package, half / "root").returncode == 0
    for folder in ("tmp", "proc", "dev", "opt"):
        (half / "root" / folder).mkdir(exist_ok=True)
    (half / "root").rename(root)
    shutil.rmtree(half)
    return root


def debian_root():
    """Debian 12 as debootstrap makes it, the smallest that boots."""
    need(["debootstrap", "chroot"])
    root = CACHE / "debian"
    if root.exists():
        return root
    mirror, name = release()
    half = CACHE / f"debian.{os.getpid()}"
    half.parent.mkdir(parents=True, exist_ok=True)
    made = run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", name, half,
               mirror, timeout=900)
    if made.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        pytest.fail(f"debootstrap: {made.stdout[-500:]}{made.stderr[-500:]}")
    half.rename(root)
    return root


def copy_of(root, folder):
    """The root's files anew, for one test."""
    goal = Path(folder) / "root"
    subprocess.run(["cp", "-a", "--reflink=auto", root, goal], check=True, timeout=300)
    return goal


def unpack(bundle, root):
    """The bundle where a rented machine has it, by the tar of this computer."""
    home = root / "opt/mayfly"
    home.mkdir(parents=True)
    subprocess.run(["tar", "-xzf", bundle, "-C", home], check=True, timeout=120)
    return home


def inside(root, *words, timeout=60, **environment):
    """A command in the root, with /proc, which the loader asks where a program is, and with nothing
    of our environment."""
    enter = 'mount -t proc none "$0/proc" && exec chroot "$0" "$@"'
    return run("unshare", "--mount", "sh", "-c", enter, root, *words, timeout=timeout,
               env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment})
