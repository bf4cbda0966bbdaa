#!/bin/sh
# The longest runs of rising and of falling closes of one pair in one period: a program of one's own
# as a stage. Everything it needs is in the environment; nothing but psql, sh and awk is asked for.
#
# In:  MAYFLY_SCHEMA.bars, as the role that PGUSER names, which may read it and nothing else.
# Out: one row in MAYFLY_TABLE, the staging table of this attempt, which becomes the leaf.
set -eu

closes=$(psql -XqAt -v ON_ERROR_STOP=1 -c "
  select close from $MAYFLY_SCHEMA.bars
   where pair = '$MAYFLY_PAIR' and ts >= '$MAYFLY_FROM' and ts < '$MAYFLY_TO'
     and close is not null
   order by ts")

row=$(printf '%s\n' "$closes" | LC_ALL=C awk '
  $1 == "" { next }
  bars && $1 > last { up++; down = 0 }
  bars && $1 < last { down++; up = 0 }
  bars && $1 == last { up = down = 0 }
  { bars++; last = $1; if (up > rise) rise = up; if (down > fall) fall = down }
  END { printf "%d, %d, %d", bars, rise, fall }')

echo "$MAYFLY_PAIR $MAYFLY_PERIOD: bars, longest rise, longest fall = $row"

psql -Xq -v ON_ERROR_STOP=1 -c "
  insert into $MAYFLY_TABLE (pair, period, bars, longest_rise, longest_fall)
  values ('$MAYFLY_PAIR', '$MAYFLY_PERIOD', $row)"
