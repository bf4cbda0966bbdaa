"""What the sections of the benches share: running our benches, timing peers in turns, tables."""

import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


class CannotMeasure(Exception):
    """Something that a section needs is missing; the message says what."""


class Bench:
    """Where the build is, how often each contender has its turn, and what comes of it."""

    def __init__(self, build, rounds, *, is_quick=False, plots=None):
        self.build = pathlib.Path(build)
        self.rounds = rounds
        self.is_quick = is_quick  # tiny sizes: to see that everything runs, not how fast
        self.plots = plots  # the folder for pictures; None: they are not kept
        self.figures = {}  # what was measured, by dotted name

    def size(self, full, quick):
        return quick if self.is_quick else full

    def record(self, name, value):
        """Keeps a figure for --json; answers it."""
        self.figures[name] = float(value)
        return value

    def draw(self, name, svg):
        """Keeps a picture beside the document; the Markdown that shows it."""
        if self.plots is not None:
            self.plots.mkdir(parents=True, exist_ok=True)
            (self.plots / f"{name}.svg").write_text(svg)
        return f"![{name}](plots/{name}.svg)"

    def program(self, name):
        """The path of a program of the build."""
        found = sorted(path for path in self.build.rglob(name) if path.is_file())
        if not found:
            raise CannotMeasure(f"no {name} in the build; ./dev build makes it")
        return found[0]

    def run(self, name, *arguments, **options):
        """What a program of the build prints; it must end well."""
        ran = subprocess.run([self.program(name), *map(str, arguments)], capture_output=True,
                             timeout=300, **options)
        if ran.returncode != 0:
            said = ran.stderr.decode().strip()[-300:]
            raise CannotMeasure(f"{name} failed with {ran.returncode}: {said}")
        return ran.stdout

    def google(self, name, only="."):
        """Runs mayfly_<name>_bench once; its benchmarks by name, as Google Benchmark writes them."""
        printed = self.run(f"mayfly_{name}_bench", "--benchmark_format=json",
                           f"--benchmark_filter={only}",
                           f"--benchmark_min_time={self.size(0.06, 0.001)}")
        results = {one["name"]: one for one in json.loads(printed)["benchmarks"]}
        failed = [one["error_message"] for one in results.values() if one.get("error_occurred")]
        if failed or not results:
            raise CannotMeasure(f"mayfly_{name}_bench: {failed[0] if failed else 'nothing ran'}")
        return results

    def in_turns(self, contenders):
        """Calls each contender once a round, round by round; the results of each by name."""
        results = {name: [] for name in contenders}
        for _ in range(self.rounds):
            for name, contend in contenders.items():
                results[name].append(contend())
        return results


def rate_of(rows, work, clock=time.process_time):
    """Rows per second of work(): of the processor, as Google Benchmark counts, so that what else the
    machine does favours nobody; or of another clock."""
    start = clock()
    work()
    return rows / (clock() - start)


def ratio_of(ours, theirs):
    """The median over the rounds of one contender's figure over another's in the same round."""
    return statistics.median([a / b for a, b in zip(ours, theirs)])


def median(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the extremes, relative to the median."""
    return (max(values) - min(values)) / 2 / statistics.median(values)


def quantity(number):
    """1234567 as '1.23 M': three digits, for tables."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def times(ratio):
    """12345.6 as '12,346 ×', 1.234 as '1.23 ×'."""
    return f"{ratio:,.0f} ×" if ratio >= 10 else f"{ratio:.2g} ×" if ratio < 1 else f"{ratio:.3g} ×"


def table(header, rows):
    """A Markdown table; all columns but the first are right-aligned."""
    lines = ["| " + " | ".join(map(str, header)) + " |",
             "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def steal_share(before=None):
    """Without `before`, a reading; with one, the share of time that other guests took since."""
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(field) for field in fields]
    if before is None:
        return ticks
    passed = [now - then for now, then in zip(ticks, before)]
    return passed[7] / max(1, sum(passed))


class PrivateServer:
    """A PostgreSQL of the bench's own, with mayfly's settings; gone at the end of the block."""

    def __init__(self, bench, *settings):
        self.program = bench.program("mayfly_postgres_server")
        self.settings = settings

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="mfb-")
        self.process = subprocess.Popen([self.program, f"{self.folder}/state", *self.settings],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.conninfo = self.process.stdout.readline().strip()
        if not self.conninfo:
            raise CannotMeasure("no private PostgreSQL: its reason is above")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_tool(name):
    """Path of a program of PostgreSQL that is not on everybody's PATH."""
    found = [shutil.which(name), *sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob(
        f"*/bin/{name}")))]
    found = [path for path in found if path]
    if not found:
        raise CannotMeasure(f"{name} is not installed; it comes with the package postgresql")
    return found[-1]
