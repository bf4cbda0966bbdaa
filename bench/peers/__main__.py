"""python -m peers TASK PEER ROWS: prints the rows per second of one peer at one task, by the wall."""

import sys
import time

import peers
import series
from harness import rate_of

task, name, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
peer = getattr(peers, name)
data = peer.prepare(series.rate_index(rows))
print(rate_of(rows, lambda: getattr(peer, task)(data), time.perf_counter))
