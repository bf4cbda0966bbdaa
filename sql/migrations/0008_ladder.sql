-- The ladder: the pools that a machine may come from, what pools said when they were asked, and what
-- a run waits for.

SET LOCAL ROLE mayfly_owner;

-- All that the launch may be answered with; repeating it asks for exactly these. Zero slots: as many
-- as the kind of machine has cores, known when it is.
ALTER TABLE mayfly.machine
  ADD COLUMN offers jsonb NOT NULL DEFAULT '[]',
  DROP CONSTRAINT machine_slots_check,
  ADD CONSTRAINT machine_slots_check CHECK (slots >= 0);

ALTER TABLE mayfly.run
  ADD COLUMN waiting_for text NOT NULL DEFAULT '',
  ADD COLUMN waiting_until timestamptz;

-- Tells this ledger from every other, in the names of what is rented for it.
CREATE TABLE mayfly.identity (
  id text PRIMARY KEY DEFAULT replace(gen_random_uuid()::text, '-', ''),
  only_one boolean NOT NULL UNIQUE DEFAULT true CHECK (only_one)
);
INSERT INTO mayfly.identity DEFAULT VALUES;
GRANT SELECT ON mayfly.identity TO mayfly_controller, mayfly_reader;

CREATE TABLE mayfly.refusal (
  run_id bigint NOT NULL REFERENCES mayfly.run,
  machine_id bigint NOT NULL REFERENCES mayfly.machine,
  region text NOT NULL,
  zone text NOT NULL,
  instance_type text NOT NULL,
  market text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('dry', 'quota', 'price', 'used-up', 'wrong', 'denied')),
  code text NOT NULL,  -- these two in the provider's words
  message text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, machine_id, region, zone, instance_type, market, kind)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.refusal
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();

GRANT SELECT ON mayfly.refusal TO mayfly_controller, mayfly_reader;
GRANT INSERT ON mayfly.refusal TO mayfly_controller;
