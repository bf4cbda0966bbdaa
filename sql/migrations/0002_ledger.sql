-- The ledger: what was planned, who works on what, and all that ever happened.
--
-- State machines are enums, the legal steps are the WHEN clauses of the step triggers below (one
-- test tries every pair of states against src/model/states.cc), and CHECK constraints say which
-- columns go with which state. Hot tables (task, attempt, event, log) have no foreign keys: a
-- foreign key costs one query for each row written, and every writer of them starts from a row
-- that it has locked.

SET LOCAL ROLE mayfly_owner;

CREATE TYPE mayfly.run_state AS ENUM (
  'planned', 'approved', 'running', 'paused', 'verifying', 'finishing', 'closed', 'failed',
  'cancelled');
CREATE TYPE mayfly.stage_state AS ENUM ('blocked', 'open', 'complete', 'failed', 'skipped');
CREATE TYPE mayfly.task_state AS ENUM (
  'blocked', 'ready', 'leased', 'done', 'quarantined', 'skipped');
CREATE TYPE mayfly.machine_state AS ENUM (
  'intended', 'booting', 'working', 'draining', 'held', 'ending', 'gone');
CREATE TYPE mayfly.verdict AS ENUM ('pass', 'fail', 'cannot tell');
CREATE TYPE mayfly.stop_wish AS ENUM ('none', 'pause', 'cancel');
CREATE TYPE mayfly.outcome AS ENUM ('done', 'failed', 'released', 'expired');

-- The one number that only grows: leases and controllers take their fences from it (I2, I9).
CREATE SEQUENCE mayfly.fence AS bigint;

CREATE TABLE mayfly.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  phase text NOT NULL,
  plan_hash text NOT NULL,
  state mayfly.run_state NOT NULL,
  verdict mayfly.verdict,
  schema_name text NOT NULL,     -- where its output is; set once, from the id
  reader_schema text NOT NULL,   -- where readers look
  writers text NOT NULL,         -- the role with INSERT and TRUNCATE on its leaves
  readers text NOT NULL,         -- the role with SELECT on its tables
  keep_runs int NOT NULL CHECK (keep_runs >= 0),
  slot_memory_bytes bigint,
  reason text NOT NULL DEFAULT '',
  stop_wish mayfly.stop_wish NOT NULL DEFAULT 'none',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  approved_at timestamptz,
  closed_at timestamptz,
  published_at timestamptz,
  dropped_at timestamptz,        -- its schema is gone
  deadline_at timestamptz NOT NULL,
  controller_fence bigint NOT NULL DEFAULT 0,
  controller_who text NOT NULL DEFAULT '',
  controller_pid int,
  controller_backend_start timestamptz,
  CONSTRAINT over_runs_are_closed
    CHECK ((state IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)),
  CONSTRAINT only_a_pass_is_published CHECK (published_at IS NULL OR verdict IS NOT DISTINCT FROM 'pass'),
  CONSTRAINT only_a_pass_finishes
    CHECK (state NOT IN ('finishing', 'closed') OR verdict IS NOT DISTINCT FROM 'pass'),
  CONSTRAINT approved_once CHECK (state IN ('planned', 'cancelled') OR approved_at IS NOT NULL)
);
CREATE UNIQUE INDEX run_open_phase ON mayfly.run (phase) WHERE state NOT IN ('closed', 'cancelled');
CREATE INDEX run_of_phase ON mayfly.run (phase, id);

-- Enough to compile the plan again: the text, and what was found in the data.
CREATE TABLE mayfly.plan (
  run_id bigint PRIMARY KEY REFERENCES mayfly.run,
  canonical_toml text NOT NULL,
  findings jsonb NOT NULL,
  notes text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE mayfly.stage (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  ordinal int NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('load', 'features', 'sql', 'command', 'verify')),
  table_name text,  -- absent: it writes none
  state mayfly.stage_state NOT NULL,
  note text NOT NULL DEFAULT '',
  UNIQUE (run_id, ordinal),
  UNIQUE (run_id, name)
);

