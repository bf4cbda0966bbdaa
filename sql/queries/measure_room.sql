-- How many connections the server takes for this database, and how many there are.
--
-- No parameters. The server's own limit or the database's, whichever leaves less. The number of
-- backends is told to every user; what they do is not, and is not asked.
-- READ COMMITTED. Plan: settings, and two small catalogs.
WITH room AS (
  SELECT current_setting('max_connections')::bigint AS most,
         current_setting('superuser_reserved_connections')::bigint
           + coalesce(current_setting('reserved_connections', true), '0')::bigint AS reserved,
         (SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database)::bigint AS used
  UNION ALL
  SELECT d.datconnlimit, 0, coalesce(s.numbackends, 0)
  FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
  WHERE d.datname = current_database() AND d.datconnlimit >= 0
)
SELECT most, reserved, used FROM room ORDER BY most - reserved - used LIMIT 1;
