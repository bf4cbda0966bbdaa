-- What became of attempts: asked after a COMMIT whose answer was lost, and before a repeated call
-- is called a conflict. The row exists exactly if the transaction that ended the attempt committed.
--
-- $1 bigint[] fences
-- Gives fence and outcome. READ COMMITTED. Plan: attempt by key for each element.
SELECT a.fence, a.outcome FROM mayfly.attempt a WHERE a.fence = ANY ($1::bigint[]);
