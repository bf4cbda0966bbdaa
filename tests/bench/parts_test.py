"""What the benches are made of: peers that give the same columns, a judge that sees errors, plots."""

import os
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

os.environ.setdefault("POLARS_MAX_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import numpy  # noqa: E402
import reference  # noqa: E402
import run  # noqa: E402
import series  # noqa: E402
from harness import Bench  # noqa: E402
from peers import PEERS  # noqa: E402
from peers.sets import COLUMNS  # noqa: E402
from plot import HEIGHT, Line, Panel, draw, spread_out, tick_text  # noqa: E402

ROWS = 400
AT = numpy.arange(ROWS - 1, 200, -7)
OFFERED = [(task, peer) for task in COLUMNS for peer in PEERS if getattr(peer, task, None)]


@pytest.mark.parametrize("task, peer", OFFERED, ids=lambda of: getattr(of, "NAME", of))
def test_a_peer_gives_the_whole_set_and_the_same_numbers(task, peer):
    x = series.rate_index(ROWS)
    columns = peer.columns(getattr(peer, task)(peer.prepare(x)))
    columns.pop("i", None)  # DuckDB's row number
    assert len(columns) == COLUMNS[task]
    errors = reference.judge(getattr(reference, task)(x, AT), reference.at_rows(columns, AT, ROWS))
    assert errors.lost == 0
    assert 0 < max(errors.shape, errors.level) < 1e-6


def test_all_peers_agree_on_every_column():
    x = series.rate_index(ROWS)
    for task, count in COLUMNS.items():
        last = [{name: column[-1] for name, column in peer.columns(
            getattr(peer, task)(peer.prepare(x))).items()} for of, peer in OFFERED if of == task]
        names = set(last[0]) - {"i"}
        assert len(names) == count
        for name in names:
            given = [float(columns[name]) for columns in last]
            # A mean of residuals is nothing but rounding, and one over nothing is anything.
            tolerance = 1e-5 * abs(given[0]) + 1e-8
            assert max(given) - min(given) < tolerance, (task, name, given)


def test_the_judge_sees_an_error_in_deviations_and_a_lost_number():
    x = series.rate_index(ROWS)
    figures = reference.parabola(x, AT, 60)
    exact = {name: of.value.astype(float) for name, of in figures.items()}
    assert reference.judge(figures, exact).shape < 1e-15
    exact["a1"][3] += float(0.01 * figures["a1"].unit[3])
    exact["rmse"][5] = numpy.nan
    errors = reference.judge(figures, exact)
    assert errors.shape == pytest.approx(0.01)
    assert errors.lost == pytest.approx(1 / (4 * len(AT)))


def test_a_plot_is_whole_and_its_names_do_not_overlap():
    lines = [Line(f"name {n} & more", [(15, 1e6 + n), (1440, 1e6 + n)]) for n in range(6)]
    svg = draw([Panel("title", "x", "y", lines, x_ticks=[15, 1440])])
    root = xml.etree.ElementTree.fromstring(svg)
    names = [node for node in root.iter() if (node.text or "").startswith("name ")]
    heights = sorted(float(node.get("y")) for node in names)
    assert len(names) == 6
    assert all(b - a >= 12.9 for a, b in zip(heights, heights[1:]))
    assert 0 < heights[0] and heights[-1] < HEIGHT
    assert draw([Panel("title", "x", "y", lines, x_ticks=[15, 1440])]) == svg


@pytest.mark.parametrize("value, said", [(15, "15"), (1440, "1,440"), (3e4, "30 k"), (1e6, "1 M"),
                                         (1e-12, "10⁻¹²")])
def test_ticks_are_told_shortly(value, said):
    assert tick_text(value) == said


def test_names_keep_their_order_and_their_distance():
    assert spread_out([10, 11, 50], 13, 0, 100) == [10, 23, 50]
    assert spread_out([99, 98], 13, 0, 100) == [100, 87]


@pytest.fixture
def goals():
    """tell(figures): what the document's last section makes of them."""
    def tell(figures):
        bench = Bench(".", 1)
        bench.figures.update(figures)
        return run.load_sections()["goals"].section(bench).strip()
    return tell


def test_every_goal_that_is_missed_is_told_with_what_stands_in_its_way(goals):
    kept = run.kept_figures()
    for figures in (kept, {name: value / 2 for name, value in kept.items()}):
        told = goals(figures).splitlines()
        missed = [line.split(" | ")[0].strip("| ") for line in told if line.endswith("**no** |")]
        assert missed
        assert missed == [line[3:line.index(".*")] for line in told if line.startswith("- *")]


def test_the_document_says_what_its_figures_say(goals):
    assert goals(run.kept_figures()) in run.DOCUMENT.read_text()
