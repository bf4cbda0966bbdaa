"""The engine beside what its users would take instead: pandas, numpy, a loop over rows."""

import numpy
import pandas

from harness import CannotMeasure, median, quantity, rate_of, spread, table

TITLE = "The engine, one core"

WINDOWS = (15, 30, 45, 60, 75)
COLUMNS = 38
ROWS = 372_000
BASELINE = 107356


def golden_closes(rows):
    """The synthetic pair of src/engine/testing/series.cc."""
    closes = numpy.empty(rows)
    state, close = 12345, BASELINE
    closes[0] = close
    for row in range(1, rows):
        state = (1103515245 * state + 12345) % 2**31
        close += (state >> 16) % 21 - 10
        closes[row] = close
    return closes


def bqx_by_pandas(closes):
    x = 100 * pandas.Series(closes) / BASELINE
    out = {"rate_index": x}
    for window in WINDOWS:
        past = x.shift(1).rolling(window)
        mean = past.mean()
        out[f"w{window}"] = (window * (mean / x - 1), past.max(), past.min(), mean, past.std(),
                             (x.shift(window) - x) / x)
    ret, high, low, mean, deviation, _ = out["w75"]
    out["agg"] = (ret.copy(), high.copy(), low.copy(), mean.copy(), deviation.copy(),
                  (high - low) / x, deviation / x)
    return out


def bqx_by_numpy(closes):
    x = 100 * closes / BASELINE
    out = {"rate_index": x}
    for window in WINDOWS:
        past = numpy.lib.stride_tricks.sliding_window_view(x, window)[:-1]
        now = x[window:]
        mean = past.mean(axis=1)
        out[f"w{window}"] = (window * (mean / now - 1), past.max(axis=1), past.min(axis=1), mean,
                             past.std(axis=1, ddof=1), (past[:, 0] - now) / now)
    ret, high, low, mean, deviation, _ = out["w75"]
    now = x[75:]
    out["agg"] = (ret.copy(), high.copy(), low.copy(), mean.copy(), deviation.copy(),
                  (high - low) / now, deviation / now)
    return out


def bqx_by_row(closes):
    """The shape of the first implementation: a slice and a handful of numpy calls per window."""
    x = [100 * float(close) / BASELINE for close in closes]
    records = []
    for row in range(75, len(x)):
        now, record = x[row], [x[row]]
        for window in WINDOWS:
            past = numpy.array(x[row - window:row])
            record += [float(numpy.sum((past - now) / now)), float(numpy.max(past)),
                       float(numpy.min(past)), float(numpy.mean(past)),
                       float(numpy.std(past, ddof=1)), float((past[0] - now) / now)]
        record += record[25:30] + [(record[26] - record[27]) / now, record[29] / now]
        records.append(record)
    return records


def last_row_sum(result):
    """What the last row's 38 columns add up to."""
    if isinstance(result, list):
        return sum(result[-1])
    total = 0.0
    for columns in result.values():
        for column in columns if isinstance(columns, tuple) else (columns,):
            total += numpy.asarray(column)[-1]
    return total


def check_peers(closes, ours):
    """Peers that compute something else are no peers."""
    for peer in (bqx_by_pandas, bqx_by_numpy, bqx_by_row):
        theirs = last_row_sum(peer(closes[-200:]))
        if abs(theirs - ours) > 1e-6 * abs(ours):
            raise CannotMeasure(f"{peer.__name__} gives {theirs} where the engine gives {ours}")


def peers_table(bench, closes):
    """The whole set by each contender; peers that take long get fewer rows."""
    def by_engine():
        return bench.google("engine", "^BqxByMonth/")[f"BqxByMonth/{ROWS}"]["items_per_second"]

    peers = {
        f"pandas {pandas.__version__} rolling": (bqx_by_pandas, ROWS),
        f"numpy {numpy.__version__} sliding_window_view": (bqx_by_numpy, 30_000),
        "a Python loop over rows": (bqx_by_row, 2_000),
    }
    contenders = {"**engine**": by_engine}
    for name, (work, rows) in peers.items():
        contenders[name] = lambda work=work, rows=rows: rate_of(rows, lambda: work(closes[:rows]))
    rates = bench.in_turns(contenders)
    ours = rates["**engine**"]
    lines = []
    for name, theirs in rates.items():
        ratio = median([a / b for a, b in zip(ours, theirs)])
        lines.append((name, quantity(median(theirs)), f"{1e9 / median(theirs) / COLUMNS:.3g}",
                      f"±{spread(theirs):.0%}", f"{ratio:,.0f} ×" if ratio > 1.5 else ""))
    return table(("bqx, 38 columns", "rows/s", "ns per value", "spread", "engine is"), lines)


def growth_tables(bench):
    """Cost against rows, the cut, NULLs, and the window; memory has been touched before."""
    runs = bench.in_turns({"all": lambda: bench.google("engine")})["all"]

    def row_ns(name):
        return [1e9 / run[name]["items_per_second"] for run in runs]

    def family_line(label, name):
        cost = median(row_ns(name))
        return label, f"{cost:.1f}", f"{cost / runs[0][name]['columns']:.2f}"

    families = [family_line(*line) for line in (
        ("rate_index, a pair-year at once", f"RateIndex/{ROWS}"),
        ("bqx, a month", "Bqx/30000"),
        ("bqx, a pair-year at once", f"Bqx/{ROWS}"),
        ("bqx, a pair-year by months", f"BqxByMonth/{ROWS}"),
        ("the same with NULLs and flat hours", f"BqxWithNulls/{ROWS}"))]
    windows = (15, 60, 240, 1440)
    kernels = []
    for kernel in ("Moments", "Extremes"):
        costs = [row_ns(f"{kernel}/{window}") for window in windows]
        growth = median([long / short for long, short in zip(costs[-1], costs[0])])
        kernels.append((kernel.lower(), *(f"{median(cost):.2f}" for cost in costs),
                        f"{growth:.2f} ×"))
    return "\n\n".join((
        table(("family", "ns per row", "ns per value"), families),
        table(("kernel, ns per row at window", *windows, "1440 over 15"), kernels)))


def section(bench):
    closes = golden_closes(ROWS)
    ours = bench.google("engine", "^BqxByMonth/")[f"BqxByMonth/{ROWS}"]["last_row_sum"]
    check_peers(closes, ours)
    return peers_table(bench, closes) + "\n\n" + growth_tables(bench)
