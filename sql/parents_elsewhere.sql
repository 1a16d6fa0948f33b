-- Parents in other projects: add_parent(…, same_project => false). In a database
-- of its own, since the whole-table plans need what is committed.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_elsewhere;
\c regress_elsewhere
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_elsewhere;
SELECT clearance.trust_role('regress_elsewhere');
GRANT SET ON PARAMETER clearance.simplify, clearance.external_explain TO regress_elsewhere;
\o /dev/null
SELECT clearance.create_account('North', key => 'north') AS north \gset
SELECT clearance.set_account(:north, portal => true);
SELECT clearance.add_member(m, roles => ARRAY[r], account => :north)
FROM (VALUES ('ann', 'account_admin'), ('sue', 'super_user'), ('cole', 'collaborator')) v (m, r);
SELECT clearance.add_member(m, partner_admin => true, account => :north, partner => clearance.create_partner(l, l, account => :north))
FROM (VALUES ('pat', 'permissive'), ('mo', 'moderate'), ('ria', 'restricted')) v (m, l);
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :north);
\o

-- Tasks by uuid in projects 1, 2 and 3, the last of each project private;
-- projects 1 and 2 are everybody's, 3 is the vendor's alone.
CREATE SCHEMA app;
SET search_path = app;
CREATE FUNCTION u(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid;
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL DEFAULT 'north');
INSERT INTO project SELECT n FROM generate_series(1, 3) n;
CREATE TABLE task (id uuid PRIMARY KEY, project integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text, client text NOT NULL DEFAULT 'read');
INSERT INTO task SELECT u(10 * p + n), p, n = 3, CASE WHEN n = 1 THEN 'ria' END, CASE WHEN n = 3 THEN 'hidden' ELSE 'edit' END
FROM generate_series(1, 3) p, generate_series(1, 3) n;
-- a task that waits for another: its project is that of the task, wherever the other one is
CREATE TABLE dependency (id text PRIMARY KEY, task uuid NOT NULL REFERENCES task, needs uuid NOT NULL REFERENCES task, lag integer DEFAULT 0);
-- the same with a project of its own, and without foreign keys
CREATE TABLE wait (id integer PRIMARY KEY, project integer NOT NULL REFERENCES project, needs uuid);
-- issues by text key that repeat others, and those others
CREATE TABLE issue (id text PRIMARY KEY, project integer NOT NULL REFERENCES project, above text REFERENCES issue, hidden boolean NOT NULL DEFAULT false);
\o /dev/null
SELECT clearance.create_feature(f) FROM unnest('{dependency,issue}'::text[]) f;
SELECT clearance.allow(l, f, a) FROM unnest('{super_user,collaborator,permissive,moderate,restricted}'::text[]) l,
    unnest('{dependency,issue}'::text[]) f, unnest('{view,create,edit,delete}'::text[]) a WHERE l <> 'moderate' OR f <> 'issue';
SELECT clearance.allow('moderate', 'issue', a, visibility => 'shared') FROM unnest('{view,create,edit,delete}'::text[]) a;
SELECT clearance.allow('client', f, a) FROM unnest('{dependency,issue}'::text[]) f, unnest('{view,create}'::text[]) a;
SELECT clearance.protect('project', 'project', project => 'id', account => 'account');
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'hidden', shared_values => '{false}', client_visibility => 'client');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.protect('dependency', 'dependency'), clearance.protect('wait', 'dependency', project => 'project');
SELECT clearance.protect('issue', 'issue', project => 'project', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.add_partner_to_project(n, p.id) FROM generate_series(1, 2) n, clearance.partner p;
SELECT clearance.add_member_to_project(n, m.id) FROM generate_series(1, 2) n, clearance.member m WHERE m.key = 'cole';
SELECT clearance.set_project(n, portal => true), clearance.add_customer_to_project(n, :cafe) FROM generate_series(1, 2) n;
\o
GRANT USAGE ON SCHEMA app TO regress_elsewhere;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO regress_elsewhere;

-- what somebody sees, by simplified plans and without
CREATE FUNCTION sees(who text, tab regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY id), ''-'') FROM %s', tab);
    result text;
    simple text;
