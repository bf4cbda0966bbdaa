-- Asks every backend of a machine (or of one of its slots) to end, without waiting: those that its
-- leases name, and those that are logged in as it and have not leased anything yet.
--
-- $1 bigint machine · $2 int slot, NULL for all · $3 text application_name of the slot, NULL for all
-- Gives one row for each backend: pid, backend_start. READ COMMITTED.
-- Plan: task_leased, machine by key, pg_stat_activity.
SELECT a.pid, a.backend_start, pg_terminate_backend(a.pid)
FROM pg_stat_activity a
WHERE a.pid <> pg_backend_pid()
  AND (EXISTS (SELECT FROM mayfly.task t
               WHERE t.state = 'leased' AND t.machine_id = $1::bigint
                 AND ($2::int IS NULL OR t.slot = $2::int)
                 AND t.backend_pid = a.pid
                 AND (t.backend_start = a.backend_start OR a.backend_start IS NULL))
       OR (a.usename = (SELECT m.login FROM mayfly.machine m WHERE m.id = $1::bigint)
           AND ($3::text IS NULL OR a.application_name = $3::text)));
