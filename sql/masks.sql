-- Masked columns: who may mask what, what is read then, and what clients can ask.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_masks_owner;
CREATE ROLE regress_masks_app;
CREATE ROLE regress_masks_other;
CREATE SCHEMA regress_masks AUTHORIZATION regress_masks_owner;
GRANT USAGE ON SCHEMA regress_masks TO regress_masks_app;
SELECT clearance.trust_role('regress_masks_app');
SELECT clearance.create_account('Regress masks', key => 'regress-masks') AS account \gset
SELECT clearance.create_action('task', 'view_cost', reads => true);
SELECT clearance.create_level('regress masks own', 'partner', based_on => 'permissive') > 0 AS ok;
SELECT clearance.allow('regress masks own', 'task', 'view_cost', relation => 'own');
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.create_partner('Own', 'regress masks own', account => :account) AS own \gset
SELECT clearance.add_member('masks-ann', roles => '{account_admin}', account => :account) > 0 AS ok;
SELECT clearance.add_member('masks-pat', partner => :perm, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.add_member('masks-own', partner => :own, partner_admin => true, account => :account) > 0 AS ok;
SELECT clearance.create_project('ms-1', :account) > 0 AS ok;
SELECT clearance.add_partner_to_project('ms-1', :perm), clearance.add_partner_to_project('ms-1', :own);
SET search_path = regress_masks, public;
SET ROLE regress_masks_owner;
CREATE TABLE task (id integer PRIMARY KEY, project text, owner text, cost numeric(8,2), secret text, code text UNIQUE,
    low integer, high integer CHECK (high > low), alone integer CHECK (alone > 0), base integer, twice integer GENERATED ALWAYS AS (base * 2) STORED,
    other integer REFERENCES task, stage text);
CREATE TABLE part (id integer, project text, cost integer) PARTITION BY RANGE (cost);
CREATE TABLE ruled (id integer, project text, cost integer);
CREATE RULE nothing AS ON DELETE TO ruled DO INSTEAD NOTHING;
CREATE TABLE plain (id integer, cost integer);
INSERT INTO plain VALUES (1, 1);
INSERT INTO task (id, project, owner, cost, secret) VALUES (1, 'ms-1', 'masks-own', 11, 'one'), (2, 'ms-1', 'masks-ann', 22, NULL), (3, 'ms-1', 'masks-ann', NULL, 'three');
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_masks TO regress_masks_app;
RESET ROLE;
SELECT clearance.protect('task', 'task', project => 'project', owner => 'owner') > 0 AS ok;
SELECT clearance.protect('part', 'task', project => 'project') > 0 AS ok;
SELECT clearance.protect('ruled', 'task', project => 'project') > 0 AS ok;

--
-- What cannot be masked is refused, with a reason, and nothing is declared.
--
SELECT clearance.mask_column('plain', 'cost', 'view_cost');
SELECT clearance.mask_column('task', 'nothing', 'view_cost');
SELECT clearance.mask_column('task', 'cost', 'nothing');
SELECT clearance.mask_column('task', 'cost', 'view_cost', filters => 'maybe');
SELECT clearance.mask_column('task', 'cost', 'view_cost', feature => 'nothing');
-- what the rule judges by
SELECT clearance.mask_column('task', 'id', 'view_cost');
SELECT clearance.mask_column('task', 'project', 'view_cost');
SELECT clearance.mask_column('task', 'owner', 'view_cost');
-- what the server compares for everybody, or copies
SELECT clearance.mask_column('task', 'code', 'view_cost');
SELECT clearance.mask_column('task', 'high', 'view_cost');
SELECT clearance.mask_column('task', 'base', 'view_cost');
SELECT clearance.mask_column('task', 'twice', 'view_cost');
SELECT clearance.mask_column('task', 'other', 'view_cost');
SELECT clearance.mask_column('part', 'cost', 'view_cost');
SELECT clearance.mask_column('ruled', 'cost', 'view_cost');
-- a mask is of constants, the column, and functions of the server's own
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => 'secret');
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => 'cost +');
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => '1, 2');
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => '1 FROM regress_masks.task');
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => '(SELECT 1)');
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => '''text''::text');
SELECT clearance.mask_column('task', 'secret', 'view_cost', mask => 'secret || code');
SELECT clearance.mask_column('task', 'secret', 'view_cost', mask => 'regress_masks.shout(secret)');
SELECT clearance.mask_column('task', 'secret', 'view_cost', mask => 'now()::text');
SELECT count(*) FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id WHERE b.relation = 'task'::regclass;

--
-- What can be: a column reads as NULL or as its mask for who lacks the action on
-- the row, and no row is hidden for it.
--
SELECT clearance.mask_column('task', 'cost', 'view_cost');
SELECT clearance.mask_column('task', 'cost', 'view_cost');
SELECT clearance.mask_column('task', 'secret', 'view_cost', mask => 'left(secret, 2) || ''…''');
SELECT clearance.mask_column('task', 'alone', 'view_cost', filters => 'error');
SELECT masks FROM clearance.protected_tables WHERE "table" = 'task'::regclass;
SET ROLE regress_masks_app;
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
SELECT id, cost, secret, clearance.column_masked(t, 'cost') AS cost_masked, clearance.column_masked(t, 'stage') AS stage_masked FROM task t ORDER BY id;
SELECT clearance.set_actor('masks-own', local => false) > 0 AS ok;
SELECT id, cost, secret, clearance.column_masked(t, 'cost') AS cost_masked, clearance.column_masked(t, 'stage') AS stage_masked FROM task t ORDER BY id;
SELECT clearance.set_actor('masks-ann', local => false) > 0 AS ok;
SELECT id, cost, secret, clearance.column_masked(t, 'cost') AS cost_masked, clearance.column_masked(t, 'stage') AS stage_masked FROM task t ORDER BY id;
-- what a client may ask before
SELECT string_agg(name, ', ') FILTER (WHERE may_be_masked) FROM clearance.columns('task');
SELECT clearance.set_actor('masks-own', local => false) > 0 AS ok;
SELECT string_agg(name, ', ') FILTER (WHERE may_be_masked) FROM clearance.columns('task');
SELECT * FROM clearance.columns('plain');
SELECT clearance.column_masked(t, 'nothing') FROM task t;
SELECT clearance.column_masked(NULL::task, 'cost') AS no_row, clearance.column_masked(v, 'cost', 'task') AS of_view FROM (SELECT * FROM task WHERE id = 2) v;
-- nobody acts, nobody sees
SELECT clearance.reset_actor();
SELECT count(*) FROM task;

