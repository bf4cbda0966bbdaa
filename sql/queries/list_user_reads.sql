-- The relations outside of a view's own schema that it reads, and who may. A view of somebody's that
-- asks with its reader's rights is looked through; any other asks with its owner's. The system's own
-- tables are in no list of dependencies, and what may be read of the ledger is not the user's to say.
--
-- $1 text schema · $2 text view
-- Gives schema, relation; may a machine use the schema, and read the relation, as it stands; may the
-- user pass on the right to use, and to read. READ COMMITTED, in the transaction that made the view.
-- Plan: pg_rewrite by its class, pg_depend by object.
WITH RECURSIVE asking AS (
  SELECT v.oid, v.relnamespace AS own
    FROM pg_catalog.pg_class v
    JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
   WHERE n.nspname = $1::text AND v.relname = $2::text
  UNION
  SELECT v.oid, a.own
    FROM asking a
    JOIN pg_catalog.pg_rewrite r ON r.ev_class = a.oid
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
     AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
    JOIN pg_catalog.pg_class v ON v.oid = d.refobjid AND v.oid <> a.oid AND v.relkind = 'v'
   WHERE EXISTS (SELECT FROM pg_catalog.pg_options_to_table(v.reloptions) o
                  WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)
)
SELECT DISTINCT n.nspname::text, c.relname::text,
       has_schema_privilege('public', n.oid, 'USAGE')
         OR coalesce(has_schema_privilege(to_regrole('mayfly_worker'), n.oid, 'USAGE'), false),
       has_table_privilege('public', c.oid, 'SELECT')
         OR coalesce(has_table_privilege(to_regrole('mayfly_worker'), c.oid, 'SELECT'), false),
       has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION'),
       has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION')
  FROM asking a
  JOIN pg_catalog.pg_rewrite r ON r.ev_class = a.oid
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
   AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
  JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.oid <> a.oid
   AND c.relnamespace <> a.own AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname <> 'mayfly'
 ORDER BY 1, 2;
