"""The sets of columns that are compared: their windows, and arithmetic that all peers share."""

import numpy

BQX_WINDOWS = (15, 30, 45, 60, 75)  # rows before the current one
BQX_FIGURES = ("return", "max", "min", "avg", "stdev", "endpoint")
REGRESSION_WINDOWS = (15, 30, 45, 60, 75, 90)  # with the current row, as in the ones below
REGRESSION_FIGURES = ("a2", "a1", "b", "r2", "rmse", "residual_mean", "residual_std", "lower",
                      "upper", "prediction", "vertex_x", "vertex_y", "curvature", "fit_quality",
                      "extrapolation_error")
TERMS = ("a2", "a1", "b", "rmse")  # what the others are made of
BOLLINGER_WINDOWS = (20, 30, 60, 120)
BOLLINGER_POSITIONED = (20, 60)  # those that have percent_b and slope

COLUMNS = {"bqx": 38, "regression": 90, "bollinger": 20}
FAMILIES = {"bqx": "bqx", "regression": "regn_rate", "bollinger": "bollinger_rate"}


def standard_rows(window):
    """Row numbers of a window in standard deviations: what a parabola is fitted over."""
    rows = numpy.arange(window, dtype=float)
    return (rows - rows.mean()) / rows.std()


def bend_of(window):
    """v^2 - 1, which is orthogonal to 1 and v over the window, and its mean square."""
    bend = standard_rows(window) ** 2 - 1
    return bend, (bend ** 2).mean()


def fifteen(window, fit, variance):
    """The figures of REGRESSION_FIGURES from a2, a1, b, rmse; of arrays, series or expressions."""
    a2, a1, b, rmse = fit
    last = float(standard_rows(window)[-1])
    r2 = 1 - rmse * rmse / variance
    prediction = a2 * last**2 + a1 * last + b
    vertex_x = a1 / a2 * -0.5
    vertex_y = b - a1 * a1 / a2 * 0.25
    return (a2, a1, b, r2, rmse, rmse * 0, rmse, prediction - rmse * 1.96, prediction + rmse * 1.96,
            prediction, vertex_x, vertex_y, abs(a2), r2, rmse / abs(prediction))


class FromFit:
    """A peer whose fit(x, window) gives a window's terms and its variance has these for nothing."""

    @classmethod
    def parabola(cls, x, window):
        return dict(zip(TERMS, cls.fit(x, window)[0]))

    @classmethod
    def regression(cls, x):
        out = {}
        for window in REGRESSION_WINDOWS:
            figures = fifteen(window, *cls.fit(x, window))
            out.update({f"{name}_{window}": f for name, f in zip(REGRESSION_FIGURES, figures)})
        return out


def bands(mean, stdev, y, window):
    """middle, upper, lower, width, percent_b of arrays, series or expressions."""
    lower, width = mean - stdev * 2, stdev * 4
    figures = {"middle": mean, "upper": mean + stdev * 2, "lower": lower, "width": width}
    if window in BOLLINGER_POSITIONED:
        figures["percent_b"] = (y - lower) / width
    return figures
