-- One row a week and instrument of a site, over all its weeks: waits for the hours of all of them.
select h.site, h.week, h.instrument, sum(h.readings)::int as readings,
       sum(h.mean * h.readings) / sum(h.readings) as mean,
       sum(h.mean * h.readings) / sum(h.readings)
         - lag(sum(h.mean * h.readings) / sum(h.readings)) over weeks as change,
       count(u.ts)::int as unusual_hours
  from hourly h
  left join unusual u using (site, week, instrument, ts)
 where h.site = current_setting('mayfly.site')
 group by h.site, h.week, h.instrument
window weeks as (partition by h.instrument order by h.week)
