"""Every section of the benches runs in its tiny form and yields its figures."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("MAYFLY_BIN", ROOT / "build/release/mayfly")).parent

DOCUMENT = ROOT / "docs/performance.md"

# What each section must yield at least, all of it above zero.
FIGURES = {
    "engine": ["bqx.clean.rows_per_second", "bollinger_bqx.trouble.rows_per_second",
               "regn_rate.two_slots", "regn_rate.rows_flat", "moments.1440_over_15",
               "columns.Several/10.ns"],
    "peers": [f"{set_}.{who}.{figure}" for set_ in ("bqx", "regression", "bollinger")
              for who in ("engine", "Pandas", "Polars", "DuckDb", "NumpyWindows", "RowLoop")
              for figure in ("rows_per_second", "shape_error", "level_error")]
             + ["regression.stored.rows_per_second"],
    "growth": ["moments.engine.longest_over_shortest", "parabola.engine.longest_over_shortest",
               "rows.contenders"],
    "ledger": ["tasks_per_second", "p99_ms", "controller_kib"],
    "sink": ["regn_rate_float8.2.cores_busy", "regn_rate_float8.1.of_ceiling",
             "regn_rate_float8.2.of_ceiling",
             "regn_rate_float8.two_writers", "regn_rate_float8.1.verify_share",
             "statements_per_leaf"],
    "goals": ["judged"],
}


def test_every_section_is_expected_here():
    found = {path.stem.lstrip("0123456789_") for path in (ROOT / "bench/sections").glob("*.py")}
    assert found == set(FIGURES)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    """One run of all sections: what it printed by section, its figures, and the document before."""
    kept = tmp_path_factory.mktemp("bench") / "figures.json"
    before = DOCUMENT.read_text()
    done = subprocess.run([sys.executable, ROOT / "bench/run.py", "--quick", "--rounds", "1",
                           "--build", BUILD, "--json", kept],
                          capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(kept.read_text()), before


@pytest.mark.parametrize("section", FIGURES)
def test_a_section_yields_its_figures(section, quick_run):
    _, figures, _ = quick_run
    for name in FIGURES[section]:
        value = figures[f"{section}.{name}"]
        assert math.isfinite(value) and value > 0, name


def test_a_quick_run_prints_all_and_leaves_the_document_alone(quick_run):
    printed, _, before = quick_run
    assert printed.count("## ") == len(FIGURES)
    assert "Not measured" not in printed
    assert DOCUMENT.read_text() == before
