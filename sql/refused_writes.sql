-- What an UPDATE or DELETE does with rows that the actor sees and may not change: it
-- passes over them, or fails and says why (clearance.refused_writes). Of rows that the
-- actor does not see, nothing is said either way. Everything happens in a transaction
-- that leaves nothing.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_refused;
CREATE ROLE regress_refused_all BYPASSRLS;
SELECT clearance.trust_role('regress_refused');
CREATE SCHEMA regress_refused;
GRANT USAGE ON SCHEMA regress_refused TO regress_refused, regress_refused_all;
SET LOCAL search_path = regress_refused, public;
SELECT clearance.create_account('Regress refused', key => 'regress-refused') AS account \gset
-- sy sees what is shared; ow changes what it owns; fr may freeze; al may do everything
SELECT clearance.create_feature('entry', '{view,create,edit,delete,freeze,modify_locked,delete_locked,price}');
SELECT clearance.create_level(l, 'vendor') > 0, clearance.create_role(l, access_level => l, account => :account) > 0 FROM unnest('{sy,ow,fr,al}'::text[]) AS l;
SELECT count(clearance.allow(l, 'project', a, reach => 'account')) FROM unnest('{sy,ow,fr,al}'::text[]) AS l, unnest('{view,view_archived}'::text[]) AS a;
SELECT count(clearance.allow(l, 'entry', 'view', 'shared', reach => 'account')) FROM unnest('{sy,ow,fr}'::text[]) AS l;
SELECT count(clearance.allow('ow', 'entry', a, 'any', 'own', reach => 'account')) FROM unnest('{edit,delete}'::text[]) AS a;
SELECT clearance.allow('ow', 'entry', 'create', reach => 'account'), clearance.allow('fr', 'entry', 'freeze', reach => 'account');
SELECT count(clearance.allow('al', 'entry', a, reach => 'account')) FROM unnest('{view,create,edit,delete,freeze,modify_locked,delete_locked,price,change_owner}'::text[]) AS a;
SELECT clearance.add_member(m, roles => ARRAY[m], account => :account) > 0 FROM unnest('{sy,ow,fr,al}'::text[]) AS m;
SELECT clearance.create_project(p, :account) > 0 FROM unnest('{rw-1,rw-2,rw-3}'::text[]) AS p;
SELECT clearance.set_project('rw-3', archived => true);

CREATE TABLE entry (id integer PRIMARY KEY, project text DEFAULT 'rw-1', is_private boolean DEFAULT false, owner text, state text,
    frozen boolean DEFAULT false, title text, price numeric);
INSERT INTO entry (id, project, is_private, owner, state, title) VALUES (1, 'rw-1', false, 'ow', NULL, 'one'), (2, 'rw-1', false, 'al', NULL, 'two'),
    (3, 'rw-1', true, 'al', NULL, 'three'), (4, 'rw-2', false, 'ow', 'locked', 'four'), (5, 'rw-3', false, 'ow', NULL, 'five');
SELECT clearance.protect('entry', 'entry', 'project', 'is_private', '{false}', owner => 'owner') AS binding \gset
SELECT clearance.guard_column('entry', 'frozen', 'freeze'), clearance.guard_row('entry', 'state', '{locked}', 'modify_locked', 'delete_locked');
CREATE TABLE plan (entry integer, title text);
INSERT INTO plan SELECT id, 'planned' FROM entry;
GRANT SELECT, INSERT, UPDATE, DELETE ON entry, plan TO regress_refused, regress_refused_all;

-- What a statement does as somebody, and leaves nothing behind: rows, or code, table, column and words.
CREATE FUNCTION does(who text, sql text, role text DEFAULT 'regress_refused') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    code text;
    tab text;
    col text;
    why text;
BEGIN
    PERFORM CASE WHEN who IS NOT NULL THEN clearance.set_actor(who) END, set_config('role', role, true);
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n || ' row(s)';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
WHEN insufficient_privilege THEN
    GET STACKED DIAGNOSTICS code = CONSTRAINT_NAME, tab = TABLE_NAME, col = COLUMN_NAME, why = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', nullif(code, ''), nullif(tab, ''), nullif(col, ''), '-', SQLERRM, nullif(why, ''));
