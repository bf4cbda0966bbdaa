-- Ends one backend and waits until it is gone; one that is gone already gives no row.
--
-- $1 int pid · $2 timestamptz backend_start · $3 bigint wait in milliseconds
-- Gives true for each that went in time. Any isolation; outside of a transaction that must last.
SELECT pg_terminate_backend(a.pid, $3::bigint)
FROM pg_stat_activity a
WHERE a.pid = $1::int AND (a.backend_start = $2::timestamptz OR a.backend_start IS NULL);
