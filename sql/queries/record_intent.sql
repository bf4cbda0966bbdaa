-- Intent: a machine will be launched (I6). Repeating a token gives its machine.
--
-- $1 bigint run · $2 bigint control · $3 text token · $4 text provider · $5 int slots · $6 text reason ·
-- $7 timestamptz its own deadline or NULL · $8 text market · $9 text region · $10 text zone ·
-- $11 text instance type · $12 bigint price · $13 bigint highest price (micro-dollars an hour) ·
-- $14 bigint billed at least · $15 bigint free if reclaimed within (microseconds) · $16 int disk GB ·
-- $17 int addresses · $18 jsonb all offers
-- Gives machine, login, state, deadline, or no row where another controller acts (I9).
-- READ COMMITTED; the login is made in the same transaction. Plan: run by key, machine by token.
WITH control AS MATERIALIZED (
  SELECT id, deadline_at, writers FROM mayfly.run
  WHERE id = $1::bigint AND controller_fence = $2::bigint
  FOR UPDATE
), there AS MATERIALIZED (
  SELECT m.id, m.login, m.state, m.deadline_at FROM mayfly.machine m JOIN control c ON c.id = m.run_id
  WHERE m.token = $3::text
), fresh AS MATERIALIZED (
  SELECT nextval('mayfly.machine_id_seq') AS id,
         (SELECT oid FROM pg_database WHERE datname = current_database()) AS db,
         c.id AS run_id, c.deadline_at
  FROM control c
  WHERE NOT EXISTS (SELECT FROM there)
), made AS (
  INSERT INTO mayfly.machine (id, run_id, token, provider, slots, login, reason, deadline_at, market,
                              region, zone, instance_type, price_micro_usd, highest_micro_usd,
                              billed_least_us, free_if_reclaimed_us, disk_gb, addresses, offers)
  OVERRIDING SYSTEM VALUE
  SELECT f.id, f.run_id, $3::text, $4::text, $5::int, format('mayfly_m_%s_%s', f.db, f.id), $6::text,
         least(f.deadline_at, $7::timestamptz), $8::text, $9::text, $10::text, $11::text,
         $12::bigint, $13::bigint, $14::bigint, $15::bigint, $16::int, $17::int, $18::jsonb
  FROM fresh f
  RETURNING id, run_id, login, state, deadline_at
), waits_no_more AS (
  UPDATE mayfly.run r SET waiting_for = '', waiting_until = NULL FROM control c WHERE r.id = c.id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.intended', $6::text FROM made
)
SELECT m.id, m.login, m.state, m.deadline_at, c.writers
FROM (SELECT id, login, state, deadline_at FROM made
      UNION ALL SELECT id, login, state, deadline_at FROM there) m, control c;