END
$$;
-- the same silently and not, each with and without plans for a class of rights
CREATE FUNCTION either(who text, sql text, role text DEFAULT 'regress_refused') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    what text[] := '{}';
BEGIN
    FOR i IN 0 .. 3 LOOP
        PERFORM set_config('clearance.refused_writes', CASE WHEN i < 2 THEN 'silent' ELSE 'error' END, true),
            set_config('clearance.simplify', CASE i % 2 WHEN 0 THEN 'on' ELSE 'off' END, true);
        what := what || regress_refused.does(who, sql, role);
    END LOOP;
    PERFORM set_config('clearance.refused_writes', 'silent', true), set_config('clearance.simplify', 'on', true);
    IF (what[1], what[3]) <> (what[2], what[4]) THEN
        RAISE EXCEPTION 'plans differ: %', what;
    END IF;
    RETURN QUERY SELECT coalesce(who, 'nobody') || ', silent: ' || what[1];
    RETURN QUERY SELECT coalesce(who, 'nobody') || ', error:  ' || what[3];
END
$$;

--
-- Anybody may set it, for itself; as PostgreSQL does is the default.
--
SHOW clearance.refused_writes;
SET LOCAL ROLE regress_refused;
SET LOCAL clearance.refused_writes = 'error';
SET LOCAL clearance.refused_writes = 'loud';
SET LOCAL clearance.refused_writes = 'silent';
RESET ROLE;

--
-- UPDATE and DELETE by key: what is seen and may not be changed is an error, with the
-- reason. What is hidden is like what is not there.
--
SELECT either(who, 'UPDATE entry SET title = ''x'' WHERE id = 1') FROM unnest('{sy,ow,al}'::text[]) AS who;
SELECT either(who, 'UPDATE entry SET title = ''x'' WHERE id = 2') FROM unnest('{sy,ow,al}'::text[]) AS who;
SELECT either(who, 'UPDATE entry SET title = ''x'' WHERE id = 3') FROM unnest('{sy,ow,al}'::text[]) AS who;
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id = 99');
SELECT either(who, 'DELETE FROM entry WHERE id = 2') FROM unnest('{sy,ow,al}'::text[]) AS who;
SELECT either(who, 'DELETE FROM entry WHERE id = 3') FROM unnest('{sy,ow,al}'::text[]) AS who;
-- an archived project; a state that is guarded: an UPDATE of it is an error as ever
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id = 5');
SELECT either('ow', 'DELETE FROM entry WHERE id = 4');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id = 4');
-- A guarded column has its own action, and is named, if the statement changes nothing else.
SELECT either('sy', 'UPDATE entry SET frozen = true WHERE id = 1');
SELECT either('sy', 'UPDATE entry SET frozen = true, title = ''x'' WHERE id = 1');
SELECT either('ow', 'UPDATE entry SET frozen = true WHERE id = 2');
SELECT either('fr', 'UPDATE entry SET frozen = true WHERE id = 2');
SELECT either('fr', 'UPDATE entry SET title = ''x'' WHERE id = 2');
-- whoever acts for nobody sees nothing, and who is not bound changes everything
SELECT either(NULL, 'UPDATE entry SET title = ''x''');
SELECT either('sy', 'UPDATE entry SET title = ''x''', 'regress_refused_all');

