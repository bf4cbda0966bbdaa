-- Holding a machine when its work is over, and commands on it while it is held. Who asked, for what,
-- and how it ended stays.

SET LOCAL ROLE mayfly_owner;

CREATE TYPE mayfly.hold_state AS ENUM ('asked', 'promised', 'granted', 'refused', 'withdrawn');

CREATE TABLE mayfly.hold (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  wished_machine_id bigint REFERENCES mayfly.machine,  -- absent: whichever works last
  length_us bigint NOT NULL CHECK (length_us > 0),
  who text NOT NULL,
  login text NOT NULL DEFAULT session_user,
  state mayfly.hold_state NOT NULL DEFAULT 'asked',
  note text NOT NULL DEFAULT '',  -- the price that was promised, or why it was refused
  machine_id bigint REFERENCES mayfly.machine,  -- that was kept
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at timestamptz,
  CONSTRAINT granted_names_its_machine CHECK ((state = 'granted') = (machine_id IS NOT NULL)),
  CONSTRAINT open_is_not_closed
    CHECK ((state IN ('asked', 'promised')) = (closed_at IS NULL))
);
CREATE UNIQUE INDEX hold_open ON mayfly.hold (run_id) WHERE state IN ('asked', 'promised');

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.hold FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('asked', 'promised'), ('asked', 'granted'), ('asked', 'refused'), ('asked', 'withdrawn'),
  ('promised', 'granted'), ('promised', 'refused'), ('promised', 'withdrawn')))
EXECUTE FUNCTION mayfly.refuse_step();

-- A machine cannot hold itself: it may not write the countdown, and there is no hold without one.
ALTER TABLE mayfly.machine
  ADD COLUMN held_at timestamptz,
  ADD COLUMN held_until timestamptz,
  ADD CONSTRAINT held_has_a_countdown
    CHECK (state <> 'held' OR (held_at IS NOT NULL AND held_until IS NOT NULL)),
  ADD CONSTRAINT no_hold_outlives_its_machine CHECK (held_until IS NULL OR held_until <= deadline_at);

CREATE TYPE mayfly.exec_state AS ENUM ('asked', 'running', 'ended');

CREATE TABLE mayfly.exec (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  machine_id bigint NOT NULL REFERENCES mayfly.machine,
  argv text[] NOT NULL CHECK (cardinality(argv) > 0),
  who text NOT NULL,
  login text NOT NULL DEFAULT session_user,
  timeout_us bigint NOT NULL CHECK (timeout_us > 0),
  state mayfly.exec_state NOT NULL DEFAULT 'asked',
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  cancelled_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  how text CHECK (how IN ('exited', 'signalled', 'timed out', 'cancelled', 'not started',
                          'machine ended')),
  code int,
  note text NOT NULL DEFAULT '',
  CONSTRAINT ended_as_a_whole
    CHECK (num_nonnulls(ended_at, how, code) = CASE state WHEN 'ended' THEN 3 ELSE 0 END),
  CONSTRAINT running_was_started CHECK (state <> 'running' OR started_at IS NOT NULL)
);
CREATE INDEX exec_open ON mayfly.exec (machine_id, id) WHERE state <> 'ended';

CREATE TRIGGER legal_steps BEFORE UPDATE OF state ON mayfly.exec FOR EACH ROW
WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
  ('asked', 'running'), ('asked', 'ended'), ('running', 'ended')))
EXECUTE FUNCTION mayfly.refuse_step();

CREATE TABLE mayfly.exec_output (
  exec_id bigint NOT NULL REFERENCES mayfly.exec,
  part bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  data bytea NOT NULL,
  PRIMARY KEY (exec_id, part)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.exec_output
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();

GRANT SELECT ON mayfly.hold, mayfly.exec, mayfly.exec_output TO mayfly_controller, mayfly_reader;
GRANT INSERT, UPDATE ON mayfly.hold TO mayfly_controller;
GRANT INSERT ON mayfly.exec TO mayfly_controller;
GRANT UPDATE (state, cancelled_at, ended_at, how, code, note) ON mayfly.exec TO mayfly_controller;

-- A machine takes what is asked of itself and adds to it; it asks nothing.
GRANT SELECT ON mayfly.exec TO mayfly_worker;
GRANT SELECT (exec_id, part) ON mayfly.exec_output TO mayfly_worker;
GRANT UPDATE (state, started_at, ended_at, how, code, note) ON mayfly.exec TO mayfly_worker;
GRANT INSERT (exec_id, part, data) ON mayfly.exec_output TO mayfly_worker;

ALTER TABLE mayfly.exec ENABLE ROW LEVEL SECURITY;
ALTER TABLE mayfly.exec_output ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff ON mayfly.exec TO mayfly_controller, mayfly_reader
  USING (true) WITH CHECK (true);
CREATE POLICY staff ON mayfly.exec_output TO mayfly_controller, mayfly_reader
  USING (true) WITH CHECK (true);
CREATE POLICY own ON mayfly.exec TO mayfly_worker
  USING (machine_id = (SELECT m.id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.exec_output TO mayfly_worker
  USING (EXISTS (SELECT FROM mayfly.exec e WHERE e.id = exec_id))
  WITH CHECK (EXISTS (SELECT FROM mayfly.exec e WHERE e.id = exec_id AND e.state = 'running'));
