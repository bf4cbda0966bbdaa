"""Runs the benches beside their peers and writes docs/performance.md with its plots.

Usage: run.py [--only NAME ...] [--build DIR] [--rounds N] [--quick] [--print] [--json FILE]

Each file of bench/sections is one section of the document: a module with TITLE and a function
section(bench) that returns Markdown. --only measures the named sections and keeps the others as
they are in the document; --print writes to the terminal alone; --json keeps the figures (those of the
document are in docs/plots/figures.json); --quick takes tiny sizes, to see that everything runs. A
section that cannot be measured says why in its place, and the exit code is 1. The goals are told
again whenever a section is kept.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import re
import sys

# One thread each, unless a contender says otherwise: they are read when the libraries are loaded.
for threads in ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[threads] = "1"

from harness import Bench, CannotMeasure, cpu_model, steal_share  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
DOCUMENT = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "docs" / "plots" / "figures.json"  # of all sections, as they are in the document

PREAMBLE = """# Performance

Written by `./dev bench`; edit `bench/`, not this. Ours and the others' are measured in one run, in
turns, on the machine named in each section: the ratios are the result, the times are only notes.
"""


def load_sections():
    """The modules of bench/sections by name, in the order of their file names."""
    sections = {}
    for path in sorted((HERE / "sections").glob("*.py")):
        name = path.stem.lstrip("0123456789_")
        spec = importlib.util.spec_from_file_location(f"section_{name}", path)
        sections[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sections[name])
    return sections


def measure(module, bench):
    """The section's Markdown, and whether it could be measured."""
    before = steal_share()
    try:
        body, measured = module.section(bench).strip(), True
    except CannotMeasure as reason:
        body, measured = f"Not measured: {reason}.", False
    if not getattr(module, "MEASURES", True):
        return f"## {module.TITLE}\n\n{body}", measured
    steal = steal_share(before)
    bench.record(f"{module.__name__.removeprefix('section_')}.steal", steal)
    sizes = " of tiny sizes, no measurement" if bench.is_quick else ""
    note = (f"*{cpu_model()}, {os.cpu_count()} cores, {platform.system()}; {bench.rounds} rounds in "
            f"turns{sizes}, medians; the hypervisor took {steal:.0%} of the time.*")
    return f"## {module.TITLE}\n\n{body}\n\n{note}", measured


def existing_sections():
    """What the document holds now, by section name."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    pattern = r"<!-- section (\w+) -->\n(.*?)\n<!-- end \1 -->"
    return {name: body for name, body in re.findall(pattern, text, re.S)}


def keep(sections, name, body):
    """Puts one section into the document, where it belongs; the others stay as they are."""
    bodies = {**existing_sections(), name: body}
    parts = [f"<!-- section {one} -->\n{bodies[one]}\n<!-- end {one} -->"
             for one in sections if one in bodies]
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(PREAMBLE + "\n" + "\n\n".join(parts) + "\n")


def kept_figures():
    return json.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def keep_figures(figures):
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def parse_arguments(names):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names,
                        help=f"sections to measure: {', '.join(names)}")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--print", action="store_true", dest="print_only",
                        help="leave docs/performance.md as it is")
    parser.add_argument("--quick", action="store_true",
                        help="tiny sizes: to see that everything runs; implies --print")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    return parser.parse_args()


def main():
    sections = load_sections()
    arguments = parse_arguments(list(sections))
    keeps_document = not (arguments.print_only or arguments.quick)
    bench = Bench(arguments.build, arguments.rounds, is_quick=arguments.quick,
                  plots=DOCUMENT.parent / "plots" if keeps_document else None)
    # What only tells of the others' figures follows them whenever one of them is measured.
    asked = {*arguments.only, *(name for name, module in sections.items()
                                if keeps_document and not getattr(module, "MEASURES", True))}
    if keeps_document:
        bench.figures.update(kept_figures())
    all_measured = True
    for name in (name for name in sections if name in asked):
        print(f"bench: {sections[name].TITLE}", file=sys.stderr)
        body, measured = measure(sections[name], bench)
        all_measured = all_measured and measured
        print(body + "\n", flush=True)
        if keeps_document:
            keep(sections, name, body)
            keep_figures(bench.figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(bench.figures, indent=1, sort_keys=True))
    return 0 if all_measured else 1


if __name__ == "__main__":
    sys.exit(main())