--
-- What the statement's own conditions leave counts, wherever they stand.
--
SELECT either('ow', 'UPDATE entry SET title = ''x''');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE owner = ''ow'' AND project = ''rw-1''');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE random() < 2 AND owner = ''ow'' AND project = ''rw-1''');
SELECT either('ow', 'UPDATE entry e SET title = p.title FROM plan p WHERE p.entry = e.id AND e.id < 3');
SELECT either('ow', 'UPDATE entry e SET title = p.title FROM plan p WHERE p.entry = e.id AND p.entry = 1');
SELECT either('ow', 'UPDATE entry e SET title = p.title FROM plan p WHERE p.entry = e.id AND p.entry = 3');
SELECT either('ow', 'UPDATE entry e SET title = o.title FROM entry o WHERE o.id = 2 AND e.id = 1');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id IN (SELECT p.entry FROM plan p WHERE p.entry <> 2) AND project = ''rw-1''');
SELECT either('ow', 'UPDATE entry e SET title = ''x'' WHERE EXISTS (SELECT FROM plan p WHERE p.entry = e.id AND p.entry IN (1, 2))');
SELECT either('ow', 'UPDATE entry SET title = (SELECT p.title FROM plan p WHERE p.entry = id) WHERE id = 1 RETURNING title');
SELECT either('ow', 'DELETE FROM entry e USING plan p WHERE p.entry = e.id AND p.entry = 1');
SELECT either('ow', 'DELETE FROM entry e USING plan p WHERE p.entry = e.id AND p.entry < 3');
SELECT either('ow', 'DELETE FROM entry WHERE false');
-- in WITH
SELECT either('ow', 'WITH u AS (UPDATE entry SET title = ''x'' WHERE id = 2 RETURNING id) SELECT id FROM u');
SELECT either('ow', 'WITH d AS (DELETE FROM entry WHERE id IN (1, 2) RETURNING *) INSERT INTO plan SELECT id FROM d');
SELECT either('ow', 'WITH u AS (UPDATE entry SET title = ''x'' WHERE id = 1 RETURNING id) SELECT id FROM u');
-- through a cursor; locking rows passes over what may not be changed, as ever
SELECT clearance.set_actor('ow') > 0;
SET LOCAL clearance.refused_writes = 'error';
SET LOCAL ROLE regress_refused;
SAVEPOINT cursor;
DECLARE met CURSOR FOR SELECT id FROM entry ORDER BY id;
FETCH 1 FROM met;
UPDATE entry SET title = 'x' WHERE CURRENT OF met RETURNING id;
FETCH 1 FROM met;
DELETE FROM entry WHERE CURRENT OF met;
ROLLBACK TO cursor;
SELECT id FROM entry ORDER BY id FOR UPDATE;
RESET ROLE;
RESET clearance.refused_writes;

--
-- Functions in conditions see what the actor sees, and no hidden row.
--
CREATE FUNCTION pg_temp.meet(integer) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN PERFORM set_config('regress.met', current_setting('regress.met') || ' ' || $1, false); RETURN $1 = 1; END $$;
CREATE FUNCTION met(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('regress.met', '', false);
    EXECUTE sql;
    RETURN current_setting('regress.met');
END
$$;
SELECT clearance.set_actor('ow') > 0;
SET LOCAL ROLE regress_refused;
SAVEPOINT met;
SELECT met('UPDATE entry SET title = ''x'' WHERE pg_temp.meet(id)');
SET LOCAL clearance.refused_writes = 'error';
SELECT met('UPDATE entry SET title = ''x'' WHERE pg_temp.meet(id)');
SELECT met('DELETE FROM entry WHERE pg_temp.meet(id)');
ROLLBACK TO met;
RESET ROLE;

--
-- MERGE and ON CONFLICT DO UPDATE fail where a row may not be changed, whatever the
-- setting: of a row that is seen they say why, of a hidden one nothing.
--
SELECT either('ow', 'INSERT INTO entry (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET title = ''x''');
SELECT either('ow', 'INSERT INTO entry (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET title = ''x''');
SELECT either('ow', 'INSERT INTO entry (id) VALUES (3) ON CONFLICT (id) DO UPDATE SET title = ''x''');
SELECT either('ow', 'INSERT INTO entry (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET frozen = true');
SELECT either('ow', 'INSERT INTO entry (id) VALUES (2) ON CONFLICT (id) DO NOTHING');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (1)) v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET title = ''x''');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (2)) v (id) ON e.id = v.id WHEN MATCHED THEN UPDATE SET title = ''x''');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (2)) v (id) ON e.id = v.id WHEN MATCHED THEN DELETE');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (4)) v (id) ON e.id = v.id WHEN MATCHED THEN DELETE');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (3)) v (id) ON e.id = v.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING');
SELECT either('ow', 'MERGE INTO entry e USING (VALUES (2)) v (id) ON e.id = v.id WHEN MATCHED AND e.title = ''one'' THEN DELETE');

