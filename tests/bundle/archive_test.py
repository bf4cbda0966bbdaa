"""What `mayfly bundle` packs, and that the same is packed the same."""

import hashlib
import os
import socket
import subprocess
import tarfile

import pytest

PHASE = """
[phase]
name = "carried"
[database]
url = "embedded"
[grid]
pair = ["eurusd"]
[[stage]]
name = "load"
kind = "load"
dir = "bars"
[[stage]]
name = "own"
kind = "command"
after = ["load"]
command = ["./own.sh"]
cwd = "scripts"
table = "own"
columns = { n = "int8" }
"""
CANARY = "canary-7f3a-never-packed"


@pytest.fixture
def phase(short_tmp):
    """A phase's folder with a script, bars, and much that has no place on a rented machine."""
    folder = short_tmp / "p"
    for name, text in {
        "phase.toml": PHASE,
        "scripts/own.sh": "#!/bin/sh\n",
        "scripts/data/lookup.txt": "1\n",
        "scripts/.pgpass": CANARY,
        "scripts/.env": CANARY,
        "scripts/.git/config": CANARY,
        "bars/eurusd.csv": "ts,close\n2024-07-01 00:00,1.1\n",
        ".mayfly/secret": CANARY,
        "notes.txt": "not needed by any stage\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "scripts/own.sh").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "scripts/s"))
    return folder / "phase.toml"


def members(path):
    with tarfile.open(path) as archive:
        return {member.name: member for member in archive}


def test_holds_the_program_its_libraries_and_the_phases_files(mayfly, phase):
    made = mayfly.json("bundle", phase, timeout=180)
    assert made["path"] == f"./mayfly-{made['sha256']}.tar.gz"
    path = mayfly.folder / made["path"]
    found = members(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == made["sha256"]
    assert path.stat().st_size == made["bytes"]
    assert found["bin/mayfly"].mode == 0o755
    assert {f"lib/{name}" for name in made["libraries"]} == {
        name for name in found if name.startswith("lib/")}
    assert "lib/libstdc++.so.6" in found and "lib/libpq.so.5" in found
    assert not [name for name in found if name.startswith(("lib/libc.so", "lib/libm.so", "lib/ld-"))]
    assert sorted(name for name in found if name.startswith("work/") and found[name].isfile()) == [
        "work/MANIFEST.json", "work/phase/bars/eurusd.csv", "work/phase/scripts/data/lookup.txt",
        "work/phase/scripts/own.sh"]
    assert found["work/phase/scripts/own.sh"].mode == 0o755
    assert found["work/phase/scripts/data/lookup.txt"].mode == 0o644
    assert {(m.uid, m.gid, m.mtime) for m in found.values()} == {(0, 0, 0)}
    assert len(made["notes"]) == 2  # .pgpass and .env, named


def test_nothing_secret_goes_along(mayfly, phase):
    made = mayfly.json("bundle", phase, timeout=180)
    with tarfile.open(mayfly.folder / made["path"]) as archive:
        for member in archive:
            if member.isfile() and member.name.startswith("work/"):
                assert CANARY.encode() not in archive.extractfile(member).read(), member.name


def test_the_same_is_packed_the_same_and_what_differs_differs(mayfly, phase):
    first = mayfly.json("bundle", phase, "--out", "one.tar.gz", timeout=180)
    os.utime(phase.parent / "scripts/own.sh", (1, 1))
    (phase.parent / "notes.txt").write_text("changed\n")
    again = mayfly.json("bundle", phase, "--out", "two.tar.gz", timeout=180)
    assert again["sha256"] == first["sha256"]
    assert (mayfly.folder / "one.tar.gz").read_bytes() == (mayfly.folder / "two.tar.gz").read_bytes()
    (phase.parent / "scripts/own.sh").write_text("#!/bin/sh\n# changed\n")
    assert mayfly.json("bundle", phase, "--out", "three.tar.gz", timeout=180)["sha256"] != first["sha256"]


def test_without_a_phase_the_program_is_packed_alone(mayfly):
    made = mayfly.json("bundle", "--out", mayfly.folder, timeout=180)
    assert made["work_files"] == 0
    assert not [name for name in members(made["path"]) if name.startswith("work")]


def test_too_large_a_file_says_what_to_do(mayfly, phase):
    with open(phase.parent / "bars/eurusd.csv", "a") as bars:
        bars.truncate(300 << 20)
    done = mayfly.run("bundle", phase)
    assert done.returncode == 2
    assert "bars/eurusd.csv has 300" in done.stderr
    assert "source = { table" in done.stderr
    assert not list(mayfly.folder.glob("*.tar.gz")) and not list(mayfly.folder.glob(".mayfly-b*"))


def test_a_command_outside_of_the_phases_folder_is_refused(mayfly, phase):
    done = mayfly.run("bundle", phase, "--set", "stage.own.cwd=/usr/bin")
    assert done.returncode == 2
    assert '"own" runs in /usr/bin' in done.stderr


def test_the_unpacked_program_finds_its_libraries_beside_itself(mayfly, phase):
    """Asked of the loader itself: nothing but the C library comes from the system."""
    made = mayfly.json("bundle", "--out", "b.tar.gz", timeout=180)
    root = mayfly.folder / "opt"
    with tarfile.open(mayfly.folder / "b.tar.gz") as archive:
        archive.extractall(root)
    lines = subprocess.run([root / "bin/mayfly"], env={"LD_TRACE_LOADED_OBJECTS": "1"}, text=True,
                           capture_output=True, check=True, timeout=60).stdout.splitlines()
    places = dict(line.split(" => ") for line in map(str.strip, lines) if " => " in line)
    for library in made["libraries"]:
        assert places[library].startswith(str(root)), f"{library}: {places[library]}"
    assert set(places) - set(made["libraries"]) <= {"libc.so.6", "libm.so.6", "libresolv.so.2"}
    said = subprocess.run([root / "bin/mayfly", "--version"], env={}, text=True,
                          capture_output=True, check=True, timeout=60)
    assert said.stdout.startswith("mayfly ")
