"""Readings of one site and week into a table: each once, in order.

    clean.py FILE

A program of one's own as a stage: its point and the table that it writes are in the environment,
and nothing but Python's own library and psql is asked for.
"""

import io
import json
import os
import subprocess
import sys


def main():
    seen = {}
    doubled = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            reading = json.loads(line)
            key = (reading["instrument"], reading["at"])
            doubled += key in seen
            seen[key] = reading["value"]
    rows = io.StringIO()
    for (instrument, at), value in sorted(seen.items()):
        rows.write(f"{os.environ['MAYFLY_SITE']}\t{os.environ['MAYFLY_WEEK']}\t{at}\t{instrument}"
                   f"\t{value}\n")
    copy = f"\\copy {os.environ['MAYFLY_TABLE']} (site, week, ts, instrument, value) from stdin"
    subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-c", copy], input=rows.getvalue(),
                   text=True, check=True)
    print(f"{len(seen)} readings, {doubled} of them sent twice")


if __name__ == "__main__":
    main()
