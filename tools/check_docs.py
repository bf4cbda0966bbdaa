#!/usr/bin/env python3
"""Fails where the documents and the tree disagree.

    tools/check_docs.py [ROOT [BINARY]]

- every relative link of a *.md leads to a file, and to a heading of it if it names one;
- every folder of src/ has a line in src/README.md;
- every decision in docs/adr/ has its four sections and a line in docs/adr/README.md;
- every entry of docs/runbook.md (a heading of the third level) names a test that tries it, and the
  test is there;
- every docs/cli/COMMAND.md shows what `mayfly COMMAND --help` says, word for word, in its first
  fenced block (MAYFLY_ACCEPT=1 writes it there).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
LEAD = re.compile(r"^\*\*(.+?)\.\*\*", re.MULTILINE)  # a paragraph that begins with its title
SKIPPED = {"build", ".git", ".venv", "node_modules", ".mayfly"}
ENTRY = re.compile(r"^### (.+?)$(.*?)(?=^#{1,3} |\Z)", re.MULTILINE | re.DOTALL)
TRIED = re.compile(r"`((?:tests|src)/[\w/]+\.(?:py|cc))::([\w.]+)`")
ADR_SECTIONS = ("Context", "Decision", "Price", "What would change our mind")


def documents(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in sorted(files):
            if name.endswith(".md"):
                yield Path(folder, name)


def without_code(text):
    """The text with its code blanked out, line for line."""
    text = FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)
    return re.sub(r"`[^`\n]*`", lambda match: " " * len(match[0]), text)


def anchors(text):
    """The names by which the headings of a document are linked."""
    names = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        names.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return names


def check_link(file, target):
    """What is wrong with one link, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = target.partition("#")
    goal = (file.parent / path) if path else file
    if not goal.exists():
        return f"the link {target} leads nowhere"
    if anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text()):
        return f"the link {target} names a heading that {goal.name} does not have"
    return None


def check_links(root):
    for file in documents(root):
        for number, line in enumerate(without_code(file.read_text()).splitlines(), start=1):
            for match in LINK.finditer(line):
                complaint = check_link(file, match[1] or match[2])
                if complaint:
                    yield f"{file.relative_to(root)}:{number}: {complaint}"


def check_folders(root):
    map_file = root / "src/README.md"
    if not map_file.exists():
        return
    lines = map_file.read_text()
    folders = [path for path in (root / "src").iterdir() if path.is_dir()]
    folders += [path for path in (root / "src/adapters").glob("*") if path.is_dir()]
    for folder in sorted(folders):
        if f"{folder.name}/" not in lines:
            yield f"src/README.md:1: has no line for {folder.relative_to(root)}/"


def check_decisions(root):
    folder = root / "docs/adr"
    index = (folder / "README.md").read_text() if (folder / "README.md").exists() else ""
    for file in sorted(folder.glob("[0-9]*.md")):
        text = file.read_text()
        parts = HEADING.findall(text) + LEAD.findall(text)
        for section in ADR_SECTIONS:
            if section not in parts:
                yield f"docs/adr/{file.name}:1: has no section '{section}'"
        if file.name not in index:
            yield f"docs/adr/README.md:1: has no line for {file.name}"


def check_runbook(root):
    file = root / "docs/runbook.md"
    text = file.read_text() if file.exists() else ""
    for entry in ENTRY.finditer(text):
        line = text.count("\n", 0, entry.start()) + 1
        tests = TRIED.findall(entry[2].partition("Tried by:")[2])
        if not tests:
            yield f"docs/runbook.md:{line}: '{entry[1]}' was tried by no test"
        for path, name in tests:
            test = root / path
            suite, _, case = name.rpartition(".")
            begins = rf"^TEST\w*\({suite}, {case}\)" if suite else rf"^def {case}\("
            if not test.exists() or not re.search(begins, test.read_text(), re.MULTILINE):
                yield f"docs/runbook.md:{line}: there is no test {path}::{name}"


def help_of(binary, command):
    """What the command says about itself; a complaint about it in the second place."""
    done = subprocess.run([binary, *command.split(), "--help"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=30)
    if done.returncode != 0:
        return None, f"`mayfly {command} --help` ends with {done.returncode}: {done.stderr.strip()}"
    return done.stdout.rstrip(), None


def check_command(file, binary, accept):
    """What is wrong with the page of one command, or None."""
    says, complaint = help_of(binary, file.stem)
    if complaint:
        return complaint
    text = file.read_text()
    block = FENCE.search(text)
    if block is None:
        return "has no fenced block with the command's --help"
    if block[1].rstrip() == says:
        return None
    if not accept:
        return f"differs from `mayfly {file.stem} --help`; MAYFLY_ACCEPT=1 tools/check_docs.py"
    file.write_text(text[: block.start(1)] + says + "\n" + text[block.end(1) :])
    return None


def check_commands(root, binary):
    if not os.access(binary, os.X_OK):
        return
    accept = os.environ.get("MAYFLY_ACCEPT") == "1"
    for file in sorted((root / "docs/cli").glob("*.md")):
        complaint = None if file.name == "README.md" else check_command(file, binary, accept)
        if complaint:
            yield f"docs/cli/{file.name}:1: {complaint}"


def complaints(root, binary):
    yield from check_links(root)
    yield from check_folders(root)
    yield from check_decisions(root)
    yield from check_runbook(root)
    yield from check_commands(root, binary)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    binary = Path(sys.argv[2]) if len(sys.argv) > 2 else root / "build/release/mayfly"
    found = list(complaints(root, binary))
    for line in found:
        print(line)
    if found:
        print(f"check_docs: {len(found)} places where the documents and the tree disagree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
