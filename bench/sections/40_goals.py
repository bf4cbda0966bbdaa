"""The goals of the engine and of writing beside what the other sections measured, and what stands in
the way where one is missed. Measures nothing itself: it reads the figures that they recorded."""

import dataclasses
from collections.abc import Callable

from harness import CannotMeasure, quantity, table, times

TITLE = "The goals, and what stands in the way"
MEASURES = False

SETS = ("bqx", "regression", "bollinger")
LIBRARIES = ("Pandas", "Polars", "DuckDb", "NumpyWindows", "NumpyCorrelate")
WRITTEN = (("regn_rate_float8", 1, "regn_rate, float8, one writer"),
           ("regn_rate_float8", 2, "regn_rate, float8, two writers"),
           ("regn_rate_float4", 1, "regn_rate, float4, one writer"),
           ("regn_rate_float4", 2, "regn_rate, float4, two writers"),
           ("all_ten_families_float8", 2, "all ten families, float8, two writers"))
REGRESSION_COLUMNS, STORED_COLUMNS, WINDOWS = 90, 24, 6


class Figures:
    """What was recorded, by name; a name that nobody recorded yet is said."""

    def __init__(self, figures):
        self.figures = figures

    def __call__(self, name):
        if name not in self.figures:
            raise CannotMeasure(f"{name} was not measured yet; ./dev bench measures all")
        return self.figures[name]

    def known(self, names):
        return [self.figures[name] for name in names if name in self.figures]


@dataclasses.dataclass
class Goal:
    what: str
    asked: str
    found: Callable  # the figures -> the one that is judged
    shown: Callable  # that figure -> text
    is_met: Callable
    limit: Callable  # the figures -> what stands in the way


def share(value):
    return f"{value:.0%}"


def over_loop(rates):
    return lambda of: (of(f"peers.regression.{rates}.rows_per_second")
                       / of("peers.regression.RowLoop.rows_per_second"))


def of_derived(of):
    every, stored = (1e9 / of(f"peers.regression.{rates}.rows_per_second")
                     for rates in ("engine", "stored"))
    derived = REGRESSION_COLUMNS - STORED_COLUMNS
    return (f"{derived} of the {REGRESSION_COLUMNS} columns are arithmetic on the other {STORED_COLUMNS}. "
            "The engine does it when it is asked to, an operation of a formula at a time, for "
            f"{(every - stored) / derived:.1f} ns a value beside {stored / STORED_COLUMNS:.1f} ns of one "
            "that it fits. No run asks: the server does it in the view, for the columns that a reader "
            "names.")


def of_memory(of):
    fits = WINDOWS * of("engine.columns.QuadraticWindows/6.ns")
    row = 1e9 / of("engine.regn_rate.trouble.rows_per_second")
    return (f"Of the {row:.0f} ns of a row {fits:.0f} are the six fits in cache, the same with NULLs and "
            f"gaps as without; the rest finishes {STORED_COLUMNS} columns and writes them to memory.")


def unexplained(of):
    return "Nothing that is measured here explains it."


def worst_kernel(of):
    return max(of(f"engine.{kernel}.1440_over_15") for kernel in ("moments", "quadratic", "extremes"))


def worst_error(kind):
    return lambda of: max(of(f"peers.{task}.engine.{kind}_error") for task in SETS)


def error_text(value):
    return f"{value:.0e}"


def of_levels(of):
    nearest = min(of.known(f"peers.{task}.{library}.level_error" for task in SETS for library in LIBRARIES))
    return ("They are near 100, where a double itself is rounded to some 1e-12 of the deviation of a quiet "
            f"window, whoever computes it; the nearest of the libraries is {error_text(nearest)} off.")


def least_lead(of):
    leads = []
    for task in SETS:
        others = of.known(f"peers.{task}.{library}.rows_per_second" for library in LIBRARIES)
        leads.append(of(f"peers.{task}.engine.rows_per_second") / max(others))
    return min(leads)


