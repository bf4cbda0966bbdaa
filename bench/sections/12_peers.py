"""Whole sets of columns, beside what one would use instead: how fast, and how wrong."""

from contenders import Judge, contender, label_of, peers_of, rate_with_threads, short
from harness import median, quantity, ratio_of, spread, table, times
from peers import PEERS, DuckDb, Polars
from peers.sets import COLUMNS, FAMILIES
from plot import Line, Panel, draw

TITLE = "The engine beside its peers, one core"

OURS = "**engine**, all columns"
STORED = "**engine**, as it stores them"
SETS = {
    "bqx": "bqx: figures of the 15 to 75 rows before the current one, 38 columns",
    "regression": "regression: parabolas through the last 15 to 90 rows, 90 columns",
    "bollinger": "bollinger: bands about the last 20 to 120 rows, 20 columns",
}
SMALLEST = 1e-16  # where a plot draws what is exact


def engine_rate(bench, kind, family):
    name = f"{kind}/{family}"
    return lambda: bench.google("engine", f"^{name}$")[name]["items_per_second"]


def measure_set(bench, task):
    """Rates in turns, and the errors of each, by label."""
    family = FAMILIES[task]
    contenders = {OURS: engine_rate(bench, "Published", family)}
    if task != "bqx":  # which stores all that it has
        contenders[STORED] = engine_rate(bench, "Clean", family)
    judge = Judge(bench, task)
    errors = {OURS: judge.of_engine()}
    for peer in peers_of(task):
        work = getattr(peer, task)
        contenders[label_of(peer)] = contender(bench, peer, work).rate
        errors[label_of(peer)] = judge.of_peer(peer, work)
    return bench.in_turns(contenders), errors


def error_text(value):
    return "exact" if value == 0 else f"{value:.0e}"


def key_of(label):
    """What a contender is called among the figures: the engine, or the peer's class."""
    return next((peer.__name__ for peer in PEERS if label_of(peer) == label), "engine")


def set_table(bench, task, rates, errors):
    lines = []
    for name, theirs in rates.items():
        ratio = ratio_of(rates[OURS], theirs)
        if name == STORED:
            bench.record(f"peers.{task}.stored.rows_per_second", median(theirs))
        judged = ("", "", "")
        if name in errors:
            of = errors[name]
            lost = f"{of.lost:.1%}" if of.lost else ""
            judged = (error_text(of.shape), error_text(of.level), lost)
            bench.record(f"peers.{task}.{key_of(name)}.rows_per_second", median(theirs))
            bench.record(f"peers.{task}.{key_of(name)}.shape_error", of.shape)
            bench.record(f"peers.{task}.{key_of(name)}.level_error", of.level)
        lines.append((name, quantity(median(theirs)), f"{1e9 / median(theirs) / COLUMNS[task]:.3g}",
                      f"±{spread(theirs):.0%}", "" if name in (OURS, STORED) else times(ratio),
                      *judged))
    return table((SETS[task], "rows/s", "ns a value", "spread", "engine is", "error, shapes",
                  "error, levels", "no number"), lines)


def two_threads(bench):
    """Two cores each, in processes of their own, for those that use more than one by themselves."""
    rows = bench.size(100_000, 2_000)

    def by_engine():
        name = "Slots/bqx/real_time/threads:2"
        return bench.google("engine", "^Slots/bqx/")[name]["items_per_second"]

    rates = bench.in_turns({
        "**engine**, two slots": by_engine,
        "polars, two threads": lambda: rate_with_threads("bqx", Polars, rows, 2),
        "DuckDB, two threads": lambda: rate_with_threads("bqx", DuckDb, rows, 2)})
    ours = rates["**engine**, two slots"]
    lines = [(name, quantity(median(theirs)), times(ratio_of(ours, theirs)) if theirs is not ours
              else "") for name, theirs in rates.items()]
    return table(("bqx on both cores", "rows/s", "engine is"), lines)


def errors_plot(bench, measured):
    """Right above, exact to the left: one panel a set."""
    panels = []
    for task, (rates, errors) in measured.items():
        lines = [Line(short(name), [(max(SMALLEST, of.shape), median(rates[name]))])
                 for name, of in errors.items()]
        panels.append(Panel(task, "worst error, in deviations of the window", "rows/s, one core",
                            lines))
    return bench.draw("error", draw(panels))


def section(bench):
    measured = {task: measure_set(bench, task) for task in SETS}
    tables = [set_table(bench, task, *measured[task]) for task in SETS]
    return "\n\n".join([
        "Each in its own best way, on one thread, on as many rows of the same pair as it does in "
        "0.15 s, up to a year; all give the same columns. Errors are the worst of some two thousand "
        "rows over a whole year against long double, in deviations of the window: of shapes "
        "(deviations, slopes, bends, residuals) and of levels, where a double at 100 is itself "
        "rounded to 1e-12 of a quiet window. The slow ones were judged on the last part of the year.",
        *tables, two_threads(bench), errors_plot(bench, measured)])