--
-- Statements that were planned before follow the setting.
--
PREPARE change(integer) AS UPDATE entry SET title = 'x' WHERE id = $1 RETURNING id;
PREPARE remove AS DELETE FROM entry WHERE project = 'rw-1' AND id > 1 RETURNING id;
CREATE FUNCTION changes(integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    UPDATE regress_refused.entry SET title = 'x' WHERE id = $1;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;
CREATE FUNCTION changed(integer) RETURNS SETOF integer LANGUAGE sql AS 'UPDATE regress_refused.entry SET title = ''x'' WHERE id = $1 RETURNING id';
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT clearance.set_actor('ow') > 0;
SET LOCAL ROLE regress_refused;
EXECUTE change(1);
EXECUTE change(2);
EXECUTE remove;
SELECT changes(1), changes(2), changes(3);
SELECT changed(2);
SET LOCAL clearance.refused_writes = 'error';
EXECUTE change(1);
EXECUTE change(2);
EXECUTE change(3);
EXECUTE remove;
SELECT changes(1), changes(3);
SELECT changes(2);
SELECT changed(2);
SELECT clearance.set_actor('al') > 0;
EXECUTE change(2);
SELECT clearance.set_actor('sy') > 0;
EXECUTE change(2);
EXECUTE change(3);
SET LOCAL clearance.refused_writes = 'silent';
EXECUTE change(2);
EXECUTE remove;
SELECT changes(2);
-- also where it is undone
SAVEPOINT setting;
SET LOCAL clearance.refused_writes = 'error';
EXECUTE change(2);
ROLLBACK TO setting;
EXECUTE change(2);
RESET ROLE;
DEALLOCATE ALL;
RESET plan_cache_mode;

--
-- Views: what they show, and nothing beside.
--
CREATE VIEW invoked WITH (security_invoker = on) AS SELECT id, title, project FROM entry WHERE project = 'rw-1' WITH CHECK OPTION;
CREATE VIEW barrier WITH (security_invoker = on, security_barrier = on) AS SELECT id, title FROM entry WHERE id <> 2;
CREATE VIEW passing AS SELECT id, title FROM entry;
ALTER VIEW passing OWNER TO regress_refused_all;
GRANT SELECT, UPDATE, DELETE ON invoked, barrier, passing TO regress_refused;
SELECT either('ow', 'UPDATE invoked SET title = ''x'' WHERE id = 2');
SELECT either('ow', 'UPDATE invoked SET title = ''x'' WHERE id IN (1, 3, 5)');
SELECT either('ow', 'UPDATE barrier SET title = ''x'' WHERE id IN (1, 2)');
SELECT either('ow', 'DELETE FROM barrier WHERE id = 5');
SELECT either('ow', 'UPDATE passing SET title = ''x'' WHERE id = 2');

--
-- Policies of others: permissive ones open nothing, restrictive ones pass over rows.
--
CREATE POLICY opening ON entry FOR UPDATE USING (id = 2);
CREATE POLICY opening_too ON entry FOR DELETE USING (id = 2);
CREATE POLICY narrowing ON entry AS RESTRICTIVE FOR UPDATE USING (id <> 1);
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id = 1');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE id = 2');
SELECT either('ow', 'DELETE FROM entry WHERE id = 1');
SELECT either('ow', 'DELETE FROM entry WHERE id = 2');
DROP POLICY opening ON entry;
DROP POLICY opening_too ON entry;
DROP POLICY narrowing ON entry;

--
-- A masked column is masked as ever.
--
SELECT clearance.mask_column('entry', 'price', 'price');
UPDATE entry SET price = id;
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE price = 1');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE price IS NULL AND id = 1');
SELECT either('ow', 'UPDATE entry SET title = ''x'' WHERE price IS NULL AND id = 2');
SELECT either('ow', 'UPDATE entry SET price = 9 WHERE id = 2');
SELECT clearance.unmask_column('entry', 'price');

