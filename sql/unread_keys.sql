-- Of what rows belong to, keys are often not read yet when a query is planned: nothing is known of them but how many
-- they are. The planner takes keys apart where it costs index scans, by the predicate of a partial index and by
-- extended statistics. There are none to be taken: rows and costs are the same, whichever type the keys have.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_unread;
CREATE SCHEMA regress_unread;
GRANT USAGE ON SCHEMA regress_unread TO regress_unread;
GRANT SET ON PARAMETER clearance.simplify TO regress_unread;
SET search_path = regress_unread;
SET clearance.external_explain = on;
\o /dev/null
SELECT clearance.create_account('Unread', key => 'unread') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member('unread-pat', partner => :acme, partner_admin => true, account => :account);
SELECT clearance.create_project(9000 + n, account => :account) FROM generate_series(1, 40) n;
SELECT clearance.add_partner_to_project(9000 + n, :acme) FROM generate_series(1, 5) n;
-- for each type of keys 400 tasks, an eighth of them in the partner's projects, with 50 notes each
CREATE PROCEDURE make(type text, key text) LANGUAGE plpgsql AS $$
DECLARE
    task regclass;
    note regclass;
BEGIN
    EXECUTE format('CREATE TABLE task_%1$s (id %1$s PRIMARY KEY, project integer NOT NULL) WITH (autovacuum_enabled = off)', type);
    EXECUTE format('CREATE TABLE note_%1$s (id integer PRIMARY KEY, task %1$s NOT NULL, kind integer, deleted date) WITH (autovacuum_enabled = off)', type);
    task := 'task_' || type;
    note := 'note_' || type;
    EXECUTE format('INSERT INTO %s SELECT %s, 9001 + n %% 40 FROM generate_series(1, 400) n', task, key);
    EXECUTE format('INSERT INTO %s SELECT i, %s, i %% 3, CASE WHEN i %% 7 = 0 THEN date ''2025-01-01'' END
                    FROM (SELECT i, 1 + i %% 400 AS n FROM generate_series(1, 20000) i) x', note, key);
    PERFORM clearance.protect(task, 'task', project => 'project'), clearance.protect(note, 'task'), clearance.add_parent(note, 'task', task);
END $$;
CALL make('bigint', 'n');
CALL make('text', '''task '' || n');
CALL make('uuid', 'md5(n::text)::uuid');
GRANT SELECT ON ALL TABLES IN SCHEMA regress_unread TO regress_unread;
-- what the partner's admin gets, by simplified plans and without
CREATE FUNCTION counted(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    plain bigint;
BEGIN
    PERFORM clearance.set_actor(key => 'unread-pat', local => false);
    SET LOCAL ROLE regress_unread;
    EXECUTE query INTO n;
    SET LOCAL clearance.simplify = off;
    EXECUTE query INTO plain;
    SET LOCAL clearance.simplify = on;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN n || CASE WHEN plain = n THEN '' ELSE ' but ' || plain || ' without' END;
END $$;
-- what is looked for in an index, and what that costs
CREATE FUNCTION looked_for(query text, OUT condition text, OUT cost numeric) LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    PERFORM clearance.set_actor(key => 'unread-pat', local => false);
    SET LOCAL ROLE regress_unread;
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    plan := plan #> '{0,Plan,Plans,0,Plans,0}';
    condition := regexp_replace(plan ->> 'Index Cond', 'set_keys\([^()]*\)', 'set_keys(...)');
    cost := plan ->> 'Total Cost';
END $$;
CREATE VIEW query AS SELECT type, format('SELECT count(*) FROM note_%s WHERE ', type) AS query FROM unnest('{bigint,text,uuid}'::text[]) type;
\o
\set ECHO queries

--
-- A partial index, whatever its predicate is about; that it has fewer rows is known, too.
--
CREATE INDEX bigint_open ON note_bigint (task) WHERE deleted IS NULL;
CREATE INDEX text_open ON note_text (task) WHERE deleted IS NULL;
CREATE INDEX uuid_open ON note_uuid (task) WHERE deleted IS NULL;
ANALYZE;
SELECT type, counted(query || 'deleted IS NULL'), l.condition FROM query, looked_for(query || 'deleted IS NULL') l ORDER BY type;
SELECT type, counted(query || 'deleted IS NULL AND kind = 1'), counted(query || 'true') FROM query ORDER BY type;
CREATE TABLE cost AS SELECT type, l.cost FROM query, looked_for(query || 'deleted IS NULL') l;
DROP INDEX bigint_open, text_open, uuid_open;
CREATE INDEX ON note_bigint (task);
CREATE INDEX ON note_text (task);
CREATE INDEX ON note_uuid (task);
SELECT type, counted(query || 'deleted IS NULL'), l.condition, l.cost > c.cost AS more FROM query JOIN cost c USING (type), looked_for(query || 'deleted IS NULL') l ORDER BY type;
DROP TABLE cost;

--
-- Statistics of which keys go with which values.
--
CREATE INDEX bigint_kind ON note_bigint (task, kind);
CREATE INDEX text_kind ON note_text (task, kind);
CREATE INDEX uuid_kind ON note_uuid (task, kind);
CREATE TABLE cost AS SELECT type, l.cost FROM query, looked_for(query || 'kind = 1') l;
CREATE STATISTICS bigint_together (mcv) ON task, kind FROM note_bigint;
CREATE STATISTICS text_together (mcv) ON task, kind FROM note_text;
CREATE STATISTICS uuid_together (mcv) ON task, kind FROM note_uuid;
ALTER STATISTICS bigint_together SET STATISTICS 10000;
ALTER STATISTICS text_together SET STATISTICS 10000;
ALTER STATISTICS uuid_together SET STATISTICS 10000;
ANALYZE note_bigint;
ANALYZE note_text;
ANALYZE note_uuid;
SELECT type, counted(query || 'kind = 1'), l.condition, l.cost - c.cost AS more FROM query JOIN cost c USING (type), looked_for(query || 'kind = 1') l ORDER BY type;

--
-- Any number of keys.
--
UPDATE pg_class SET reltuples = relpages * 1e6 WHERE relnamespace = 'regress_unread'::regnamespace AND relname ~ '^task_[a-z]+$';
SELECT type, counted(query || 'kind = 1'), counted(query || 'kind = 1 AND deleted IS NULL') FROM query ORDER BY type;
UPDATE pg_class SET reltuples = relpages * 1e12 WHERE relnamespace = 'regress_unread'::regnamespace AND relname ~ '^task_[a-z]+$';
SELECT type, counted(query || 'kind = 1'), counted(query || 'kind = 1 AND deleted IS NULL') FROM query ORDER BY type;

\set ECHO none
SET client_min_messages = error;
\o /dev/null
SELECT clearance.unprotect(t) FROM unnest('{note_bigint,note_text,note_uuid,task_bigint,task_text,task_uuid}'::regclass[]) t;
DROP SCHEMA regress_unread CASCADE;
DELETE FROM clearance.account WHERE key = 'unread';
REVOKE SET ON PARAMETER clearance.simplify FROM regress_unread;
DROP ROLE regress_unread;
