"""polars: rolling expressions over one frame; a parabola's coefficients are weighted rolling sums."""

import polars

from peers.sets import (BOLLINGER_POSITIONED, BOLLINGER_WINDOWS, BQX_FIGURES, BQX_WINDOWS,
                        REGRESSION_FIGURES, REGRESSION_WINDOWS, TERMS, bands, bend_of, fifteen,
                        standard_rows)

X = polars.col("x")


class Polars:
    NAME, VERSION = "polars", polars.__version__

    @staticmethod
    def prepare(x):
        return polars.DataFrame({"x": x})

    @staticmethod
    def columns(result):
        return {name: result[name].to_numpy() for name in result.columns}

    @staticmethod
    def bqx(frame):
        past, out = X.shift(1), {"rate_index": X}
        for window in BQX_WINDOWS:
            mean = past.rolling_mean(window)
            figures = ((mean / X - 1) * window, past.rolling_max(window), past.rolling_min(window),
                       mean, past.rolling_std(window), (X.shift(window) - X) / X)
            out.update({f"{name}_{window}": f for name, f in zip(BQX_FIGURES, figures)})
        again = {f"{name}_agg": polars.col(f"{name}_75") for name in BQX_FIGURES[:5]}
        again["range_agg"] = (polars.col("max_75") - polars.col("min_75")) / X
        again["volatility_agg"] = polars.col("stdev_75") / X
        return frame.lazy().with_columns(**out).with_columns(**again).drop("x").collect()

    @staticmethod
    def moments(frame, window):
        return frame.select(mean=X.rolling_mean(window), stdev=X.rolling_std(window))

    @staticmethod
    def fit(frame, window):
        """A lazy frame with a2, a1, m (the mean), v (the variance) and x."""
        bend, bend_square = bend_of(window)
        return frame.lazy().with_columns(
            a2=X.rolling_sum(window, weights=list(bend / bend_square / window)),
            a1=X.rolling_sum(window, weights=list(standard_rows(window) / window)),
            m=X.rolling_mean(window), v=X.rolling_var(window, ddof=0))

    @staticmethod
    def terms(window):
        """a2, a1, b and rmse as expressions over what fit() gives."""
        a2, a1 = polars.col("a2"), polars.col("a1")
        _, bend_square = bend_of(window)
        rest = polars.col("v") - a1 * a1 - a2 * a2 * bend_square
        return a2, a1, polars.col("m") - a2, rest.sqrt()

    @classmethod
    def parabola(cls, frame, window):
        named = dict(zip(TERMS, cls.terms(window)))
        return cls.fit(frame, window).select(**named).collect()

    @classmethod
    def regression(cls, frame):
        parts = []
        for window in REGRESSION_WINDOWS:
            figures = fifteen(window, cls.terms(window), polars.col("v"))
            named = {f"{name}_{window}": f for name, f in zip(REGRESSION_FIGURES, figures)}
            parts.append(cls.fit(frame, window).select(**named))
        return polars.concat(polars.collect_all(parts), how="horizontal")

    @staticmethod
    def bollinger(frame):
        out = {}
        for window in BOLLINGER_WINDOWS:
            figures = bands(X.rolling_mean(window), X.rolling_std(window), X, window)
            if window in BOLLINGER_POSITIONED:
                figures["slope"] = figures["width"].diff()
            out.update({f"{name}_{window}": figure for name, figure in figures.items()})
        return frame.lazy().select(**out).collect()
