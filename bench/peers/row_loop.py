"""The shape of the first implementation: a Python loop over rows, and for each row and window a slice
and a handful of numpy calls."""

import numpy
import pandas

from peers.sets import (BOLLINGER_POSITIONED, BOLLINGER_WINDOWS, BQX_WINDOWS, REGRESSION_FIGURES,
                        REGRESSION_WINDOWS, TERMS, bands, standard_rows)


def polyfit_figures(past):
    """The fifteen of one window."""
    v = standard_rows(len(past))
    a2, a1, b = numpy.polyfit(v, past, 2)
    residuals = past - ((a2 * v + a1) * v + b)
    ss_res, ss_tot = (residuals ** 2).sum(), ((past - past.mean()) ** 2).sum()
    r2, rmse = 1 - ss_res / ss_tot, numpy.sqrt(ss_res / len(past))
    prediction = a2 * v[-1] ** 2 + a1 * v[-1] + b
    vertex_x = -a1 / (2 * a2)
    return (a2, a1, b, r2, rmse, residuals.mean(), residuals.std(), prediction - 1.96 * rmse,
            prediction + 1.96 * rmse, prediction, vertex_x, (a2 * vertex_x + a1) * vertex_x + b,
            abs(a2), numpy.clip(r2, 0, 1), abs(rmse / prediction))


class RowLoop:
    NAME, VERSION = "a loop over rows", ""

    prepare = staticmethod(numpy.asarray)

    @staticmethod
    def columns(records):
        if isinstance(records, pandas.DataFrame):
            return {name: records[name].to_numpy() for name in records}
        return {name: numpy.array([record[name] for record in records]) for name in records[0]}

    @staticmethod
    def bqx(x):
        records = []
        for row in range(75, len(x)):
            now, record = float(x[row]), {"rate_index": x[row]}
            for window in BQX_WINDOWS:
                past = numpy.array(x[row - window:row])
                record |= {f"return_{window}": float(numpy.sum((past - now) / now)),
                           f"max_{window}": float(numpy.max(past)),
                           f"min_{window}": float(numpy.min(past)),
                           f"avg_{window}": float(numpy.mean(past)),
                           f"stdev_{window}": float(numpy.std(past, ddof=1)),
                           f"endpoint_{window}": float((past[0] - now) / now)}
            for name in ("return", "max", "min", "avg", "stdev"):
                record[f"{name}_agg"] = record[f"{name}_75"]
            record["range_agg"] = (record["max_75"] - record["min_75"]) / now
            record["volatility_agg"] = record["stdev_75"] / now
            records.append(record)
        return records

    @staticmethod
    def regression(x):
        """As the first implementation had it, with a frame that is written cell by cell."""
        frame = pandas.DataFrame({"index": x})
        names = [f"{name}_{window}" for window in REGRESSION_WINDOWS for name in REGRESSION_FIGURES]
        results = pandas.DataFrame(index=frame.index[89:], columns=names, dtype=float)
        for row in range(89, len(frame)):
            for window in REGRESSION_WINDOWS:
                past = frame["index"].iloc[row - window + 1:row + 1].to_numpy()
                for name, value in zip(REGRESSION_FIGURES, polyfit_figures(past)):
                    results.at[row, f"{name}_{window}"] = value
        return results

    @staticmethod
    def bollinger(x):
        records, before = [], {}
        for row in range(119, len(x)):
            record = {}
            for window in BOLLINGER_WINDOWS:
                past = numpy.array(x[row - window + 1:row + 1])
                figures = bands(float(numpy.mean(past)), float(numpy.std(past, ddof=1)), x[row], window)
                if window in BOLLINGER_POSITIONED:
                    figures["slope"] = figures["width"] - before.get(window, numpy.nan)
                    before[window] = figures["width"]
                record |= {f"{name}_{window}": figure for name, figure in figures.items()}
            records.append(record)
        return records

    @staticmethod
    def moments(x, window):
        records = []
        for row in range(window - 1, len(x)):
            past = numpy.array(x[row - window + 1:row + 1])
            records.append({"mean": float(numpy.mean(past)), "stdev": float(numpy.std(past, ddof=1))})
        return records

    @staticmethod
    def parabola(x, window):
        records = []
        for row in range(window - 1, len(x)):
            figures = polyfit_figures(x[row - window + 1:row + 1])
            records.append(dict(zip(TERMS, (*figures[:3], figures[4]))))
        return records
