#!/usr/bin/env python3
"""Writes made-up readings of weather stations: one file of JSON lines for each site and week.

    python3 generate.py [--out DIR] [--sites N] [--weeks N] [--seed N]

Three instruments, every ten minutes, with what real ones do: gaps, readings sent twice, spikes. The
same seed gives the same bytes.
"""

import argparse
import json
import math
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

SITES = ("harbour", "hilltop", "meadow", "quarry")
FIRST_MONDAY = datetime(2025, 1, 6, tzinfo=timezone.utc)
STEP = timedelta(minutes=10)
# mean, daily swing, noise
INSTRUMENTS = {"temperature": (9.0, 6.0, 0.4), "humidity": (70.0, 15.0, 2.0),
               "pressure": (1013.0, 1.5, 0.3)}


def readings(site, monday, dice):
    """One week of one site, in the order in which it was sent."""
    offset = SITES.index(site) - 1.5
    for step in range(7 * 24 * 6):
        at = monday + step * STEP
        phase = math.sin(2 * math.pi * (at.hour + at.minute / 60 - 9) / 24)
        for instrument, (mean, swing, noise) in INSTRUMENTS.items():
            if dice.random() < 0.01:
                continue  # lost on the way
            value = mean + offset + swing * phase + dice.gauss(0, noise)
            if dice.random() < 0.001:
                value += dice.choice((-1, 1)) * 12 * noise
            reading = {"at": at.isoformat(), "instrument": instrument, "value": round(value, 2)}
            yield reading
            if dice.random() < 0.005:
                yield reading  # sent twice


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "readings")
    parser.add_argument("--sites", type=int, default=len(SITES), choices=range(1, len(SITES) + 1))
    parser.add_argument("--weeks", type=int, default=8, choices=range(1, 53))
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    written = 0
    for site in SITES[:arguments.sites]:
        for number in range(arguments.weeks):
            monday = FIRST_MONDAY + timedelta(weeks=number)
            year, week, _ = monday.isocalendar()
            dice = random.Random(f"{arguments.seed} {site} {number}")
            file = arguments.out / site / f"{year}-W{week:02}.jsonl"
            file.parent.mkdir(parents=True, exist_ok=True)
            lines = [json.dumps(reading) for reading in readings(site, monday, dice)]
            file.write_text("\n".join(lines) + "\n")
            written += len(lines)
    print(f"{written:,} readings of {arguments.sites} sites and {arguments.weeks} weeks in "
          f"{arguments.out}")


if __name__ == "__main__":
    main()
