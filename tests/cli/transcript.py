"""Transcripts of the program: what was typed, what it said and how it ended, kept as golden files.

MAYFLY_ACCEPT=1 writes them anew; the difference is then reviewed like any other."""

import difflib
import os
import re
import shlex
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"

# What differs from one run to the next, and what stands for it. Runs of spaces are squeezed after it,
# because columns follow what is in them; that they line up is the business of render_test.cc.
SCRUBS = [
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?"), "<time>"),
    (re.compile(r"-?\d+ (min|h|d) \d\d (s|min|h)\b"), "<duration>"),
    (re.compile(r"-?\d+(\.\d)? s\b"), "<duration>"),
    (re.compile(r"[\d,]+ rows/s"), "<rate> rows/s"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "<hash>"),
    (re.compile(r"\bpid \d+\b"), "pid <pid>"),
    (re.compile(r"\b\d+ log entr(y|ies)\b"), "<count> log entries"),
    (re.compile(r"\b\d+:\d{3,}\b"), "<process>"),
    (re.compile(r"(?<=\S) {2,}"), "  "),
]


def scrub(text, folder):
    for name in (os.path.realpath(folder), str(folder)):
        text = text.replace(name, "<folder>")
    for pattern, stands_for in SCRUBS:
        text = pattern.sub(stands_for, text)
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


class Transcript:
    """Runs commands and writes down what is seen; `check` compares it with the golden file."""

    def __init__(self, mayfly, name):
        self.mayfly = mayfly
        self.file = GOLDEN / f"{name}.txt"
        self.text = ""

    def type(self, command, tell_talk=True, **options):
        """One command line, without the program's name. `tell_talk=False` leaves stderr out where
        it says how far something has come."""
        done = self.mayfly.run(*shlex.split(command), **options)
        self.text += f"$ mayfly {command}\n" + scrub(done.stdout, self.mayfly.folder)
        if tell_talk and done.stderr:
            lines = scrub(done.stderr, self.mayfly.folder).splitlines()
            self.text += "".join(f"! {line}\n" for line in lines)
        self.text += f"[{done.returncode}]\n\n"
        return done

    def check(self):
        if os.environ.get("MAYFLY_ACCEPT") == "1":
            self.file.parent.mkdir(exist_ok=True)
            self.file.write_text(self.text)
        expected = self.file.read_text() if self.file.exists() else ""
        difference = "\n".join(difflib.unified_diff(expected.split("\n"), self.text.split("\n"), lineterm=""))
        assert self.text == expected, (
            f"{self.file.name} differs; MAYFLY_ACCEPT=1 writes it anew\n{difference}")
