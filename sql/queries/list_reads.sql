-- The relations of a view's own schema that it reads.
--
-- $1 text schema · $2 text view
-- READ COMMITTED, in the transaction that made the view. Plan: pg_rewrite by its class, pg_depend by object.
SELECT DISTINCT c.relname::text
FROM pg_class v
JOIN pg_namespace n ON n.oid = v.relnamespace
JOIN pg_rewrite r ON r.ev_class = v.oid
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_class'::regclass
JOIN pg_class c ON c.oid = d.refobjid AND c.relnamespace = v.relnamespace AND c.oid <> v.oid
WHERE n.nspname = $1::text AND v.relname = $2::text
ORDER BY 1;
