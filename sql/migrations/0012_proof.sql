-- The proof that nothing of a run is left: every look for residue, with what was looked for and what
-- was found.

SET LOCAL ROLE mayfly_owner;

CREATE TABLE mayfly.proof_pass (
  run_id bigint NOT NULL REFERENCES mayfly.run,
  began_at timestamptz NOT NULL,  -- read from this database before the look
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  fence bigint NOT NULL,          -- of the controller that looked
  kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
  shown_within_us bigint NOT NULL CHECK (shown_within_us >= 0),
  found jsonb NOT NULL,           -- [["volume", "vol-1"]]; empty: nothing
  seen_ended int NOT NULL,        -- machines that the provider showed ended, and showed no more
  not_shown int NOT NULL,
  PRIMARY KEY (run_id, began_at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mayfly.proof_pass
FOR EACH STATEMENT EXECUTE FUNCTION mayfly.refuse_rewrite();

GRANT SELECT ON mayfly.proof_pass TO mayfly_controller, mayfly_reader;
GRANT INSERT ON mayfly.proof_pass TO mayfly_controller;

-- Who approved a run: the login that wrote it. Runs of before do not know.
ALTER TABLE mayfly.run ADD COLUMN approved_by text;
ALTER TABLE mayfly.run ALTER COLUMN approved_by SET DEFAULT session_user;
