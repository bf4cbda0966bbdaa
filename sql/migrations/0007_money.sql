-- What a run costs: what each machine was bought at, what the provider says of its life, the prices
-- that were seen, and the quotes that plans were shown with.

SET LOCAL ROLE mayfly_owner;

-- Machines of before cost nothing, as all of them were local.
ALTER TABLE mayfly.machine
  ADD COLUMN market text NOT NULL DEFAULT 'local'
    CHECK (market IN ('local', 'spot', 'on-demand')),
  ADD COLUMN region text NOT NULL DEFAULT '',
  ADD COLUMN zone text NOT NULL DEFAULT '',
  ADD COLUMN instance_type text NOT NULL DEFAULT '',
  ADD COLUMN price_micro_usd bigint NOT NULL DEFAULT 0 CHECK (price_micro_usd >= 0),
  ADD COLUMN highest_micro_usd bigint NOT NULL DEFAULT 0 CHECK (highest_micro_usd >= 0),
  ADD COLUMN billed_least_us bigint NOT NULL DEFAULT 0 CHECK (billed_least_us >= 0),
  ADD COLUMN free_if_reclaimed_us bigint NOT NULL DEFAULT 0 CHECK (free_if_reclaimed_us >= 0),
  ADD COLUMN disk_gb int NOT NULL DEFAULT 0 CHECK (disk_gb >= 0),
  ADD COLUMN addresses int NOT NULL DEFAULT 0 CHECK (addresses >= 0),
  ADD COLUMN running_at timestamptz,  -- these three as the provider says
  ADD COLUMN ended_at timestamptz,
  ADD COLUMN reclaimed boolean NOT NULL DEFAULT false;

ALTER TABLE mayfly.plan ADD COLUMN quote jsonb;  -- absent: planned before there were quotes

-- The price of something from an instant on, until the next row.
CREATE TABLE mayfly.price (
  run_id bigint NOT NULL REFERENCES mayfly.run,
  item text NOT NULL,
  region text NOT NULL,
  zone text NOT NULL,
  instance_type text NOT NULL,
  market text NOT NULL,
  from_at timestamptz NOT NULL,
  micro_usd bigint NOT NULL CHECK (micro_usd >= 0),
  unit text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, item, region, zone, instance_type, market, from_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.price
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();

-- Plans that somebody was shown, until one is approved by its hash.
CREATE TABLE mayfly.kept_plan (
  hash text PRIMARY KEY,
  core text NOT NULL,
  phase text NOT NULL,
  quote jsonb NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT ON mayfly.price, mayfly.kept_plan TO mayfly_controller, mayfly_reader;
GRANT INSERT ON mayfly.price TO mayfly_controller;
GRANT INSERT, UPDATE ON mayfly.kept_plan TO mayfly_controller;
