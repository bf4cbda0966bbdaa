-- What a run keeps or holds up beside its machines: the snapshot of a disk, which bills until it
-- expires, and a database cluster's floor, which bills until it is what it was.

SET LOCAL ROLE mayfly_owner;

-- One a run. No machine: none was left whose disk could be kept.
CREATE TABLE mayfly.kept_disk (
  run_id bigint PRIMARY KEY REFERENCES mayfly.run,
  machine_id bigint REFERENCES mayfly.machine,
  state text NOT NULL
    CHECK (state IN ('intended', 'pending', 'completed', 'failed', 'deleted')),
  external_id text NOT NULL DEFAULT '',
  gigabytes int NOT NULL CHECK (gigabytes >= 0),
  monthly_micro_usd bigint CHECK (monthly_micro_usd >= 0),  -- at most; absent: not known
  expires_at timestamptz NOT NULL,
  intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),  -- the last time
  note text NOT NULL DEFAULT '',
  CONSTRAINT what_is_there_has_a_name
    CHECK (state NOT IN ('pending', 'completed') OR external_id <> ''),
  CONSTRAINT only_a_failure_has_no_machine CHECK (state = 'failed' OR machine_id IS NOT NULL)
);

-- Each time that a run raised a floor; at most one of a run is open. Units are thousandths of a
-- capacity unit.
CREATE TABLE mayfly.raised_floor (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES mayfly.run,
  cluster text NOT NULL,
  state text NOT NULL
    CHECK (state IN ('intended', 'raised', 'restoring', 'restored', 'left')),
  before_milli bigint NOT NULL CHECK (before_milli >= 0),
  floor_milli bigint NOT NULL CHECK (floor_milli >= before_milli),
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  over_at timestamptz,
  note text NOT NULL DEFAULT '',
  CONSTRAINT over_has_a_time CHECK ((state IN ('restored', 'left')) = (over_at IS NOT NULL))
);
CREATE UNIQUE INDEX raised_floor_open ON mayfly.raised_floor (run_id)
  WHERE state NOT IN ('restored', 'left');
CREATE INDEX raised_floor_of_run ON mayfly.raised_floor (run_id, id);
CREATE INDEX raised_floor_of_cluster ON mayfly.raised_floor (cluster, id);

GRANT SELECT ON mayfly.kept_disk, mayfly.raised_floor TO mayfly_controller, mayfly_reader;
-- A machine whose disk is about to be kept is needed without a task.
GRANT SELECT (run_id, state) ON mayfly.kept_disk TO mayfly_worker;
GRANT INSERT, UPDATE ON mayfly.kept_disk, mayfly.raised_floor TO mayfly_controller;