-- machine_id, slot, leased_at and fence are those of the last lease; a live lease is the one whose
-- backend is named. A fence of 0 was never leased.
CREATE TABLE mayfly.task (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  stage_id bigint NOT NULL REFERENCES mayfly.stage,
  priority int NOT NULL,  -- the order of claiming
  batch int NOT NULL,     -- tasks of one batch may be claimed together: a point, or a stage
  state mayfly.task_state NOT NULL,
  missing int NOT NULL,   -- needs that are not done yet
  failures int NOT NULL DEFAULT 0,
  setbacks int NOT NULL DEFAULT 0,
  retries int NOT NULL CHECK (retries >= 0),
  max_setbacks int NOT NULL CHECK (max_setbacks >= 0),
  attempts int NOT NULL DEFAULT 0,
  slot int,
  backend_pid int,
  fence bigint NOT NULL DEFAULT 0,
  machine_id bigint,
  backend_start timestamptz,
  leased_at timestamptz,
  done_at timestamptz,
  rows bigint NOT NULL DEFAULT 0,
  point jsonb NOT NULL,   -- [["pair", "eurusd"], ["period", "2024-07"]]
  point_key text NOT NULL,
  last_error text NOT NULL DEFAULT '',
  UNIQUE (stage_id, point_key),
  CONSTRAINT a_lease_names_its_backend
    CHECK (num_nonnulls(backend_pid, backend_start) = CASE state WHEN 'leased' THEN 2 ELSE 0 END),
  CONSTRAINT a_fence_names_its_holder
    CHECK (num_nonnulls(machine_id, slot, leased_at) = CASE WHEN fence > 0 THEN 3 ELSE 0 END),
  CONSTRAINT work_has_a_fence CHECK (state NOT IN ('leased', 'done', 'quarantined') OR fence > 0),
  CONSTRAINT only_blocked_tasks_miss_something
    CHECK (CASE state WHEN 'blocked' THEN missing > 0 WHEN 'skipped' THEN true ELSE missing = 0 END),
  CONSTRAINT done_has_a_time CHECK ((state = 'done') = (done_at IS NOT NULL))
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX task_ready ON mayfly.task (run_id, priority) WHERE state = 'ready';
CREATE INDEX task_ready_batch ON mayfly.task (run_id, batch, priority) WHERE state = 'ready';
CREATE INDEX task_leased ON mayfly.task (machine_id, slot) WHERE state = 'leased';

-- Readiness is per point: task_id waits for on_task_id.
CREATE TABLE mayfly.need (
  on_task_id bigint NOT NULL,
  task_id bigint NOT NULL,
  run_id bigint NOT NULL,
  PRIMARY KEY (on_task_id, task_id)
);
CREATE INDEX need_of_task ON mayfly.need (task_id);

-- The part of a table that one task writes, and what its accepted attempt said of it.
CREATE TABLE mayfly.leaf (
  run_id bigint NOT NULL,
  name text NOT NULL,
  task_id bigint NOT NULL,
  ordinal int NOT NULL,
  point jsonb NOT NULL,
  begin_at timestamptz,  -- absent: unbounded
  end_at timestamptz,
  rows bigint,
  storage bigint,        -- pg_relation_filenode after the accepted write
  accepted_fence bigint,
  PRIMARY KEY (run_id, name),
  CONSTRAINT accepted_as_a_whole CHECK (num_nonnulls(rows, storage, accepted_fence) IN (0, 3))
);
CREATE INDEX leaf_of_task ON mayfly.leaf (task_id);

CREATE TABLE mayfly.machine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  token text NOT NULL,     -- the idempotency key of its launch
  provider text NOT NULL,
  slots int NOT NULL CHECK (slots > 0),
  state mayfly.machine_state NOT NULL DEFAULT 'intended',
  login text UNIQUE,       -- its own role; absent once it is gone
  external_id text,
  reason text NOT NULL DEFAULT '',
  intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  launched_at timestamptz,
  born_at timestamptz,
  heartbeat_at timestamptz,
  noticed_at timestamptz,
  taken_at timestamptz,
  drain_at timestamptz,
  ending_at timestamptz,
  gone_at timestamptz,
  deadline_at timestamptz NOT NULL,
  UNIQUE (run_id, token),
  CONSTRAINT booting_was_launched
    CHECK (state <> 'booting' OR (launched_at IS NOT NULL AND external_id IS NOT NULL)),
  CONSTRAINT working_was_born
    CHECK (state <> 'working' OR (born_at IS NOT NULL AND heartbeat_at IS NOT NULL)),
  CONSTRAINT draining_was_ordered CHECK (state <> 'draining' OR drain_at IS NOT NULL),
  CONSTRAINT ending_has_a_time CHECK ((state IN ('ending', 'gone')) = (ending_at IS NOT NULL)),
  CONSTRAINT gone_has_a_time CHECK ((state = 'gone') = (gone_at IS NOT NULL)),
  CONSTRAINT the_living_have_a_login CHECK ((state = 'gone') = (login IS NULL))
) WITH (fillfactor = 50);

-- A try that ended. The try that goes on is the lease in the task's row.
CREATE TABLE mayfly.attempt (
  fence bigint PRIMARY KEY,  -- I3: an output is accepted once
  run_id bigint NOT NULL,
  task_id bigint NOT NULL,
  machine_id bigint NOT NULL,
  slot int NOT NULL,
  outcome mayfly.outcome NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  rows bigint NOT NULL DEFAULT 0,
  seconds float8 NOT NULL DEFAULT 0,
  figures jsonb,
  error_kind text NOT NULL DEFAULT '',
  error text NOT NULL DEFAULT '',
  output text NOT NULL DEFAULT ''
);
CREATE INDEX attempt_of_task ON mayfly.attempt (task_id);

