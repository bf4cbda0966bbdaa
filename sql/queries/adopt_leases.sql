-- After a reconnect: the leases of this slot name the new backend. Its old one was seen gone.
--
-- $1 bigint[] tasks · $2 bigint[] fences · $3 timestamptz backend_start of this session
-- Gives the tasks that are still ours. READ COMMITTED. Plan: task by key for each element.
UPDATE mayfly.task t
SET backend_pid = pg_backend_pid(), backend_start = $3::timestamptz
FROM unnest($1::bigint[], $2::bigint[]) AS g (id, fence)
WHERE t.id = g.id AND t.fence = g.fence AND t.state = 'leased' AND t.id = ANY ($1::bigint[])
RETURNING t.id;
