-- Fact: the provider says that the machine is gone. Its login is dropped in the same transaction. What
-- ran on it for an operator ended with it.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine
-- Gives the login that it had (NULL where it was gone already), or no row where another controller
-- acts (I9) or it is not there. An illegal step raises MF001. READ COMMITTED.
-- Plan: run and machine by key, exec_open.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), old AS MATERIALIZED (
  SELECT m.id, m.login FROM mayfly.machine m JOIN control c ON c.id = m.run_id
  WHERE m.id = $3::bigint FOR UPDATE OF m
), moved AS (
  UPDATE mayfly.machine m
  SET state = 'gone', gone_at = coalesce(m.gone_at, clock_timestamp()), login = NULL
  FROM old
  WHERE m.id = old.id
  RETURNING m.id, m.run_id, old.login
), ended AS (
  UPDATE mayfly.exec e
  SET state = 'ended', ended_at = clock_timestamp(), how = 'machine ended', code = 0
  FROM old
  WHERE e.machine_id = old.id AND e.state <> 'ended'
  RETURNING e.id, e.run_id, e.machine_id
), said_of_commands AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, machine_id, $2::bigint, 'machine.exec', format('command %s ended with its machine', id)
  FROM ended
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind)
  SELECT run_id, id, $2::bigint, 'machine.gone' FROM moved WHERE login IS NOT NULL
)
SELECT login FROM moved;
