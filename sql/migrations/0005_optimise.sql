-- The stage kind `optimise`: statistics, taken inside the task's own transaction with the owner's
-- right, and what was not written frozen, vacuumed once the machine is gone.

SET LOCAL ROLE mayfly_owner;

ALTER TABLE mayfly.stage DROP CONSTRAINT stage_kind_check;
ALTER TABLE mayfly.stage ADD CONSTRAINT stage_kind_check
  CHECK (kind IN ('load', 'features', 'sql', 'command', 'optimise', 'verify'));

ALTER TABLE mayfly.leaf ADD COLUMN vacuumed_at timestamptz;
GRANT UPDATE (vacuumed_at) ON mayfly.leaf TO mayfly_controller;

-- Only the owner of a table may ANALYZE it. Columns: none means all. Target: how fine statistics
-- are, the sample being 300 rows for each point of it; 0 means the server's own. MF004: not this
-- machine's lease.
CREATE FUNCTION mayfly.analyze_table(task bigint, under_fence bigint, name text, columns text[],
                                     target int)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema text;
  before text := current_setting('default_statistics_target');
BEGIN
  SELECT run.schema_name INTO schema
    FROM mayfly.task t
    JOIN mayfly.machine m ON m.id = t.machine_id AND m.login = session_user
    JOIN mayfly.run ON run.id = t.run_id
    WHERE t.id = task AND t.fence = under_fence AND t.state = 'leased';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'task % is not leased to this machine under fence %', task, under_fence
      USING ERRCODE = 'MF004';
  END IF;
  IF target > 0 THEN
    PERFORM set_config('default_statistics_target', target::text, true);
  END IF;
  EXECUTE format('ANALYZE %I.%I', schema, name)
    || coalesce((SELECT ' (' || string_agg(quote_ident(c), ', ') || ')' FROM unnest(columns) c), '');
  PERFORM set_config('default_statistics_target', before, true);
END $$;

REVOKE ALL ON FUNCTION mayfly.analyze_table FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mayfly.analyze_table TO mayfly_worker;