--
-- Partitions and children are met by the parent's name and by their own.
--
CREATE TABLE part (id integer, project text, is_private boolean DEFAULT false, owner text, title text) PARTITION BY LIST (project);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN ('rw-1');
-- another order of columns
CREATE TABLE part_2 (title text, gone integer, owner text, id integer, project text, is_private boolean DEFAULT false);
ALTER TABLE part_2 DROP gone;
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES IN ('rw-2');
INSERT INTO part (id, project, is_private, owner) VALUES (1, 'rw-1', false, 'ow'), (2, 'rw-1', false, 'al'), (3, 'rw-2', false, 'ow'), (4, 'rw-2', true, 'al'), (5, 'rw-2', false, 'al');
SELECT clearance.protect('part', 'entry', 'project', 'is_private', '{false}', owner => 'owner') > 0;
CREATE TABLE kin (id integer, project text, owner text, title text);
CREATE TABLE kin_child (more text) INHERITS (kin);
INSERT INTO kin VALUES (1, 'rw-1', 'ow'), (2, 'rw-1', 'al');
INSERT INTO kin_child VALUES (3, 'rw-1', 'ow'), (4, 'rw-1', 'al');
SELECT clearance.protect('kin', 'entry', 'project', owner => 'owner') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON part, part_1, part_2, kin, kin_child TO regress_refused;
SELECT either('ow', sql) FROM unnest(ARRAY['UPDATE part SET title = ''x'' WHERE id IN (1, 3)', 'UPDATE part SET title = ''x'' WHERE id = 5',
    'UPDATE part SET title = ''x'' WHERE id = 4', 'UPDATE part SET title = ''x''', 'UPDATE part_2 SET title = ''x'' WHERE id = 5',
    'UPDATE part SET project = ''rw-2'' WHERE id = 1', 'UPDATE part SET project = ''rw-2'' WHERE id = 2', 'DELETE FROM part WHERE id = 5', 'DELETE FROM part WHERE id IN (3, 4)',
    'UPDATE kin SET title = ''x'' WHERE id IN (1, 3)', 'UPDATE kin SET title = ''x'' WHERE id = 4', 'UPDATE ONLY kin SET title = ''x'' WHERE id IN (1, 4)',
    'DELETE FROM kin_child WHERE id = 4']) AS sql;

--
-- Rows that lie apart from what they belong to.
--
CREATE TABLE remark (id integer PRIMARY KEY, project text, entry integer, owner text, body text);
SET session_replication_role = replica;
INSERT INTO remark VALUES (1, 'rw-1', 1, 'ow'), (2, 'rw-1', 4, 'ow'), (3, 'rw-1', 3, 'ow'), (4, 'rw-1', 2, 'al');
RESET session_replication_role;
SELECT clearance.protect('remark', 'entry', 'project', owner => 'owner') > 0;
SELECT clearance.add_parent('remark', 'entry', 'entry');
GRANT SELECT, UPDATE, DELETE ON remark TO regress_refused;
SELECT clearance.set_actor('ow') > 0;
SET LOCAL ROLE regress_refused;
SELECT id FROM remark ORDER BY id;
RESET ROLE;
SELECT either('ow', format('UPDATE remark SET body = ''x'' WHERE id = %s', id)) FROM generate_series(1, 4) AS id;
SELECT either('ow', 'DELETE FROM remark WHERE id <> 4');
SELECT either('ow', 'DELETE FROM remark');

--
-- Account admins are told how to ask for every step.
--
SELECT clearance.reset_actor();
SELECT clearance.add_member('ad', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.set_actor('ad') > 0;
SET LOCAL clearance.refused_writes = 'error';
SET LOCAL ROLE regress_refused;
\set VERBOSITY default
UPDATE entry SET title = 'x' WHERE id = 5;
DELETE FROM entry WHERE id = 5;
\set VERBOSITY terse
SELECT explanation FROM clearance.explain('regress_refused.entry', '5', 'delete') WHERE depth = 0;
-- By hand, the function that plans call says no more.
RESET ROLE;
SELECT clearance.set_actor('ow') > 0;
SET LOCAL ROLE regress_refused;
SELECT clearance.refused(:binding, 2, NULL, id, project, is_private, owner, frozen, state) FROM entry WHERE id = 1;
SELECT clearance.refused(:binding, NULL, '{title}', id, project, is_private, owner, frozen, state) FROM entry WHERE id = 2;
SELECT clearance.refused(:binding, 2, '{title}', id, project, is_private, owner, frozen, state) FROM entry WHERE id = 2;
SELECT clearance.refused(:binding, 2, '{title}', 3, 'rw-1'::text, true, 'al'::text, false, NULL::text);
SELECT clearance.refused(:binding, 2, '{title}', 1);
ROLLBACK;
