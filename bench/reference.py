"""What a figure is: straight from its definition, window by window, in long double. By this the
engine and its peers are judged; it shares nothing with any of them."""

import dataclasses

import numpy

from peers.sets import BOLLINGER_WINDOWS, BQX_WINDOWS, REGRESSION_WINDOWS

WIDE = numpy.longdouble

# Whole windows of these columns are at the price's level, where a double itself is rounded to some
# 1e-12 of a deviation; the others are made of differences.
LEVELS = ("avg", "mean", "middle", "b")


@dataclasses.dataclass
class Figure:
    """A column at the sampled rows, and how large an error of one would be: in the column's unit."""

    value: numpy.ndarray
    unit: numpy.ndarray


def sample_rows(rows, count, lookback=1440):
    """Row numbers, the last one first, evenly over all that have whole windows."""
    stride = max(1, (rows - lookback) // count)
    return numpy.arange(rows - 1, lookback - 1, -stride), stride


def windows_at(x, rows, window, shift=0):
    """The windows that end `shift` rows before each of the rows, one a line."""
    first = rows - shift - window + 1
    return x.astype(WIDE)[first[:, None] + numpy.arange(window)]


def spread(past):
    """Means, the differences from them, and population deviations."""
    mean = past.mean(axis=1, keepdims=True)
    rest = past - mean
    return mean[:, 0], rest, numpy.sqrt((rest ** 2).mean(axis=1))


def fit(past):
    """a2, a1, b, rmse over standardised rows, by orthogonal polynomials and from residuals."""
    window = past.shape[1]
    mean, rest, deviation = spread(past)
    u = numpy.arange(window, dtype=WIDE) - WIDE(window - 1) / 2
    v = u / numpy.sqrt((u ** 2).mean())
    bend = v ** 2 - 1
    a1 = (rest * v).mean(axis=1)
    a2 = (rest * bend).mean(axis=1) / (bend ** 2).mean()
    residuals = rest - a1[:, None] * v - a2[:, None] * bend
    rmse = numpy.sqrt((residuals ** 2).mean(axis=1))
    return {"a2": a2, "a1": a1, "b": mean - a2, "rmse": rmse}, deviation


def moments(x, rows, window, shift=0):
    mean, _, deviation = spread(windows_at(x, rows, window, shift))
    return mean, deviation * numpy.sqrt(WIDE(window) / (window - 1)), deviation


def bqx(x, rows):
    figures, now = {}, x[rows].astype(WIDE)
    for window in BQX_WINDOWS:
        mean, stdev, deviation = moments(x, rows, window, shift=1)
        figures[f"avg_{window}"] = Figure(mean, deviation)
        figures[f"stdev_{window}"] = Figure(stdev, deviation)
        sums = (windows_at(x, rows, window, 1) - now[:, None]).sum(axis=1) / now
        figures[f"return_{window}"] = Figure(sums, window * deviation / now)
    return figures


def regression(x, rows):
    figures = {}
    for window in REGRESSION_WINDOWS:
        terms, deviation = fit(windows_at(x, rows, window))
        figures |= {f"{name}_{window}": Figure(term, deviation) for name, term in terms.items()}
        r2 = 1 - (terms["rmse"] / deviation) ** 2
        figures[f"r2_{window}"] = Figure(r2, numpy.ones_like(r2))
    return figures


def bollinger(x, rows):
    figures = {}
    for window in BOLLINGER_WINDOWS:
        mean, stdev, deviation = moments(x, rows, window)
        figures[f"middle_{window}"] = Figure(mean, deviation)
        figures[f"width_{window}"] = Figure(4 * stdev, deviation)
    return figures


def parabola(x, rows, window):
    terms, deviation = fit(windows_at(x, rows, window))
    return {name: Figure(term, deviation) for name, term in terms.items()}


@dataclasses.dataclass
class Errors:
    """The worst of all columns and rows, in units of the window's deviation."""

    shape: float = 0.0  # figures made of differences
    level: float = 0.0  # figures at the level of the price
    lost: float = 0.0  # the share of values that are no number where there is one


def judge(figures, values):
    """Errors of values, {column: array at the same rows}; columns that the peer lacks are left out."""
    errors, lost, count = Errors(), 0, 0
    for name, figure in figures.items():
        if name not in values:
            continue
        given = numpy.asarray(values[name], dtype=WIDE)
        wrong = ~numpy.isfinite(given)
        lost, count = lost + int(wrong.sum()), count + len(given)
        if wrong.all():
            continue
        worst = float((abs(given - figure.value) / figure.unit)[~wrong].max())
        kind = "level" if name.rsplit("_", 1)[0] in LEVELS else "shape"
        setattr(errors, kind, max(getattr(errors, kind), worst))
    errors.lost = lost / count
    return errors


def at_rows(columns, rows, total):
    """Columns that end at row total - 1, at the sampled rows."""
    return {name: numpy.asarray(column)[rows - total + len(column)]
            for name, column in columns.items()}
