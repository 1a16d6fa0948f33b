-- Rows without a project, where a table may have some: rows of their account.
-- They are open to whose own they are and to whom they are assigned, and to the
-- vendor's people whose reach is the account; by plans as by the rule alone. In a
-- database of its own, since what a transaction changed itself gets no such plans,
-- and since it matters how many accounts there are.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_project_optional;
\c regress_project_optional
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = error;
CREATE ROLE regress_project_optional;
\o /dev/null
SELECT clearance.trust_role('regress_project_optional');
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_partner('Perm', 'permissive') AS perm \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.create_partner('Rest', 'restricted') AS rest \gset
SELECT clearance.create_customer('Cafe') AS cafe \gset
SELECT clearance.add_member(v.key, roles => v.roles)
FROM (VALUES ('ann', '{account_admin}'::text[]), ('sue', '{super_user}'), ('cole', '{collaborator}'), ('nell', '{}')) v (key, roles);
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true), clearance.add_member('max', partner => :mod),
       clearance.add_member('rex', partner => :rest), clearance.add_member('cleo', customer => :cafe);
SELECT clearance.create_project('p1'), clearance.create_project('p2');
SELECT clearance.set_project('p1', portal => true, client_upload => true), clearance.add_customer_to_project('p1', :cafe);
SELECT clearance.add_partner_to_project('p1', p) FROM unnest(ARRAY[:perm, :mod, :rest]) p;
SELECT clearance.add_member_to_project('p1', m.id) FROM clearance.member m WHERE m.key IN ('cole', 'max', 'rex');
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO regress_project_optional;
SET search_path = app;
CREATE TABLE task (id integer PRIMARY KEY, project text, is_private boolean DEFAULT false, client text DEFAULT 'hidden',
    owner text, assignee text, followers text[], title text);
CREATE INDEX task_project ON task (project);
INSERT INTO task (id, project, is_private, owner) VALUES
    (1, 'p1', false, 'ann'), (2, 'p1', true, 'ann'), (3, 'p2', false, 'ann'), (4, 'nowhere', false, 'ann'), (5, 'nowhere', false, 'cole');
INSERT INTO task (id, is_private, owner, assignee, client) VALUES
    (10, false, 'sue', NULL, 'hidden'), (11, true, 'sue', NULL, 'hidden'), (12, false, NULL, NULL, 'edit'),
    (20, false, 'cole', NULL, 'hidden'), (21, true, 'cole', NULL, 'hidden'), (22, false, NULL, 'cole', 'hidden'), (23, true, NULL, 'cole', 'hidden'),
    (30, false, 'pat', NULL, 'hidden'), (31, true, 'pat', NULL, 'hidden'), (32, false, NULL, 'pat', 'hidden'), (33, true, NULL, 'pat', 'hidden'),
    (40, false, 'max', NULL, 'hidden'), (41, true, 'max', NULL, 'hidden'), (42, false, NULL, 'max', 'hidden'), (43, true, NULL, 'max', 'hidden'),
    (50, false, 'rex', NULL, 'hidden'), (51, true, 'rex', NULL, 'hidden'), (52, false, NULL, 'rex', 'hidden'), (53, true, NULL, 'rex', 'hidden'),
    (60, false, 'cleo', NULL, 'hidden'), (61, false, NULL, 'cleo', 'hidden'), (62, false, NULL, 'cleo', 'read'), (63, false, NULL, 'cleo', 'edit'),
    (70, false, 'nell', NULL, 'hidden');
INSERT INTO task (id, followers) VALUES (80, '{cole,max}');

