#!/usr/bin/env python3
"""Fails on an #include or a link in src/ that docs/layers.txt does not allow.

    tools/check_layers.py [ROOT]
"""

import re
import sys
from pathlib import Path

import layers as layers_file

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LIBRARY = re.compile(r"mayfly_library\s*\(\s*(\w+)([^)]*)\)")
TARGET = re.compile(r"\bmayfly_(\w+)\b")


def check_include(layers, path, quote, header):
    """The complaint about one include of the file `path`, or None."""
    if quote == "<":
        homes = layers.homes_of(header)
        if homes is None or layers.folder_of(path) in homes:
            return None
        return f"<{header}> is included only from {', '.join(sorted(homes))}"
    target = layers.folder_of(header)
    if target is None:
        return f'"{header}" is in no folder of docs/layers.txt; write the path from src/'
    if target in layers.allowed(path):
        return None
    return f'missing arrow {layers.folder_of(path)} -> {target}: "{header}"'


def check_source(layers, src, file):
    """Complaints about one source file, each with its line."""
    path = file.relative_to(src).as_posix()
    if layers.folder_of(path) is None:
        yield f"src/{path}:1: its folder has no line in docs/layers.txt"
        return
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        match = INCLUDE.match(line)
        complaint = match and check_include(layers, path, match[1], match[2])
        if complaint:
            yield f"src/{path}:{number}: {complaint}"


def check_links(layers, src):
    """Complaints about targets that link what their folder may not include."""
    libraries = {}  # target -> (folder, its CMakeLists.txt, the text of the call)
    for lists in sorted(src.rglob("CMakeLists.txt")):
        for match in LIBRARY.finditer(lists.read_text()):
            path = lists.relative_to(src).as_posix()
            libraries[match[1]] = (layers.folder_of(path), path, match[2])
    for folder, path, call in libraries.values():
        if folder is None:
            yield f"src/{path}:1: its folder has no line in docs/layers.txt"
            continue
        for name in TARGET.findall(call.split("LIBRARIES")[-1] if "LIBRARIES" in call else ""):
            target = libraries.get(name, (None,))[0]
            if target and target not in layers.allowed_to_folder(folder):
                yield f"src/{path}:1: missing arrow {folder} -> {target}: links mayfly_{name}"


def complaints(root):
    layers = layers_file.parse((root / "docs/layers.txt").read_text())
    src = root / "src"
    for file in sorted([*src.rglob("*.h"), *src.rglob("*.cc")]):
        yield from check_source(layers, src, file)
    yield from check_links(layers, src)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    try:
        found = list(complaints(root))
    except ValueError as error:
        found = [str(error)]
    for line in found:
        print(line)
    if found:
        print(f"check_layers: {len(found)} arrows that docs/layers.txt does not have")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