CREATE TABLE mayfly.event (
  run_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  task_id bigint,
  machine_id bigint,
  fence bigint,
  kind text NOT NULL,
  detail text NOT NULL DEFAULT '',
  PRIMARY KEY (run_id, id)
);

CREATE TABLE mayfly.log (
  run_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  machine_id bigint,
  task_id bigint,
  source text NOT NULL CHECK (source IN ('task', 'worker', 'controller')),
  text text NOT NULL,
  PRIMARY KEY (run_id, id)
);
CREATE INDEX log_of_task ON mayfly.log (task_id, id) WHERE task_id IS NOT NULL;

CREATE TABLE mayfly.finding (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL,
  stage text NOT NULL,
  place text NOT NULL,       -- leaf, pair or column it is about; may be empty
  check_name text NOT NULL,
  task_id bigint NOT NULL,
  verdict mayfly.verdict NOT NULL,
  expected text NOT NULL,
  found text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX finding_of_place ON mayfly.finding (run_id, stage, place);

-- What readers were pointed at, newest last.
CREATE TABLE mayfly.publication (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  reader_schema text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('publish', 'rollback')),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX publication_of_schema ON mayfly.publication (reader_schema, id);

-- The views that are ours; whatever else has their name is not touched.
CREATE TABLE mayfly.published_view (
  reader_schema text NOT NULL,
  name text NOT NULL,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  PRIMARY KEY (reader_schema, name)
);

-- A command's staging table and login, written before they are made, removed after they are gone.
CREATE TABLE mayfly.staging (
  fence bigint PRIMARY KEY,
  run_id bigint NOT NULL,
  task_id bigint NOT NULL,
  machine_id bigint NOT NULL,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  role_name text NOT NULL UNIQUE,
  sealed_at timestamptz
);

-- --- what is refused -----------------------------------------------------------------------------

-- MF001: a step that the state machine does not have. The adapter answers kConflict.
CREATE FUNCTION mayfly.refuse_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% %: no step from % to %', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state
    USING ERRCODE = 'MF001';
END $$;

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.run FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('planned', 'approved'), ('planned', 'cancelled'),
  ('approved', 'running'), ('approved', 'failed'), ('approved', 'cancelled'),
  ('running', 'verifying'), ('running', 'paused'), ('running', 'failed'), ('running', 'cancelled'),
  ('paused', 'running'), ('paused', 'failed'), ('paused', 'cancelled'),
  ('verifying', 'finishing'), ('verifying', 'failed'), ('verifying', 'cancelled'),
  ('finishing', 'closed'), ('finishing', 'failed'),
  ('failed', 'running'), ('failed', 'cancelled')))
EXECUTE FUNCTION mayfly.refuse_step();

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.stage FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('blocked', 'open'), ('blocked', 'skipped'), ('blocked', 'failed'),
  ('open', 'complete'), ('open', 'failed'),
  ('failed', 'open'), ('failed', 'blocked')))
EXECUTE FUNCTION mayfly.refuse_step();

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.task FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('ready', 'leased'), ('leased', 'done'), ('blocked', 'ready'), ('leased', 'ready'),
  ('leased', 'quarantined'), ('quarantined', 'ready'), ('blocked', 'skipped'),
  ('ready', 'skipped')))
EXECUTE FUNCTION mayfly.refuse_step();

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.machine FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('intended', 'booting'), ('intended', 'ending'), ('intended', 'working'),
  ('intended', 'draining'),
  ('booting', 'working'), ('booting', 'ending'), ('booting', 'draining'),
  ('working', 'draining'), ('working', 'held'), ('working', 'ending'),
  ('draining', 'ending'), ('draining', 'held'),
  ('held', 'ending'), ('held', 'draining'),
  ('ending', 'gone')))
EXECUTE FUNCTION mayfly.refuse_step();

-- MF002: I2. A fence never goes back, and a new lease has a new one.
CREATE FUNCTION mayfly.refuse_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'task %: fence % may not become %', OLD.id, OLD.fence, NEW.fence
    USING ERRCODE = 'MF002';
END $$;
CREATE TRIGGER fences_only_grow BEFORE UPDATE OF fence ON mayfly.task FOR EACH ROW
WHEN (NEW.fence <= OLD.fence)
EXECUTE FUNCTION mayfly.refuse_fence();

CREATE FUNCTION mayfly.refuse_control() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'run %: control fence % may not become %', OLD.id, OLD.controller_fence,
    NEW.controller_fence USING ERRCODE = 'MF002';
END $$;
CREATE TRIGGER fences_only_grow BEFORE UPDATE OF controller_fence ON mayfly.run FOR EACH ROW
WHEN (NEW.controller_fence <= OLD.controller_fence)
EXECUTE FUNCTION mayfly.refuse_control();

-- MF003: history is only written once.
CREATE FUNCTION mayfly.refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'mayfly.% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'MF003';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.event
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.attempt
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.publication
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();
