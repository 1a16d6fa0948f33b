-- A row is asked about once: of two policies that say the same, a plan keeps one.
-- What may be done, and what is refused, is the same as with all of them.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_once;
SELECT clearance.trust_role('regress_once');
CREATE SCHEMA regress_once;
SET LOCAL search_path = regress_once, public;
SELECT clearance.create_account('Regress once', key => 'regress-once') AS account \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.create_partner('Mod', 'moderate', account => :account) AS mod \gset
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true, account => :account) > 0,
       clearance.add_member('mo', partner => :mod, partner_admin => true, account => :account) > 0;
SELECT clearance.create_project('ro-1', :account) > 0, clearance.create_project('ro-2', :account) > 0;
SELECT clearance.add_partner_to_project('ro-1', :perm), clearance.add_partner_to_project('ro-1', :mod);
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean, title text, next_project text);
INSERT INTO task SELECT i, 'ro-' || 1 + i % 2, i > 4, 'task ' || i FROM generate_series(1, 8) AS i;
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}') > 0;
GRANT USAGE ON SCHEMA regress_once TO regress_once;
GRANT SELECT, INSERT, UPDATE, DELETE ON task TO regress_once;

-- the policies that a plan asks, by name; checks of new rows are in no EXPLAIN, so the
-- server counts calls
CREATE FUNCTION asked(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        RETURN QUERY SELECT m[1] FROM regexp_matches(line, 'clearance\.(visible|editable|deletable|edited|creatable)', 'g') AS m;
    END LOOP;
END $$;
CREATE FUNCTION calls() RETURNS TABLE (name name, calls bigint) LANGUAGE sql AS $$
    SELECT proname, pg_stat_get_xact_function_calls(oid) FROM pg_proc
    WHERE pronamespace = 'clearance'::regnamespace AND pg_stat_get_xact_function_calls(oid) > 0
      AND proname IN ('visible', 'editable', 'deletable', 'edited', 'creatable') ORDER BY 1 $$;
SET LOCAL track_functions = 'all';
SET LOCAL clearance.external_explain = on;
SET LOCAL ROLE regress_once;
SELECT clearance.set_actor('pat') > 0;

--
-- Who may edit or delete a row sees it.
--
SELECT asked('UPDATE task SET title = title WHERE id = 2');
SELECT asked('DELETE FROM task WHERE id = 2');
SELECT asked('SELECT FROM task WHERE id = 2 FOR UPDATE');
SELECT asked('SELECT FROM task WHERE id = 2');
-- other tables of the statement are asked about as ever
SELECT asked('UPDATE task t SET title = o.title FROM task o WHERE t.id = 2 AND o.id = 4');

--
-- An UPDATE that leaves what the policies pass asks about the row as it was alone.
--
SAVEPOINT s;
UPDATE task SET title = 'changed' WHERE id = 2 RETURNING id;
UPDATE task SET title = 'changed' WHERE id = 1 RETURNING id;   -- in a project of others
SELECT * FROM calls();
ROLLBACK TO s;
-- one that may move or hide it is judged before and after
SAVEPOINT s;
UPDATE task SET is_private = true WHERE id = 2;
SELECT * FROM calls();
UPDATE task SET project = 'ro-2' WHERE id = 2;
ROLLBACK TO s;
-- ON CONFLICT and MERGE are, too
INSERT INTO task VALUES (2, 'ro-1', false) ON CONFLICT (id) DO UPDATE SET title = 'met';
INSERT INTO task VALUES (1, 'ro-1', false) ON CONFLICT (id) DO UPDATE SET title = 'met';
INSERT INTO task VALUES (2, 'ro-1', false) ON CONFLICT (id) DO UPDATE SET project = 'ro-2';
MERGE INTO task t USING (VALUES (1), (2)) AS v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET title = 'merged';
MERGE INTO task t USING (VALUES (2)) AS v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET project = 'ro-2';
SELECT id, title FROM task ORDER BY id;

-- denied as before: Mo sees shared rows, and changes none into a private one
SELECT clearance.set_actor('mo') > 0;
SELECT id FROM task ORDER BY id;
UPDATE task SET title = 'mine' WHERE id IN (2, 4, 6) RETURNING id;
UPDATE task SET is_private = true WHERE id = 4;
DELETE FROM task WHERE id = 6;

--
-- A trigger of somebody else's may change what the policies pass, whatever the
-- statement assigns: the new row is judged. A plan that was kept hears of it, fired or not.
--
SELECT clearance.set_actor('pat') > 0;
PREPARE rename (integer, text) AS UPDATE task SET title = $2 WHERE id = $1;
SET LOCAL plan_cache_mode = force_generic_plan;
EXECUTE rename (4, 'renamed');
RESET ROLE;
CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title = 'away' THEN
        NEW.project := 'ro-2';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER move BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION move();
ALTER TABLE task DISABLE TRIGGER move;
SET LOCAL ROLE regress_once;
EXECUTE rename (4, 'away');
RESET ROLE;
ALTER TABLE task ENABLE TRIGGER move;
SET LOCAL ROLE regress_once;
EXECUTE rename (4, 'renamed');
EXECUTE rename (4, 'away');
RESET ROLE;
-- one that fires in replicas alone
ALTER TABLE task ENABLE REPLICA TRIGGER move;
SET LOCAL ROLE regress_once;
EXECUTE rename (4, 'away');
RESET ROLE;
SET LOCAL session_replication_role = replica;
SET LOCAL ROLE regress_once;
EXECUTE rename (4, 'away');
RESET ROLE;
SET LOCAL session_replication_role = origin;
DROP TRIGGER move ON task;

-- a child table has triggers of its own
CREATE TABLE child () INHERITS (task);
SELECT clearance.repair('task') IS NOT NULL;
INSERT INTO child VALUES (20, 'ro-1', false, 'child');
CREATE TRIGGER move BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION move();
SET LOCAL ROLE regress_once;
SELECT clearance.set_actor('pat') > 0;
UPDATE task SET title = 'away' WHERE id = 20;
UPDATE task SET title = 'here' WHERE id = 20;
RESET ROLE;

-- permissive policies of others widen nothing, and narrowing ones narrow
CREATE POLICY anybody ON task USING (true) WITH CHECK (true);
CREATE POLICY not_eight ON task AS RESTRICTIVE FOR UPDATE USING (id <> 8) WITH CHECK (title <> 'never');
SET LOCAL ROLE regress_once;
UPDATE task SET title = 'x' RETURNING id;
UPDATE task SET title = 'never' WHERE id = 2;
UPDATE task SET project = 'ro-2' WHERE id = 2;
RESET ROLE;
-- a view without conditions, of which each row passes the view's own check
SET LOCAL ROLE regress_once;
CREATE TEMP VIEW any_task AS SELECT * FROM task WITH CHECK OPTION;
UPDATE any_task SET title = 'by view' WHERE id = 2 RETURNING id;
UPDATE any_task SET title = 'never' WHERE id = 2;
RESET ROLE;
ROLLBACK;
