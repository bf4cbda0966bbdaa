-- A new run, approved, with its plan. A second open run of the phase violates run_open_phase.
--
-- $1 text phase · $2 text plan hash · $3 text reader schema · $4 int keep_runs ·
-- $5 bigint slot memory or NULL · $6 bigint deadline, microseconds from now ·
-- $7 timestamptz deadline, instead of $6 · $8 text canonical TOML · $9 jsonb findings · $10 text[] notes ·
-- $11 jsonb quote or NULL
-- Gives id, schema, writers, readers. READ COMMITTED, first statement of the Create transaction.
WITH me AS MATERIALIZED (
  SELECT nextval('mayfly.run_id_seq') AS id,
         (SELECT oid FROM pg_database WHERE datname = current_database()) AS db
), made AS (
  INSERT INTO mayfly.run (id, phase, plan_hash, state, schema_name, reader_schema, writers, readers,
                          keep_runs, slot_memory_bytes, approved_at, deadline_at)
  OVERRIDING SYSTEM VALUE
  SELECT me.id, $1::text, $2::text, 'approved', $3::text || '__' || me.id, $3::text,
         format('mayfly_w_%s_%s', me.db, me.id), format('mayfly_r_%s_%s', me.db, me.id),
         $4::int, $5::bigint, clock_timestamp(),
         coalesce($7::timestamptz, clock_timestamp() + $6::bigint * interval '1 microsecond')
  FROM me
  RETURNING id, schema_name, writers, readers
), planned AS (
  INSERT INTO mayfly.plan (run_id, canonical_toml, findings, notes, quote)
  SELECT id, $8::text, $9::jsonb, $10::text[], $11::jsonb FROM made
), said AS (
  INSERT INTO mayfly.event (run_id, kind, detail)
  SELECT id, 'run.approved', 'plan ' || $2::text FROM made
)
SELECT id, schema_name, writers, readers FROM made;
