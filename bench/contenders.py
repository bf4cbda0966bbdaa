"""Peers and the engine as contenders: how many rows each is given, how fast it was, how wrong."""

import dataclasses
import os
import subprocess
import sys

import numpy

import reference
import series
from harness import CannotMeasure, rate_of
from peers import PEERS
from peers.sets import FAMILIES

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass
class Contender:
    """A peer at one task, on as many rows as it does in a fraction of a second."""

    peer: type
    work: object  # takes what the peer prepared
    rows: int

    def rate(self):
        """Rows per second; the preparation is not timed."""
        data = self.peer.prepare(series.rate_index(self.rows))
        return rate_of(self.rows, lambda: self.work(data))


def short(label):
    """A contender's label without marks and version: for plots, where there is little room."""
    words = label.replace("*", "").replace(", all columns", "").split(" ")
    return " ".join(word for word in words if not word[:1].isdigit())


def label_of(peer):
    return f"{peer.NAME} {peer.VERSION}".strip()


def contender(bench, peer, work, lookback=90):
    """Finds the rows by trying: twice as many until it takes long enough, or the year is full."""
    enough, most = bench.size(0.15, 0.002), bench.size(series.PAIR_YEAR, 4_000)
    rows = min(most, lookback + 300)
    while True:
        trial = Contender(peer, work, rows)
        seconds = rows / trial.rate()
        if seconds >= enough or rows >= most:
            return trial
        rows = min(most, int(rows * min(16, max(2, enough / seconds))))


def peers_of(task):
    """Peers that can do a task of a set's name, or "moments" or "parabola"."""
    return [peer for peer in PEERS if getattr(peer, task, None) is not None]


def rate_with_threads(task, peer, rows, threads):
    """The same in a process of its own, for libraries that fix their threads when they are loaded."""
    ran = subprocess.run(
        [sys.executable, "-m", "peers", task, peer.__name__, str(rows)], cwd=HERE, timeout=120,
        capture_output=True, text=True, env={**os.environ, "POLARS_MAX_THREADS": str(threads)})
    if ran.returncode != 0:
        raise CannotMeasure(f"{peer.NAME} on {threads} threads: {ran.stderr.strip()[-300:]}")
    return float(ran.stdout)


class Judge:
    """Errors of a set's contenders at the same rows of the same year, against long double."""

    def __init__(self, bench, task):
        self.task, self.bench = task, bench
        self.rows = bench.size(series.PAIR_YEAR, 4_000)
        self.at, self.stride = reference.sample_rows(self.rows, bench.size(2_000, 50))
        self.x = series.rate_index(self.rows)
        self.figures = getattr(reference, task)(self.x, self.at)

    def of_engine(self):
        """As the engine publishes them: stored columns and those of the view."""
        family = FAMILIES[self.task]
        names = self.bench.run("mayfly_engine_values", family).decode().split()
        values = numpy.frombuffer(
            self.bench.run("mayfly_engine_values", family, self.rows, self.stride))
        lines = values.reshape(-1, len(names))[:len(self.at)]
        columns = {name: lines[:, number] for number, name in enumerate(names)}
        renamed = {ours: columns[name] for ours in self.figures
                   if (name := engine_name(self.task, ours)) in columns}
        if len(renamed) != len(self.figures):
            raise CannotMeasure(f"{family} lacks columns that it is judged by")
        return reference.judge(self.figures, renamed)

    def of_peer(self, peer, work):
        """On the whole year; a peer that is too slow for it does its last rows."""
        rows, at = self.rows, self.at
        if peer.NAME.startswith(("numpy, windows", "a loop")):
            rows = min(rows, 1_500 if peer.NAME.startswith("a loop") else 20_000)
            at = at[at >= self.rows - rows + 200]
        columns = peer.columns(work(peer.prepare(self.x[self.rows - rows:])))
        figures = {name: reference.Figure(of.value[:len(at)], of.unit[:len(at)])
                   for name, of in self.figures.items()}
        return reference.judge(figures, reference.at_rows(columns, at - (self.rows - rows), rows))


def engine_name(task, column):
    """What the engine calls a column of peers.sets."""
    figure, window = column.rsplit("_", 1)
    if task == "bqx":
        suffix = "return" if figure == "return" else f"{figure}_index"
        return f"w{window}_bqx_{suffix}"
    if task == "regression":
        return f"{figure}_idx_{'agg' if window == '90' else 'w' + window}"
    return f"bb_{figure}_{window}"