--
-- Writing: what one cannot read one cannot change, nor learn by writing.
--
SELECT clearance.set_actor('masks-own', local => false) > 0 AS ok;
UPDATE task SET cost = 12, stage = secret WHERE id = 1 RETURNING id, cost, stage;
UPDATE task SET cost = NULL WHERE id = 3;
UPDATE task SET cost = cost WHERE id = 2;
UPDATE task SET stage = secret WHERE id = 3;
UPDATE task SET stage = 'done' WHERE id = 3 RETURNING id, cost, secret;
-- a new row may carry what its author cannot read
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
INSERT INTO task (id, project, cost) VALUES (4, 'ms-1', 44) RETURNING id, cost;
SELECT clearance.set_actor('masks-ann', local => false) > 0 AS ok;
SELECT id, cost, secret, stage FROM task ORDER BY id;
RESET ROLE;
-- a column that is guarded as well needs both actions
SELECT clearance.reset_actor();
SELECT clearance.create_action('task', 'set_cost');
SELECT clearance.guard_column('task', 'cost', 'set_cost');
SELECT clearance.allow('regress masks own', 'task', 'set_cost');
SET ROLE regress_masks_app;
SELECT clearance.set_actor('masks-own', local => false) > 0 AS ok;
UPDATE task SET cost = 13 WHERE id = 1 RETURNING cost;
UPDATE task SET cost = 13 WHERE id = 2;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.deny('regress masks own', 'task', 'set_cost');
SET ROLE regress_masks_app;
SELECT clearance.set_actor('masks-own', local => false) > 0 AS ok;
UPDATE task SET cost = 14 WHERE id = 1;
INSERT INTO task (id, project, cost) VALUES (5, 'ms-1', 55);

--
-- Conditions see the mask, or are refused where the declaration says so: only
-- for rows in which the column is masked.
--
SELECT count(*) FROM task WHERE cost > 0;
SELECT count(*) FROM task WHERE id = 1 AND alone IS NULL;
SELECT count(*) FROM task WHERE alone IS NULL;
DO $$
DECLARE
    state text; tab text; col text; code text;
