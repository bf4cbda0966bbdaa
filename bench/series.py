"""The series that all contenders compute on: the synthetic pair of src/engine/testing/series.cc."""

import functools

import numpy

BASELINE = 107356
PAIR_YEAR = 372_000  # one-minute bars of a pair in twelve months


@functools.cache
def golden_closes(rows):
    """Closing prices in ticks, as the golden vectors have them."""
    closes = numpy.empty(rows)
    state, close = 12345, BASELINE
    closes[0] = close
    for row in range(1, rows):
        state = (1103515245 * state + 12345) % 2**31
        close += (state >> 16) % 21 - 10
        closes[row] = close
    closes.flags.writeable = False
    return closes


def rate_index(rows):
    """The same as an index that is 100 at the first price: what features are made of."""
    return 100 * golden_closes(PAIR_YEAR if rows <= PAIR_YEAR else rows)[:rows] / BASELINE
