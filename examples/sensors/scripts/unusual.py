"""The hours of one site and week in which an instrument said something unusual.

Unusual is more than six median deviations from the median of the same hour of the day.
"""

import io
import os
import statistics
import subprocess
from collections import defaultdict


def psql(statement, text=None):
    ran = subprocess.run(["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement],
                         input=text, text=True, check=True, stdout=subprocess.PIPE)
    return [line.split("\t") for line in ran.stdout.splitlines()]


def unusual_hours(hours):
    by_time_of_day = defaultdict(list)
    for instrument, ts, mean in hours:
        by_time_of_day[instrument, ts[11:13]].append((ts, float(mean)))
    for (instrument, _), values in by_time_of_day.items():
        middle = statistics.median(value for _, value in values)
        deviation = statistics.median(abs(value - middle) for _, value in values)
        for ts, value in values:
            if deviation > 0 and abs(value - middle) > 6 * deviation:
                yield instrument, ts, value, (value - middle) / deviation


def main():
    site, week = os.environ["MAYFLY_SITE"], os.environ["MAYFLY_WEEK"]
    hours = psql(f"select instrument, ts, mean from {os.environ['MAYFLY_SCHEMA']}.hourly "
                 f"where site = '{site}' and week = '{week}' order by 1, 2")
    found = sorted(unusual_hours(hours))
    rows = io.StringIO()
    for instrument, ts, value, deviations in found:
        rows.write(f"{site}\t{week}\t{ts}\t{instrument}\t{value}\t{deviations}\n")
    psql(f"\\copy {os.environ['MAYFLY_TABLE']} (site, week, ts, instrument, mean, deviations) "
         "from stdin", rows.getvalue())
    print(f"{len(found)} of {len(hours)} hours are unusual")


if __name__ == "__main__":
    main()