-- What each may do: SELECT, and what the rule says of other acts.
CREATE FUNCTION seen(who text, tab regclass DEFAULT 'task') RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
DECLARE
    view text;
    alone text;
    edit text;
    delete text;
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    PERFORM set_config('clearance.simplify', 'on', true);
    EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY id) FROM %s', tab) INTO view;
    PERFORM set_config('clearance.simplify', 'off', true);
    EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY id), string_agg(id::text, '' '' ORDER BY id) FILTER (WHERE clearance.can_row(''edit'', t)),
        string_agg(id::text, '' '' ORDER BY id) FILTER (WHERE clearance.can_row(''delete'', t)) FROM %s t', tab) INTO alone, edit, delete;
    IF view IS DISTINCT FROM alone THEN
        RETURN format('%s sees %s by a plan, %s by the rule', who, view, alone);
    END IF;
    RETURN format('%s sees %s, edits %s, deletes %s', who, coalesce(view, 'nothing'), coalesce(edit, 'nothing'), coalesce(delete, 'nothing'));
END
$$;
-- What becomes of a statement, which is undone.
CREATE FUNCTION attempt(who text, statement text) RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
DECLARE
    n bigint;
    detail text;
    message text;
    code text;
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE SQLSTATE 'UNDO0';
EXCEPTION
    WHEN SQLSTATE 'UNDO0' THEN RETURN format('%s: %s done', who, n);
    WHEN insufficient_privilege OR integrity_constraint_violation THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, code = CONSTRAINT_NAME;
        RETURN format('%s: %s. %s %s', who, message, detail, code);
END
$$;
GRANT SET ON PARAMETER clearance.simplify TO regress_project_optional;
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_project_optional;
\o

-- Without the option such rows are closed to everybody, as those of unknown projects.
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', client_visibility => 'client', owner => 'owner') > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'followers');
SELECT seen(who) FROM unnest('{ann,sue,cole,pat,max,rex,cleo,nell}'::text[]) who;

-- With it they are open: ann and sue reach the account; the others go by their grants
-- for what they own and for what is assigned to them. Unknown projects stay closed.
SELECT clearance.unprotect('task');
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', client_visibility => 'client', owner => 'owner', project_optional => true) > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'followers');
SELECT project, project_optional FROM clearance.protected_tables;
SELECT seen(who) FROM unnest('{ann,sue,cole,pat,max,rex,cleo,nell}'::text[]) who;

--
-- Plans: the rows of open projects and those without a project are found by an
-- index; what decides about a class of rights is tested of the former, and the
-- rule is asked about the latter alone.
--
CREATE FUNCTION plan_of(who text, query text) RETURNS SETOF text
LANGUAGE plpgsql SET ROLE regress_project_optional SET enable_seqscan = off AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;
SELECT replace(line, clearance_internal.binding_of('app.task'::regclass)::text, 'N') FROM plan_of('sue', 'SELECT title FROM app.task') line;
SET clearance.external_explain = on;
SELECT replace(line, clearance_internal.binding_of('app.task'::regclass)::text, 'N') FROM plan_of('max', 'SELECT title FROM app.task') line;
SELECT replace(line, clearance_internal.binding_of('app.task'::regclass)::text, 'N') FROM plan_of('rex', 'SELECT title FROM app.task') line;
RESET clearance.external_explain;

--
-- Writes: a new row without a project is its author's own. Of others, so is what
-- it may do to a row that it holds.
--
SELECT attempt(who, 'INSERT INTO app.task (id) VALUES (100)') FROM unnest('{ann,sue,cole,pat,max,rex,cleo,nell}'::text[]) who;
SELECT attempt(who, 'INSERT INTO app.task (id, is_private) VALUES (100, true) RETURNING id') FROM unnest('{sue,cole,pat,max}'::text[]) who;
SELECT attempt(who, $$INSERT INTO app.task (id, owner) VALUES (100, 'ann')$$) FROM unnest('{ann,sue,cole}'::text[]) who;
SELECT attempt(who, $$UPDATE app.task SET title = 'x' WHERE project IS NULL$$) FROM unnest('{ann,sue,cole,pat,max,rex,cleo,nell}'::text[]) who;
SELECT attempt(who, $$DELETE FROM app.task WHERE project IS NULL$$) FROM unnest('{ann,sue,cole,pat,max,rex,cleo,nell}'::text[]) who;
-- who is held to its own hands none on, and takes none
SELECT attempt('cole', $$UPDATE app.task SET assignee = 'max' WHERE id = 22$$), attempt('cole', $$UPDATE app.task SET assignee = 'max' WHERE id = 20$$),
       attempt('cole', $$UPDATE app.task SET assignee = 'cole' WHERE id = 12$$), attempt('sue', $$UPDATE app.task SET assignee = 'cole' WHERE id = 12$$);
