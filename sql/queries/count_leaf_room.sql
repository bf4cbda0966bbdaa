-- How many leaves one transaction may create or drop on this server.
--
-- No parameters. A leaf with its key and its overflow table takes eight entries of the shared lock
-- table (counted on PostgreSQL 15); two more in ten are left to everybody else.
-- READ COMMITTED. Plan: three settings.
SELECT (current_setting('max_locks_per_transaction')::bigint
        * (current_setting('max_connections')::bigint
           + current_setting('max_prepared_transactions')::bigint)) / 10;
