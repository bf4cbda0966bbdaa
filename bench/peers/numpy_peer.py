"""numpy, in the two ways that it has: every window as a row of a matrix, which is exact and slow, and
correlation with a window's weights, which is fast and takes variances as differences of squares."""

import numpy

from peers.sets import (BOLLINGER_POSITIONED, BOLLINGER_WINDOWS, BQX_FIGURES, BQX_WINDOWS,
                        FromFit, bands, bend_of, standard_rows)

slide = numpy.lib.stride_tricks.sliding_window_view


def add_slope(figures, window):
    """width - the row before's, where the set has it; every column as long as the widths."""
    if window in BOLLINGER_POSITIONED:
        figures["slope"] = numpy.diff(figures["width"], prepend=numpy.nan)
    return {f"{name}_{window}": figure for name, figure in figures.items()}


class NumpyWindows(FromFit):
    NAME, VERSION = "numpy, windows as rows", numpy.__version__

    prepare = staticmethod(numpy.asarray)
    columns = staticmethod(dict)

    @staticmethod
    def bqx(x):
        out = {"rate_index": x}
        for window in BQX_WINDOWS:
            past, now = slide(x, window)[:-1], x[window:]
            mean = past.mean(axis=1)
            figures = (window * (mean / now - 1), past.max(axis=1), past.min(axis=1), mean,
                       past.std(axis=1, ddof=1), (past[:, 0] - now) / now)
            out.update({f"{name}_{window}": f for name, f in zip(BQX_FIGURES, figures)})
        for name in BQX_FIGURES[:5]:
            out[f"{name}_agg"] = out[f"{name}_75"].copy()
        out["range_agg"] = (out["max_75"] - out["min_75"]) / x[75:]
        out["volatility_agg"] = out["stdev_75"] / x[75:]
        return out

    @staticmethod
    def moments(x, window):
        past = slide(x, window)
        return {"mean": past.mean(axis=1), "stdev": past.std(axis=1, ddof=1)}

    @staticmethod
    def fit(x, window):
        """a2, a1, b, rmse from the residuals themselves, and the variance."""
        design = numpy.vander(standard_rows(window), 3)
        past = slide(x, window)
        fit = past @ numpy.linalg.pinv(design).T
        rmse = numpy.sqrt(((past - fit @ design.T) ** 2).mean(axis=1))
        return (fit[:, 0], fit[:, 1], fit[:, 2], rmse), past.var(axis=1)

    @classmethod
    def bollinger(cls, x):
        out = {}
        for window in BOLLINGER_WINDOWS:
            of = cls.moments(x, window)
            figures = bands(of["mean"], of["stdev"], x[window - 1:], window)
            out.update(add_slope(figures, window))
        return out


class NumpyCorrelate(NumpyWindows):
    NAME, VERSION = "numpy, correlate", numpy.__version__

    bqx = None  # greatest and least are no sums

    @staticmethod
    def spread(x, window):
        """The mean, the variance about it, and the series less its own mean."""
        centre = x.mean()
        y, ones = x - centre, numpy.full(window, 1 / window)
        mean = numpy.correlate(y, ones, "valid")
        return mean + centre, numpy.correlate(y * y, ones, "valid") - mean * mean, y

    @classmethod
    def moments(cls, x, window):
        mean, variance, _ = cls.spread(x, window)
        return {"mean": mean, "stdev": numpy.sqrt(variance * (window / (window - 1)))}

    @classmethod
    def fit(cls, x, window):
        mean, variance, y = cls.spread(x, window)
        bend, bend_square = bend_of(window)
        a1 = numpy.correlate(y, standard_rows(window) / window, "valid")
        a2 = numpy.correlate(y, bend / (window * bend_square), "valid")
        rmse = numpy.sqrt(variance - a1 * a1 - a2 * a2 * bend_square)
        return (a2, a1, mean - a2, rmse), variance