-- by other statements
SELECT attempt(who, $$INSERT INTO app.task (id) VALUES (20) ON CONFLICT (id) DO UPDATE SET title = 'x'$$) FROM unnest('{sue,cole,max}'::text[]) who;
SELECT attempt(who, $$MERGE INTO app.task t USING (VALUES (10), (20), (42), (101)) v (id) ON t.id = v.id
    WHEN MATCHED THEN UPDATE SET title = 'x' WHEN NOT MATCHED THEN INSERT (id) VALUES (v.id)$$) FROM unnest('{sue,cole,max}'::text[]) who;
BEGIN;
SET LOCAL ROLE regress_project_optional;
SELECT clearance.set_actor(key => 'cole', local => true) > 0;
COPY app.task (id, owner) FROM stdin;
102	cole
\.
SAVEPOINT before;
COPY app.task (id, owner) FROM stdin;
103	sue
\.
ROLLBACK TO before;
SELECT id, project, owner FROM app.task WHERE id > 100;
ROLLBACK;

-- Moves: out of a project and into one, both rows are judged.
SELECT attempt(who, 'UPDATE app.task SET project = NULL WHERE id = 1') FROM unnest('{ann,sue,cole,pat,max}'::text[]) who;
SELECT attempt('cole', $$WITH mine AS (INSERT INTO app.task (id, project) VALUES (100, 'p1') RETURNING id) SELECT FROM mine$$);
SELECT attempt(who, $$UPDATE app.task SET project = 'p1' WHERE id IN (20, 30, 40, 52)$$) FROM unnest('{ann,sue,cole,pat,max,rex}'::text[]) who;
SELECT attempt(who, $$UPDATE app.task SET project = 'p2' WHERE id IN (20, 30, 40)$$) FROM unnest('{sue,cole,pat,max}'::text[]) who;
SELECT attempt(who, $$UPDATE app.task SET project = 'nowhere' WHERE id IN (20, 30, 40)$$) FROM unnest('{ann,cole}'::text[]) who;

