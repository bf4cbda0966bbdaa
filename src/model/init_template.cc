#include "model/init_template.h"

namespace mayfly {
namespace {

constexpr const char* kTemplate =
    R"toml(# A phase: what is to be computed, in which order, and what must hold before readers see it.
#
#   mayfly plan phase.toml        what would be done
#   mayfly run phase.toml         do it, from plan to proof
#
# Any value can be given on the command line: --set machines.slots=2 --set load.dir=/data/bars
# docs/phase-file.md explains every key.

[phase]
name = "first-phase"
deadline = "2h"                 # from approval; every machine ends by then, whatever happens

[database]
url = "embedded"                # a private PostgreSQL beside this file; or "env:DATABASE_URL"
schema = "first"                # where readers find the published tables
keep_runs = 2                   # published runs kept for `mayfly rollback`

[machines]
provider = "local"
slots = "auto"                  # one task process per core

[grid]                          # a task is one stage at one point of the grid
pair   = "from-data"            # the pairs that have a file; or a list: ["eurusd", "gbpusd"]
period = "from-data"            # or { every = "month", from = "2024-07", to = "2025-06" }

# Bars: one CSV or CSV.gz per pair; separator, header and time format are recognised.
[[stage]]
name = "load"
kind = "load"
dir  = "bars"

# Two families of the built-in engine. Windows run over each pair's whole history.
[[stage]]
name = "rate-index"
kind = "features"
family = "rate_index"

[[stage]]
name = "bqx"
kind = "features"
family = "bqx"

# One SELECT per point, giving the table's columns: the dimensions (pair; period is a range over ts),
# then those below. Its point is in the settings mayfly.pair, mayfly.period, mayfly.from, mayfly.to.
[[stage]]
name = "daily-range"
kind = "sql"
after = ["load"]
query = """
select pair,
       date_trunc('day', ts, 'UTC') as ts,
       min(close) as low,
       max(close) as high,
       max(close) - min(close) as spread
  from bars
 where pair = current_setting('mayfly.pair')
   and ts >= current_setting('mayfly.from')::timestamptz
   and ts <  current_setting('mayfly.to')::timestamptz
 group by 1, 2
"""
table = "daily_range"
columns = { ts = "timestamptz", low = "float8", high = "float8", spread = "float8" }

# Any program. It finds its point in the environment (MAYFLY_PAIR, MAYFLY_PERIOD, MAYFLY_FROM,
# MAYFLY_TO), connects by the PG* variables, reads from the schema MAYFLY_SCHEMA and writes rows into
# MAYFLY_TABLE. Exit code 0 means done. This one finds the longest runs of rises and of falls.
[[stage]]
name = "streaks"
kind = "command"
after = ["load"]
command = ["sh", "-euc", '''
closes=$(psql -XqAt -v ON_ERROR_STOP=1 -c "select close from $MAYFLY_SCHEMA.bars
  where pair = '$MAYFLY_PAIR' and ts >= '$MAYFLY_FROM' and ts < '$MAYFLY_TO'
    and close is not null order by ts")
row=$(printf '%s\n' "$closes" | LC_ALL=C awk '
  $1 == "" { next }
  bars && $1 > last { up++; down = 0 }
  bars && $1 < last { down++; up = 0 }
  bars && $1 == last { up = down = 0 }
  { bars++; last = $1; if (up > rise) rise = up; if (down > fall) fall = down }
  END { printf "%d, %d, %d", bars, rise, fall }')
psql -Xq -v ON_ERROR_STOP=1 -c "insert into $MAYFLY_TABLE
  (pair, period, bars, longest_rise, longest_fall)
  values ('$MAYFLY_PAIR', '$MAYFLY_PERIOD', $row)"
''']
columns = { bars = "int8", longest_rise = "int8", longest_fall = "int8" }
timeout = "10m"

# Makes the tables ready for readers, once all of them are written: statistics, and a word on indexes
# of yours that nobody reads.
[[stage]]
name = "optimise"
kind = "optimise"

# Every phase ends with a verify stage. Beside the checks that mayfly makes by itself (every leaf
# against its source, keys, NULLs, constants) it takes yours: each a SELECT of one boolean.
[[stage]]
name = "verify"
kind = "verify"
assert = [
  { name = "the index is positive", sql = "select min(rate_index) > 0 from rate_index" },
]
)toml";

}  // namespace

std::string InitTemplate() { return kTemplate; }

}  // namespace mayfly
