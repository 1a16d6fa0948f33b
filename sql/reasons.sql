-- Why a write is refused: the true reason, in the DETAIL, and the column that it
-- is about in a field of the error. Nothing is told of what the actor does not see.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;
CREATE ROLE regress_reasons;
SELECT clearance.trust_role('regress_reasons');
CREATE SCHEMA regress_reasons;
SET LOCAL search_path = regress_reasons;
SELECT clearance.create_account('Regress reasons', key => 'regress-reasons') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.add_member('ada', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('cole', roles => '{collaborator}', account => :account) AS cole \gset
SELECT clearance.add_member('nora', account => :account) AS nora \gset
SELECT clearance.create_partner('Mod', 'moderate', account => :account) AS mod \gset
SELECT clearance.create_partner('Gone', 'permissive', account => :account) AS gone \gset
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('max', partner => :mod, account => :account) AS max \gset
SELECT clearance.add_member('pam', partner => :mod, partner_admin => true, account => :account) > 0;
SELECT clearance.add_member('gus', partner => :gone, account => :account) AS gus \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) AS cleo \gset
SELECT count(clearance.create_project('r' || n, :account)) FROM generate_series(1, 9) n;
SELECT clearance.add_partner_to_project('r' || n, :mod), clearance.add_member_to_project('r' || n, :max) FROM generate_series(1, 2) n;
SELECT clearance.add_customer_to_project('r1', :cafe), clearance.set_project('r1', portal => true);

CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, kind text, author text, assignee text, "At risk" boolean, notes text);
CREATE TABLE dependency (id integer PRIMARY KEY, from_id integer, to_id integer);
CREATE TABLE step (id integer PRIMARY KEY, task_id integer NOT NULL, done boolean);
CREATE TABLE crew (task_id integer, member text);
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', kind => 'kind', owner => 'author') > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'assigned', 'member', link => 'crew', link_column => 'task_id');
SELECT clearance.guard_column('task', 'At risk', 'mark_at_risk');
SELECT clearance.protect('dependency', 'task') > 0, clearance.add_parent('dependency', 'from_id', 'task'), clearance.add_parent('dependency', 'to_id', 'task');
SELECT clearance.protect('step', 'task') > 0, clearance.add_parent('step', 'task_id', 'task');
INSERT INTO task VALUES (1, 'r1', false, 'call', 'ada'), (2, 'r2', false, 'call', 'ada'), (3, 'r3', false, 'call', 'ada'), (4, 'r1', true, 'call', 'ada');
GRANT USAGE ON SCHEMA regress_reasons TO regress_reasons;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_reasons TO regress_reasons;
CREATE FUNCTION why(actor text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    detail text;
    place text;
    col text;
    n bigint;
BEGIN
    PERFORM set_config('role', 'regress_reasons', true);
    IF actor IS NOT NULL THEN
        PERFORM clearance.set_actor(actor);
    END IF;
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', DETAIL = n || ' row(s)';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, place = TABLE_NAME, col = COLUMN_NAME;
    RETURN CASE WHEN state = 'ZZ000' THEN '' ELSE state || ' ' END || coalesce(nullif(place || coalesce('.' || nullif(col, ''), ''), '') || ': ', '') || coalesce(nullif(detail, ''), SQLERRM);
END
$$;

--
-- The column that a guard, an owner or an assignee is refused for.
--
SELECT why('max', 'UPDATE task SET "At risk" = true WHERE id = 1');
SELECT why('max', 'INSERT INTO task (id, project, "At risk") VALUES (9, ''r1'', true)');
SELECT why('ada', 'INSERT INTO task (id, project, "At risk") VALUES (9, ''r1'', true)');
SELECT why('max', 'UPDATE task SET author = ''max'' WHERE id = 1');
SELECT why('max', 'UPDATE task SET notes = ''x'', author = ''max'', "At risk" = true WHERE id = 1');
SELECT why('cole', 'INSERT INTO task (id, project, author) VALUES (9, ''r1'', ''ada'')');

--
-- Which part of a grant the row lacks; of several, of the nearest.
--
SELECT why('max', 'UPDATE task SET is_private = true WHERE id = 1');
SELECT clearance.create_level('parts', 'partner') > 0;
SELECT clearance.allow('parts', 'task', 'view'), clearance.allow('parts', 'task', 'create');
-- (an action of some column lets an UPDATE get so far that it is told)
SELECT clearance.allow('parts', 'task', 'edit', 'shared', 'assigned'), clearance.allow('parts', 'task', 'mark_at_risk'), clearance.add_member_to_project('r1', :max, 'parts');
SELECT why('max', 'UPDATE task SET notes = ''x'' WHERE id = 1');
SELECT clearance.allow('parts', 'task', 'edit', relation => 'own', kinds => '{mail,call}');
-- shared and assigned lacks one, own of a kind lacks one: task 1; private: the second is nearer
UPDATE task SET author = 'max', kind = 'note' WHERE id IN (1, 4);
SELECT why('max', 'UPDATE task SET notes = ''x'' WHERE id = 1');
SELECT why('max', 'UPDATE task SET notes = ''x'' WHERE id = 4');
UPDATE task SET kind = 'mail' WHERE id = 1;
SELECT why('max', 'UPDATE task SET notes = ''x'' WHERE id = 1');
SELECT why('max', 'UPDATE task SET kind = ''note'' WHERE id = 1');
SELECT clearance.allow('parts', 'task', 'edit', relation => 'followed'), clearance.allow('parts', 'task', 'edit', relation => 'invited'), clearance.allow('parts', 'task', 'edit', relation => 'assigned_task');
SELECT why('max', 'UPDATE task SET author = NULL, kind = NULL, notes = ''x'' WHERE id = 4');
UPDATE task SET author = 'ada', kind = 'call' WHERE id IN (1, 4);
-- no level at all, and none that grants it
SELECT clearance.allow('parts', 'task', 'delete'), clearance.deny('parts', 'task', 'create');
SELECT why('max', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT clearance.add_member_to_project('r1', :nora);
SELECT why('nora', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT clearance.add_member_to_project('r1', :max, '');
-- what it reaches
SELECT clearance.create_level('near', 'vendor') > 0;
SELECT clearance.allow('near', 'task', 'create', reach => 'owned'), clearance.allow('near', 'task', 'edit', reach => 'member'),
       clearance.allow('near', 'task', 'view', reach => 'account'), clearance.create_role('near', access_level => 'near', account => :account) > 0;
SELECT clearance.set_member_roles(:nora, '{near}');
SELECT why('nora', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT why('nora', 'UPDATE task SET notes = ''x'' WHERE id = 1');
SELECT why('nora', 'INSERT INTO task (id, project) VALUES (9, ''r4'')');
-- a gate is named with what needs it
SELECT clearance.add_gate('task.create', 'task.mark_at_risk', audiences => '{partner}'), clearance.allow('moderate', 'task', 'create');
SELECT why('max', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT clearance.remove_gate('task.create', 'task.mark_at_risk');

--
-- Parents: which one, and that two are apart. One that does not exist reads as
-- one that is hidden.
--
SELECT why('ada', 'INSERT INTO dependency VALUES (1, 1, 2)'), why('max', 'INSERT INTO dependency VALUES (1, 1, 2)');
SELECT why(NULL, 'INSERT INTO dependency VALUES (1, 1, 2)');
SELECT why('max', 'INSERT INTO dependency VALUES (1, 1, 3)'), why('max', 'INSERT INTO dependency VALUES (1, 1, 404)');
SELECT why('max', 'INSERT INTO dependency VALUES (1, 1, 4)'), why('max', 'INSERT INTO dependency VALUES (1, 3, 1)');
SELECT why('max', 'INSERT INTO dependency VALUES (1, NULL, 1)'), why('max', 'INSERT INTO dependency VALUES (1, NULL, NULL)');
SELECT why('max', 'INSERT INTO dependency VALUES (1, 1, 1)');
SELECT why('max', 'INSERT INTO step VALUES (1, 4)'), why('max', 'INSERT INTO step VALUES (1, 404)');
-- what a gate asks of a parent
CREATE TABLE document (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false);
CREATE TABLE remark (id integer PRIMARY KEY, document_id integer);
SELECT clearance.protect('document', 'document', 'project', 'is_private', '{false}') > 0, clearance.protect('remark', 'document_comment') > 0, clearance.add_parent('remark', 'document_id', 'document');
INSERT INTO document VALUES (1, 'r1'), (2, 'r3');
GRANT SELECT, INSERT, UPDATE ON document, remark TO regress_reasons;
SELECT clearance.add_gate('document_comment.create', 'document.change_owner', audiences => '{partner}');
SELECT why('max', format('INSERT INTO remark VALUES (1, %s)', d)) FROM generate_series(1, 3) d;
SELECT clearance.remove_gate('document_comment.create', 'document.change_owner');
SELECT why('max', format('INSERT INTO remark VALUES (1, %s)', d)) FROM generate_series(1, 3) d;
-- links
SELECT why('max', 'INSERT INTO crew VALUES (4, ''max'')'), why('max', 'INSERT INTO crew VALUES (404, ''max'')');
SELECT clearance.add_member_to_project('r1', :max, 'parts');
SELECT why('max', 'INSERT INTO crew VALUES (1, ''max'')');
SELECT clearance.add_member_to_project('r1', :max, '');
-- one that names no row, and one whose rows are in two projects
SELECT why('max', 'INSERT INTO crew VALUES (NULL, ''max'')'), why('max', 'INSERT INTO crew VALUES (1, ''max''); UPDATE crew SET task_id = NULL');
CREATE TABLE pair (first integer, other integer, member text);
SELECT clearance.relate('task', 'assigned', 'member', link => 'pair', link_column => 'first'), clearance.relate('task', 'assigned', 'member', link => 'pair', link_column => 'other');
GRANT SELECT, INSERT ON pair TO regress_reasons;
SELECT a, b, why('max', format('INSERT INTO pair VALUES (%s, %s, ''max'')', a, b)) FROM (VALUES (1, 1), (1, 2), (1, 3), (1, 404)) v (a, b);

--
-- Projects: those of one's own time say since when; all others might not exist.
--
SELECT why('max', 'INSERT INTO task (id, project) VALUES (9, NULL)');
SELECT who, why(who, format('INSERT INTO task (id, project) VALUES (9, %L)', p)) FROM unnest('{max,pam,cleo,cole}'::text[]) who, unnest('{r3,nowhere}'::text[]) p ORDER BY who, p;
SELECT clearance.add_partner_to_project('r4', :mod), clearance.add_member_to_project('r4', :max, starts_at => '2020-01-01', ends_at => '2020-02-01 12:00');
SELECT clearance.add_partner_to_project('r5', :mod), clearance.add_member_to_project('r5', :max, starts_at => '2200-01-01');
SELECT clearance.add_partner_to_project('r6', :mod, starts_at => '2020-01-01', ends_at => '2020-02-01');
SELECT clearance.add_partner_to_project('r7', :mod), clearance.add_member_to_project('r7', :max), clearance.set_project('r7', by_phase => true);
SELECT clearance.add_partner_to_project('r8', :mod), clearance.add_member_to_project('r8', :max), clearance.set_project('r8', archived => true);
SELECT clearance.add_partner_to_project('r9', :mod), clearance.add_member_to_project('r9', :max), clearance.set_project_feature('r9', 'task', false);
SELECT n, why('max', format('INSERT INTO task (id, project) VALUES (9, %L)', 'r' || n)) FROM generate_series(4, 9) n;
-- the company's own time is told to its admins
SELECT n, why('pam', format('INSERT INTO task (id, project) VALUES (9, %L)', 'r' || n)) FROM generate_series(4, 9) n;
SELECT clearance.add_customer_to_project('r2', :cafe), clearance.add_customer_to_project('r3', :cafe), clearance.add_customer_to_project('r4', :cafe, starts_at => '2020-01-01', ends_at => '2020-02-01');
SELECT clearance.add_member_to_project('r3', :cleo);
SELECT n, why('cleo', format('INSERT INTO task (id, project) VALUES (9, %L)', 'r' || n)) FROM generate_series(1, 5) n;
-- the vendor's people
SELECT clearance.add_member_to_project('r6', :cole, starts_at => '2020-01-01', ends_at => '2020-02-01');
SELECT why('cole', format('INSERT INTO task (id, project) VALUES (9, %L)', p)) FROM unnest('{r6,r1,r8,nowhere}'::text[]) p;
SELECT why('ada', 'INSERT INTO task (id, project) VALUES (9, ''r8'')'), why('ada', 'INSERT INTO task (id, project) VALUES (9, ''nowhere'')');

--
-- Standing, and nobody.
--
SELECT clearance.disable_member(:gus), why('gus', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT clearance.enable_member(:gus), clearance.disable_partner(:gone), why('gus', 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
SELECT why(NULL, 'INSERT INTO task (id, project) VALUES (9, ''r1'')');
-- administration says so too
SELECT why('gus', format('SELECT clearance.create_project(10, %s)', :account)), why('max', format('SELECT clearance.create_project(10, %s)', :account));
SELECT why('ada', 'SELECT clearance.set_project_feature(''r8'', ''task'', false)'), why('ada', 'SELECT clearance.set_project(''nowhere'', portal => true)');
ROLLBACK;