def of_ceiling(key, writers):
    def limit(of):
        read, busy = of(f"sink.{key}.{writers}.read_share"), of(f"sink.{key}.{writers}.cores_busy")
        reading = (f"{read:.0%} of the slots' time goes into reading bars, which a bare COPY of finished "
                   "bytes has not to read.")
        if writers == 1:
            return f"One slot and its backend take turns: together they keep {busy:.2f} cores busy. {reading}"
        return f"Slots and their backends keep {busy:.2f} of {of('sink.cores'):.0f} cores busy. {reading}"
    return limit


def of_second_writer(key):
    def limit(of):
        one, two = (of(f"sink.{key}.{writers}.cores_busy") for writers in (1, 2))
        return (f"One writer keeps {one:.2f} cores busy already and two keep {two:.2f} of the "
                f"{of('sink.cores'):.0f} that there are; a bare COPY of the same bytes gains "
                f"{of(f'sink.{key}.two_writers_bare'):.2f} ×.")
    return limit


def of_verification(of):
    return ("About 1,000 rows are computed again by the slow twins however small the phase is, and here it "
            "is two pairs and three months. [The whole phase](whole-phase.md), twelve months of 28 pairs, "
            "is the measure.")


def at_least(bound):
    return lambda value: value >= bound


def at_most(bound):
    return lambda value: value <= bound


def engine_goals():
    loop = "regression set beside the first implementation's loop over rows"
    yield Goal(f"{loop}, as it is stored", "20,000 ×", over_loop("stored"), times, at_least(20_000),
               of_memory)
    yield Goal(f"{loop}, all 90 columns computed", "20,000 ×", over_loop("engine"), times,
               at_least(20_000), of_derived)
    for bars, label in (("clean", ""), ("trouble", ", with NULLs and gaps")):
        yield Goal(f"regression set, one core{label}", "15 M rows/s",
                   lambda of, bars=bars: of(f"engine.regn_rate.{bars}.rows_per_second"), quantity,
                   at_least(15e6), of_memory)
    yield Goal("a row at window 1,440 beside one at 15, the worst kernel", "1.2 ×", worst_kernel, times,
               at_most(1.2), unexplained)
    error = "error after a year of bars, in deviations of the window"
    yield Goal(f"{error}: shapes", "1e-12", worst_error("shape"), error_text, at_most(1e-12), unexplained)
    yield Goal(f"{error}: levels (b, middle, avg)", "1e-12", worst_error("level"), error_text,
               at_most(1e-12), of_levels)
    yield Goal("beside the best library, the set with the least lead", "1 ×", least_lead, times,
               at_least(1), unexplained)


def writing_goals():
    for key, writers, label in WRITTEN:
        yield Goal(f"writing {label}, of the ceiling", "90%",
                   lambda of, key=key, writers=writers: of(f"sink.{key}.{writers}.of_ceiling"), share,
                   at_least(0.9), of_ceiling(key, writers))
    for kind in ("float8", "float4"):
        yield Goal(f"writing regn_rate, {kind}, two writers over one", "1.8 ×",
                   lambda of, kind=kind: of(f"sink.regn_rate_{kind}.two_writers"), times, at_least(1.8),
                   of_second_writer(f"regn_rate_{kind}"))
    yield Goal("verifying all ten families, of writing them", "20%",
               lambda of: of("sink.all_ten_families_float8.2.verify_share"), share, at_most(0.2),
               of_verification)


def section(bench):
    of = Figures(bench.figures)
    lines, ways = [], []
    for goal in [*engine_goals(), *writing_goals()]:
        try:
            found = goal.found(of)
        except CannotMeasure:
            if bench.is_quick:
                continue  # not all is measured then
            raise
        is_met = goal.is_met(found)
        lines.append((goal.what, goal.asked, goal.shown(found), "yes" if is_met else "**no**"))
        if not is_met:
            ways.append(f"- *{goal.what}.* {goal.limit(of)}")
    bench.record("goals.judged", len(lines))
    return "\n\n".join([
        table(("goal", "asked for", "measured", "reached"), lines),
        "What stands in the way:" if ways else "Nothing is missed.", "\n".join(ways)])
