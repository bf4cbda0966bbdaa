"""What one would use instead of the engine, each in its own best way.

A peer is a class with

    NAME, VERSION
    prepare(x)       the series in the form in which its users have it; not timed
    bqx(data), regression(data), bollinger(data)      a whole set of columns; timed
    moments(data, window), parabola(data, window)     one window of them, for growth; timed
    columns(result)  what one of those gave, as {column: array}; arrays end at the last row

and lacks the methods of what it cannot express. Columns are named as in peers.sets.
"""

from peers.duckdb_peer import DuckDb
from peers.numpy_peer import NumpyCorrelate, NumpyWindows
from peers.pandas_peer import Pandas
from peers.polars_peer import Polars
from peers.row_loop import RowLoop

PEERS = (Pandas, Polars, DuckDb, NumpyWindows, NumpyCorrelate, RowLoop)
