#!/usr/bin/env python3
"""Prints the source files that changed, newest change first: what clang-tidy looks at.

    tools/changed_files.py [ROOT]

Changed since MAYFLY_LINT_BASE; else since the merge base with the branch's upstream; and where HEAD
has landed there already, since the newest commit that is a day older than HEAD. Changes that are
not committed come first. A header stands for the sources that are named like it.
"""

import os
import subprocess
import sys
from pathlib import Path

DAY = 24 * 3600


def git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def base_of(root):
    """The commit that changes are counted from; '' stands for the beginning."""
    named = os.environ.get("MAYFLY_LINT_BASE")
    if named:
        if not git(root, "rev-parse", "--verify", "--quiet", named + "^{commit}"):
            sys.exit(f"changed_files: MAYFLY_LINT_BASE: there is no commit {named}")
        return named
    head = git(root, "rev-parse", "HEAD")
    for upstream in ("@{upstream}", "origin/HEAD", "origin/main"):
        base = git(root, "merge-base", "HEAD", upstream)
        if base and base != head:
            return base
    time = git(root, "log", "-1", "--format=%ct")
    return git(root, "rev-list", "-1", f"--before={int(time) - DAY}", "HEAD") if time else ""


def changed(root):
    """Paths that changed, newest first, each once."""
    base = base_of(root)
    committed = git(root, "log", "--format=", "--name-only", f"{base}..HEAD" if base else "HEAD")
    fresh = git(root, "ls-files", "--modified", "--others", "--exclude-standard")
    return list(dict.fromkeys(fresh.splitlines() + committed.splitlines()))


def sources(root, paths):
    """The .cc files to look at, in the order of the paths."""
    found = []
    for path in map(Path, paths):
        if path.parts[0] not in ("src", "tests", "bench"):
            continue
        if path.suffix == ".h":
            found += [path.with_suffix(".cc"), path.with_name(path.stem + "_test.cc")]
        elif path.suffix == ".cc":
            found.append(path)
    return [path for path in dict.fromkeys(found) if (root / path).exists()]


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    for path in sources(root, changed(root)):
        print(path)


if __name__ == "__main__":
    main()
