"""The engine by itself: what a row and a value of each family cost, and what they grow with."""

from harness import median, quantity, ratio_of, table, times

TITLE = "The engine, one core"

FAMILIES = ("rate_index", "bqx", "regn_rate", "regn_bqx", "regq_rate", "regq_bqx", "regq_cov_rate",
            "regq_cov_bqx", "bollinger_rate", "bollinger_bqx")
ROWS = (30_000, 372_000, 3_720_000)
GROWING = ("bqx", "regn_rate", "regq_cov_bqx", "bollinger_rate")
WINDOWS = (15, 60, 240, 720, 1440)
KERNELS = ("Moments", "Quadratic", "Extremes")


class Runs:
    """All rounds of the benchmarks of one filter."""

    def __init__(self, bench, only):
        self.runs = bench.in_turns({"": lambda: bench.google("engine", only)})[""]

    def rates(self, name):
        return [run[name]["items_per_second"] for run in self.runs]

    def row_ns(self, name):
        return 1e9 / median(self.rates(name))

    def columns(self, name):
        return self.runs[0][name]["columns"]


def families_table(bench):
    """Every family on clean bars and on bars with trouble, month by month, as its tasks have it."""
    runs = Runs(bench, "^(Clean|Trouble)/")
    lines = []
    for family in FAMILIES:
        clean, trouble = f"Clean/{family}", f"Trouble/{family}"
        columns = runs.columns(clean)
        for kind, name in (("clean", clean), ("trouble", trouble)):
            bench.record(f"engine.{family}.{kind}.rows_per_second", median(runs.rates(name)))
        lines.append((family, f"{columns:.0f}", quantity(median(runs.rates(clean))),
                      f"{runs.row_ns(clean):.1f}", f"{runs.row_ns(clean) / columns:.2f}",
                      quantity(median(runs.rates(trouble))),
                      f"{runs.row_ns(trouble) / columns:.2f}",
                      times(ratio_of(runs.rates(clean), runs.rates(trouble)))))
    return table(("family", "stored columns", "rows/s", "ns a row", "ns a value",
                  "rows/s with trouble", "ns a value", "trouble costs"), lines)


def rows_table(bench):
    """Time a row against the length of the history, and two slots beside one."""
    names = "|".join(GROWING)
    rows = ROWS[:bench.size(3, 2)]
    runs = Runs(bench, f"^Rows/({names})/({'|'.join(map(str, rows))})$|^Slots/({names})/")
    lines = []
    for family in GROWING:
        costs = [runs.row_ns(f"Rows/{family}/{count}") for count in rows]
        one, two = (runs.rates(f"Slots/{family}/real_time/threads:{n}") for n in (1, 2))
        slots = bench.record(f"engine.{family}.two_slots", ratio_of(two, one))
        flat = bench.record(f"engine.{family}.rows_flat", max(costs) / min(costs))
        lines.append((family, *(f"{cost:.1f}" for cost in costs), times(flat), times(slots)))
    return table(("ns a row, by rows", *map(quantity, rows), "worst over best",
                  "rows/s of two slots over one"), lines)


def columns_table(bench):
    """Cost a value as more is asked for at once: families of a point, windows of a kernel."""
    runs = Runs(bench, "^(Several|QuadraticWindows)/")
    families = [(f"families: {count}", f"Several/{count}") for count in (1, 2, 4, 10)]
    windows = [(f"windows of a parabola: {count}", f"QuadraticWindows/{count}")
               for count in (1, 3, 6)]
    lines = []
    for label, name in families + windows:
        each = runs.row_ns(name) / runs.columns(name)
        bench.record(f"engine.columns.{name}.ns", each)
        lines.append((label, f"{runs.columns(name):.0f}", f"{runs.row_ns(name):.1f}", f"{each:.2f}"))
    return table(("at once", "columns or windows", "ns a row", "ns each"), lines)


def kernels_table(bench):
    """Time a row against the window: the promise is that it does not grow."""
    runs = Runs(bench, f"^({'|'.join(KERNELS)})/")
    lines = []
    for kernel in KERNELS:
        short, long = runs.rates(f"{kernel}/15"), runs.rates(f"{kernel}/1440")
        growth = bench.record(f"engine.{kernel.lower()}.1440_over_15", ratio_of(short, long))
        costs = [f"{runs.row_ns(f'{kernel}/{window}'):.2f}" for window in WINDOWS]
        lines.append((kernel.lower(), *costs, times(growth)))
    return table(("kernel, ns a row at window", *WINDOWS, "1440 over 15"), lines)


def section(bench):
    return "\n\n".join([
        "A pair-year is 372,000 rows, computed month by month. With trouble: a NULL in every 97th "
        "row, an hour without movement in every day, two days missing in every seven. Columns are "
        "those that are stored; what a view derives from them costs nothing here.",
        families_table(bench), rows_table(bench),
        "Families one after the other over each month, as a slot has them for a point: each finds the "
        "memory of another's columns given back, and what it writes to is fresh. Windows write into "
        "memory that stays in cache.",
        columns_table(bench), kernels_table(bench)])
