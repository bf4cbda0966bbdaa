"""DuckDB: window functions over a table in memory, into another; on as many threads as asked for."""

import os

import duckdb
import numpy

from peers.sets import (BOLLINGER_POSITIONED, BOLLINGER_WINDOWS, BQX_FIGURES, BQX_WINDOWS,
                        REGRESSION_FIGURES, REGRESSION_WINDOWS, TERMS, bend_of, standard_rows)


def windows_clause(frames):
    return " WINDOW " + ", ".join(f"w{window} AS (ORDER BY i ROWS BETWEEN {frame})"
                                  for window, frame in frames.items())


def with_current(windows):
    return windows_clause({w: f"{w - 1} PRECEDING AND CURRENT ROW" for w in windows})


def fit_sql(window):
    """Means and covariances of one window: with them go a2, a1, b and rmse."""
    return (f"avg(x) OVER w{window} AS m_{window}, var_pop(x) OVER w{window} AS v_{window}, "
            f"covar_pop(x, i) OVER w{window} AS c1_{window}, "
            f"covar_pop(x, i * i) OVER w{window} AS c2_{window}")


def terms_sql(window):
    step = 1 / float(numpy.arange(window).std())
    _, bend_square = bend_of(window)
    middle = f"(i - {(window - 1) / 2})"
    a1 = f"c1_{window} * {step!r}"
    a2 = f"(c2_{window} - 2 * {middle} * c1_{window}) * {step**2 / float(bend_square)!r}"
    return (f"{a2} AS a2_{window}, {a1} AS a1_{window}, m_{window} - a2_{window} AS b_{window}, "
            f"sqrt(greatest(0, v_{window} - a1_{window}**2 - {float(bend_square)!r} * a2_{window}**2))"
            f" AS rmse_{window}")


def fifteen_sql(window):
    last = float(standard_rows(window)[-1])
    by_name = {
        "a2": "a2_{w}", "a1": "a1_{w}", "b": "b_{w}", "rmse": "rmse_{w}", "residual_std": "rmse_{w}",
        "r2": "1 - rmse_{w}**2 / v_{w}", "residual_mean": "0 * rmse_{w}",
        "prediction": f"a2_{{w}} * {last**2!r} + a1_{{w}} * {last!r} + b_{{w}}",
        "vertex_x": "a1_{w} / a2_{w} * -0.5", "vertex_y": "b_{w} - a1_{w}**2 / a2_{w} * 0.25",
        "curvature": "abs(a2_{w})", "fit_quality": "1 - rmse_{w}**2 / v_{w}"}
    by_name["lower"] = f"{by_name['prediction']} - 1.96 * rmse_{{w}}"
    by_name["upper"] = f"{by_name['prediction']} + 1.96 * rmse_{{w}}"
    by_name["extrapolation_error"] = f"rmse_{{w}} / abs({by_name['prediction']})"
    return ", ".join(f"{by_name[name].format(w=window)} AS {name}_{window}"
                     for name in REGRESSION_FIGURES)


class DuckDb:
    NAME, VERSION = "DuckDB", duckdb.__version__

    @staticmethod
    def prepare(x):
        connection = duckdb.connect()
        connection.execute(f"SET threads = {int(os.environ.get('POLARS_MAX_THREADS', 1))}")
        connection.execute("SET enable_progress_bar = false")  # it would go to standard output
        connection.register("given", {"i": numpy.arange(len(x), dtype=float), "x": x})
        connection.execute("CREATE TABLE bars AS SELECT * FROM given")
        return connection

    @staticmethod
    def columns(connection):
        found = connection.execute("SELECT * FROM made ORDER BY i").fetchnumpy()
        return {name: numpy.ma.filled(column, numpy.nan) for name, column in found.items()}

    @staticmethod
    def make(connection, query):
        connection.execute("CREATE OR REPLACE TEMP TABLE made AS " + query)
        return connection

    @classmethod
    def bqx(cls, connection):
        parts = ["i", "x AS rate_index"]
        for w in BQX_WINDOWS:
            figures = (f"{w} * (avg(x) OVER w{w} / x - 1)", f"max(x) OVER w{w}", f"min(x) OVER w{w}",
                       f"avg(x) OVER w{w}", f"stddev_samp(x) OVER w{w}",
                       f"(first_value(x) OVER w{w} - x) / x")
            parts += [f"{figure} AS {name}_{w}" for name, figure in zip(BQX_FIGURES, figures)]
        again = [f"{name}_75 AS {name}_agg" for name in BQX_FIGURES[:5]]
        again += ["(max_75 - min_75) / rate_index AS range_agg",
                  "stdev_75 / rate_index AS volatility_agg"]
        frames = {w: f"{w} PRECEDING AND 1 PRECEDING" for w in BQX_WINDOWS}
        inner = f"SELECT {', '.join(parts)} FROM bars {windows_clause(frames)}"
        return cls.make(connection, f"SELECT *, {', '.join(again)} FROM ({inner})")

    @classmethod
    def moments(cls, connection, window):
        return cls.make(connection, f"SELECT i, avg(x) OVER w{window} AS mean, stddev_samp(x) OVER "
                                    f"w{window} AS stdev FROM bars {with_current([window])}")

    @classmethod
    def parabola(cls, connection, window):
        inner = f"SELECT i, {fit_sql(window)} FROM bars {with_current([window])}"
        named = ", ".join(f"{n}_{window} AS {n}" for n in TERMS)
        terms = f"SELECT i, {terms_sql(window)} FROM ({inner})"
        return cls.make(connection, f"SELECT i, {named} FROM ({terms})")

    @classmethod
    def regression(cls, connection):
        fits = ", ".join(map(fit_sql, REGRESSION_WINDOWS))
        inner = f"SELECT i, {fits} FROM bars {with_current(REGRESSION_WINDOWS)}"
        terms = f"SELECT *, {', '.join(map(terms_sql, REGRESSION_WINDOWS))} FROM ({inner})"
        figures = ", ".join(map(fifteen_sql, REGRESSION_WINDOWS))
        return cls.make(connection, f"SELECT i, {figures} FROM ({terms})")

    @classmethod
    def bollinger(cls, connection):
        inner = ", ".join(f"avg(x) OVER w{w} AS middle_{w}, 4 * stddev_samp(x) OVER w{w} AS width_{w}"
                          for w in BOLLINGER_WINDOWS)
        parts = []
        for w in BOLLINGER_WINDOWS:
            parts += [f"middle_{w}", f"middle_{w} + width_{w} / 2 AS upper_{w}",
                      f"middle_{w} - width_{w} / 2 AS lower_{w}", f"width_{w}"]
            if w in BOLLINGER_POSITIONED:
                parts += [f"(x - middle_{w}) / width_{w} + 0.5 AS percent_b_{w}",
                          f"width_{w} - lag(width_{w}) OVER (ORDER BY i) AS slope_{w}"]
        return cls.make(connection, f"SELECT i, {', '.join(parts)} FROM (SELECT i, x, {inner} FROM "
                                    f"bars {with_current(BOLLINGER_WINDOWS)})")
