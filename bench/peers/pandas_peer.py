"""pandas: rolling aggregates. It has no weighted sums without scipy, so parabolas are made of rolling
means of y, t y and t^2 y."""

import numpy
import pandas

from peers.sets import (BOLLINGER_POSITIONED, BOLLINGER_WINDOWS, BQX_FIGURES, BQX_WINDOWS,
                        FromFit, bands, bend_of)


class Pandas(FromFit):
    NAME, VERSION = "pandas", pandas.__version__

    @staticmethod
    def prepare(x):
        return pandas.Series(x)

    @staticmethod
    def columns(result):
        return {name: column.to_numpy() for name, column in result.items()}

    @staticmethod
    def bqx(x):
        out = {"rate_index": x}
        for window in BQX_WINDOWS:
            past = x.shift(1).rolling(window)
            mean = past.mean()
            figures = (window * (mean / x - 1), past.max(), past.min(), mean, past.std(),
                       (x.shift(window) - x) / x)
            out.update({f"{name}_{window}": f for name, f in zip(BQX_FIGURES, figures)})
        for name in BQX_FIGURES[:5]:
            out[f"{name}_agg"] = out[f"{name}_75"].copy()
        out["range_agg"] = (out["max_75"] - out["min_75"]) / x
        out["volatility_agg"] = out["stdev_75"] / x
        return out

    @staticmethod
    def moments(x, window):
        rolling = x.rolling(window)
        return {"mean": rolling.mean(), "stdev": rolling.std()}

    @staticmethod
    def fit(x, window):
        """a2, a1, b, rmse and the variance. About the mean, which spares the sums some digits."""
        centre = x.mean()
        y = x - centre
        t = pandas.Series(numpy.arange(len(x), dtype=float))
        middle = t - (window - 1) / 2
        m0, m1, m2 = (moment.rolling(window).mean() for moment in (y, t * y, t * t * y))
        first = m1 - middle * m0
        second = m2 - 2 * middle * m1 + middle * middle * m0
        step = 1 / numpy.arange(window).std()
        _, bend_square = bend_of(window)
        a1 = first * step
        a2 = (second * step**2 - m0) / bend_square
        variance = y.rolling(window).var(ddof=0)
        rmse = numpy.sqrt(variance - a1 * a1 - a2 * a2 * bend_square)
        return (a2, a1, m0 + centre - a2, rmse), variance

    @staticmethod
    def bollinger(x):
        out = {}
        for window in BOLLINGER_WINDOWS:
            rolling = x.rolling(window)
            figures = bands(rolling.mean(), rolling.std(), x, window)
            if window in BOLLINGER_POSITIONED:
                figures["slope"] = figures["width"].diff()
            out.update({f"{name}_{window}": figure for name, figure in figures.items()})
        return out
