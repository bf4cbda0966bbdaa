"""Parabolas through six windows, 90 columns: beside numpy, and the shape of the first implementation."""

import numpy
import pandas

from harness import CannotMeasure, median, quantity, rate_of, spread, table

TITLE = "The regression set, one core"

WINDOWS = {"w15": 15, "w30": 30, "w45": 45, "w60": 60, "w75": 75, "agg": 90}
METRICS = ("a2", "a1", "b", "r2", "rmse", "residual_mean", "residual_std", "pred_lower",
           "pred_upper", "prediction", "vertex_x", "vertex_y", "curvature", "fit_quality",
           "extrapolation_error")
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


def standard_x(window):
    x = numpy.arange(window, dtype=float)
    return (x - x.mean()) / x.std()


def metrics_of(a2, a1, b, residuals, past, last_x):
    """All fifteen, by the formulas of the reference, for one window or for many at once."""
    ss_res = (residuals ** 2).sum(axis=-1)
    ss_tot = ((past - past.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    r2 = 1 - ss_res / ss_tot
    rmse = numpy.sqrt(ss_res / past.shape[-1])
    prediction = a2 * last_x ** 2 + a1 * last_x + b
    vertex_x = -a1 / (2 * a2)
    return (a2, a1, b, r2, rmse, residuals.mean(axis=-1), rmse, prediction - 1.96 * rmse,
            prediction + 1.96 * rmse, prediction, vertex_x, (a2 * vertex_x + a1) * vertex_x + b,
            numpy.abs(a2), numpy.clip(r2, 0, 1), numpy.abs(rmse / numpy.abs(prediction)))


def by_numpy(closes):
    """Every window as a row of a matrix, times the pseudo-inverse."""
    index = 100 * closes / BASELINE
    out = {}
    for name, window in WINDOWS.items():
        x = standard_x(window)
        design = numpy.vander(x, 3)
        past = numpy.lib.stride_tricks.sliding_window_view(index, window)
        fit = past @ numpy.linalg.pinv(design).T
        residuals = past - fit @ design.T
        out[name] = metrics_of(fit[:, 0], fit[:, 1], fit[:, 2], residuals, past, x[-1])
    return out


def by_row(closes):
    """What the first implementation did: a slice, a fit and fifteen writes for each row and window."""
    frame = pandas.DataFrame({"index": 100 * closes / BASELINE})
    results = pandas.DataFrame(index=frame.index, columns=[f"{metric}_{name}" for name in WINDOWS
                                                           for metric in METRICS], dtype=float)
    for row in range(90, len(frame)):
        for name, window in WINDOWS.items():
            past = frame["index"].iloc[row - window + 1:row + 1].to_numpy()
            x = standard_x(window)
            a2, a1, b = numpy.polyfit(x, past, 2)
            residuals = past - ((a2 * x + a1) * x + b)
            values = metrics_of(a2, a1, b, residuals, past, x[-1])
            for metric, value in zip(METRICS, values):
                results.at[row, f"{metric}_{name}"] = value
    return results


def last_r2(result):
    return float(result["w60"][3][-1] if isinstance(result, dict) else result["r2_w60"].iloc[-1])


def section(bench):
    closes = golden_closes(ROWS)
    if abs(last_r2(by_numpy(closes[-300:])) - last_r2(by_row(closes[-300:]))) > 1e-8:
        raise CannotMeasure("the peers do not compute the same")

    def by_engine():
        name = f"ByMonth/regn_rate/{ROWS}"
        return bench.google("engine", f"^{name}$")[name]["items_per_second"]

    rates = bench.in_turns({
        "**engine**, by months": by_engine,
        f"numpy {numpy.__version__}, windows times pseudo-inverse":
            lambda: rate_of(30_000, lambda: by_numpy(closes[:30_000])),
        "a loop over rows, as the first implementation": lambda: rate_of(410, lambda: by_row(
            closes[:500])),
    })
    ours = rates["**engine**, by months"]
    lines = []
    for name, theirs in rates.items():
        ratio = median([a / b for a, b in zip(ours, theirs)])
        lines.append((name, quantity(median(theirs)), f"±{spread(theirs):.0%}",
                      f"{ratio:,.0f} ×" if ratio > 1.5 else ""))
    return "\n\n".join([
        "Six windows of 15 to 90 rows, fifteen columns each. The engine stores the 24 that say "
        "something and leaves the others to the view; the peers compute all 90.",
        table(("regn_rate", "rows/s", "spread", "engine is"), lines)])
