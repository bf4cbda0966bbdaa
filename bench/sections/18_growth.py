"""What the engine and its peers grow with: the window, and the rows. Flat is the promise."""

import series
from contenders import Contender, contender, label_of, peers_of, short
from harness import median, quantity, table, times
from plot import Line, Panel, draw

TITLE = "Growth with the window and the rows"

WINDOWS = (15, 60, 240, 720, 1440)
TASKS = {"moments": ("MeanAndDeviation", "mean and deviation of a window"),
         "parabola": ("Parabola", "a parabola through a window: bend, slope, level, residual")}
ROWS = (30_000, 372_000, 3_720_000)
SLOWEST = 4.0  # seconds that a contender may take for one turn at the rows


def at_windows(bench, task, windows):
    """Rows per second of all contenders at all windows: {label: {window: [rates]}}."""
    kernel = TASKS[task][0]
    contenders = {}
    for window in windows:
        name = f"{kernel}/{window}"
        contenders[("**engine**", window)] = lambda name=name: bench.google("engine", f"^{name}$")[
            name]["items_per_second"]
        for peer in peers_of(task):
            work = getattr(peer, task)
            contenders[(label_of(peer), window)] = contender(
                bench, peer, lambda data, work=work, window=window: work(data, window),
                lookback=window).rate
    rates = {}
    for (label, window), turns in bench.in_turns(contenders).items():
        rates.setdefault(label, {})[window] = turns
    return rates


def windows_table(bench, task, rates):
    lines = []
    for label, by_window in rates.items():
        medians = {window: median(turns) for window, turns in by_window.items()}
        growth = medians[min(medians)] / medians[max(medians)]
        if label == "**engine**":
            bench.record(f"growth.{task}.engine.longest_over_shortest", growth)
        lines.append((label, *(quantity(rate) for rate in medians.values()), times(growth)))
    windows = list(next(iter(rates.values())))
    return table((f"{TASKS[task][1]}; rows/s at", *windows, "slower at the last"), lines)


def windows_plot(bench, measured):
    panels = []
    for task, rates in measured.items():
        lines = [Line(short(label), [(window, median(turns)) for window, turns in of.items()])
                 for label, of in rates.items()]
        panels.append(Panel(TASKS[task][1].split(":")[0], "rows of the window", "rows/s, one core",
                            lines, x_ticks=list(next(iter(rates.values())))))
    return bench.draw("window", draw(panels))


def rows_table(bench):
    """The set bqx at three lengths of history; who would take too long at one is left out there."""
    rows = ROWS[:bench.size(3, 1)]
    contenders = {}
    for count in rows:
        name = f"Rows/bqx/{count}"
        contenders[("**engine**, by months", count)] = lambda name=name: bench.google(
            "engine", f"^{name}$")[name]["items_per_second"]
    for peer in peers_of("bqx"):
        known = contender(bench, peer, peer.bqx).rate()
        for count in rows:
            if count / known > SLOWEST:
                continue
            contenders[(label_of(peer), count)] = Contender(peer, peer.bqx, count).rate
    costs = {}
    for (label, count), turns in bench.in_turns(contenders).items():
        costs.setdefault(label, {})[count] = 1e9 / median(turns)
    lines = []
    for label, by_rows in costs.items():
        shown = [f"{by_rows[count]:.3g}" if count in by_rows else "" for count in rows]
        flat = times(max(by_rows.values()) / min(by_rows.values())) if len(by_rows) > 1 else ""
        lines.append((label, *shown, flat))
    bench.record("growth.rows.contenders", len(lines))
    return table(("bqx; ns a row at rows", *map(quantity, rows), "worst over best"), lines)


def section(bench):
    windows = WINDOWS[:bench.size(5, 2)]
    series.rate_index(ROWS[bench.size(2, 0)])  # made before any clock runs
    measured = {task: at_windows(bench, task, windows) for task in TASKS}
    tables = [windows_table(bench, task, measured[task]) for task in TASKS]
    return "\n\n".join([
        "One window at a time, then the whole bqx set by the length of the history. The slow "
        "ones do less than a year of rows at the windows, as many as fit into 0.15 s.",
        *tables, windows_plot(bench, measured), rows_table(bench)])
