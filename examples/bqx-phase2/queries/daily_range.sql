-- The range of every day, and where its index ended. Close alone is enough.
-- Its point: mayfly.pair, mayfly.from, mayfly.to.
select b.pair,
       date_trunc('day', b.ts, 'UTC') as ts,
       min(b.close) as low,
       max(b.close) as high,
       max(b.close) - min(b.close) as spread,
       (array_agg(i.rate_index order by b.ts desc))[1] as last_index
  from bars b
  join rate_index i on i.pair = b.pair and i.ts = b.ts
 where b.pair = current_setting('mayfly.pair')
   and b.ts >= current_setting('mayfly.from')::timestamptz
   and b.ts <  current_setting('mayfly.to')::timestamptz
 group by 1, 2
