-- That a table's policies are the extension's is found out once, and again when
-- policies, the declaration or the functions that they call changed.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA regress_sealed;
CREATE ROLE regress_sealed;
GRANT USAGE ON SCHEMA regress_sealed TO regress_sealed;
SELECT clearance.trust_role('regress_sealed');
SELECT clearance.create_account('regress_sealed') AS account \gset
SELECT clearance.add_member(key => 'regress-sealed', account => :account, roles => '{account_admin}') AS ada \gset
SELECT clearance.create_project('rs-1', :account) IS NOT NULL;
SET search_path = regress_sealed;
CREATE TABLE task (id integer PRIMARY KEY, project_id text);
INSERT INTO task VALUES (1, 'rs-1'), (2, 'rs-2');
GRANT ALL ON task TO regress_sealed;
SELECT clearance.protect('task', 'task', project => 'project_id') > 0;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
\set see 'SET ROLE regress_sealed; SELECT id FROM task; RESET ROLE'
\set ECHO queries
:see;
:see;

-- policies that somebody alters, adds and drops where nothing hinders it; each command for itself
\set unguarded 'BEGIN; ALTER EVENT TRIGGER clearance_follow_ddl DISABLE; ALTER EVENT TRIGGER clearance_follow_drop DISABLE'
:unguarded;
ALTER POLICY clearance_select ON task USING (true);
:see;
ROLLBACK;
:see;
:unguarded;
CREATE POLICY wide ON task USING (true);
:see;
ROLLBACK;
:see;
:unguarded;
DROP POLICY clearance_update ON task;
:see;
SET ROLE regress_sealed;
UPDATE task SET id = id;
ROLLBACK;
SET ROLE regress_sealed;
UPDATE task SET id = id RETURNING id;
RESET ROLE;
-- the function that it calls under another name, and elsewhere
BEGIN;
ALTER FUNCTION clearance.visible(integer, "any") RENAME TO shown;
:see;
ROLLBACK;
:see;
BEGIN;
ALTER FUNCTION clearance.visible(integer, "any") SET SCHEMA regress_sealed;
:see;
ROLLBACK;
:see;
-- the same after other sessions' plans were told to go
SELECT clearance.reset_actor();
:see;

\set ECHO none
SELECT clearance.unprotect('task');
DROP TABLE task;
DROP SCHEMA regress_sealed;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_sealed;
DROP ROLE regress_sealed;