-- Why: what a level grants, and what the row lacks.
CREATE FUNCTION why(who text, action text, wanted integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    t task;
BEGIN
    SELECT * INTO t FROM task x WHERE x.id = wanted;
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN (SELECT concat_ws(' | ', v.permitted, v.code, v.step, v.reason, v.ground) FROM clearance_internal.verdict(action, t) v);
END
$$;
SELECT who, id, why(who, 'view', id) FROM unnest('{ann,sue,cole,max,rex,cleo,nell}'::text[]) who, unnest('{12,20,42,62,80}'::integer[]) id
WHERE (who, id) IN (('ann', 12), ('sue', 12), ('cole', 12), ('cole', 20), ('cole', 80), ('max', 12), ('max', 42), ('rex', 12), ('cleo', 12), ('cleo', 62), ('nell', 12))
ORDER BY 1, 2;

-- can() without a project asks about such rows too, where the feature has some; the
-- right to administer does not follow from that.
CREATE FUNCTION asked(who text, action text) RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN format('%s: %s %s', who, clearance.can(action), clearance.has_right(action, 1));
END
$$;
SELECT asked(who, 'task.create'), asked(who, 'document.create') FROM unnest('{ann,sue,cole,pat,max,nell}'::text[]) who;

-- Gates on pages of a project say nothing where there is none; others do.
SELECT clearance.add_gate('task.edit', 'project.unarchive', '{partner}');
SELECT seen('pat');
SELECT clearance.remove_gate('task.edit', 'project.unarchive');
SELECT clearance.add_gate('task.edit', 'document.edit', '{vendor}'), clearance.deny('collaborator', 'document', 'edit'), clearance.deny('collaborator', 'document', 'create');
SELECT seen('cole');
SELECT clearance.remove_gate('task.edit', 'document.edit'), clearance.allow('collaborator', 'document', 'edit'), clearance.allow('collaborator', 'document', 'create');

-- A switch of the member's own reaches as far: cole's own, and all with a view of the account.
SELECT clearance.deny('collaborator', 'task', 'delete'), clearance.deny('super_user', 'task', 'delete');
SELECT seen(who) FROM unnest('{sue,cole}'::text[]) who;
SELECT clearance.switch_on(m.id, 'task', 'delete') FROM clearance.member m WHERE m.key IN ('sue', 'cole', 'max');
SELECT seen(who) FROM unnest('{sue,cole,max}'::text[]) who;
SELECT clearance.deny('collaborator', 'task', 'view');
SELECT clearance.switch_on(m.id, 'task', 'view') FROM clearance.member m WHERE m.key IN ('cole', 'max', 'nell');
SELECT seen(who) FROM unnest('{cole,max,nell}'::text[]) who;
SELECT clearance.switch_off(m.id, 'task', 'view') FROM clearance.member m WHERE m.key IN ('cole', 'max', 'nell');
SELECT clearance.allow('collaborator', 'task', 'view');

-- Relations other than owner and assignee open none by themselves.
SELECT clearance.create_level('follows', 'partner') > 0;
SELECT clearance.allow('follows', 'task', 'view', 'any', r) FROM unnest('{followed,invited}'::text[]) r;
SELECT clearance.update_partner(p.id, access_level => 'follows') FROM clearance.partner p WHERE p.name = 'Mod';
UPDATE task SET followers = '{max}' WHERE id = 42;
SELECT seen('max');
SELECT clearance.update_partner(p.id, access_level => 'moderate') FROM clearance.partner p WHERE p.name = 'Mod';

--
-- Parents and children: of a row without a project they have none either. A child
-- without a project column is where its parent is, and no more open than that.
--
CREATE TABLE item (id integer PRIMARY KEY, project text, task_id integer REFERENCES task, owner text);
CREATE TABLE strict (id integer PRIMARY KEY, project text, task_id integer REFERENCES task);
CREATE TABLE comment (id integer PRIMARY KEY, task_id integer NOT NULL REFERENCES task, owner text);
CREATE TABLE part (id integer PRIMARY KEY, comment_id integer NOT NULL REFERENCES comment, owner text);
INSERT INTO item VALUES (1, 'p1', 1, 'ann'), (20, NULL, 20, 'cole'), (21, NULL, 20, 'ann'), (22, NULL, 10, 'cole'), (30, NULL, NULL, 'cole');
INSERT INTO comment VALUES (1, 1, 'ann'), (20, 20, 'cole'), (21, 20, 'ann'), (22, 10, 'cole'), (40, 40, 'max');
INSERT INTO part VALUES (1, 1, 'ann'), (20, 20, 'cole'), (21, 20, 'ann'), (22, 21, 'cole');
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_project_optional;
SELECT clearance.protect('item', 'task', project => 'project', owner => 'owner', project_optional => true) > 0,
       clearance.protect('strict', 'task', project => 'project') > 0,
       clearance.protect('comment', 'task', owner => 'owner') > 0, clearance.protect('part', 'task', owner => 'owner') > 0;
SELECT clearance.add_parent('item', 'task_id', 'task', optional => true), clearance.add_parent('strict', 'task_id', 'task'),
       clearance.add_parent('comment', 'task_id', 'task'), clearance.add_parent('part', 'comment_id', 'comment');
SELECT seen(who, tab) FROM unnest('{item,comment,part}'::regclass[]) tab, unnest('{ann,sue,cole,max,cleo}'::text[]) who;
SELECT attempt('cole', 'INSERT INTO app.comment (id, task_id) VALUES (100, 20)'), attempt('cole', 'INSERT INTO app.comment (id, task_id) VALUES (100, 10)'),
       attempt('cole', 'INSERT INTO app.item (id, task_id) VALUES (100, 20)');
-- one in a project below one that has none, and the other way round
SELECT attempt(who, $$INSERT INTO app.item (id, project, task_id) VALUES (100, 'p1', 20)$$) FROM unnest('{ann,cole}'::text[]) who;
SELECT attempt(who, $$INSERT INTO app.item (id, task_id) VALUES (100, 1)$$) FROM unnest('{ann,cole}'::text[]) who;
SELECT attempt('ann', $$INSERT INTO app.strict (id, project, task_id) VALUES (100, 'p1', 20)$$), attempt('ann', $$INSERT INTO app.strict (id, task_id) VALUES (100, 20)$$);
SELECT attempt('cole', $$UPDATE app.item SET project = 'p1' WHERE id = 20$$), attempt('ann', $$UPDATE app.item SET project = NULL WHERE id = 1$$),
       attempt('cole', $$UPDATE app.item SET project = 'p1' WHERE id = 30$$);
-- a parent goes with its children, at the latest at commit
SELECT attempt('cole', $$UPDATE app.task SET project = 'p1' WHERE id = 20$$), attempt('ann', $$UPDATE app.task SET project = NULL WHERE id = 1$$);
SELECT attempt('ann', $$WITH t AS (UPDATE app.task SET project = 'p1' WHERE id = 10) UPDATE app.item SET project = 'p1' WHERE id = 22$$),
       attempt('ann', $$WITH t AS (UPDATE app.task SET project = NULL WHERE id = 1) UPDATE app.item SET project = NULL WHERE id = 1$$);
-- whoever writes
BEGIN;
INSERT INTO item VALUES (100, 'p1', 20, 'cole');
ROLLBACK;
BEGIN;
UPDATE task SET project = NULL WHERE id = 1;
COMMIT;
-- the rows above are read in a pass as well as one by one, by an index and from end to end
INSERT INTO task (id, owner) SELECT i, CASE WHEN i % 2 = 0 THEN 'cole' ELSE 'sue' END FROM generate_series(1001, 1100) i;
INSERT INTO task (id, owner, project) SELECT i, 'sue', CASE WHEN i % 100 = 0 THEN 'p1' ELSE 'p2' END FROM generate_series(1101, 3000) i;
INSERT INTO item (id, task_id, owner, project) SELECT t.id, t.id, 'cole', t.project FROM task t WHERE t.id > 1000;
ANALYZE task, item;
CREATE FUNCTION counted(who text) RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
DECLARE
    n bigint[] := '{}';
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    n := n || (SELECT count(*) FROM app.item) || (SELECT count(*) FROM app.item WHERE project IS NULL) || (SELECT count(*) FROM app.task);
    PERFORM set_config('clearance.simplify', 'off', true);
    n := n || (SELECT count(*) FROM app.item) || (SELECT count(*) FROM app.item WHERE project IS NULL) || (SELECT count(*) FROM app.task);
    RETURN format('%s: %s', who, n);
END
$$;
SELECT counted(who) FROM unnest('{ann,sue,cole,pat,max}'::text[]) who;
DROP INDEX task_project;
SELECT counted(who) FROM unnest('{ann,sue,cole,pat,max}'::text[]) who;
DELETE FROM item WHERE id > 1000;
DELETE FROM task WHERE id > 1000;

-- Link tables go with what they link, wherever that is.
CREATE TABLE helper (task_id integer REFERENCES task, member text, PRIMARY KEY (task_id, member));
INSERT INTO helper VALUES (12, 'cole'), (10, 'max'), (1, 'cole');
GRANT ALL ON helper TO regress_project_optional;
SELECT clearance.relate('task', 'assigned', 'member', link => 'helper', link_column => 'task_id');
SELECT seen('cole'), seen('max');
SELECT attempt(who, 'DELETE FROM app.helper'), attempt(who, $$INSERT INTO app.helper VALUES (20, 'nell')$$) FROM unnest('{sue,cole,max}'::text[]) who;
DELETE FROM helper;

--
-- Masked columns are open in such a row to whoever holds their action there.
--
UPDATE task SET title = 'secret ' || id WHERE id IN (1, 10, 20, 42, 52);
SELECT clearance.mask_column('task', 'title', 'delete');
CREATE FUNCTION titles(who text) RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN format('%s: %s', who, (SELECT string_agg(format('%s %s%s', id, title, CASE WHEN clearance.column_masked(t, 'title') THEN ' masked' END), ', ' ORDER BY id)
        FROM app.task t WHERE id IN (1, 10, 20, 42, 52)));
END
$$;
SELECT titles(who) FROM unnest('{ann,cole,max,rex}'::text[]) who;
-- a level that opens it in every project is none there
SELECT clearance.remove_member_from_project('p1', m.id), clearance.add_member_to_project('p1', m.id, 'permissive') FROM clearance.member m WHERE m.key = 'rex';
SELECT titles('rex');
CREATE FUNCTION may_mask(who text) RETURNS text
LANGUAGE plpgsql SET ROLE regress_project_optional AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN format('%s: %s', who, (SELECT may_be_masked FROM clearance.columns('app.task') c WHERE c.name = 'title'));
END
$$;
SELECT may_mask(who) FROM unnest('{ann,rex}'::text[]) who;
SELECT clearance.unmask_column('task', 'title');

--
-- Uploads by customers go by a project's switch: where there is none, there are none.
--
CREATE TABLE file (id integer PRIMARY KEY, project text, client text DEFAULT 'hidden', owner text);
INSERT INTO file (id, owner) VALUES (1, 'cleo'), (2, 'ann');
GRANT ALL ON file TO regress_project_optional;
SELECT clearance.protect('file', 'file', project => 'project', client_visibility => 'client', owner => 'owner', project_optional => true) > 0;
SELECT attempt('cleo', $$INSERT INTO app.file (id, project) VALUES (10, 'p1')$$), attempt('cleo', $$INSERT INTO app.file (id) VALUES (10)$$);
SELECT seen('cleo', 'file');

--
-- Drafts: seen by their owner, and by the vendor's people who may publish them.
--
CREATE TABLE news (id integer PRIMARY KEY, project text, published timestamptz, owner text);
INSERT INTO news VALUES (1, NULL, NULL, 'cole'), (2, NULL, '2020-01-01', 'cole'), (3, NULL, NULL, 'sue'), (4, NULL, NULL, 'pat');
GRANT ALL ON news TO regress_project_optional;
SELECT clearance.protect('news', 'status_update', project => 'project', owner => 'owner', published => 'published', project_optional => true) > 0;
SELECT seen(who, 'news') FROM unnest('{ann,sue,cole,pat}'::text[]) who;

--
-- Projects and rows of other keys, and partitions of projects and of accounts.
--
CREATE TABLE note (id integer PRIMARY KEY, project uuid, owner text);
SELECT clearance.create_project('11111111-2222-3333-4444-555555555555') > 0;
INSERT INTO note VALUES (1, '11111111-2222-3333-4444-555555555555', 'ann'), (2, NULL, 'cole'), (3, NULL, 'ann'), (4, '99999999-2222-3333-4444-555555555555', 'cole');
CREATE TABLE visit (id integer NOT NULL, project text, owner text) PARTITION BY LIST (project);
CREATE TABLE visit_p1 PARTITION OF visit FOR VALUES IN ('p1');
CREATE TABLE visit_rest PARTITION OF visit DEFAULT;
CREATE TABLE trip (id integer NOT NULL, project text, account text, owner text) PARTITION BY LIST (account);
CREATE TABLE trip_regress PARTITION OF trip FOR VALUES IN ('regress');
CREATE TABLE trip_none PARTITION OF trip FOR VALUES IN (NULL);
CREATE TABLE trip_rest PARTITION OF trip DEFAULT;
INSERT INTO visit VALUES (1, 'p1', 'ann'), (2, NULL, 'cole'), (3, NULL, 'ann'), (4, 'p2', 'cole');
INSERT INTO trip VALUES (1, 'p1', 'regress', 'ann'), (2, NULL, 'regress', 'cole'), (3, NULL, NULL, 'cole'), (4, NULL, 'elsewhere', 'cole'), (5, 'p1', NULL, 'cole');
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_project_optional;
SELECT count(clearance.protect(t, 'task', project => 'project', owner => 'owner', project_optional => true)) FROM unnest('{note,visit}'::regclass[]) t;
SELECT clearance.protect('trip', 'task', project => 'project', owner => 'owner', account => 'account', project_optional => true) > 0;
SELECT seen(who, tab) FROM unnest('{note,visit,trip}'::regclass[]) tab, unnest('{ann,sue,cole}'::text[]) who;
SELECT attempt(who, $$UPDATE app.visit SET project = 'p1' WHERE project IS NULL$$), attempt(who, 'UPDATE app.visit SET project = NULL WHERE project = $$p1$$'),
       attempt(who, 'UPDATE app.trip SET account = $$regress$$ WHERE project IS NULL') FROM unnest('{ann,cole}'::text[]) who;
DROP TABLE note, visit, trip, news, file, part, comment, strict, item;

--
-- Accounts: in the only one, a row need not name it.
--
CREATE TABLE memo (id integer PRIMARY KEY, project text, account text, owner text);
INSERT INTO memo VALUES (1, 'p1', 'regress', 'ann'), (2, NULL, 'regress', 'cole'), (3, NULL, NULL, 'cole'), (4, NULL, 'other', 'cole'), (5, NULL, 'regress', 'ann'), (6, 'p1', NULL, 'cole');
SELECT clearance.protect('memo', 'document', project => 'project', account => 'account', owner => 'owner', project_optional => true) > 0;
GRANT ALL ON memo TO regress_project_optional;
SELECT seen(who, 'memo') FROM unnest('{ann,sue,cole}'::text[]) who;
-- with several, what names none is closed, and what nothing names an account of
SELECT clearance.create_account('Other', key => 'other') AS other \gset
SELECT clearance.add_member('olga', roles => '{account_admin}', account => :other) > 0;
SELECT seen(who, 'memo') FROM unnest('{ann,sue,cole,olga}'::text[]) who;
SELECT seen(who) FROM unnest('{ann,cole,olga}'::text[]) who;
SELECT why('ann', 'view', 10);
SELECT attempt(who, 'INSERT INTO app.memo (id) VALUES (100)') FROM unnest('{ann,cole,olga}'::text[]) who;
SELECT attempt(who, $$INSERT INTO app.memo (id, account) VALUES (100, 'other')$$) FROM unnest('{ann,cole,olga}'::text[]) who;
SELECT attempt('ann', $$UPDATE app.memo SET account = 'other' WHERE id = 2$$), attempt('ann', $$UPDATE app.memo SET account = NULL WHERE id = 2$$);
-- who declares is told
SET client_min_messages = notice;
SELECT clearance.unprotect('memo'), clearance.unprotect('task');
SELECT clearance.protect('memo', 'document', project => 'project', account => 'account', owner => 'owner', project_optional => true) > 0;
SELECT clearance.protect('task', 'task', project => 'project', owner => 'owner', project_optional => true) > 0;
SELECT clearance.unprotect('memo');
SELECT clearance.protect('memo', 'document', project => 'project', account => 'account', owner => 'owner') > 0;
\set VERBOSITY default
CREATE TABLE project (id text PRIMARY KEY);
SELECT clearance.protect('project', 'project', project => 'id', project_optional => true);
CREATE TABLE loose (id integer PRIMARY KEY);
SELECT clearance.protect('loose', 'task', project_optional => true);
\set VERBOSITY terse
SET client_min_messages = error;
SELECT clearance.unprotect('memo'), clearance.unprotect('task');
DROP TABLE memo, loose, project;
REVOKE SET ON PARAMETER clearance.simplify FROM regress_project_optional;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_project_optional;
DROP ROLE regress_project_optional;
