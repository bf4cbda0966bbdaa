#!/usr/bin/env python3
"""Runs clang-tidy-19 on the files, several at a time, and remembers the ones that were clean.

    tools/run_tidy.py --build build/release [--deep] [--jobs N] [--seconds S] FILE...

--deep adds the static analyser, which costs three times the rest. A file is clean until it, a header of ours that it includes, its compile command or .clang-tidy
changes. After S seconds (0: no bound) no further file is begun, and the ones left out are counted
aloud; give the files in the order of their importance.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANALYSER = "clang-analyzer-core.*,clang-analyzer-cplusplus.*,clang-analyzer-deadcode.*," \
    "clang-analyzer-unix.*"
# gcc's flags that clang does not know, and what its library deprecates and uses itself.
CLANG = ("--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-deprecated-declarations")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def headers_of(file, seen):
    """Adds the file and every header of ours below it to seen."""
    if file in seen or not file.exists():
        return
    seen.add(file)
    for name in INCLUDE.findall(file.read_text()):
        for folder in (ROOT / "src", ROOT, file.parent):
            headers_of(folder / name, seen)


def key_of(file, command):
    """A name for everything that the verdict about the file depends on."""
    seen = set()
    headers_of(file, seen)
    digest = hashlib.sha256(command.encode())
    for path in [ROOT / ".clang-tidy", *sorted(seen)]:
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def tidy(build, file, more):
    """(clean, what clang-tidy said)."""
    done = subprocess.run(["clang-tidy-19", "-p", str(build), "--quiet", *CLANG, *more, str(file)],
                          cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    return done.returncode == 0, done.stdout + (done.stderr if done.returncode else "")


def commands(build):
    """{file: its compile command} of the build."""
    entries = json.loads((build / "compile_commands.json").read_text())
    return {Path(entry["directory"], entry["file"]).resolve(): entry["command"]
            for entry in entries}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    known = commands(arguments.build.resolve())
    cache = ROOT / "build/tidy-clean"
    cache.mkdir(parents=True, exist_ok=True)
    more = [f"--checks={ANALYSER}"] if arguments.deep else []
    began = time.monotonic()
    counts = {"clean": 0, "known clean": 0, "with findings": 0, "left out for time": 0,
              "not built": 0}

    def look_at(path):
        file = path.resolve()
        if file not in known:
            return "not built", ""
        mark = cache / key_of(file, known[file] + str(more))
        if mark.exists():
            return "known clean", ""
        if arguments.seconds and time.monotonic() - began > arguments.seconds:
            return "left out for time", ""
        clean, said = tidy(arguments.build, path, more)
        if clean:
            mark.touch()
        return ("clean" if clean else "with findings"), said

    with ThreadPoolExecutor(arguments.jobs) as pool:
        for outcome, said in pool.map(look_at, arguments.files):
            counts[outcome] += 1
            if outcome == "with findings":
                print(said, flush=True)
    print("clang-tidy: " + (", ".join(f"{count} {what}" for what, count in counts.items() if count)
                            or "no file changed"))
    return 1 if counts["with findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
