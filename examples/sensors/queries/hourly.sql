-- Hourly means of one site and week.
select site, week, date_trunc('hour', ts, 'UTC') as ts, instrument,
       avg(value) as mean, min(value) as low, max(value) as high, count(*)::int as readings
  from readings
 where site = current_setting('mayfly.site')
   and week = current_setting('mayfly.week')
 group by 1, 2, 3, 4