BEGIN
    PERFORM count(*) FROM task WHERE id > 1 AND alone > 0;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, tab = TABLE_NAME, col = COLUMN_NAME, code = CONSTRAINT_NAME;
    RAISE WARNING '% % % %', state, tab, col, code;
END
$$;
SELECT count(*) FROM task t JOIN task u ON u.alone = t.id;
SELECT count(*) FROM task HAVING max(alone) > 0;
SELECT (SELECT count(*) FROM plain WHERE t.alone > 0) FROM task t;
-- also by another name: of views, sub-selects, WITH, joins, functions
CREATE TEMP VIEW of_task AS SELECT id, alone + 1 AS more, count(*) OVER () AS n FROM task;
SELECT count(*) FROM of_task WHERE more > 0;
SELECT count(*) FROM (SELECT id, more AS m FROM of_task UNION ALL SELECT 1, 2) s WHERE m > 0;
WITH w AS (SELECT alone AS a FROM task) SELECT count(*) FROM w JOIN plain p ON p.id = w.a;
SELECT count(*) FROM plain WHERE id IN (SELECT alone FROM task);
SELECT count(*) FROM plain WHERE id < (SELECT max(alone) FROM task);
SELECT count(*) FROM task t JOIN task u USING (alone);
SELECT count(*) FILTER (WHERE alone > 0) FROM task;
WITH RECURSIVE w (n) AS (SELECT alone FROM task UNION SELECT n + 1 FROM w WHERE n < 3) SELECT count(*) FROM w;
-- what no condition goes by is read
SELECT count(*), max(more) FROM of_task WHERE id > 1;
SELECT count(*) FROM plain WHERE EXISTS (SELECT alone FROM task);
SELECT count(alone), max(alone) FROM task;
UPDATE task SET stage = 'x' WHERE alone > 0;
DELETE FROM task WHERE alone > 0;
SELECT clearance.set_actor('masks-ann', local => false) > 0 AS ok;
SELECT count(*) FROM task WHERE alone IS NULL;

--
-- Plans are good for everybody, whoever acted and whoever was the user when they
-- were made; and hear of masks that come and go.
--
SET plan_cache_mode = force_generic_plan;
PREPARE costs AS SELECT id, cost FROM task WHERE id < $1 ORDER BY id;
EXECUTE costs(3);
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
EXECUTE costs(3);
SELECT clearance.set_actor('masks-ann', local => false) > 0 AS ok;
EXECUTE costs(3);
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
RESET ROLE;
EXECUTE costs(3);
SET ROLE regress_masks_app;
EXECUTE costs(3);
RESET ROLE;
SELECT clearance.unmask_column('task', 'cost');
SELECT clearance.unmask_column('task', 'cost');
SET ROLE regress_masks_app;
EXECUTE costs(3);
RESET ROLE;
SELECT clearance.mask_column('task', 'cost', 'view_cost', mask => '0');
SET ROLE regress_masks_app;
EXECUTE costs(3);
RESET plan_cache_mode;
-- a cursor is for who opened it
BEGIN;
DECLARE c CURSOR FOR SELECT id, cost FROM task ORDER BY id;
FETCH c;
SELECT clearance.set_actor('masks-ann') > 0 AS ok;
FETCH c;
COMMIT;
-- COPY
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
COPY task (cost) TO stdout;
COPY (SELECT secret FROM task ORDER BY id) TO stdout;
-- several workers
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT sum(cost), max(secret) FROM task;
SELECT clearance.set_actor('masks-ann') > 0 AS ok;
SELECT sum(cost), max(secret) FROM task;
ROLLBACK;

--
-- Privileges of columns are asked for as ever.
--
RESET ROLE;
GRANT USAGE ON SCHEMA regress_masks TO regress_masks_other;
GRANT SELECT (id, cost) ON task TO regress_masks_other;
SELECT clearance.set_actor('masks-ann', local => false) > 0 AS ok;
SET ROLE regress_masks_other;
SELECT id, cost FROM task WHERE id = 1;
SELECT secret FROM task;
SELECT t FROM task t;
-- triggers see columns as they are: with TRIGGER alone nobody makes one
RESET ROLE;
GRANT TRIGGER ON task TO regress_masks_other;
GRANT TRIGGER ON plain TO regress_masks_other;
SET ROLE regress_masks_other;
CREATE TRIGGER tell AFTER UPDATE ON task FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER tell BEFORE UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SET ROLE regress_masks_owner;
CREATE TRIGGER own BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TRIGGER own ON task;
RESET ROLE;