BEGIN
    PERFORM clearance.set_actor(key => who, local => false);
    EXECUTE query INTO result;
    SET LOCAL clearance.simplify = off;
    EXECUTE query INTO simple;
    SET LOCAL clearance.simplify = on;
    PERFORM clearance.reset_actor();
    RETURN who || ': ' || result || CASE WHEN simple IS DISTINCT FROM result THEN ', but ' || simple || ' without' ELSE '' END;
END $$;
-- what a statement of somebody's does: rows, or why not
CREATE FUNCTION does(who text, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    why text;
BEGIN
    PERFORM clearance.set_actor(key => who, local => false);
    BEGIN
        EXECUTE sql;
        GET DIAGNOSTICS n = ROW_COUNT;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION USING errcode = 'RR000', message = n || ' done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
        why := SQLERRM || coalesce(': ' || nullif(why, ''), '');
    END;
    PERFORM clearance.reset_actor();
    RETURN who || ': ' || why;
END $$;
-- whether the plan of a query tests anything
CREATE FUNCTION tests(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        tested := tested OR line ~ '(in_set|set_keys|permitted|visible)\(';
    END LOOP;
    RETURN tested;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO regress_elsewhere;

--
-- Declaring. Something must tell the project of a row: its column, or a parent that
-- is in it. It is listed; by position it is not taken.
--
SELECT clearance.add_parent('dependency', 'needs', 'task', same_project => false);
SELECT clearance.add_parent('dependency', 'needs', 'task', NULL, NULL, false, false);
\o /dev/null
SELECT clearance.add_parent('dependency', 'task', 'task');
SELECT clearance.add_parent('dependency', 'needs', 'task', same_project => false);
SELECT clearance.add_parent('wait', 'needs', 'task', optional => true, same_project => false);
SELECT clearance.add_parent('issue', 'above', 'issue', optional => true, same_project => false);
\o
SELECT clearance.add_parent('dependency', 'needs', 'task', same_project => false);
SELECT "table", parents FROM clearance.protected_tables WHERE parents <> '{}' ORDER BY 1;

INSERT INTO dependency VALUES ('1 on 1', u(11), u(12)), ('1 on 2', u(11), u(21)), ('1 on 3', u(11), u(31)), ('3 on 1', u(31), u(11)),
    ('1 on 2 private', u(11), u(23)), ('1 private on 2', u(13), u(21));
INSERT INTO wait VALUES (11, 1, u(12)), (12, 1, u(21)), (13, 1, u(31)), (14, 1, NULL), (15, 1, u(99)), (31, 3, u(11)), (16, 1, u(23));
INSERT INTO issue (id, project, above) VALUES ('a1', 1, NULL), ('b2', 2, 'a1'), ('c1', 1, 'b2'), ('d3', 3, NULL), ('e1', 1, 'd3'), ('f2', 2, 'e1'),
    ('g2', 2, NULL), ('h1', 1, 'g2'), ('k1', 1, 'l2'), ('l2', 2, 'k1');
UPDATE issue SET hidden = true WHERE id = 'g2';
ANALYZE;

--
-- Reading: a row is seen in its own project, with each parent wherever that is.
-- One in a project that is closed to the actor closes it, and so do one that is
-- private there and one that is not there. Who sees the account sees all of them.
--
SET SESSION AUTHORIZATION regress_elsewhere;
SELECT sees(m, 'dependency') FROM unnest('{ann,sue,cole,pat,mo,ria,cleo}'::text[]) m;
SELECT sees(m, 'wait') FROM unnest('{ann,sue,cole,pat,mo,ria,cleo}'::text[]) m;
-- A chain goes through projects; a circle is closed to everybody.
SELECT sees(m, 'issue') FROM unnest('{ann,sue,cole,pat,mo,ria,cleo}'::text[]) m;
RESET SESSION AUTHORIZATION;

-- What the row itself needs, it needs in its own project: here nothing is said of dependencies in project 2.
BEGIN;
\o /dev/null
SELECT clearance.create_level('onlooker', 'partner');
SELECT clearance.allow('onlooker', f, 'view') FROM unnest('{project,task}'::text[]) f;
SELECT clearance.remove_partner_from_project(2, p.id) FROM clearance.partner p WHERE p.name = 'permissive';
SELECT clearance.add_partner_to_project(2, p.id, access_level => 'onlooker') FROM clearance.partner p WHERE p.name = 'permissive';
INSERT INTO dependency VALUES ('2 on 1', u(21), u(11));
\o
SET LOCAL ROLE regress_elsewhere;
SELECT sees('pat', 'dependency');
ROLLBACK;

-- So it is in a long chain, up and down between two projects, and one with a closed link.
BEGIN;
INSERT INTO issue SELECT 'n' || n, 1 + n % 2, 'n' || nullif(n - 1, 0) FROM generate_series(1, 20000) n;
INSERT INTO issue SELECT 'm' || n, CASE WHEN n = 100 THEN 3 ELSE 1 + n % 2 END, 'm' || nullif(n - 1, 0) FROM generate_series(1, 20000) n;
SELECT clearance.set_actor(key => 'pat') > 0;
SET LOCAL ROLE regress_elsewhere;
SELECT left(id, 1), count(*) FROM issue GROUP BY 1 ORDER BY 1;
SELECT id FROM issue WHERE id IN ('n20000', 'm99', 'm101', 'm20000') ORDER BY 1;
ROLLBACK;

-- Who sees the whole account has plans that test nothing, wherever the parents
-- are: foreign keys say that they are there. Not so where they do not.
SET SESSION AUTHORIZATION regress_elsewhere;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
SELECT tests('SELECT * FROM dependency');
SELECT count(*) FROM dependency;
SELECT tests('SELECT * FROM wait');
SELECT clearance.reset_actor();

--
-- Writing, by each road: the parent must be visible, and no more.
--
SELECT does(m, 'INSERT INTO dependency VALUES (''new'', u(12), u(22))') FROM unnest('{ann,cole,pat,mo,cleo}'::text[]) m;
SELECT does(m, 'INSERT INTO dependency VALUES (''new'', u(12), u(32))') FROM unnest('{ann,cole,pat,mo,cleo}'::text[]) m;
SELECT does('pat', 'INSERT INTO dependency VALUES (''new'', u(12), u(77))');
SELECT does('mo', 'INSERT INTO dependency VALUES (''new'', u(12), u(23))');
SELECT does('pat', 'INSERT INTO wait VALUES (20, 1, NULL)');
SELECT does('pat', 'INSERT INTO wait VALUES (20, 1, u(21))');
SELECT does('pat', 'INSERT INTO wait VALUES (20, 1, u(31))');
SELECT does('pat', 'INSERT INTO wait VALUES (20, 3, u(11))');
SELECT does('pat', 'INSERT INTO dependency SELECT ''copy of '' || id, task, needs FROM dependency');
SELECT does('pat', 'UPDATE dependency SET lag = 1');
SELECT does('pat', 'UPDATE dependency SET needs = u(22) WHERE id = ''1 on 1''');
SELECT does('pat', 'UPDATE dependency SET needs = u(32) WHERE id = ''1 on 1''');
SELECT does('pat', 'UPDATE dependency SET task = u(22) WHERE id = ''1 on 1''');
SELECT does('pat', 'UPDATE dependency SET task = u(31) WHERE id = ''1 on 1''');
SELECT does('pat', 'UPDATE dependency SET needs = u(12) WHERE id = ''1 on 3''');
SELECT does('pat', 'DELETE FROM dependency');
SELECT does('pat', 'INSERT INTO dependency VALUES (''1 on 1'', u(11), u(22)) ON CONFLICT (id) DO UPDATE SET needs = u(22)');
SELECT does('pat', 'INSERT INTO dependency VALUES (''1 on 1'', u(11), u(22)) ON CONFLICT (id) DO UPDATE SET needs = u(32)');
SELECT does('pat', 'MERGE INTO dependency d USING (VALUES (''1 on 1'', u(22)), (''new'', u(22))) v (id, needs) ON d.id = v.id
    WHEN MATCHED THEN UPDATE SET needs = v.needs WHEN NOT MATCHED THEN INSERT VALUES (v.id, u(11), v.needs)');
SELECT does('pat', 'MERGE INTO dependency d USING (VALUES (''new'', u(32))) v (id, needs) ON d.id = v.id
    WHEN NOT MATCHED THEN INSERT VALUES (v.id, u(11), v.needs)');
SELECT clearance.set_actor(key => 'pat', local => false) > 0;
COPY (SELECT id FROM dependency ORDER BY id) TO stdout;
SELECT clearance.reset_actor();
-- A question has the statement's answer, also about a row that is hidden.
SELECT clearance.set_actor(key => 'pat', local => false) > 0;
SELECT id, clearance.can_row('edit', d) FROM dependency d ORDER BY 1;
SELECT clearance.can_row('view', ('x', u(11), u(22), 0)::dependency, 'dependency'), clearance.can_row('view', ('x', u(11), u(32), 0)::dependency, 'dependency');
SELECT clearance.reset_actor();
RESET SESSION AUTHORIZATION;

--
-- A parent that may be elsewhere holds nobody in its project, nor is a row held in
-- that of the parent, whoever writes. Those that are bound still are.
--
BEGIN;
UPDATE task SET project = 3 WHERE id = u(12);
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE issue SET project = 3 WHERE id = 'a1';
UPDATE wait SET project = 2 WHERE id = 12;
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL ROLE regress_elsewhere;
SELECT sees(m, 'dependency') FROM unnest('{ann,pat}'::text[]) m;
SELECT sees(m, 'wait') FROM unnest('{ann,pat}'::text[]) m;
SELECT sees(m, 'issue') FROM unnest('{ann,pat}'::text[]) m;
ROLLBACK;
BEGIN;
CREATE TABLE step (id integer PRIMARY KEY, project integer, task uuid, other uuid);
SELECT clearance.protect('step', 'dependency', project => 'project') > 0, clearance.add_parent('step', 'task', 'task'),
    clearance.add_parent('step', 'other', 'task', same_project => false);
INSERT INTO step VALUES (1, 1, u(11), u(31));
INSERT INTO step VALUES (2, 3, u(11), u(31));
UPDATE step SET other = u(21);
UPDATE step SET task = u(21);
UPDATE step SET project = 3;
SAVEPOINT moved;
UPDATE task SET project = 2 WHERE id = u(11);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO moved;
SET CONSTRAINTS ALL DEFERRED;
UPDATE task SET project = 2 WHERE id = u(11);
UPDATE step SET project = 2;
SET CONSTRAINTS ALL IMMEDIATE;
-- Where nothing is sure to tell the project of a row, such a parent does not tell it to those below.
SAVEPOINT below;
CREATE TABLE hop (id integer PRIMARY KEY, task uuid, other uuid);
CREATE TABLE mark (id integer PRIMARY KEY, project integer, hop integer);
SELECT clearance.protect('hop', 'dependency') > 0, clearance.add_parent('hop', 'task', 'task', optional => true),
    clearance.add_parent('hop', 'other', 'task', same_project => false);
SELECT clearance.protect('mark', 'dependency', project => 'project') > 0, clearance.add_parent('mark', 'hop', 'hop');
INSERT INTO hop VALUES (1, u(12), u(31)), (2, NULL, u(31));
INSERT INTO mark VALUES (1, 1, 1), (2, 3, 2);
GRANT SELECT ON hop, mark TO regress_elsewhere;
SET LOCAL ROLE regress_elsewhere;
SELECT sees('ann', 'hop'), sees('ann', 'mark');
ROLLBACK TO below;
-- A row that lies apart may be given another parent elsewhere, which mends and breaks nothing; but not another that is bound.
SET LOCAL session_replication_role = replica;
UPDATE step SET project = 3;
RESET session_replication_role;
UPDATE step SET other = u(11) RETURNING project, other = u(11);
UPDATE step SET task = u(12);
-- Nor does its parent elsewhere hold it, or the row that.
UPDATE step SET other = u(31);
UPDATE task SET project = 2 WHERE id = u(31);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;

--
-- With a type column, a parent is elsewhere for rows of that type alone.
--
BEGIN;
CREATE TABLE mention (id integer PRIMARY KEY, project integer, type text, of text);
\o /dev/null
SELECT clearance.protect('mention', 'dependency', project => 'project'),
    clearance.add_parent('mention', 'of', 'issue', type_column => 'type', type_value => 'repeats', same_project => false),
    clearance.add_parent('mention', 'of', 'issue', type_column => 'type', type_value => 'part of');
\o
GRANT SELECT ON mention TO regress_elsewhere;
INSERT INTO mention VALUES (1, 1, 'repeats', 'b2'), (2, 1, 'part of', 'a1'), (3, 1, 'repeats', 'd3'), (4, 1, 'other', 'a1'), (5, 1, 'repeats', NULL), (6, 1, NULL, 'a1');
INSERT INTO mention VALUES (7, 1, 'part of', 'b2');
UPDATE mention SET type = 'part of' WHERE id = 1;
UPDATE mention SET of = 'a1', type = 'part of' WHERE id = 1;
UPDATE mention SET of = 'b2', type = 'repeats' WHERE id = 1;
SET LOCAL ROLE regress_elsewhere;
SELECT sees(m, 'mention') FROM unnest('{ann,pat}'::text[]) m;
ROLLBACK;

-- A declaration with nothing to tell the project, as somebody may have written it by hand, closes the table.
BEGIN;
UPDATE clearance.binding_parent p SET same_project = false FROM clearance.binding b WHERE b.id = p.binding_id AND b.relation = 'dependency'::regclass;
SELECT clearance.repair('dependency');
SET LOCAL ROLE regress_elsewhere;
SELECT sees(m, 'dependency') FROM unnest('{ann,pat}'::text[]) m;
SELECT does('ann', 'INSERT INTO dependency VALUES (''new'', u(12), u(22))');
ROLLBACK;

-- Names are followed.
BEGIN;
ALTER TABLE dependency RENAME needs TO wants;
ALTER TABLE task RENAME TO job;
SELECT parents FROM clearance.protected_tables WHERE "table" = 'dependency'::regclass;
SET LOCAL ROLE regress_elsewhere;
SELECT sees('pat', 'dependency');
ROLLBACK;

--
-- Nothing crosses an account: what a row of another account is, nobody sees, not who
-- sees all of its own either; and it is no longer all.
--
\o /dev/null
SELECT clearance.create_account('South', key => 'south') AS south \gset
SELECT clearance.add_member('sid', roles => '{account_admin}', account => :south);
\o
INSERT INTO project VALUES (9, 'south');
INSERT INTO task VALUES (u(91), 9, false, NULL);
INSERT INTO dependency VALUES ('1 on 9', u(11), u(91)), ('9 on 1', u(91), u(11));
INSERT INTO issue VALUES ('p9', 9, NULL), ('q1', 1, 'p9'), ('r9', 9, 'p9');
SET SESSION AUTHORIZATION regress_elsewhere;
SELECT sees(m, 'dependency') FROM unnest('{ann,sue,sid}'::text[]) m;
SELECT sees(m, 'issue') FROM unnest('{ann,sue,sid}'::text[]) m;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
SELECT tests('SELECT * FROM dependency');
SELECT clearance.reset_actor();
SELECT does('ann', 'INSERT INTO dependency VALUES (''new'', u(12), u(91))');
SELECT does('sid', 'INSERT INTO dependency VALUES (''new'', u(91), u(12))');
RESET SESSION AUTHORIZATION;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_elsewhere;
DROP OWNED BY regress_elsewhere;
DROP ROLE regress_elsewhere;
