#!/usr/bin/env python3
"""Fails on a function, file or parameter list beyond the gates of STYLE.md.

    tools/check_sizes.py [ROOT]

Exceptions are lines of tools/sizes.allow, each with a reason:

    KIND PATH NAME LIMIT REASON...      (NAME is - for a file)

An exception that is no longer needed fails too. Functions are found by counting braces in text that
has lost its comments and strings: simple, and right for code that clang-format has laid out.
"""

import re
import sys
from pathlib import Path

GATES = {"function": 70, "source": 800, "header": 300, "parameters": 5}
FOLDERS = ("src", "tests", "bench", "examples")

NOISE = re.compile(
    r'R"(?P<mark>[^(\s]*)\((?:.|\n)*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'  # string
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'"  # character, not a digit separator
    r"|//[^\n]*"
    r"|/\*(?:.|\n)*?\*/"
    r"|^[ \t]*#(?:[^\n\\]|\\(?:.|\n))*",  # preprocessor line, continued or not
    re.MULTILINE,
)
ACCESS = re.compile(r"\b(?:public|private|protected)\s*:")
DECORATION = re.compile(  # what may stand before a signature and confuses it
    r"\btemplate\s*<[^{}();]*?>\s*(?=[\w\[])|__attribute__\s*\(\(.*?\)\)|\balignas\s*\([^)]*\)",
    re.DOTALL,
)
TYPE = re.compile(r"\b(namespace|class|struct|union|enum|extern|concept)\b")
OPERATOR = re.compile(r"operator\s*(?:\(\)|[^\s\w(]+)")
TEST = re.compile(r"\bTEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)")
NAME = re.compile(r"([~\w:]+)\s*\(")
INIT_LIST = re.compile(r"\)\s*(?:noexcept\s*)?:\s*[^:]")


def strip_noise(text):
    """The text without comments, strings and preprocessor lines; the line numbers stay."""

    def blank(match):
        return ('""' if match[0][0] in "R\"'" else " ") + "\n" * match[0].count("\n")

    return ACCESS.sub(lambda match: ";" + " " * (len(match[0]) - 1), NOISE.sub(blank, text))


def closing(text, start, pair):
    """The index of the bracket that closes the one at start."""
    depth = 0
    for index in range(start, len(text)):
        if text[index] == pair[0]:
            depth += 1
        elif text[index] == pair[1]:
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1


def parameter_count(signature):
    """The number of parameters between the first parentheses of a signature."""
    start = signature.index("(")
    inside = signature[start + 1 : closing(signature, start, "()")]
    if not inside.strip() or inside.strip() == "void":
        return 0
    depth, count = 0, 1
    for char in inside:
        depth += (char in "<([{") - (char in ">)]}")
        count += char == "," and depth == 0
    return count


def is_member_initialiser(head):
    """Whether the brace after head opens `member_{...}` of a constructor's list, not its body."""
    return bool(INIT_LIST.search(head)) and bool(re.search(r"[\w>]\s*$", head))


def signature_of(head):
    """The head of a function, bare of templates, attributes and operator signs; None of another."""
    bare = OPERATOR.sub("operator_", DECORATION.sub(" ", head))
    before = bare.split("(")[0]
    if "(" not in bare or "=" in before or TYPE.search(before):
        return None
    return bare


def name_of(signature):
    test = TEST.search(signature)
    name = NAME.search(signature)
    return f"{test[1]}.{test[2]}" if test else name[1] if name else "?"


def functions(text):
    """(name, first line, number of lines, number of parameters) of each definition."""
    text = strip_noise(text)
    start = index = 0  # start: the end of the declaration before this one
    while index < len(text):
        if text[index] in ";}":
            start = index + 1
        elif text[index] == "(":
            index = closing(text, index, "()")
        elif text[index] == "{":
            head = text[start:index]
            signature = signature_of(head)
            end = closing(text, index, "{}")
            if signature and not is_member_initialiser(head):
                first = start + len(head) - len(head.lstrip())
                lines = text.count("\n", first, end) + 1
                line = text.count("\n", 0, first) + 1
                yield name_of(signature), line, lines, parameter_count(signature)
                start = end + 1
            if signature or not TYPE.search(DECORATION.sub(" ", head)):
                index = end  # a body, or a value in braces
            else:
                start = index + 1  # a namespace or a type: look inside
        index += 1


def measure(root, file):
    """(kind, path, name, line, value) of everything that has a gate in the file."""
    path, text = file.relative_to(root).as_posix(), file.read_text()
    kind = "header" if file.suffix == ".h" else "source"
    yield kind, path, "-", 1, text.count("\n")
    for name, line, lines, parameters in functions(text):
        yield "function", path, name, line, lines
        yield "parameters", path, name, line, parameters


def read_allowed(file):
    """{(kind, path, name): (limit, line)} of sizes.allow."""
    allowed = {}
    text = file.read_text() if file.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=4)
        if len(words) < 5 or words[0] not in GATES or not words[3].isdigit():
            raise ValueError(f"{file}:{number}: not 'KIND PATH NAME LIMIT REASON': {line}")
        allowed[tuple(words[:3])] = (int(words[3]), number)
    return allowed


def complaints(root):
    allowed = read_allowed(root / "tools/sizes.allow")
    needed = set()
    for folder in FOLDERS:
        for file in sorted([*(root / folder).rglob("*.h"), *(root / folder).rglob("*.cc")]):
            for kind, path, name, line, value in measure(root, file):
                gate = GATES[kind]
                if value > gate:
                    needed.add((kind, path, name))
                    gate = max(gate, allowed.get((kind, path, name), (0, 0))[0])
                if value > gate:
                    what = path if name == "-" else name
                    yield f"{path}:{line}: {kind} of {what} is {value}, the gate is {gate}"
    for key, (_, number) in allowed.items():
        if key not in needed:
            yield f"tools/sizes.allow:{number}: no longer needed: {' '.join(key)}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    try:
        found = list(complaints(root))
    except ValueError as error:
        found = [str(error)]
    for line in found:
        print(line)
    if found:
        print(f"check_sizes: {len(found)} sizes beyond their gate; tools/sizes.allow has exceptions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
