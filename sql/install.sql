-- What CREATE EXTENSION makes, whom it lets at it, and how it goes again.
-- Runs first: the other topics use the extension that it leaves installed.
\set SHOW_CONTEXT never
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
RESET client_min_messages;


-- Everything lives in two schemas, and all of it belongs to the extension.
SELECT n.nspname, e.extrelocatable FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_clearance';
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind IN ('r', 'v', 'p', 'm', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1;

-- A second time is an error.
CREATE EXTENSION pg_clearance;

-- A function written in SQL finds names by a path of its own, or was parsed
-- when it was made.
SELECT p.oid::regprocedure AS open_path FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
ORDER BY 1;

-- Everybody may execute what tells the actor about itself, what policies call,
-- the text form of keys and of by_name, and what asks for the actor's rights: nothing else.
-- (Trigger functions come below.)
SELECT p.proname, p.prosecdef AS as_owner FROM pg_proc p
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND has_function_privilege('public', p.oid, 'EXECUTE')
  AND p.prorettype <> 'trigger'::regtype
ORDER BY 1;
-- Everybody may read the views that show what the actor may know. Nobody may read or
-- write a table, another view or a sequence, or make anything here.
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'clearance'::regnamespace
  AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege('public', c.oid, 'USAGE, SELECT, UPDATE')
                     WHEN 'i' THEN false
                     WHEN 'c' THEN false
                     ELSE has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END
ORDER BY 1;
SELECT has_schema_privilege('public', 'clearance', 'USAGE') AS may_use,
       has_schema_privilege('public', 'clearance', 'CREATE') AS may_create;

-- The settings are the extension's: nobody but a superuser sets them, and
-- there are no others.
CREATE ROLE regress_install_user;
SET ROLE regress_install_user;
SET clearance.actor = '1';
SET clearance.maintaining = on;
SET clearance.anything = '1';
SELECT clearance.set_actor(1);
SELECT * FROM clearance.account;
RESET ROLE;
SET clearance.anything = '1';

-- Trigger functions serve protected tables alone: on a table of one's own they
-- neither register nor forget a project, nor run one's own code as somebody else.
SELECT clearance.create_account('regress_install') AS account \gset
SELECT clearance.create_project('regress-install', :account) > 0 AS ok;
CREATE TYPE pg_temp.mood AS ENUM ('good', 'bad');
CREATE FUNCTION pg_temp.mood_out(pg_temp.mood) RETURNS json LANGUAGE plpgsql AS
$$ BEGIN RAISE WARNING 'runs as superuser: %', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user); RETURN '1'; END $$;
CREATE CAST (pg_temp.mood AS json) WITH FUNCTION pg_temp.mood_out(pg_temp.mood);
CREATE FUNCTION pg_temp.forge(trigger_function text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TEMP TABLE forged (id text, mood pg_temp.mood);
        CREATE TRIGGER forged AFTER INSERT OR DELETE ON forged FOR EACH ROW EXECUTE FUNCTION clearance_internal.%s', trigger_function);
    INSERT INTO forged VALUES ('regress-install-2', 'good');
    ALTER TABLE forged DISABLE TRIGGER forged;
    INSERT INTO forged VALUES ('regress-install', 'bad');
    ALTER TABLE forged ENABLE TRIGGER forged;
    DELETE FROM forged;
    DROP TABLE forged;
    RETURN 'does nothing';
EXCEPTION WHEN OTHERS THEN
    RETURN 'refused';
END
$$;
SET ROLE regress_install_user;
SELECT pg_temp.forge($$follow_project('id', '')$$) AS follow_project;
SELECT pg_temp.forge('follow_membership()') AS follow_membership;
SELECT pg_temp.forge('check_children_project(1)') AS check_children_project;
SELECT pg_temp.forge('check_child_project(1)') AS check_child_project;
SELECT pg_temp.forge('write_check(1)') AS write_check;
RESET ROLE;
SELECT key FROM clearance.project WHERE account_id = :account ORDER BY 1;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_install_user;

--
-- How it goes: in a database of its own.
--
\set regress_database :DBNAME
CREATE DATABASE regress_install;
\c regress_install
\set VERBOSITY terse
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_install_user;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer);
INSERT INTO task VALUES (1, 7), (2, 7);
GRANT SELECT, INSERT, UPDATE, DELETE ON task TO regress_install_user;
-- a table that the extension never heard of
CREATE TABLE plain (id integer);
INSERT INTO plain VALUES (1), (2);
ALTER TABLE plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON plain USING (id % 2 = 1);
GRANT SELECT ON plain TO regress_install_user;
SELECT clearance.create_account('Northwind') > 0 AS ok;
SELECT clearance.create_project(7) > 0 AS ok;
SELECT clearance.add_member(key => 1, roles => '{account_admin}') AS admin \gset
SELECT clearance.protect('task', 'task', project => 'project_id') > 0 AS ok;
BEGIN;
SELECT clearance.set_actor(id => :admin) = :admin AS ok;
SET LOCAL ROLE regress_install_user;
SELECT * FROM task ORDER BY id;
ROLLBACK;

-- While a table is protected the extension cannot be dropped …
DROP EXTENSION pg_clearance;
-- … but together with its policies. Row security stays on, and without
-- policies it lets nobody through.
DROP EXTENSION pg_clearance CASCADE;
SELECT count(*) AS policies FROM pg_policies WHERE tablename = 'task';
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'task';
SELECT count(*) AS left_behind FROM pg_event_trigger;
SET ROLE regress_install_user;
SELECT * FROM task;
INSERT INTO task VALUES (3, 7);
UPDATE task SET project_id = 8 RETURNING id;
DELETE FROM task RETURNING id;
-- other tables are as they were, though the library is still loaded
SELECT * FROM plain;
RESET ROLE;
-- It can come back, and the table be protected again.
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
SELECT count(*) AS bindings FROM clearance.binding;
SELECT clearance.create_account('Northwind') > 0 AS ok;
SELECT clearance.create_project(7) > 0 AS ok;
SELECT clearance.add_member(key => 1, roles => '{account_admin}') AS admin \gset
SELECT clearance.protect('task', 'task', project => 'project_id') > 0 AS ok;
BEGIN;
SELECT clearance.set_actor(id => :admin) = :admin AS ok;
SET LOCAL ROLE regress_install_user;
SELECT * FROM task ORDER BY id;
ROLLBACK;

-- Without protected tables it goes alone.
SELECT clearance.unprotect('task');
DROP EXTENSION pg_clearance;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'task';

\c :regress_database
DROP DATABASE regress_install;
DROP ROLE regress_install_user;