--
-- Declarations follow names, and keep what they need.
--
SET ROLE regress_masks_owner;
ALTER TABLE task RENAME cost TO "the cost";
ALTER TABLE task RENAME secret TO hidden;
RESET ROLE;
SELECT masks FROM clearance.protected_tables WHERE "table" = 'task'::regclass;
SET ROLE regress_masks_app;
SELECT clearance.set_actor('masks-pat', local => false) > 0 AS ok;
SELECT id, "the cost", hidden FROM task ORDER BY id;
SET ROLE regress_masks_owner;
ALTER TABLE task DROP COLUMN hidden;
ALTER TABLE task DROP COLUMN hidden CASCADE;
ALTER TABLE task ADD COLUMN derived text GENERATED ALWAYS AS (upper(hidden)) STORED;
ALTER TABLE task ADD CONSTRAINT compares CHECK (hidden <> stage) NOT VALID;
ALTER TABLE task ADD CONSTRAINT refers FOREIGN KEY (hidden) REFERENCES task (code) NOT VALID;
CREATE UNIQUE INDEX ON task (hidden);
CREATE UNIQUE INDEX ON task (id) WHERE hidden > 'a';
CREATE UNIQUE INDEX ON task (upper(hidden));
CREATE RULE tells AS ON UPDATE TO task DO ALSO SELECT 1;
CREATE POLICY tells ON task AS RESTRICTIVE USING (hidden > 'a');
CREATE INDEX ON task (hidden);
ALTER TABLE task ALTER COLUMN hidden TYPE varchar(100);
-- permissive policies of somebody else's are joined to ours: rows and masks stay as they are
CREATE POLICY widens ON task USING (true);
SET ROLE regress_masks_app;
SELECT id, "the cost", hidden FROM task ORDER BY id;
SELECT count(*), count(hidden) FROM task WHERE stage IS NOT NULL;
UPDATE task SET stage = stage;
UPDATE task SET hidden = 'x' RETURNING id, hidden;
SET ROLE regress_masks_owner;
DROP POLICY widens ON task;
RESET ROLE;
SELECT clearance.repair('task');
SELECT clearance.unprotect('task');
SELECT count(*) FROM clearance.binding_mask m LEFT JOIN clearance.binding b ON b.id = m.binding_id WHERE b.relation = 'task'::regclass OR b.id IS NULL;
SET ROLE regress_masks_app;
SELECT id, "the cost", hidden FROM task ORDER BY id;
RESET ROLE;

--
-- A mask is kept in a form that every session reads alike, whatever that of the session is which declares it.
--
SET ROLE regress_masks_owner;
CREATE TABLE due (id integer, project text, day date, share float8, span interval);
INSERT INTO due VALUES (1, 'ms-1', '2026-03-04', 0.5, '1 day');
GRANT SELECT ON due TO regress_masks_app;
RESET ROLE;
SELECT clearance.protect('due', 'task', project => 'project') > 0 AS ok;
SET datestyle = 'SQL, DMY';
SET extra_float_digits = -10;
SELECT clearance.mask_column('due', 'day', 'view_cost', mask => '''02/01/2020'''), clearance.mask_column('due', 'share', 'view_cost', mask => '''0.123456789'''),
       clearance.mask_column('due', 'span', 'view_cost', mask => '''2 hours''');
RESET datestyle;
RESET extra_float_digits;
SELECT m.mask FROM clearance.binding_mask m JOIN clearance.binding b ON b.id = m.binding_id WHERE b.relation = 'due'::regclass ORDER BY m.column_name;
SET datestyle = 'ISO, MDY';
SELECT clearance.set_actor(key => 'masks-pat', local => false) > 0 AS ok;
SET ROLE regress_masks_app;
SELECT day, share, span FROM due;
RESET ROLE;
RESET datestyle;

-- nothing stays behind
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_masks_app');
DROP SCHEMA regress_masks CASCADE;
DELETE FROM clearance.account WHERE id = :account;
SELECT clearance.drop_level('regress masks own');
DELETE FROM clearance.action WHERE feature = 'task' AND name IN ('view_cost', 'set_cost');
DROP OWNED BY regress_masks_owner, regress_masks_app, regress_masks_other;
DROP ROLE regress_masks_owner, regress_masks_app, regress_masks_other;
